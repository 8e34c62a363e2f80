#pragma once
// What `atlas dev` can do besides: keys, impersonation, state injection, time and mining on demand.
#include <atomic>
#include <mutex>
#include <unordered_map>
#include <unordered_set>

#include <node/chain_backend.hpp>
#include <node/mnemonic.hpp>

namespace atlas::node {

/// What makes a chain one for development: known keys and the methods that use them.
struct DevSetup {
  std::vector<DevAccount> accounts;
  bool provable = false;  ///< refuse what changes the chain outside the state transition
};

class DevBackend final : public rpc::DevBackend {
 public:
  /// All of them outlive this.
  DevBackend(DevSetup setup, u64 chain_id, storage::ChainStore& store, sequencer::Mempool& pool,
             sequencer::Sequencer& sequencer);

  std::vector<Address> accounts() const override;
  std::optional<rpc::DigestSignature> sign(const Address& signer, const Hash256& digest) const override;
  bool is_impersonated(const Address& address) const override;
  Done set_impersonated(const Address& address, bool on) override;
  Done set_auto_impersonate(bool on) override;
  rpc::SubmitResult submit_unsigned(Transaction tx, const Address& from) override;

  Done include_from_l1(SignedTransaction tx) override;

  Done mine(u64 count, u64 interval_s) override;
  bool automine() const override;
  Done set_automine(bool on) override;
  Done set_interval_mining_ms(u64 interval_ms) override;

  Done set_balance(const Address& address, const u256& balance) override;
  Done set_nonce(const Address& address, u64 nonce) override;
  Done set_code(const Address& address, Bytes code) override;
  Done set_storage(const Address& address, const u256& slot, const u256& value) override;
  Done load(std::vector<stf::GenesisAccount> accounts) override;
  std::vector<stf::GenesisAccount> dump() const override;
  Done set_coinbase(const Address& address) override;
  Done set_block_gas_limit(u64 gas_limit) override;
  Done set_next_base_fee(const u256& base_fee) override;
  Done drop_transaction(const Hash256& hash) override;
  Done drop_all_transactions() override;

  i64 increase_time_s(i64 seconds) override;
  Done set_next_timestamp_s(u64 timestamp) override;
  Done set_time_s(u64 timestamp) override;

  u64 interval_mining_ms() const override { return interval_mining_ms_; }

  Done rewind(u64 number) override;
  Done reset() override;
  u64 snapshot() override;
  bool revert(u64 snapshot_id) override;

 private:
  struct Snapshot {
    u64 block_number = 0;
    i64 time_offset_s = 0;
  };

  /// What a method answers that changes the chain outside the state transition.
  Done waive() const;
  Done inject(const std::function<void(Journal&)>& change);
  u64 head_timestamp() const { return store_.head()->header.timestamp; }

  const DevSetup setup_;
  const u64 chain_id_;
  storage::ChainStore& store_;
  sequencer::Mempool& pool_;
  sequencer::Sequencer& sequencer_;
  std::unordered_map<Address, Hash256> keys_;
  std::atomic<bool> impersonate_all_{false};
  std::atomic<u64> interval_mining_ms_{0};
  mutable std::mutex mutex_;
  std::unordered_set<Address> impersonated_;
  std::map<u64, Snapshot> snapshots_;
  u64 next_snapshot_ = 1;
};

}  // namespace atlas::node
