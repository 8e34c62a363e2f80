#include <mutex>

#include <storage/recent_blocks.hpp>

namespace atlas::storage {

RecentBlocks::RecentBlocks() : hasher_{HashSeed::random()}, transactions_(hasher_), numbers_(hasher_) {}

void RecentBlocks::reset(BlockPtr block) {
  std::unique_lock lock(mutex_);
  blocks_.clear();
  transactions_ = FlatTable<Hash256, TransactionLocation, HashHasher>(hasher_);
  numbers_ = FlatTable<Hash256, u64, HashHasher>(hasher_);
  insert(std::move(block));
}

void RecentBlocks::add(BlockPtr block) {
  std::unique_lock lock(mutex_);
  ENSURE(block->header.number == blocks_.back().block->header.number + 1, "recent blocks are contiguous");
  insert(std::move(block));
}

void RecentBlocks::insert(BlockPtr block) {
  const u64 number = block->header.number;
  Entry entry;
  entry.first_log.reserve(block->receipts.size());
  u32 logs = 0;
  for (u32 i = 0; i < block->transactions.size(); ++i) {
    const Hash256& hash = block->transactions[i].hash;
    transactions_.insert_or_assign(hasher_(hash), hash, {number, i});
    entry.first_log.push_back(logs);
    logs += static_cast<u32>(block->receipts[i].logs.size());
  }
  numbers_.insert_or_assign(hasher_(block->hash), block->hash, number);
  entry.block = std::move(block);
  blocks_.push_back(std::move(entry));
}

void RecentBlocks::evict(u64 number, u64 keep) {
  std::unique_lock lock(mutex_);
  while (blocks_.size() > std::max<u64>(keep, 1) && blocks_.front().block->header.number <= number) {
    forget(*blocks_.front().block);
    blocks_.pop_front();
  }
}

bool RecentBlocks::rewind(u64 number) {
  std::unique_lock lock(mutex_);
  if (blocks_.front().block->header.number > number) return false;
  while (blocks_.back().block->header.number > number) {
    forget(*blocks_.back().block);
    blocks_.pop_back();
  }
  return true;
}

void RecentBlocks::forget(const Block& block) {
  for (const auto& transaction : block.transactions) {
    const u64 hash = hasher_(transaction.hash);
    const auto* known = transactions_.find(hash, transaction.hash);
    if (known != nullptr && known->value.block == block.header.number) transactions_.erase(hash, transaction.hash);
  }
  numbers_.erase(hasher_(block.hash), block.hash);
}

const RecentBlocks::Entry* RecentBlocks::find(u64 number) const {
  const u64 first = blocks_.front().block->header.number;
  return number < first || number - first >= blocks_.size() ? nullptr : &blocks_[number - first];
}

BlockPtr RecentBlocks::head() const {
  std::shared_lock lock(mutex_);
  return blocks_.back().block;
}

BlockPtr RecentBlocks::by_number(u64 number) const {
  std::shared_lock lock(mutex_);
  const Entry* entry = find(number);
  return entry == nullptr ? nullptr : entry->block;
}

BlockPtr RecentBlocks::by_hash(const Hash256& hash) const {
  std::shared_lock lock(mutex_);
  const auto* number = numbers_.find(hasher_(hash), hash);
  return number == nullptr ? nullptr : find(number->value)->block;
}

MinedTransaction RecentBlocks::mined(const Entry& entry, u32 index) {
  const Block& block = *entry.block;
  return {block.hash,
          block.header.number,
          block.header.timestamp,
          block.header.base_fee_per_gas,
          index,
          entry.first_log[index],
          {entry.block, &block.transactions[index]},
          {entry.block, &block.receipts[index]}};
}

std::optional<MinedTransaction> RecentBlocks::transaction(const Hash256& hash) const {
  std::shared_lock lock(mutex_);
  const auto* location = transactions_.find(hasher_(hash), hash);
  if (location == nullptr) return std::nullopt;
  return mined(*find(location->value.block), location->value.index);
}

std::optional<MinedTransaction> RecentBlocks::transaction(u64 block, u32 index) const {
  std::shared_lock lock(mutex_);
  const Entry* entry = find(block);
  if (entry == nullptr || index >= entry->block->transactions.size()) return std::nullopt;
  return mined(*entry, index);
}

std::vector<BlockPtr> RecentBlocks::range(u64 first, u64 count) const {
  std::shared_lock lock(mutex_);
  std::vector<BlockPtr> out;
  for (u64 n = first; out.size() < count; ++n) {
    const Entry* entry = find(n);
    if (entry == nullptr) break;
    out.push_back(entry->block);
  }
  return out;
}

std::vector<BlockPtr> RecentBlocks::since(u64 first) const {
  std::shared_lock lock(mutex_);
  std::vector<BlockPtr> out;
  for (const Entry& entry : blocks_) {
    if (entry.block->header.number >= first) out.push_back(entry.block);
  }
  return out;
}

}  // namespace atlas::storage
