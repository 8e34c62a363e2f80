#pragma once
// Compact keys and values of the hot state, and the keyed hash that spreads them. Alignment is one or four bytes so
// that an account takes 48 bytes and a slot 84.
#include <state/view.hpp>

namespace atlas::storage {

/// Secret of the keyed hash. Slots are chosen by users, so without a secret they could build colliding ones. Kept in
/// snapshots (a file only the node reads), so that a snapshot loads shard by shard.
struct HashSeed {
  u64 word[8] = {};
  static HashSeed random();
};

namespace detail {
/// Both halves of the 128-bit product: each output bit depends on every bit of both factors.
inline u64 fold(u64 a, u64 b) {
  const WideLimb product = static_cast<WideLimb>(a) * b;
  return static_cast<u64>(product) ^ static_cast<u64>(product >> 64);
}
inline u64 load64(const u8* p) {
  u64 v;
  std::memcpy(&v, p, 8);
  return v;
}
inline u64 load32(const u8* p) {
  u32 v;
  std::memcpy(&v, p, 4);
  return v;
}
}  // namespace detail

struct AddressHasher {
  HashSeed seed;
  u64 operator()(const Address& a) const {
    const u64 head = detail::fold(detail::load64(a.data()) ^ seed.word[0], detail::load64(a.data() + 8) ^ seed.word[1]);
    return detail::fold(head ^ seed.word[2], detail::load32(a.data() + 16) ^ seed.word[3]);
  }
};

struct HashHasher {
  HashSeed seed;
  u64 operator()(const Hash256& h) const {
    return detail::fold(detail::load64(h.data()) ^ seed.word[0], detail::load64(h.data() + 8) ^ seed.word[1]);
  }
};

struct SlotKey {
  Address address;
  FixedBytes<32> slot;  ///< the number's memory: limbs from the lowest
  static SlotKey of(const Address& address, const u256& slot) { return {address, std::bit_cast<FixedBytes<32>>(slot)}; }
  u256 slot_number() const { return std::bit_cast<u256>(slot); }
  friend bool operator==(const SlotKey&, const SlotKey&) = default;
};

struct SlotHasher {
  HashSeed seed;
  u64 operator()(const SlotKey& key) const {
    const u8* a = key.address.data();
    const u8* s = key.slot.data();
    const u64 h0 = detail::fold(detail::load64(a) ^ seed.word[0], detail::load64(a + 8) ^ seed.word[1]);
    const u64 h1 = detail::fold(detail::load64(s) ^ seed.word[2], detail::load64(s + 8) ^ seed.word[3]);
    const u64 h2 = detail::fold(detail::load64(s + 16) ^ seed.word[4], detail::load64(s + 24) ^ seed.word[5]);
    return detail::fold(h0 ^ h1 ^ detail::load32(a + 16) ^ seed.word[6], h2 ^ seed.word[7]);
  }
};

/// A slot's value, never zero: a zero slot is absent.
struct PackedSlot {
  FixedBytes<32> value;
  static PackedSlot of(const u256& v) { return {std::bit_cast<FixedBytes<32>>(v)}; }
  u256 number() const { return std::bit_cast<u256>(value); }
};

/// An account with its balance in 128 bits (docs: the account leaf) and its code by index in the code table.
struct PackedAccount {
  u32 nonce[2];
  u32 balance[4];
  u32 code;  ///< 0: none

  static bool fits(const u256& balance) { return (balance.word(2) | balance.word(3)) == 0; }
  static PackedAccount of(const Account& account, u32 code) {
    PackedAccount p{};
    std::memcpy(p.nonce, &account.nonce, 8);
    const u64 words[2] = {account.balance.word(0), account.balance.word(1)};
    std::memcpy(p.balance, words, 16);
    p.code = code;
    return p;
  }
  u64 nonce_number() const {
    u64 n;
    std::memcpy(&n, nonce, 8);
    return n;
  }
  u256 balance_number() const {
    u64 words[2];
    std::memcpy(words, balance, 16);
    return u256(0, 0, words[1], words[0]);
  }
};
static_assert(sizeof(Address) + sizeof(PackedAccount) == 48 && sizeof(SlotKey) + sizeof(PackedSlot) == 84);

}  // namespace atlas::storage
