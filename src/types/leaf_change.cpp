#include <base/ensure.hpp>
#include <types/leaf_change.hpp>

namespace atlas {
namespace {

using Form = LeafChange::Form;

// Tags. kSetTag + n, kAddTag + n, kSubTag + n: n bytes follow. Account tags: kAccountTag + nonce form · 33 + balance
// form.
constexpr u8 kSetTag = 0x00;  // n = 0 to 32
constexpr u8 kAddTag = 0x40;  // n = 1 to 31
constexpr u8 kSubTag = 0x60;  // n = 1 to 31
constexpr u8 kAccountTag = 0x80;
constexpr unsigned kMaxDelta = 31;

constexpr unsigned kBalanceForms = 33;  // 0: the same; 1 to 16: n bytes more; 17 to 32: n − 16 bytes less
constexpr unsigned kMaxBalance = 16;
enum NonceForm : unsigned { kNonceSame = 0, kNonceNext = 1, kNonceMore = 2, kNonceForms = 3 };

// The account leaf (docs/state-tree.md): what stays comes first, then nonce, then balance.
constexpr std::size_t kNonceAt = 8;
constexpr std::size_t kBalanceAt = 16;

u64 nonce_of(const Hash256& leaf) {
  u64 v = 0;
  for (std::size_t i = kNonceAt; i < kBalanceAt; ++i) v = v << 8 | leaf[i];
  return v;
}
u256 balance_of(const Hash256& leaf) {
  return u256::from_be_short(leaf.view().subspan(kBalanceAt));
}

void append_number(Bytes& out, const u256& v, unsigned bytes) {
  const Hash256 be = v.to_be();
  out.insert(out.end(), be.end() - bytes, be.end());
}
// A number of exactly `bytes` bytes: the first is not zero.
std::optional<u256> take_number(ByteView& in, unsigned bytes) {
  if (in.size() < bytes || (bytes > 0 && in[0] == 0)) return std::nullopt;
  const u256 v = u256::from_be_short(in.first(bytes));
  in = in.subspan(bytes);
  return v;
}

NonceForm nonce_form(u64 increase) {
  return increase == 0 ? kNonceSame : increase == 1 ? kNonceNext : kNonceMore;
}
unsigned byte_length(u64 v) {
  return u256(v).byte_length();
}

std::optional<LeafChange> take_account(ByteView& in, unsigned code) {
  const unsigned nonce = code / kBalanceForms;
  const unsigned balance = code % kBalanceForms;
  if (nonce >= kNonceForms || code == 0) return std::nullopt;  // code 0: nothing changes
  LeafChange change{.form = Form::kAccount, .amount = {}};
  if (nonce == kNonceMore) {
    if (in.empty() || in[0] == 0 || in[0] > sizeof(u64)) return std::nullopt;
    const unsigned bytes = in[0];
    in = in.subspan(1);
    const auto increase = take_number(in, bytes);
    if (!increase || *increase < u256(2)) return std::nullopt;
    change.nonce_increase = increase->low_u64();
  } else {
    change.nonce_increase = nonce;
  }
  change.is_decrease = balance > kMaxBalance;
  const auto amount = take_number(in, change.is_decrease ? balance - kMaxBalance : balance);
  if (!amount) return std::nullopt;
  change.amount = *amount;
  return change;
}

// The account form, if version and code size stay and the nonce does not fall.
std::optional<LeafChange> account_change(const Hash256& before, const Hash256& after) {
  if (!std::equal(before.begin(), before.begin() + kNonceAt, after.begin())) return std::nullopt;
  if (nonce_of(after) < nonce_of(before)) return std::nullopt;
  const u256 old_balance = balance_of(before);
  const u256 new_balance = balance_of(after);
  LeafChange change{.form = Form::kAccount, .amount = {}};
  change.nonce_increase = nonce_of(after) - nonce_of(before);
  change.is_decrease = new_balance < old_balance;
  change.amount = change.is_decrease ? old_balance - new_balance : new_balance - old_balance;
  return change;
}

}  // namespace

LeafChange leaf_change(LeafKind kind, const Hash256& before, const Hash256& after) {
  ENSURE(before != after, "a leaf that stays has no change");
  const u256 value = u256::from_be(after);
  LeafChange best{.form = Form::kSet, .amount = value};
  // Forms come in the order of their tags, so only a shorter one replaces another.
  const auto consider = [&](const LeafChange& other) {
    if (encoded_size(other) < encoded_size(best)) best = other;
  };
  if (kind == LeafKind::kAccount) {
    if (const auto account = account_change(before, after)) consider(*account);
    return best;
  }
  const u256 more = value - u256::from_be(before);
  const u256 less = u256() - more;
  if (more.byte_length() <= kMaxDelta) consider({.form = Form::kAdd, .amount = more});
  if (less.byte_length() <= kMaxDelta) consider({.form = Form::kSub, .amount = less});
  return best;
}

std::optional<Hash256> apply_change(const LeafChange& change, const Hash256& before) {
  switch (change.form) {
    case Form::kSet:
      return change.amount.to_be();
    case Form::kAdd:
      return (u256::from_be(before) + change.amount).to_be();
    case Form::kSub:
      return (u256::from_be(before) - change.amount).to_be();
    case Form::kAccount:
      break;
  }
  const u64 nonce = nonce_of(before) + change.nonce_increase;
  const u256 old_balance = balance_of(before);
  if (nonce < change.nonce_increase || (change.is_decrease && old_balance < change.amount)) return std::nullopt;
  const u256 balance = change.is_decrease ? old_balance - change.amount : old_balance + change.amount;
  if (balance.byte_length() > kMaxBalance) return std::nullopt;
  Hash256 after = balance.to_be();  // its upper half is zero
  std::copy(before.begin(), before.begin() + kNonceAt, after.begin());
  for (std::size_t i = 0; i < 8; ++i) after[kNonceAt + i] = static_cast<u8>(nonce >> (8 * (7 - i)));
  return after;
}

std::size_t encoded_size(const LeafChange& change) {
  std::size_t size = 1 + change.amount.byte_length();
  if (change.form == Form::kAccount && nonce_form(change.nonce_increase) == kNonceMore) {
    size += 1 + byte_length(change.nonce_increase);
  }
  return size;
}

void append_change(Bytes& out, const LeafChange& change) {
  const unsigned bytes = change.amount.byte_length();
  switch (change.form) {
    case Form::kSet:
      out.push_back(static_cast<u8>(kSetTag + bytes));
      break;
    case Form::kAdd:
      out.push_back(static_cast<u8>(kAddTag + bytes));
      break;
    case Form::kSub:
      out.push_back(static_cast<u8>(kSubTag + bytes));
      break;
    case Form::kAccount: {
      const NonceForm nonce = nonce_form(change.nonce_increase);
      const unsigned balance = bytes + (change.is_decrease ? kMaxBalance : 0);
      out.push_back(static_cast<u8>(kAccountTag + nonce * kBalanceForms + balance));
      if (nonce == kNonceMore) {
        out.push_back(static_cast<u8>(byte_length(change.nonce_increase)));
        append_number(out, u256(change.nonce_increase), byte_length(change.nonce_increase));
      }
      break;
    }
  }
  append_number(out, change.amount, bytes);
}

std::optional<LeafChange> take_change(ByteView& in) {
  if (in.empty()) return std::nullopt;
  const u8 tag = in[0];
  in = in.subspan(1);
  if (tag >= kAccountTag) return take_account(in, tag - kAccountTag);
  LeafChange change;
  unsigned bytes = tag;
  if (tag > kSubTag) {
    change.form = Form::kSub;
    bytes = tag - kSubTag;
  } else if (tag > kAddTag && tag < kSubTag) {
    change.form = Form::kAdd;
    bytes = tag - kAddTag;
  } else if (tag > 32) {
    return std::nullopt;
  }
  const auto amount = take_number(in, bytes);
  if (!amount) return std::nullopt;
  change.amount = *amount;
  return change;
}

}  // namespace atlas
