#include <algorithm>

#include <sys/random.h>

#include <storage/hot_state.hpp>

namespace atlas::storage {

HashSeed HashSeed::random() {
  HashSeed seed;
  ENSURE(::getrandom(seed.word, sizeof(seed.word), 0) == sizeof(seed.word), "the kernel gave no random bytes");
  return seed;
}

class HotState::NewestView final : public StateView {
 public:
  explicit NewestView(const HotState& state) : state_(state) {}
  std::optional<Account> account(const Address& address) const override {
    const PackedAccount* packed = state_.accounts_.newest(address);
    return packed == nullptr ? std::nullopt : std::optional<Account>(state_.unpack(*packed));
  }
  u256 storage(const Address& address, const u256& slot) const override {
    const PackedSlot* packed = state_.slots_.newest(SlotKey::of(address, slot));
    return packed == nullptr ? u256() : packed->number();
  }
  ByteView code(const Hash256& code_hash) const override { return state_.code(code_hash); }
  bool has_storage(const Address&) const override { return false; }

 private:
  const HotState& state_;
};

/// Holds its block's old values in place until it is destroyed.
class HotState::BlockView final : public StateView {
 public:
  BlockView(std::shared_ptr<const HotState> state, u64 block) : state_(std::move(state)), block_(block) {}
  ~BlockView() override { state_->unpin(block_); }
  BlockView(const BlockView&) = delete;
  BlockView& operator=(const BlockView&) = delete;

  std::optional<Account> account(const Address& address) const override {
    const auto packed = state_->accounts_.at(block_, address);
    return packed ? std::optional<Account>(state_->unpack(*packed)) : std::nullopt;
  }
  u256 storage(const Address& address, const u256& slot) const override {
    const auto packed = state_->slots_.at(block_, SlotKey::of(address, slot));
    return packed ? packed->number() : u256();
  }
  ByteView code(const Hash256& code_hash) const override { return state_->code(code_hash); }
  bool has_storage(const Address&) const override { return false; }

 private:
  std::shared_ptr<const HotState> state_;
  u64 block_;
};

HotState::HotState(const HashSeed& seed)
    : seed_(seed),
      accounts_(AddressHasher{seed}),
      slots_(SlotHasher{seed}),
      codes_(seed),
      newest_(std::make_unique<NewestView>(*this)) {}
HotState::~HotState() = default;

Account HotState::unpack(const PackedAccount& packed) const {
  Account account{packed.nonce_number(), packed.balance_number(), kEmptyCodeHash};
  if (packed.code != 0) account.code_hash = codes_.at(packed.code).hash;
  return account;
}

ByteView HotState::code(const Hash256& hash) const {
  const auto index = codes_.index_of(hash);
  return index ? ByteView(codes_.at(*index).bytes) : ByteView();
}

void HotState::write(u64 block, const StateDiff& diff, bool keep_old) {
  for (const auto& [hash, bytes] : diff.code) codes_.add(hash, bytes);
  for (const auto& change : diff.accounts) {
    if (change.account) {
      ENSURE(PackedAccount::fits(change.account->balance), "a balance of 2^128 or more reached the chain's state");
      const auto code = codes_.index_of(change.account->code_hash);
      ENSURE(code.has_value(), "an account carries a code hash whose code was never given");
      const PackedAccount packed = PackedAccount::of(*change.account, *code);
      accounts_.set(block, change.address, &packed, keep_old);
    } else {
      accounts_.set(block, change.address, nullptr, keep_old);
    }
    for (const auto& [slot, value] : change.storage) {
      const PackedSlot packed = PackedSlot::of(value);
      slots_.set(block, SlotKey::of(change.address, slot), value.is_zero() ? nullptr : &packed, keep_old);
    }
  }
}

void HotState::load(u64 block, const StateDiff& diff) {
  write(block, diff, false);
  finish_load(block);
}

void HotState::finish_load(u64 block) {
  newest_block_ = block;
  std::lock_guard lock(pins_mutex_);
  oldest_view_ = block;
}

void HotState::apply(u64 block, const StateDiff& diff) {
  ENSURE(block == newest_block_ + 1, "a block's diff was applied out of order");
  const u64 before = undo_bytes();
  write(block, diff, true);
  newest_block_ = block;
  undo_bytes_by_block_.emplace_back(block, undo_bytes() - before);
}

void HotState::prune(u64 window_blocks, u64 undo_bytes_max, u64 visible) {
  u64 oldest = newest_block_ > window_blocks ? newest_block_ - window_blocks : 0;
  u64 bytes = undo_bytes();
  for (const auto& [block, block_bytes] : undo_bytes_by_block_) {
    if (block > oldest && bytes <= undo_bytes_max) break;
    oldest = std::max(oldest, block);
    bytes -= block_bytes;
  }
  oldest = std::min(oldest, visible);
  {
    std::lock_guard lock(pins_mutex_);
    if (!pins_.empty()) oldest = std::min(oldest, pins_.begin()->first);
    if (oldest <= oldest_view_) return;
    oldest_view_ = oldest;
  }
  while (!undo_bytes_by_block_.empty() && undo_bytes_by_block_.front().first <= oldest)
    undo_bytes_by_block_.pop_front();
  accounts_.prune(oldest);
  slots_.prune(oldest);
}

std::shared_ptr<const StateView> HotState::view_at(u64 block) const {
  auto self = shared_from_this();
  {
    std::lock_guard lock(pins_mutex_);
    if (block < oldest_view_) return nullptr;
    ++pins_[block];
  }
  return std::make_shared<BlockView>(std::move(self), block);
}

void HotState::unpin(u64 block) const {
  std::lock_guard lock(pins_mutex_);
  const auto pin = pins_.find(block);
  if (--pin->second == 0) pins_.erase(pin);
}

StateDiff HotState::whole_at(u64 block) const {
  std::map<Address, StateDiff::AccountChange> accounts;
  for (u64 shard = 0; shard < Accounts::kShards; ++shard) {
    accounts_.for_each_at(shard, block, [&](const Address& address, const PackedAccount& packed) {
      accounts[address] = {address, unpack(packed), {}};
    });
  }
  for (u64 shard = 0; shard < Slots::kShards; ++shard) {
    slots_.for_each_at(shard, block, [&](const SlotKey& key, const PackedSlot& packed) {
      accounts.at(key.address).storage.emplace_back(key.slot_number(), packed.number());
    });
  }
  StateDiff out;
  std::map<Hash256, Bytes> code_of;
  for (auto& [address, change] : accounts) {
    std::sort(change.storage.begin(), change.storage.end());
    if (change.account->has_code()) {
      const ByteView bytes = code(change.account->code_hash);
      code_of.try_emplace(change.account->code_hash, bytes.begin(), bytes.end());
    }
    out.accounts.push_back(std::move(change));
  }
  out.code.assign(code_of.begin(), code_of.end());
  return out;
}

u64 HotState::oldest_view() const {
  std::lock_guard lock(pins_mutex_);
  return oldest_view_;
}

u64 HotState::views_open() const {
  std::lock_guard lock(pins_mutex_);
  u64 n = 0;
  for (const auto& [block, count] : pins_) n += count;
  return n;
}

}  // namespace atlas::storage
