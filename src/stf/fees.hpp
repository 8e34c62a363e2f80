#pragma once
// The sums that a transaction can be charged, and the checks of them; shared by the files of this room.
#include <span>

#include <stf/stf.hpp>

namespace atlas::stf {

/// What a transaction and an eth_call have in common: a message to be executed. Views of its owner.
struct Message {
  const Address& from;
  const std::optional<Address>& to;  ///< absent: creation
  u64 gas_limit;
  const u256& value;
  ByteView data;
  std::span<const AccessListEntry> access_list;
  std::span<const Authorization> authorizations;
};

inline constexpr std::size_t kMaxInitCodeSize = 2 * 24576;  // EIP-3860
inline constexpr u64 kGasLimitCap = u64{1} << 24;           // EIP-7825
inline constexpr u64 kNewAccountAuthorizationGas = 25'000;  // EIP-7702, PER_EMPTY_ACCOUNT_COST
inline constexpr u64 kAuthorizationGas = 12'500;            // EIP-7702, PER_AUTH_BASE_COST

IntrinsicGas intrinsic_gas(const Message& message, Fork fork);

inline constexpr u64 kGasPerBlob = u64{1} << 17;  // EIP-4844

inline u256 checked_add(const u256& a, const u256& b, bool& overflow) {
  bool carry;
  const u256 sum = u256::add(a, b, carry);
  overflow |= carry;
  return sum;
}

inline u256 checked_mul(const u256& a, const u256& b, bool& overflow) {
  const u256 product = a * b;
  // A product of m and n bits has at most m + n.
  if (a.bit_length() + b.bit_length() > 256) overflow |= product / b != a;
  return product;
}

/// What the sender's balance must cover: gas_limit · max fee + blob gas · max blob fee + value, or kValueOverflow.
Result<u256, TxError> largest_cost(const Transaction& tx);
/// Nonce, EIP-3607 with EIP-7702's exception, balance.
Result<void, TxError> check_sender(const Transaction& tx, Journal& journal, const Address& sender,
                                   const StfConfig& config);
/// Intrinsic and floor gas against a gas limit.
Result<void, TxError> check_gas(const IntrinsicGas& gas, u64 gas_limit);
/// EIP-1559; the fee cap must be at least the base fee.
u256 effective_gas_price(const Transaction& tx, const u256& base_fee);

}  // namespace atlas::stf
