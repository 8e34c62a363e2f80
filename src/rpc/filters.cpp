#include <algorithm>
#include <random>

#include <rpc/filters.hpp>

namespace atlas::rpc {

namespace {
constexpr std::size_t kRemovedMax = 1'024;  // blocks that wait in a filter nobody polls
}

std::string random_id() {
  std::random_device random;  // getrandom(2)
  u8 bytes[16];
  for (std::size_t i = 0; i < sizeof bytes; i += 4) {
    const u32 word = random();
    std::memcpy(bytes + i, &word, 4);
  }
  return to_hex(bytes);
}

Result<std::string, RpcError> FilterStore::add(FilterPtr filter) {
  const std::lock_guard lock(mutex_);
  if (filters_.size() >= config_.filters_max) {
    return fail(ErrorCode::kLimitExceeded, "too many filters on this node (limit " +
                                               std::to_string(config_.filters_max) +
                                               "); use eth_getLogs or eth_subscribe");
  }
  std::size_t& count = per_client_[filter->client];
  if (count >= config_.filters_per_client) {
    return fail(ErrorCode::kLimitExceeded, "too many filters for one client (limit " +
                                               std::to_string(config_.filters_per_client) +
                                               "); remove some with eth_uninstallFilter");
  }
  ++count;
  if (filter->kind == FilterKind::kPending) ++pending_;
  filter->last_used = std::chrono::steady_clock::now();
  std::string id = random_id();
  filters_.emplace(id, std::move(filter));
  return id;
}

FilterPtr FilterStore::find(const std::string& id) {
  const std::lock_guard lock(mutex_);
  const auto it = filters_.find(id);
  if (it == filters_.end()) return nullptr;
  it->second->last_used = std::chrono::steady_clock::now();
  return it->second;
}

void FilterStore::forget(std::unordered_map<std::string, FilterPtr>::iterator it) {
  const auto client = per_client_.find(it->second->client);
  if (--client->second == 0) per_client_.erase(client);
  if (it->second->kind == FilterKind::kPending) --pending_;
  filters_.erase(it);
}

bool FilterStore::remove(const std::string& id) {
  const std::lock_guard lock(mutex_);
  const auto it = filters_.find(id);
  if (it == filters_.end()) return false;
  forget(it);
  return true;
}

void FilterStore::expire(std::chrono::steady_clock::time_point now) {
  const std::lock_guard lock(mutex_);
  const auto oldest = now - std::chrono::milliseconds(config_.filter_expiry_ms);
  for (auto it = filters_.begin(); it != filters_.end();) {
    const auto next = std::next(it);
    if (it->second->last_used < oldest) forget(it);
    it = next;
  }
}

void FilterStore::rewind(u64 head, const std::vector<BlockPtr>& removed) {
  const std::lock_guard lock(mutex_);
  for (auto& [id, filter] : filters_) {
    const std::lock_guard filter_lock(filter->mutex);
    for (const BlockPtr& block : removed) {
      const u64 number = block->header.number;
      const bool reported = filter->kind == FilterKind::kLogs && number < filter->next_block &&
                            number >= filter->first_block && filter->removed.size() < kRemovedMax;
      if (reported) filter->removed.push_back(block);
    }
    filter->next_block = std::min(filter->next_block, std::max(head + 1, filter->query.from_block));
    filter->first_block = std::min(filter->first_block, filter->next_block);
  }
}

std::size_t FilterStore::size() const {
  const std::lock_guard lock(mutex_);
  return filters_.size();
}

std::size_t FilterStore::pending_count() const {
  const std::lock_guard lock(mutex_);
  return pending_;
}

}  // namespace atlas::rpc
