#pragma once
// What execution reads: the state before the block (or before the conformance test), one item at a time.
#include <optional>

#include <base/u256.hpp>

namespace atlas {

/// keccak256("").
inline constexpr Hash256 kEmptyCodeHash{{0xc5, 0xd2, 0x46, 0x01, 0x86, 0xf7, 0x23, 0x3c, 0x92, 0x7e, 0x7d,
                                         0xb2, 0xdc, 0xc7, 0x03, 0xc0, 0xe5, 0x00, 0xb6, 0x53, 0xca, 0x82,
                                         0x27, 0x3b, 0x7b, 0xfa, 0xd8, 0x04, 0x5d, 0x85, 0xa4, 0x70}};

struct Account {
  u64 nonce = 0;
  u256 balance;
  Hash256 code_hash = kEmptyCodeHash;
  bool has_code() const { return code_hash != kEmptyCodeHash; }
  /// Empty by EIP-161: no nonce, no balance, no code.
  bool is_empty() const { return nonce == 0 && balance.is_zero() && !has_code(); }
  friend bool operator==(const Account&, const Account&) = default;
};

class StateView {
 public:
  virtual ~StateView() = default;
  /// The account, or nullopt if it does not exist.
  virtual std::optional<Account> account(const Address& address) const = 0;
  /// The slot's value, zero if it was never written.
  virtual u256 storage(const Address& address, const u256& slot) const = 0;
  /// Bytes of a code hash that some account carries. The view keeps them in place for its own lifetime.
  virtual ByteView code(const Hash256& code_hash) const = 0;
  /// Whether any slot of the account is non-zero (EIP-7610). The chain's view answers false by invariant.
  virtual bool has_storage(const Address& address) const = 0;
};

}  // namespace atlas
