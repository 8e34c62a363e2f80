#pragma once
// eth_newFilter and its kin: what a client has seen, bounded in number and forgotten when nobody asks.
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include <rpc/backend.hpp>
#include <rpc/config.hpp>
#include <rpc/error.hpp>

namespace atlas::rpc {

enum class FilterKind : u8 { kBlocks, kPending, kLogs };

/// One installed filter. Lock `mutex` while reading or moving its position.
struct Filter {
  FilterKind kind = FilterKind::kBlocks;
  LogQuery query;  ///< kLogs; to_block: the highest block asked for, 2^64 − 1 for none
  std::mutex mutex;
  u64 first_block = 0;            ///< kLogs: next_block at the beginning
  u64 next_block = 0;             ///< kBlocks, kLogs: first block not yet reported
  u64 next_pending = 0;           ///< kPending: sequence number of the first hash not yet reported
  std::vector<BlockPtr> removed;  ///< kLogs: blocks that were reported and then taken back
  std::chrono::steady_clock::time_point last_used;
  std::string client;
};
using FilterPtr = std::shared_ptr<Filter>;

/// 128 random bits as JSON-RPC writes ids of filters and subscriptions.
std::string random_id();

class FilterStore {
 public:
  explicit FilterStore(const RpcConfig& config) : config_(config) {}

  /// The new filter's id, or why there is none.
  Result<std::string, RpcError> add(FilterPtr filter);
  /// Null if there is none. Counts as use.
  FilterPtr find(const std::string& id);
  bool remove(const std::string& id);
  /// Forgets filters that nobody asked for since `filter_expiry_ms`.
  void expire(std::chrono::steady_clock::time_point now);
  /// The chain went back to `head`: what was reported of `removed` is to be reported as removed.
  void rewind(u64 head, const std::vector<BlockPtr>& removed);
  std::size_t size() const;
  std::size_t pending_count() const;

 private:
  void forget(std::unordered_map<std::string, FilterPtr>::iterator it);

  const RpcConfig& config_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, FilterPtr> filters_;
  std::unordered_map<std::string, std::size_t> per_client_;
  std::size_t pending_ = 0;
};

}  // namespace atlas::rpc
