#include <algorithm>

#include <nlohmann/json.hpp>

#include <node/node.hpp>

namespace atlas::node {
namespace {

/// Without a block for so many heartbeats the chain counts as stalled.
constexpr u64 kStalledHeartbeats = 5;

LogSeverity severity_of(storage::LogLevel level) {
  switch (level) {
    case storage::LogLevel::kInfo:
      return LogSeverity::kInfo;
    case storage::LogLevel::kWarning:
      return LogSeverity::kWarn;
    case storage::LogLevel::kError:
      return LogSeverity::kError;
  }
  return LogSeverity::kError;
}

}  // namespace

std::string what_of(std::exception_ptr error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& e) {
    return e.what();
  } catch (...) {
    return "unknown error";
  }
}

Node::Node(Config config, ChainGenesis genesis, Log& log, std::optional<DevSetup> dev)
    : config_(std::move(config)), genesis_(std::move(genesis)), log_(log), dev_setup_(std::move(dev)) {}

Node::~Node() {
  stop();
}

void Node::start() {
  auto genesis = build_genesis(genesis_);
  if (!genesis) throw std::runtime_error("genesis: " + genesis.error());
  check_prices();
  storage::StorageConfig storage = config_.storage;
  storage.directory = config_.data_dir;
  store_ = storage::ChainStore::open(storage, *genesis, [this](storage::LogLevel level, const std::string& text) {
    log_.write(severity_of(level), text);
  });
  const storage::RecoveryReport& recovered = store_->recovery();
  log_.info("chain recovered", {{"head", recovered.head_number},
                                {"replayed", recovered.blocks_replayed},
                                {"snapshot", recovered.snapshot_number},
                                {"ms", recovered.total_ms},
                                {"snapshot_ms", recovered.snapshot_ms},
                                {"replay_ms", recovered.replay_ms},
                                {"directory", config_.data_dir.string()}});

  const auto head_state = store_->view_at(store_->head()->header.number);
  pool_ = std::make_unique<sequencer::Mempool>(config_.mempool, head_state, sequencer::stf_config(genesis_.rules));
  pool_->set_allow_unprotected(config_.allow_unprotected);
  sequencer_ = std::make_unique<sequencer::Sequencer>(genesis_.rules, config_.sequencer, *store_, *pool_,
                                                      static_cast<sequencer::SequencerListener&>(*this));
  backend_ = std::make_unique<ChainBackend>(genesis_.rules, *store_, *pool_, *sequencer_);
  if (dev_setup_) {
    dev_ = std::make_unique<DevBackend>(*dev_setup_, genesis_.rules.chain_id, *store_, *pool_, *sequencer_);
    backend_->set_dev(dev_.get());
  }
  rpc::ServerHooks hooks;
  hooks.health = [this] { return health(); };
  hooks.metrics = [this] {
    const auto batches = batches_ ? std::optional(batches_->stats()) : std::nullopt;
    return metrics_.render(*store_, *pool_, sequencer_->stats(), batches);
  };
  server_ = std::make_unique<rpc::Server>(*backend_, config_.rpc, std::move(hooks));

  last_block_ = sequencer::Clock::now().time_since_epoch().count();
  start_batches();
  sequencer_->start();
  if (config_.mempool_journal_bytes_max != 0) restore_mempool({genesis->chain_id, genesis->block.hash});
  server_->start();
  log_.info("serving", {{"url", "http://" + config_.rpc.host + ":" + std::to_string(server_->port())},
                        {"chain_id", genesis_.rules.chain_id}});
}

/// The state transition refuses blocks with prices above genesis's caps.
void Node::check_prices() const {
  const auto check = [](const char* key, u64 price, u64 cap) {
    if (price <= cap) return;
    throw std::runtime_error(std::string("sequencer.") + key + " is " + std::to_string(price) +
                             ", but this chain's genesis caps it at " + std::to_string(cap));
  };
  check("native_price_wei", config_.sequencer.prices.native, genesis_.rules.price_caps.native);
  check("pubdata_price_wei", config_.sequencer.prices.pubdata, genesis_.rules.price_caps.pubdata);
}

void Node::start_batches() {
  if (!config_.batch.enabled) return store_->release_log(batch::BatchStage::kHold);
  batch::BatchConfig config = config_.batch;
  config.directory = config_.data_dir;
  const auto genesis = [this] {
    auto built = build_genesis(genesis_);
    ENSURE(built.ok(), "the genesis that the store was opened with");
    return std::move(built).value();
  };
  batches_ = std::make_unique<batch::BatchStage>(
      config, genesis_.rules, *store_, genesis,
      [this](storage::LogLevel level, const std::string& text) { log_.write(severity_of(level), text); });
  backend_->set_batches(batches_.get());
  batches_->start();
}

/// What waited when the node ended goes back into the pool, before anyone can send more if it does not take long.
void Node::restore_mempool(const storage::ChainIdentity& identity) {
  constexpr std::chrono::milliseconds kPatience{500};
  sequencer::PoolJournal::Options options;
  options.directory = config_.data_dir / "mempool";
  options.identity = identity;
  options.bytes_max = config_.mempool_journal_bytes_max;
  journal_ = std::make_unique<sequencer::PoolJournal>(
      options, *pool_,
      [this](storage::LogLevel level, const std::string& text) { log_.write(severity_of(level), text); });
  const auto replayed = journal_->wait_replayed(kPatience);
  if (!replayed) {
    log_.info("mempool: still putting back what waited; requests are served meanwhile");
  } else if (replayed->restored + replayed->refused != 0) {
    log_.info(
        "mempool restored",
        {{"transactions", replayed->restored}, {"in_blocks_or_invalid", replayed->refused}, {"ms", replayed->ms}});
  }
}

void Node::stop() {
  if (stopping_.exchange(true)) return;
  if (pool_) pool_->stop();
  if (server_) server_->stop();
  if (sequencer_) sequencer_->stop();
  journal_.reset();  // writes what still waits
  if (store_) {
    const u64 head = store_->head()->header.number;
    server_.reset();
    if (batches_) batches_->stop();
    store_.reset();  // joins the log's thread, which reports to all that follow
    dev_.reset();
    backend_.reset();
    batches_.reset();
    sequencer_.reset();
    pool_.reset();
    log_.info("stopped", {{"head", head}});
  }
}

std::exception_ptr Node::failure() const {
  // The sequencer of a quiet chain would meet a storage that has failed only at its next block.
  if (const auto error = store_ ? store_->failure() : std::nullopt) return std::make_exception_ptr(*error);
  if (const auto error = batches_ ? batches_->failure() : nullptr) return error;
  const std::lock_guard lock(failure_mutex_);
  return failure_;
}

void Node::on_block(const storage::BlockPtr& block, const sequencer::BlockTimes& times) {
  last_block_ = sequencer::Clock::now().time_since_epoch().count();
  metrics_.observe(*block, times);
  backend_->announce_block(block);
  if (batches_) batches_->on_block(block->header.number);
  log_.debug("block", {{"number", block->header.number},
                       {"transactions", static_cast<u64>(block->transactions.size())},
                       {"gas", block->header.gas_used},
                       {"seal_ms", times.seal_ms},
                       {"durable_ms", times.durable_ms}});
}

void Node::on_rewind(const storage::BlockPtr& head) {
  log_.warn("head taken back", {{"number", head->header.number}});
  backend_->announce_rewind(head);
  if (batches_) batches_->on_rewind();
}

void Node::on_failure(std::exception_ptr error) {
  log_.error("the sequencer failed: no more blocks", {{"reason", what_of(error)}});
  const std::lock_guard lock(failure_mutex_);
  failure_ = error;
}

rpc::HealthReport Node::health() const {
  const sequencer::Clock::duration since(sequencer::Clock::now().time_since_epoch().count() - last_block_);
  const double age_s = std::chrono::duration<double>(since).count();
  const u64 heartbeat_ms = config_.sequencer.heartbeat_ms;
  const bool automatic = sequencer_->sealing() == sequencer::Sequencer::Sealing::kAutomatic;
  const bool stalled =
      automatic && heartbeat_ms != 0 && age_s * 1e3 > static_cast<double>(kStalledHeartbeats * heartbeat_ms);
  const char* status = failure() ? "failed" : stopping_ ? "stopping" : stalled ? "stalled" : "ok";
  const storage::BlockPtr head = store_->head();
  const sequencer::PoolCounts pool = pool_->counts();
  nlohmann::ordered_json body{{"status", status},
                              {"version", ATLAS_VERSION},
                              {"chain_id", genesis_.rules.chain_id},
                              {"head", head->header.number},
                              {"head_hash", to_hex(head->hash)},
                              {"head_timestamp", head->header.timestamp},
                              {"last_block_s_ago", age_s},
                              {"mempool_executable", pool.executable},
                              {"mempool_queued", pool.queued}};
  if (batches_) {
    const batch::BatchStats batches = batches_->stats();
    body["batch"] = batches.batches;
    body["batch_blocks_behind"] = batches.head - std::min(batches.head, batches.taken_block);
  }
  if (const auto error = failure()) body["reason"] = what_of(error);
  const auto replace = nlohmann::ordered_json::error_handler_t::replace;
  return {std::string_view(status) == "ok", body.dump(-1, ' ', false, replace)};
}

}  // namespace atlas::node
