#include "faults.hpp"

#include <csignal>
#include <cstring>
#include <fstream>

#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace atlas::crash {
namespace {

using namespace std::chrono_literals;

constexpr u64 kReceivers = 1'000;
constexpr const char* kFirstCase = "files: a chain to spoil";
/// What a start with the fault should come to.
constexpr auto kExitLimit = 60s;

/// A chain of some hundred transactions and the copy of its directory that every case starts from.
class SmallChain {
 public:
  explicit SmallChain(const Setup& setup, const std::string& more_config = {})
      : atlas(setup.atlas),
        directory(setup.directory),
        data(directory / "data"),
        config(write_chain_files(directory, more_config)),
        traffic(setup.seed),
        model(chain_genesis(), directory.string() + "-model-tree") {}

  std::string grow(std::size_t transactions) {
    NodeProcess node(atlas, config);
    node.wait_for_answer();
    traffic.prepare(transactions, Traffic::Load::kMixed, kReceivers);
    traffic.start(node.url());
    traffic.join();
    load::RpcClient rpc(node.url());
    for (const auto until = Clock::now() + 60s; traffic.executable() > 0;) {
      if (auto wrong = model.follow(rpc, traffic); !wrong.empty()) return wrong;
      if (Clock::now() > until) return "the transactions did not reach a block";
      std::this_thread::sleep_for(5ms);
    }
    const NodeExit exit = node.stop();
    return exit.code == 0 ? "" : "exit code " + std::to_string(exit.code) + ":\n" + exit.stderr;
  }

  /// The node must end by itself with exit code 2 and say all of `words`.
  std::string refuses(const std::vector<std::string>& words) const {
    NodeProcess node(atlas, config);
    const auto exit = node.wait_exit(kExitLimit);
    if (!exit) return "it started all the same:\n" + node.output();
    return judge(*exit, words);
  }

  static std::string judge(const NodeExit& exit, const std::vector<std::string>& words) {
    if (exit.code != 2) return "exit code " + std::to_string(exit.code) + " instead of 2:\n" + exit.stderr;
    for (const std::string& word : words) {
      if (exit.stderr.find(word) == std::string::npos) return "it does not say '" + word + "':\n" + exit.stderr;
    }
    return "";
  }

  /// The node must start, say all of `words`, and have every block that the model knows.
  std::string recovers(const std::vector<std::string>& words) {
    NodeProcess node(atlas, config);
    node.wait_for_answer();
    for (const std::string& word : words) {
      if (node.output().find(word) == std::string::npos) return "it does not say '" + word + "':\n" + node.output();
    }
    load::RpcClient rpc(node.url());
    for (u64 n = 0; n <= model.head(); ++n) {
      const auto seen = Witness::look(rpc, n);
      if (!seen || seen->hash != model.hash_of(n)) return "block " + std::to_string(n) + " is not what it was";
    }
    if (auto wrong = model.follow(rpc, traffic); !wrong.empty()) return wrong;
    std::mt19937_64 random(1);
    return model.compare_state(rpc, random, kReceivers);
  }

  const fs::path atlas, directory, data, config;
  Traffic traffic;
  Model model;
};

fs::path first_file(const fs::path& folder, const std::string& prefix) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().filename().string().starts_with(prefix)) return entry.path();
  }
  throw std::runtime_error("no file " + prefix + "* in " + folder.string());
}

void flip(const fs::path& file, u64 offset) {
  FlippedByte byte(file, offset);
  byte.keep();
}

void replace_text(const fs::path& file, const std::string& from, const std::string& to) {
  std::ifstream in(file);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  in.close();
  text.replace(text.find(from), from.size(), to);
  std::ofstream(file) << text;
}

/// Load until the node ends by itself; then `give_back` and everything acknowledged must be there.
std::string fill(SmallChain& chain, const std::function<void()>& in_child, const std::function<void()>& give_back) {
  Witness witness;
  {
    NodeProcess node(chain.atlas, chain.config, in_child);
    node.wait_for_answer();
    witness.start(node.url(), chain.model.head() + 1);
    chain.traffic.prepare(400, Traffic::Load::kBulky, kReceivers);
    chain.traffic.start(node.url());
    const auto exit = node.wait_exit(kExitLimit);
    if (!exit) node.kill9();
    chain.traffic.join();
    witness.stop();
    if (!exit) return "it went on";
    if (auto wrong = SmallChain::judge(*exit, {chain.data.string(), "then start again"}); !wrong.empty()) return wrong;
  }
  give_back();
  NodeProcess node(chain.atlas, chain.config);
  node.wait_for_answer();
  load::RpcClient rpc(node.url());
  for (const auto& [number, seen] : witness.seen()) {
    const auto now = Witness::look(rpc, number);
    if (!now || now->hash != seen.hash || now->receipts != seen.receipts) {
      return "acknowledged block " + std::to_string(number) + " is not what it was";
    }
  }
  if (witness.seen().empty()) return "nothing was acknowledged before the space was used up";
  return chain.model.follow(rpc, chain.traffic);
}

/// Runs `task` in a process with mounts of its own, where `folder` is a file system of `bytes`; "skip: why" if this
/// machine does not allow it.
std::string with_small_disk(const fs::path& folder, const std::string& size, const std::function<std::string()>& task) {
  fs::create_directories(folder);
  int ends[2];
  if (::pipe(ends) != 0) return "pipe failed";
  const pid_t child = ::fork();
  if (child == 0) {
    std::string result;
    const uid_t user = ::geteuid();
    const bool apart = ::unshare(user == 0 ? CLONE_NEWNS : CLONE_NEWUSER | CLONE_NEWNS) == 0;
    if (user != 0) std::ofstream("/proc/self/uid_map") << "0 " << user << " 1\n";
    if (!apart || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("tmpfs", folder.c_str(), "tmpfs", 0, ("size=" + size).c_str()) != 0) {
      result = std::string("skip: no mounts of one's own here (") + std::strerror(errno) + ")";
    } else {
      try {
        result = task();
      } catch (const std::exception& error) {
        result = error.what();
      }
    }
    [[maybe_unused]] const ssize_t written = ::write(ends[1], result.data(), result.size());
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string result;
  char buffer[4096];
  for (ssize_t n = 0; (n = ::read(ends[0], buffer, sizeof buffer)) > 0;) result.append(buffer, static_cast<u64>(n));
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  return status == 0 ? result : "the test itself ended with status " + std::to_string(status);
}

}  // namespace

std::vector<FaultCase> run_faults(const Setup& setup, const std::string& only,
                                  const std::function<void(const FaultCase&)>& report) {
  std::vector<FaultCase> cases;
  const auto run = [&](const std::string& name, const std::function<std::string()>& task) {
    if (name.find(only) == std::string::npos && name != kFirstCase) return true;
    FaultCase one{name, {}, {}};
    try {
      one.failure = task();
    } catch (const std::exception& error) {
      one.failure = error.what();
    }
    if (one.failure.starts_with("skip: ")) std::swap(one.failure, one.skipped);
    report(one);
    cases.push_back(one);
    return one.failure.empty();
  };

  SmallChain chain(setup);
  const fs::path base = chain.directory / "base";
  if (!run(kFirstCase, [&] {
        auto wrong = chain.grow(3'000);
        if (wrong.empty()) wrong = chain.grow(6'000);
        return wrong;
      })) {
    return cases;
  }
  copy_tree(chain.data, base);
  const auto spoilt = [&](const std::string& name, const std::function<std::string()>& task) {
    run("files: " + name, [&] {
      copy_tree(base, chain.data);
      return task();
    });
  };
  const auto segment = [&] { return segments(chain.data).back(); };

  spoilt("nothing spoilt", [&] { return chain.recovers({}); });
  spoilt("CHAIN is missing", [&] {
    fs::remove(chain.data / "CHAIN");
    return chain.refuses({(chain.data / "CHAIN").string(), "is missing", "Restore"});
  });
  spoilt("CHAIN of another chain", [&] {
    replace_text(chain.data / "CHAIN", std::to_string(kChainId), "4712");
    return chain.refuses({(chain.data / "CHAIN").string(), "4712", "another chain"});
  });
  spoilt("header of a log segment", [&] {
    flip(segment(), 20);
    return chain.refuses({segment().string(), "header at offset 0", "Restore"});
  });
  spoilt("an acknowledged block", [&] {
    const RecordAt record = records(segment()).front();
    flip(segment(), record.offset + 60);
    return chain.refuses({segment().string(), "offset " + std::to_string(record.offset), "Restore"});
  });
  spoilt("the last block after a clean stop", [&] {
    const RecordAt record = records(segment()).back();
    flip(segment(), record.offset + 40);
    return chain.refuses({segment().string(), "offset " + std::to_string(record.offset), "Restore"});
  });
  spoilt("the newest log segment is missing", [&] {
    fs::remove(segment());
    return chain.refuses({(chain.data / "log").string(), "was durable", "Restore"});
  });
  spoilt("a torn record behind the end", [&] {
    std::mt19937_64 random(setup.seed);
    // A clean stop leaves a mark behind the last block: without it, as after a kill.
    const RecordAt last = records(segment()).back();
    fs::resize_file(segment(), last.offset + 36 + last.length);
    tear_tail(chain.data, random);
    return chain.recovers({"of a torn record, never acknowledged"});
  });
  spoilt("the newest snapshot", [&] {
    flip(snapshots(chain.data).front(), 5'000);
    for (std::size_t i = 1; i < snapshots(chain.data).size(); ++i) flip(snapshots(chain.data)[i], 5'000);
    return segments(chain.data).front().filename().string().find("00001.log") != std::string::npos
               ? chain.recovers({"set aside as .damaged"})
               : chain.refuses({(chain.data / "snapshots").string(), "no sound snapshot", "Restore"});
  });
  spoilt("a snapshot left half written", [&] {
    std::ofstream(chain.data / "snapshots" / "state-00000000000000009999.snap.tmp") << "half";
    const auto wrong = chain.recovers({});
    return wrong.empty() && snapshot_is_being_written(chain.data) ? "it was left behind" : wrong;
  });
  spoilt("the history's CURRENT", [&] {
    std::ofstream(chain.data / "history" / "CURRENT") << "nonsense\n";
    return chain.refuses({(chain.data / "history").string(), "Restore"});
  });
  spoilt("the history's manifest", [&] {
    const fs::path manifest = first_file(chain.data / "history", "MANIFEST-");
    flip(manifest, fs::file_size(manifest) / 2);
    return chain.refuses({(chain.data / "history").string(), "is damaged", "Restore"});
  });
  spoilt("the history's own log", [&] {
    for (const auto& entry : fs::directory_iterator(chain.data / "history")) {
      if (entry.path().extension() == ".log" && fs::file_size(entry.path()) > 0) {
        flip(entry.path(), fs::file_size(entry.path()) / 2);
      }
    }
    return chain.recovers({});  // what it lost comes from the block log
  });
  spoilt("the history is gone", [&] {
    fs::remove_all(chain.data / "history");
    return chain.recovers({});
  });
  spoilt("HOLDS", [&] {
    std::ofstream(chain.data / "HOLDS") << "tree one\n";
    return chain.refuses({(chain.data / "HOLDS").string(), "line 1"});
  });
  spoilt("the mempool journal", [&] {
    const fs::path journal = first_file(chain.data / "mempool", "journal-");
    if (fs::file_size(journal) <= 56) return std::string("nothing waits in it");
    flip(journal, 60);
    return chain.recovers({journal.filename().string(), "damaged at offset 56"});
  });
  spoilt("a directory that another process uses", [&] {
    NodeProcess holder(chain.atlas, chain.config);
    holder.wait_for_answer();
    return chain.refuses({chain.data.string(), "is using this data directory", "Stop that process"});
  });

  copy_tree(base, chain.data);
  Setup limited = setup;
  limited.directory = setup.directory / "limit";
  run("disk: a file size limit", [&] {
    SmallChain other(limited);
    return fill(
        other,
        [] {
          const rlimit limit{3 << 20, 3 << 20};
          ::setrlimit(RLIMIT_FSIZE, &limit);
        },
        [] {});
  });
  Setup small = setup;
  small.directory = setup.directory / "disk";
  run("disk: full", [&] {
    return with_small_disk(small.directory, "20m", [&] {
      SmallChain other(small);
      return fill(other, {}, [&] {
        if (::mount(nullptr, small.directory.c_str(), nullptr, MS_REMOUNT, "size=400m") != 0) {
          throw std::runtime_error(std::string("remount: ") + std::strerror(errno));
        }
      });
    });
  });
  return cases;
}

}  // namespace atlas::crash
