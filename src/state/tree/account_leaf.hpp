#pragma once
// The value of an account's leaf: EIP-7864's basic data, one 32-byte word.
//
//   0 version u8 | 1 reserved, zero | 5 code size u24 | 8 nonce u64 | 16 balance u128     (big-endian)
#include <optional>

#include <base/u256.hpp>
#include <state/tree/digest.hpp>

namespace atlas::tree {

struct AccountLeaf {
  u32 code_size = 0;  ///< bytes, < 2^24
  u64 nonce = 0;
  u256 balance;  ///< < 2^128: L1 refuses deposits past 2^127 in total
  friend bool operator==(const AccountLeaf&, const AccountLeaf&) = default;
};

inline constexpr u8 kAccountVersion = 0;

/// An account that does not exist, as an empty one (EIP-161), is the zero value.
Digest encode_account(const AccountLeaf& account);
/// nullopt: another version, or reserved bytes that are not zero.
std::optional<AccountLeaf> decode_account(const Digest& value);

}  // namespace atlas::tree
