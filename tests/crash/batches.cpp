#include "batches.hpp"

#include <array>
#include <cstdio>
#include <fstream>
#include <memory>

#include "witness.hpp"

#include <stf/proven_batch.hpp>

namespace atlas::crash {
namespace {

using Json = nlohmann::json;
using namespace std::chrono_literals;

tree::TreeConfig fresh_tree(const std::filesystem::path& directory) {
  std::filesystem::remove_all(directory);  // of a run that failed
  tree::TreeConfig config;
  config.directory = directory;
  config.cache_bytes_max = u64{256} << 20;
  config.threads = 1;
  return config;
}

/// A call that waits while the node opens its tree.
Json call_when_open(load::RpcClient& rpc, const char* method, const Json& params) {
  constexpr int kUnavailable = -32002;
  for (int i = 0;; ++i) {
    try {
      return rpc.call(method, params);
    } catch (const load::RpcError& error) {
      if (error.code != kUnavailable || i == 6'000) throw;
      std::this_thread::sleep_for(10ms);
    }
  }
}

Json record_of(load::RpcClient& rpc, u64 number) {
  return call_when_open(rpc, "atlas_getBatchByNumber", Json::array({hex_number(number)}));
}

std::string at_batch(u64 number, const std::string& what) {
  return "batch " + std::to_string(number) + ": " + what;
}

}  // namespace

// ---- What the node shows while it runs.

void BatchWatcher::start(const load::Url& url, u64 first) {
  stop_ = false;
  next_ = first;
  seen_.clear();
  thread_ = std::thread([this, url] { follow(url); });
}

void BatchWatcher::stop() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
}

void BatchWatcher::follow(const load::Url& url) try {
  load::RpcClient rpc(url);
  while (!stop_) {
    const Json record = record_of(rpc, next_);
    if (record.is_object()) {
      seen_[next_++] = record;
    } else {
      std::this_thread::sleep_for(5ms);
    }
  }
} catch (const load::RpcFailure&) {
  // The node was killed.
}

// ---- The model.

BatchModel::BatchModel(const storage::Genesis& genesis, const std::filesystem::path& directory)
    : tree_(fresh_tree(directory)) {
  const Block& block = genesis.block;
  tree_.apply(0, tree::genesis_writes(genesis.state), {0, block.hash, block.header.timestamp});
}

void BatchModel::take(const Block& block, const StateDiff& diff, const StateView& before) {
  blocks_.push_back({block.header.number, block.header.timestamp, block.hash, tree::leaf_writes(diff, before)});
}

std::string BatchModel::compare(const Json& record) {
  const u64 first = number_of(record.at("firstBlock"));
  const u64 last = number_of(record.at("lastBlock"));
  if (first != blocks_.front().number) return "begins with block " + std::to_string(first);
  std::map<tree::Digest, tree::LeafWrite> net;
  BlockWrites end;
  while (!blocks_.empty() && blocks_.front().number <= last) {
    end = std::move(blocks_.front());
    blocks_.pop_front();
    for (const auto& write : end.writes) net.insert_or_assign(write.key, write);
  }
  std::vector<tree::LeafWrite> writes;
  for (const auto& [key, write] : net) writes.push_back(write);
  const tree::BatchState state = tree_.apply(*tree_.latest() + 1, writes, {last, end.hash, end.timestamp});
  const Json& shown = record.at("state");
  if (shown.at("root") != to_hex(state.tree.root.view()) || number_of(shown.at("nextIndex")) != state.tree.next_index ||
      shown.at("lastBlockHash") != to_hex(end.hash) ||
      record.at("commitment") != to_hex(tree::state_commitment(state))) {
    return "its blocks come to root " + to_hex(state.tree.root.view()) + ", the node has " + shown.dump();
  }
  return "";
}

std::string BatchModel::follow(load::RpcClient& rpc) {
  const u64 newest = number_of(call_when_open(rpc, "zks_L1BatchNumber", Json::array()));
  if (newest + 1 < count()) {
    return "the newest batch is " + std::to_string(newest) + ", but batch " + std::to_string(count() - 1) +
           " was there";
  }
  constexpr u64 kLookBack = 50;
  for (u64 n = count() > kLookBack ? count() - kLookBack : 0; n < count(); ++n) {
    if (record_of(rpc, n) != records_[n]) return at_batch(n, "is not what it was");
  }
  for (u64 n = count(); n <= newest; ++n) {
    const Json record = record_of(rpc, n);
    if (!record.is_object()) return at_batch(n, "is missing below the newest");
    if (n > 0 && (blocks_.empty() || number_of(record.at("lastBlock")) > blocks_.back().number)) break;
    if (n > 0) {
      if (auto wrong = compare(record); !wrong.empty()) return at_batch(n, wrong);
    }
    records_.push_back(record);
  }
  return "";
}

std::string BatchModel::compare_witnesses(const std::filesystem::path& folder) const {
  for (u64 n = 1; n < count(); ++n) {
    std::ifstream in(folder / ("batch-" + std::to_string(n) + ".bin"), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    u32 size = 0;
    if (bytes.size() >= 4) std::memcpy(&size, bytes.data(), 4);
    if (size == 0 || bytes.size() != 4 + u64{4} * size) return at_batch(n, "has no whole witness");
    std::vector<u32> words(size);
    std::memcpy(words.data(), bytes.data() + 4, 4 * words.size());
    const stf::ProvenBatch proven = stf::execute_witness(words);  // ends the process over a witness that does not hold
    if (records_[n].at("commitment") != to_hex(tree::state_commitment(proven.sealed.after)) ||
        records_[n].at("outputHash") != to_hex(stf::hash_batch_output(proven.sealed.output))) {
      return at_batch(n, "its witness comes to another state or output");
    }
  }
  return "";
}

std::string rebuild_equals(const std::filesystem::path& atlas, const std::filesystem::path& directory,
                           const Json& newest) {
  const std::string command = atlas.string() + " rebuild --json --genesis " + (directory / "genesis.toml").string() +
                              " --out " + (directory / "rebuilt").string() + " " +
                              (directory / "data" / "batches" / "pubdata").string();
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(::popen(command.c_str(), "r"), &::pclose);
  std::array<char, 4'096> line{};
  while (pipe && std::fgets(line.data(), line.size(), pipe.get()) != nullptr) {
    const Json batch = Json::parse(line.data(), nullptr, false);
    if (!batch.is_object() || batch.at("batch") != number_of(newest.at("number"))) continue;
    return batch.at("commitment") == newest.at("commitment") && batch.at("root") == newest.at("state").at("root")
               ? ""
               : "rebuilt from pubdata: " + batch.dump() + ", the node has " + newest.dump();
  }
  return "`" + command + "` did not come to batch " + newest.at("number").dump();
}

}  // namespace atlas::crash
