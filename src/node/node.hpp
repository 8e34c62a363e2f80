#pragma once
// The stages of a node put together: storage → mempool and sequencer → RPC, and batches behind the log.
#include <atomic>
#include <optional>

#include <node/chain_backend.hpp>
#include <node/dev_backend.hpp>
#include <node/genesis.hpp>
#include <node/log.hpp>
#include <node/metrics.hpp>
#include <rpc/server.hpp>
#include <sequencer/pool_journal.hpp>

namespace atlas::node {

class Node final : private sequencer::SequencerListener {
 public:
  /// `log` outlives the node.
  Node(Config config, ChainGenesis genesis, Log& log, std::optional<DevSetup> dev = std::nullopt);
  ~Node() override;

  /// Recovers the chain, then builds blocks and serves. Throws what the environment throws: storage::StorageError, a
  /// port that is taken.
  void start();
  /// In order: no more requests, the open block sealed, everything durable. Once; later calls do nothing.
  void stop();

  /// The port that RPC listens on, once started.
  u16 port() const { return server_->port(); }
  /// Set when a stage failed: the node builds no more blocks and should be stopped.
  std::exception_ptr failure() const;

  rpc::Backend& backend() { return *backend_; }
  sequencer::Mempool& mempool() { return *pool_; }
  sequencer::Sequencer& sequencer() { return *sequencer_; }
  storage::ChainStore& store() { return *store_; }
  /// Null without batches.
  batch::BatchStage* batches() { return batches_.get(); }
  const ChainGenesis& genesis() const { return genesis_; }
  const Config& config() const { return config_; }

 private:
  void on_block(const storage::BlockPtr& block, const sequencer::BlockTimes& times) override;
  void on_rewind(const storage::BlockPtr& head) override;
  void on_failure(std::exception_ptr error) override;
  rpc::HealthReport health() const;
  void check_prices() const;
  void start_batches();
  void restore_mempool(const storage::ChainIdentity& identity);

  const Config config_;
  const ChainGenesis genesis_;
  Log& log_;
  std::optional<DevSetup> dev_setup_;
  Metrics metrics_;
  std::atomic<bool> stopping_{false};
  std::atomic<sequencer::Clock::rep> last_block_{0};
  mutable std::mutex failure_mutex_;
  std::exception_ptr failure_;

  // In the order of the flow; destroyed from the last.
  std::unique_ptr<storage::ChainStore> store_;
  std::unique_ptr<sequencer::Mempool> pool_;
  std::unique_ptr<sequencer::Sequencer> sequencer_;
  std::unique_ptr<sequencer::PoolJournal> journal_;
  std::unique_ptr<batch::BatchStage> batches_;
  std::unique_ptr<ChainBackend> backend_;
  std::unique_ptr<DevBackend> dev_;
  std::unique_ptr<rpc::Server> server_;
};

/// The sentence of an exception, for logs and exit messages.
std::string what_of(std::exception_ptr error);

}  // namespace atlas::node
