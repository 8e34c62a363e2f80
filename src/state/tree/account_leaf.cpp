#include <base/ensure.hpp>
#include <state/tree/account_leaf.hpp>

namespace atlas::tree {
namespace {

constexpr unsigned kCodeSizeAt = 5;
constexpr unsigned kNonceAt = 8;

}  // namespace

Digest encode_account(const AccountLeaf& account) {
  ENSURE(account.code_size < (1u << 24), "an account leaf holds 24 bits of code size");
  ENSURE(account.balance.bit_length() <= 128, "an account leaf holds 128 bits of balance");
  Hash256 out = account.balance.to_be();
  for (unsigned i = 0; i < 3; ++i) out[kCodeSizeAt + i] = static_cast<u8>(account.code_size >> (8 * (2 - i)));
  for (unsigned i = 0; i < 8; ++i) out[kNonceAt + i] = static_cast<u8>(account.nonce >> (8 * (7 - i)));
  return Digest::from(out);
}

std::optional<AccountLeaf> decode_account(const Digest& value) {
  const ByteView in = value.view();
  if (in[0] != kAccountVersion) return std::nullopt;
  for (unsigned i = 1; i < kCodeSizeAt; ++i) {
    if (in[i] != 0) return std::nullopt;
  }
  AccountLeaf account;
  for (unsigned i = 0; i < 3; ++i) account.code_size = account.code_size << 8 | in[kCodeSizeAt + i];
  for (unsigned i = 0; i < 8; ++i) account.nonce = account.nonce << 8 | in[kNonceAt + i];
  account.balance = u256::from_be_short(in.subspan(16));
  return account;
}

}  // namespace atlas::tree
