#include <stf/fees.hpp>
#include <stf/metering.hpp>

namespace atlas::stf {
namespace {

constexpr u64 kTagByte = 1;
constexpr u64 kKeyBytes = 32;
constexpr u64 kLengthBytes = 4;                      // of a bytecode
constexpr u64 kNewLeaf = kKeyBytes + kTagByte + 32;  // with a value of full length: hashes
constexpr unsigned kNonceShift = 128;                // places of the account leaf (state/tree/account_leaf.hpp)
constexpr u64 kCodeSizeAt = 24;
constexpr u64 kNativeLimitMax = u64{1} << 62;

u256 distance(const u256& a, const u256& b) {
  return a < b ? b - a : a - b;
}

// Bytes of the account leaf's value as a number.
u64 leaf_bytes(const Account& account, std::size_t code_size) {
  if (code_size != 0) return kCodeSizeAt + u256(code_size).byte_length();
  return (account.balance + (u256(account.nonce) << kNonceShift)).byte_length();
}

u64 account_pubdata(Journal& journal, const TransactionChanges::AccountChange& change, const u256& balance_change,
                    u64 balance_bytes_min) {
  const bool was_empty = !change.existed || change.before.is_empty();
  const bool code_changed = change.before.code_hash != change.after.code_hash;
  const u64 balance_bytes =
      balance_change.is_zero() ? 0 : std::max<u64>(balance_change.byte_length(), balance_bytes_min);
  const bool nonce_changed = change.before.nonce != change.after.nonce;
  if (balance_bytes == 0 && !nonce_changed && !code_changed) return 0;

  u64 bytes = 0;
  const ByteView code = change.after.has_code() ? journal.code(change.account) : ByteView{};
  if (was_empty) {
    bytes += kKeyBytes + kTagByte + std::max(leaf_bytes(change.after, code.size()), balance_bytes);
  } else if (code_changed) {
    bytes += kMeteredIndexBytes + kTagByte + leaf_bytes(change.after, code.size());
  } else {
    const u64 raised = change.after.nonce - change.before.nonce;
    bytes += kMeteredIndexBytes + kTagByte + balance_bytes;
    if (raised > 1) bytes += 1 + u256(raised).byte_length();
  }
  if (code_changed) {
    bytes += 2 * kNewLeaf;  // code commitment and code hash
    if (!code.empty()) bytes += kLengthBytes + code.size();
  }
  return bytes;
}

}  // namespace

u64 slot_pubdata(const u256& before, const u256& after) {
  if (before == after) return 0;
  if (before.is_zero()) return kKeyBytes + kTagByte + after.byte_length();
  const u64 shortest = std::min({after.byte_length(), (after - before).byte_length(), (before - after).byte_length()});
  return kMeteredIndexBytes + kTagByte + shortest;
}

u64 transaction_pubdata(Journal& journal, TransactionChanges& scratch, AccountRef payer, const u256& paid,
                        const u256& fee_max, u64 messages) {
  journal.transaction_changes(scratch);
  u64 bytes = messages;
  for (const auto& change : scratch.accounts) {
    if (change.account.index == payer.index) {
      // What the balance will have changed by is not known before the fee is: its distance without the fee and the
      // highest fee bound it.
      const u256 without_fee = distance(change.after.balance + paid, change.before.balance);
      bytes += account_pubdata(journal, change, without_fee + fee_max, kMeteredFeeBytes);
    } else {
      bytes += account_pubdata(journal, change, distance(change.after.balance, change.before.balance), 0);
    }
  }
  for (const auto& [before, after] : scratch.slots) bytes += slot_pubdata(before, after);
  return bytes;
}

u64 gas_for(u64 native, u64 pubdata, const BlockPrices& prices, const u256& gas_price) {
  if (gas_price.is_zero()) return 0;
  // Two products of 64 bits each: no overflow.
  const u256 cost = u256(native) * u256(prices.native) + u256(pubdata) * u256(prices.pubdata);
  const u256 gas = cost / gas_price + u256(u64{!(cost % gas_price).is_zero()});
  return gas.fits_u64() ? gas.low_u64() : ~u64{0};
}

u64 native_limit(u64 gas_limit, const BlockPrices& prices, const u256& gas_price) {
  if (prices.native == 0 || gas_price.is_zero()) return kNativeLimitMax;
  bool overflow = false;
  const u256 wei = checked_mul(u256(gas_limit), gas_price, overflow);
  const u256 limit = wei / u256(prices.native);
  return overflow || limit > u256(kNativeLimitMax) ? kNativeLimitMax : limit.low_u64();
}

}  // namespace atlas::stf
