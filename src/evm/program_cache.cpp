#include <evm/program_cache.hpp>

namespace atlas::evm {

struct ProgramCache::Entry : Program {
  Hash256 code_hash;
  Fork fork = Fork::kOsaka;
  bool metered = false;
  u64 key = 0;
  u32 users = 0;
  bool recent = false;      // used since the clock's hand last passed
  std::size_t counted = 0;  // what bytes_ holds for it
};

namespace {

constexpr std::size_t kFirstSlots = 256;

u64 key_of(const Hash256& code_hash, Fork fork, bool metered) {
  return hash_bytes(code_hash) ^ (static_cast<u64>(fork) << 1 | u64{metered});
}

}  // namespace

ProgramCache::ProgramCache(std::size_t max_bytes) : max_bytes_(max_bytes) {}
ProgramCache::~ProgramCache() = default;

Program& ProgramCache::acquire(const Hash256& code_hash, std::size_t code_size, Fork fork, bool metered) {
  const u64 key = key_of(code_hash, fork, metered);
  Entry* entry = find(key, code_hash, fork, metered);
  if (entry == nullptr) {
    if (bytes_ > max_bytes_) evict();
    entries_.push_back(std::make_unique<Entry>());
    entry = entries_.back().get();
    entry->reset(code_size, fork, metered);
    entry->code_hash = code_hash;
    entry->fork = fork;
    entry->metered = metered;
    entry->key = key;
    insert(entry);
  }
  ++entry->users;
  entry->recent = true;
  return *entry;
}

void ProgramCache::release(Program& program) {
  auto& entry = static_cast<Entry&>(program);
  --entry.users;
  const std::size_t now = entry.footprint();
  bytes_ += now - entry.counted;
  entry.counted = now;
}

ProgramCache::Entry* ProgramCache::find(u64 key, const Hash256& code_hash, Fork fork, bool metered) const {
  if (slots_.empty()) return nullptr;
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = key & mask; slots_[i].entry != nullptr; i = (i + 1) & mask) {
    Entry* entry = slots_[i].entry;
    if (slots_[i].key == key && entry->fork == fork && entry->metered == metered && entry->code_hash == code_hash)
      return entry;
  }
  return nullptr;
}

void ProgramCache::insert(Entry* entry) {
  if (entries_.size() * 2 > slots_.size()) {
    rebuild(std::max(kFirstSlots, slots_.size() * 2));  // `entry` is among the entries
    return;
  }
  place(entry);
}

void ProgramCache::place(Entry* entry) {
  const std::size_t mask = slots_.size() - 1;
  std::size_t i = entry->key & mask;
  while (slots_[i].entry != nullptr) i = (i + 1) & mask;
  slots_[i] = {entry->key, entry};
}

void ProgramCache::rebuild(std::size_t capacity) {
  slots_.assign(capacity, Slot{});
  for (const auto& entry : entries_) place(entry.get());
}

// Drops what was not used since the last time, down to half, so that the cost is spread over many new programs. When
// everything was used, the second pass drops it all the same.
void ProgramCache::evict() {
  for (int pass = 0; pass < 2 && bytes_ > max_bytes_ / 2; ++pass) {
    std::erase_if(entries_, [this](const std::unique_ptr<Entry>& entry) {
      if (entry->users != 0 || bytes_ <= max_bytes_ / 2) return false;
      if (entry->recent) {
        entry->recent = false;
        return false;
      }
      bytes_ -= entry->counted;
      return true;
    });
  }
  rebuild(slots_.size());
}

}  // namespace atlas::evm
