#include "round.hpp"

#include <fstream>

#include <stf/genesis.hpp>

namespace atlas::crash {
namespace {

using namespace std::chrono_literals;

constexpr u64 kGenesisTime = 1'764'798'551;
u256 sender_balance() {
  return u256(1'000'000'000) * u256(1'000'000'000'000'000'000);
}
/// A transaction that was accepted so long before the kill must be there afterwards.
constexpr auto kAcceptedLongBefore = 1s;

double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

/// The figures of the node's line "chain recovered".
nlohmann::json recovery_of(const std::string& said) {
  const std::size_t at = said.find("\"message\":\"chain recovered\"");
  if (at == std::string::npos) return {};
  const std::size_t begin = said.rfind('\n', at) == std::string::npos ? 0 : said.rfind('\n', at) + 1;
  return nlohmann::json::parse(said.substr(begin, said.find('\n', at) - begin), nullptr, false);
}

/// Polls until `done`; false after `limit`.
template <class Done>
bool wait_until(std::chrono::milliseconds limit, Done&& done) {
  const auto until = Clock::now() + limit;
  while (!done()) {
    if (Clock::now() >= until) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

}  // namespace

const char* name_of(Kind kind) {
  switch (kind) {
    case Kind::kLoad:
      return "under load";
    case Kind::kSnapshot:
      return "in a snapshot";
    case Kind::kBatch:
      return "in a batch";
    case Kind::kSegment:
      return "at a new segment";
    case Kind::kStart:
      return "while starting";
    case Kind::kTorn:
      return "torn tail";
    case Kind::kDamaged:
      return "damaged block";
    case Kind::kBadSnapshot:
      return "damaged snapshot";
  }
  return "?";
}

fs::path write_chain_files(const fs::path& directory, const std::string& more_config) {
  fs::remove_all(directory / "data");
  fs::create_directories(directory);
  {
    std::ofstream genesis(directory / "genesis.toml");
    genesis << "chain_id = " << kChainId << "\ntimestamp = " << kGenesisTime
            << "\nda = \"calldata\"\ndeterministic_deployment_proxy = false\n";
    for (u32 i = 0; i < kSenders; ++i) {
      genesis << "[[accounts]]\naddress = \"" << to_hex(address_of(i)) << "\"\nbalance = \""
              << to_decimal(sender_balance()) << "\"\n";
    }
    for (const auto& [address, code] : {std::pair(kSpreader, spreader_code()), std::pair(kRecorder, recorder_code())}) {
      genesis << "[[accounts]]\naddress = \"" << to_hex(address) << "\"\ncode = \"" << to_hex(code) << "\"\n";
    }
  }
  std::ofstream config(directory / "node.toml");
  config << "[node]\ndata_dir = \"data\"\ngenesis = \"genesis.toml\"\n"
         << "[rpc]\nport = 0\nlog_blocks_max = 1000000\nlog_results_max = 1000000\nresponse_bytes_max = 1000000000\n"
         << "[batch]\ntime_ms = 300\nblocks_max = 8\ncache_bytes_max = 268435456\nwitness_batches = 100000\n"
         << "[storage]\nsegment_bytes = 4194304\nsnapshot_log_bytes = 1048576\n"
         << more_config;
  return directory / "node.toml";
}

storage::Genesis chain_genesis() {
  stf::GenesisConfig config;
  config.timestamp = kGenesisTime;
  config.gas_limit = sequencer::ChainRules{}.gas_limit;
  config.base_fee = sequencer::ChainRules{}.base_fee_floor_wei;
  config.rules.chain_id = kChainId;
  config.rules.da = stf::DaScheme::kCalldata;
  for (u32 i = 0; i < kSenders; ++i) config.alloc.push_back({address_of(i), 0, sender_balance(), {}, {}});
  config.alloc.push_back({kSpreader, 0, {}, spreader_code(), {}});
  config.alloc.push_back({kRecorder, 0, {}, recorder_code(), {}});
  auto built = stf::build_genesis(config);
  ENSURE(built.ok(), "the test's own genesis is sound");
  return {kChainId, std::move(built->block), std::move(built->diff)};
}

Run::Run(Setup setup)
    : setup_(std::move(setup)),
      data_(setup_.directory / "data"),
      config_(write_chain_files(setup_.directory)),
      random_(setup_.seed),
      genesis_(chain_genesis()),
      traffic_(setup_.seed),
      model_(genesis_, setup_.directory / "model-tree") {}

void Run::start() {
  node_ = std::make_unique<NodeProcess>(setup_.atlas, config_);
  last_start_ms_ = node_->wait_for_answer();
}

std::string Run::make_accounts() {
  start();
  first_start_ms_ = last_start_ms_;
  traffic_.prepare_receivers(setup_.receivers);
  traffic_.start(node_->url());
  traffic_.join();
  return drain();
}

/// Until everything that can be is in blocks.
std::string Run::drain() {
  const auto until = Clock::now() + 120s;
  while (traffic_.executable() > 0) {
    auto client = rpc();
    if (auto wrong = model_.follow(client, traffic_); !wrong.empty()) return wrong;
    if (Clock::now() > until) {
      return std::to_string(traffic_.executable()) + " transactions did not reach a block within 120 s" +
             (traffic_.refusals().empty() ? "" : "; refused: " + traffic_.refusals().front());
    }
    std::this_thread::sleep_for(20ms);
  }
  return "";
}

RoundReport Run::round(Kind kind) {
  RoundReport report;
  const bool bulky = kind == Kind::kSnapshot || kind == Kind::kSegment;
  traffic_.prepare(kind == Kind::kSnapshot ? 300
                   : bulky                 ? 100
                                           : 1'500 + random_() % 3'000,
                   bulky ? Traffic::Load::kBulky : Traffic::Load::kMixed, setup_.receivers);
  const std::size_t segments_before = segments(data_).size();
  witness_.start(node_->url(), model_.head() + 1);
  watcher_.start(node_->url(), model_.batches().count());
  const auto begin = Clock::now();
  traffic_.start(node_->url());
  if (!wait_until(10s, [&] { return traffic_.accepted_now() > 0; })) report.failure = "nothing was accepted in 10 s";
  switch (kind) {
    case Kind::kSnapshot:
      report.note = wait_until(8s, [&] { return snapshot_is_being_written(data_); }) ? "" : "no snapshot was due";
      std::this_thread::sleep_for(std::chrono::milliseconds(random_() % 100));
      break;
    case Kind::kSegment:
      report.note =
          wait_until(8s, [&] { return segments(data_).size() > segments_before; }) ? "" : "no segment was due";
      break;
    case Kind::kBatch:
      report.note = wait_until(8s, [&] { return batch_is_being_written(data_); }) ? "" : "no batch was due";
      // Between the pubdata and the record, or about when the next batch goes into the tree.
      std::this_thread::sleep_for(std::chrono::microseconds((random_() % 2) * 280'000 + random_() % 10'000));
      break;
    default:
      std::this_thread::sleep_for(std::chrono::milliseconds(200 + random_() % 2'500));
  }
  node_->kill9();
  const auto killed = Clock::now();
  report.killed_ms = ms_since(begin);
  traffic_.join();
  witness_.stop();
  watcher_.stop();
  report.batches_acknowledged = watcher_.seen().size();
  report.blocks_acknowledged = witness_.seen().size();
  for (const auto& [number, seen] : witness_.seen()) report.receipts_acknowledged += seen.transactions;

  try {
    std::optional<FlippedByte> flipped;
    if (kind == Kind::kTorn) report.note = tear_tail(data_, random_);
    if (kind == Kind::kDamaged && report.failure.empty()) report.failure = refuse_damage();
    if (kind == Kind::kBadSnapshot && snapshots(data_).size() > 1) {
      const fs::path newest = snapshots(data_).front();
      flipped.emplace(newest, random_() % fs::file_size(newest));
      flipped->keep();
    }
    if (kind == Kind::kStart) {
      for (int i = 0; i < 2; ++i) {
        NodeProcess half(setup_.atlas, config_);
        std::this_thread::sleep_for(
            std::chrono::microseconds(random_() % (1 + static_cast<u64>(last_start_ms_ * 1'200))));
      }
    }
    start();
    report.restart_ms = last_start_ms_;
    report.restart_cpu_ms = node_->cpu_ms();
    const std::string said = node_->output();
    report.recovery = recovery_of(said);
    if (kind == Kind::kTorn && !report.note.empty() && said.find("of a torn record") == std::string::npos) {
      report.failure = "the torn tail was not reported:\n" + said;
    }
    if (flipped && said.find("set aside as .damaged") == std::string::npos) {
      // It was not the snapshot that the start wanted: an older one leaves more to look back on.
      report.note = "the damaged snapshot was not needed";
    }
    const std::string wrong = check(killed, report);
    if (report.failure.empty()) report.failure = wrong;
  } catch (const std::exception& error) {
    if (report.failure.empty()) report.failure = error.what();
  }
  report.head = model_.head();
  return report;
}

/// Flips a bit of an acknowledged block in the newest segment and expects the start to be refused with exit code 2 and
/// words that name file, offset and remedy; flips it back.
std::string Run::refuse_damage() {
  const fs::path segment = segments(data_).back();
  auto known = records(segment);
  std::erase_if(known, [&](const RecordAt& r) { return r.number > witness_.last(); });
  if (known.size() < 2) return "";  // nothing acknowledged in it that is not its last
  const RecordAt& record = known[random_() % (known.size() - 1)];
  constexpr u64 kRecordHeader = 36;
  const FlippedByte flipped(segment, record.offset + random_() % (kRecordHeader + record.length));
  NodeProcess node(setup_.atlas, config_);
  const auto exit = node.wait_exit(30s);
  if (!exit) return "a damaged acknowledged block was not refused";
  if (exit->code != 2)
    return "a damaged block ended the node with exit code " + std::to_string(exit->code) + ":\n" + exit->stderr;
  for (const std::string& words :
       {segment.string(), "offset " + std::to_string(record.offset), std::string("Restore")}) {
    if (exit->stderr.find(words) == std::string::npos)
      return "the refusal does not name '" + words + "':\n" + exit->stderr;
  }
  return "";
}

std::string Run::check(Clock::time_point killed, RoundReport& report) {
  auto client = rpc();
  for (const auto& [number, seen] : witness_.seen()) {
    const auto now = Witness::look(client, number);
    if (!now) return "acknowledged block " + std::to_string(number) + " is gone";
    if (now->hash != seen.hash) return "acknowledged block " + std::to_string(number) + " has another hash";
    if (now->receipts != seen.receipts) return "receipts of acknowledged block " + std::to_string(number) + " differ";
  }
  if (auto wrong = model_.follow(client, traffic_); !wrong.empty()) return wrong;
  if (auto wrong = model_.batches().follow(client); !wrong.empty()) return wrong;
  if (auto wrong = model_.compare_state(client, random_, setup_.receivers); !wrong.empty()) return wrong;
  for (const auto& [number, record] : watcher_.seen()) {
    if (client.call("atlas_getBatchByNumber", {hex_number(number)}) != record) {
      return "acknowledged batch " + std::to_string(number) + " is gone or another";
    }
  }
  for (int i = 0; i < 20; ++i) {  // long ago
    const u64 number = random_() % (model_.head() + 1);
    const auto block = client.call("eth_getBlockByNumber", {hex_number(number), false});
    if (!block.is_object() || block.at("hash") != to_hex(model_.hash_of(number))) {
      return "block " + std::to_string(number) + " is not what it was";
    }
  }
  for (const Sent* sent : traffic_.accepted_before(killed - kAcceptedLongBefore)) {
    if (!client.call("eth_getTransactionByHash", {to_hex(sent->tx.hash)}).is_object()) {
      return "transaction " + to_hex(sent->tx.hash) + " was accepted more than a second before the kill and is gone";
    }
    ++report.pending_kept;
  }
  if (!traffic_.refusals().empty()) return "a transaction was refused: " + traffic_.refusals().front();
  return "";
}

/// Until what is the head now is in a batch. Empty blocks come meanwhile, and the batch may end with one of them.
std::string Run::follow_batches() {
  auto client = rpc();
  if (auto wrong = model_.follow(client, traffic_); !wrong.empty()) return wrong;
  const u64 head = model_.head();
  const auto until = Clock::now() + 300s;  // the stage's thread is nice: beside other work it may lag by minutes
  for (;;) {
    if (auto wrong = model_.follow(client, traffic_); !wrong.empty()) return wrong;
    if (auto wrong = model_.batches().follow(client); !wrong.empty()) return wrong;
    if (number_of(model_.batches().last().at("lastBlock")) >= head) return "";
    if (Clock::now() > until) return "block " + std::to_string(head) + " is in no batch after 300 s";
    std::this_thread::sleep_for(20ms);
  }
}

std::string Run::finish() {
  traffic_.start(node_->url());  // what the last kill lost
  traffic_.join();
  if (auto wrong = drain(); !wrong.empty()) return wrong;
  if (auto wrong = follow_batches(); !wrong.empty()) return wrong;
  const NodeExit exit = node_->stop();
  if (exit.code != 0) return "SIGTERM ended the node with exit code " + std::to_string(exit.code) + ":\n" + exit.stderr;
  if (auto wrong = rebuild_equals(setup_.atlas, setup_.directory, model_.batches().last()); !wrong.empty())
    return wrong;
  if (auto wrong = model_.batches().compare_witnesses(data_ / "batches" / "witness"); !wrong.empty()) return wrong;
  storage::StorageConfig storage;
  storage.directory = data_;
  const auto store = storage::ChainStore::open(storage, genesis_);
  return model_.compare_store(*store, setup_.receivers);
}

}  // namespace atlas::crash
