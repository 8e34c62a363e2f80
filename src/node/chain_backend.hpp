#pragma once
// The chain as RPC sees it, over mempool, sequencer and storage.
#include <mutex>
#include <shared_mutex>

#include <rpc/backend.hpp>
#include <sequencer/sequencer.hpp>

namespace atlas::node {

/// What the pool says in RPC's terms.
rpc::SubmitError submit_error(const sequencer::Refusal& refusal);

class ChainBackend final : public rpc::Backend, public sequencer::PoolListener {
 public:
  /// `store`, `pool` and `sequencer` outlive the backend.
  ChainBackend(const sequencer::ChainRules& rules, storage::ChainStore& store, sequencer::Mempool& pool,
               sequencer::Sequencer& sequencer);
  ~ChainBackend() override;

  void set_dev(rpc::DevBackend* dev) { dev_ = dev; }
  void set_batches(const batch::Batches* batches) { batches_ = batches; }
  /// The node reports what its sequencer did.
  void announce_block(const rpc::BlockPtr& block);
  void announce_rewind(const rpc::BlockPtr& head);

  u64 chain_id() const override { return rules_.chain_id; }
  std::string client_version() const override;

  rpc::BlockPtr head() const override;
  u64 oldest_block() const override;
  rpc::BlockPtr block_by_number(u64 number) const override;
  rpc::BlockPtr block_by_hash(const Hash256& hash) const override;
  Hash256 block_hash(u64 number) const override;
  std::optional<rpc::MinedTransaction> mined(const Hash256& hash) const override;
  u64 tag_number(rpc::BlockTag tag) const override;

  rpc::StatePtr state_at(u64 block_number) const override;
  rpc::StatePtr head_state() const override;
  u64 oldest_state() const override;
  BlockContext context_of(const BlockHeader& header) const override;
  BlockContext pending_context() const override;
  u256 base_fee_after(const BlockHeader& parent) const override;
  std::unique_ptr<ExecutionEnvironment> make_environment() const override;

  void for_each_log(const rpc::LogQuery& query, const rpc::LogVisitor& visit) const override;

  rpc::WalkEnd for_each_transaction(const rpc::AddressQuery& query,
                                    const rpc::TransactionVisitor& visit) const override;
  std::optional<rpc::ContractCreation> creation(const Address& contract) const override;
  u64 first_indexed() const override;

  rpc::SubmitResult submit(ByteView raw) override;
  std::vector<rpc::SubmitResult> submit_many(const std::vector<ByteView>& raws) override;
  u64 pending_nonce(const Address& address) const override;
  rpc::TxPtr pool_transaction(const Hash256& hash) const override;
  rpc::PoolCount pool_count() const override;
  std::vector<rpc::PoolEntry> pool_content(const Address* sender, std::size_t limit) const override;
  u256 suggested_priority_fee() const override;

  void add_listener(rpc::ChainListener* listener) override;
  void remove_listener(rpc::ChainListener* listener) override;
  const batch::Batches* batches() const override { return batches_; }
  rpc::DevBackend* dev() override { return dev_; }

  bool wants_pending() const override;
  void on_pending(const sequencer::TxPtr& tx) override;

 private:
  sequencer::Mempool& pool() const;

  const sequencer::ChainRules rules_;
  storage::ChainStore& store_;
  sequencer::Mempool& pool_;
  sequencer::Sequencer& sequencer_;
  rpc::DevBackend* dev_ = nullptr;
  const batch::Batches* batches_ = nullptr;

  mutable std::shared_mutex listeners_mutex_;
  std::vector<rpc::ChainListener*> listeners_;
};

}  // namespace atlas::node
