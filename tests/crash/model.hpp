#pragma once
// The chain as it must be: every block executed once more, from genesis, by this process.
#include <map>
#include <memory>
#include <set>

#include "batches.hpp"
#include "traffic.hpp"

#include <sequencer/block_builder.hpp>
#include <storage/chain_store.hpp>
#include <storage/hot_state.hpp>

namespace atlas::crash {

class Model {
 public:
  /// Of the state tree it keeps the leaves in `directory`.
  Model(const storage::Genesis& genesis, const std::filesystem::path& directory);

  u64 head() const { return head_->header.number; }
  const Hash256& hash_of(u64 number) const { return hashes_.at(number); }
  const StateView& state() const { return state_->newest(); }
  u64 accounts() const { return state_->accounts().size(); }
  /// Takes the blocks up to the node's head: each must stand on the one before, hold only transactions of `traffic`,
  /// and come out with the node's hash (hence the same receipts, logs and gas) when it is executed again. Receipts and
  /// logs as RPC shows them are compared field by field. Returns what differs first, empty if nothing does.
  std::string follow(load::RpcClient& rpc, Traffic& traffic);
  /// Compares balances and nonces: those of accounts touched since the last call, and `random` others.
  std::string compare_state(load::RpcClient& rpc, std::mt19937_64& random, u64 receivers);
  /// All accounts of a store against this state.
  std::string compare_store(const storage::ChainStore& store, u64 receivers) const;

  /// Its batches, up to the blocks followed.
  BatchModel& batches() { return batches_; }

  u64 blocks_followed() const { return blocks_; }
  u64 receipts_followed() const { return receipts_; }

 private:
  std::string take(load::RpcClient& rpc, const nlohmann::json& block, Traffic& traffic);
  std::string compare_receipts(const Block& block, const nlohmann::json& receipts) const;
  std::string compare_logs(load::RpcClient& rpc, u64 first, u64 last, const nlohmann::json& expected) const;

  sequencer::ChainRules rules_;
  BatchModel batches_;
  std::unique_ptr<storage::HotState> state_;
  std::shared_ptr<const Block> head_;
  std::unique_ptr<evm::Evm> environment_;
  std::vector<Hash256> hashes_;
  std::set<Address> touched_;
  u64 blocks_ = 0;
  u64 receipts_ = 0;
};

}  // namespace atlas::crash
