#include <storage/code_table.hpp>

namespace atlas::storage {

CodeTable::CodeTable(const HashSeed& seed) : hasher_{seed}, by_hash_(hasher_, 64) {
  add(kEmptyCodeHash, {});
}

CodeTable::~CodeTable() {
  for (auto& chunk : chunks_) delete[] chunk.load(std::memory_order_relaxed);
}

std::pair<u32, u32> CodeTable::position(u32 index) {
  const u64 shifted = u64{index} + (u64{1} << kFirstChunkLog2);
  const u32 log2 = static_cast<u32>(std::bit_width(shifted)) - 1;
  return {log2 - kFirstChunkLog2, static_cast<u32>(shifted - (u64{1} << log2))};
}

u32 CodeTable::add(const Hash256& hash, ByteView bytes) {
  const u64 key = hasher_(hash);
  if (const auto* known = by_hash_.find(key, hash)) return known->value;
  const u32 index = size_.load(std::memory_order_relaxed);
  ENSURE(index != ~u32{0}, "more than 2^32 contract codes");
  const auto [chunk, offset] = position(index);
  Code* codes = chunks_[chunk].load(std::memory_order_relaxed);
  if (codes == nullptr) {
    codes = new Code[std::size_t{1} << (chunk + kFirstChunkLog2)];
    chunks_[chunk].store(codes, std::memory_order_release);
  }
  codes[offset] = Code{hash, Bytes(bytes.begin(), bytes.end())};
  bytes_.fetch_add(bytes.size() + sizeof(Code), std::memory_order_relaxed);
  size_.store(index + 1, std::memory_order_release);
  std::unique_lock lock(lock_);
  by_hash_.insert_or_assign(key, hash, index);
  return index;
}

const CodeTable::Code& CodeTable::at(u32 index) const {
  ENSURE(index < size(), "code index out of range");
  const auto [chunk, offset] = position(index);
  return chunks_[chunk].load(std::memory_order_acquire)[offset];
}

std::optional<u32> CodeTable::index_of(const Hash256& hash) const {
  if (hash == kEmptyCodeHash) return 0;
  std::shared_lock lock(lock_);
  const auto* entry = by_hash_.find(hasher_(hash), hash);
  return entry == nullptr ? std::nullopt : std::optional<u32>(entry->value);
}

}  // namespace atlas::storage
