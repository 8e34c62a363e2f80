#pragma once
// The node's batches as they must be: the state tree made from the blocks by this process, and every batch that the
// node has shown.
#include <atomic>
#include <deque>
#include <filesystem>
#include <map>
#include <thread>

#include <load/rpc_client.hpp>
#include <tree/state_tree.hpp>

#include <state/tree/changes.hpp>
#include <storage/chain_store.hpp>

namespace atlas::crash {

/// Follows the newest batch on a thread: what it keeps, the node has acknowledged.
class BatchWatcher {
 public:
  void start(const load::Url& url, u64 first);
  void stop();
  /// After stop(): number and record of each batch seen.
  const std::map<u64, nlohmann::json>& seen() const { return seen_; }

 private:
  void follow(const load::Url& url);
  std::thread thread_;
  std::atomic<bool> stop_{false};
  u64 next_ = 1;
  std::map<u64, nlohmann::json> seen_;
};

class BatchModel {
 public:
  BatchModel(const storage::Genesis& genesis, const std::filesystem::path& directory);

  /// The next block; `before` is the state that it stands on.
  void take(const Block& block, const StateDiff& diff, const StateView& before);
  /// Takes the node's batches up to the newest one whose blocks are known: each must follow on the one before and have
  /// the state that its blocks come to. Those of earlier calls must be what they were. Returns what differs first.
  std::string follow(load::RpcClient& rpc);
  /// Runs the batch program over the node's witnesses: each must come to its batch's state, and none may be missing.
  std::string compare_witnesses(const std::filesystem::path& folder) const;
  /// Batches followed, genesis included.
  u64 count() const { return records_.size(); }
  const nlohmann::json& last() const { return records_.back(); }

 private:
  struct BlockWrites {
    u64 number = 0;
    u64 timestamp = 0;
    Hash256 hash;
    std::vector<tree::LeafWrite> writes;
  };
  std::string compare(const nlohmann::json& record);

  std::deque<BlockWrites> blocks_;  ///< not yet in a batch of this model
  tree::StateTree tree_;
  std::vector<nlohmann::json> records_;
};

/// `atlas rebuild` over a node's pubdata; returns what differs from the node's record of its newest batch, empty if
/// nothing does.
std::string rebuild_equals(const std::filesystem::path& atlas, const std::filesystem::path& directory,
                           const nlohmann::json& newest);

}  // namespace atlas::crash
