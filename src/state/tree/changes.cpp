#include <algorithm>

#include <base/ensure.hpp>
#include <state/tree/account_leaf.hpp>
#include <state/tree/changes.hpp>

namespace atlas::tree {
namespace {

/// What an account was, as far as its leaves say.
struct OldAccount {
  Digest key;  ///< of its kAccount leaf
  Digest leaf;
  Hash256 code_hash = kEmptyCodeHash;
  u32 code_size = 0;
};

/// Code that the diff brings; nothing if it does not.
std::optional<ByteView> new_code(const StateDiff& diff, const Hash256& code_hash) {
  if (code_hash == kEmptyCodeHash) return ByteView{};
  const auto it = std::lower_bound(diff.code.begin(), diff.code.end(), code_hash,
                                   [](const auto& entry, const Hash256& hash) { return entry.first < hash; });
  if (it == diff.code.end() || it->first != code_hash) return std::nullopt;
  return it->second;
}

/// `known_code(hash)` is asked for code that the account did not have before and the diff does not bring.
template <class KnownCode, class Emit>
void add_account(const StateDiff& diff, const OldAccount& old, const StateDiff::AccountChange& change,
                 const KnownCode& known_code, const Emit& emit) {
  const Account account = change.account.value_or(Account{});
  const bool same_code = account.code_hash == old.code_hash;
  ByteView code;
  if (!same_code) {
    const auto brought = new_code(diff, account.code_hash);
    code = brought ? *brought : known_code(account.code_hash);
  }
  const u32 code_size = same_code ? old.code_size : static_cast<u32>(code.size());
  const Digest leaf = encode_account({code_size, account.nonce, account.balance});
  if (same_code && leaf == old.leaf) return;
  emit(LeafWrite{old.key, leaf, Domain::kAccount});
  if (same_code) return;
  emit(LeafWrite{address_key(Domain::kCodeCommitment, change.address), code_commitment(code), Domain::kCodeCommitment});
  emit(LeafWrite{address_key(Domain::kCodeHash, change.address),
                 account.has_code() ? Digest::from(account.code_hash) : Digest{}, Domain::kCodeHash});
}

/// Gives each write to `emit`, in no order of keys. `before(change)` is the OldAccount of a changed account.
template <class Before, class KnownCode, class Emit>
void each_write(const StateDiff& diff, const Before& before, const KnownCode& known_code, const Emit& emit) {
  for (const StateDiff::AccountChange& change : diff.accounts) {
    add_account(diff, before(change), change, known_code, emit);
    for (const auto& [slot, value] : change.storage) {
      emit(LeafWrite{storage_key(change.address, slot), storage_value(value), Domain::kStorage});
    }
  }
}

template <class Before, class KnownCode>
std::vector<LeafWrite> collect(const StateDiff& diff, const Before& before, const KnownCode& known_code) {
  std::vector<LeafWrite> out;
  each_write(diff, before, known_code, [&](const LeafWrite& write) { out.push_back(write); });
  std::sort(out.begin(), out.end(), [](const LeafWrite& a, const LeafWrite& b) { return a.key < b.key; });
  return out;
}

OldAccount old_account(const LeafValues& before, const StateDiff::AccountChange& change) {
  OldAccount old;
  old.key = address_key(Domain::kAccount, change.address);
  old.leaf = before.value(old.key);
  const auto account = decode_account(old.leaf);
  ENSURE(account.has_value(), "an account's leaf is as encode_account() made it");
  old.code_size = account->code_size;
  if (old.code_size != 0) old.code_hash = before.value(address_key(Domain::kCodeHash, change.address)).bytes();
  return old;
}

ByteView no_code(const Hash256&) {
  ENSURE(false, "a block's diff holds the code that it gives to an account");
  return {};
}

class EmptyState final : public StateView {
 public:
  std::optional<Account> account(const Address&) const override { return std::nullopt; }
  u256 storage(const Address&, const u256&) const override { return {}; }
  ByteView code(const Hash256&) const override { return {}; }
  bool has_storage(const Address&) const override { return false; }
};

}  // namespace

std::vector<LeafWrite> genesis_writes(const StateDiff& diff) {
  return leaf_writes(diff, EmptyState{});
}

std::vector<LeafWrite> leaf_writes(const StateDiff& diff, const StateView& before) {
  const auto old_account = [&](const StateDiff::AccountChange& change) {
    OldAccount old;
    old.key = address_key(Domain::kAccount, change.address);
    const auto account = before.account(change.address);
    if (!account) return old;
    old.code_hash = account->code_hash;
    if (account->has_code()) old.code_size = static_cast<u32>(before.code(account->code_hash).size());
    old.leaf = encode_account({old.code_size, account->nonce, account->balance});
    return old;
  };
  return collect(diff, old_account, [&](const Hash256& hash) { return before.code(hash); });
}

std::vector<LeafWrite> leaf_writes(const StateDiff& diff, const LeafValues& before) {
  return collect(diff, [&](const auto& change) { return old_account(before, change); }, no_code);
}

void write_leaves(const StateDiff& diff, LeafWriter& leaves) {
  each_write(
      diff, [&](const auto& change) { return old_account(leaves, change); }, no_code,
      [&](const LeafWrite& write) { leaves.write(write); });
}

void publish(const TouchedLeaf& leaf, Domain domain, Pubdata& out) {
  if (leaf.before == leaf.after) return;
  if (leaf.index == 0) {
    out.new_leaves.push_back({leaf.key.bytes(), leaf.after.bytes()});
    return;
  }
  const LeafKind kind = domain == Domain::kAccount ? LeafKind::kAccount : LeafKind::kWord;
  out.known_leaves.push_back({leaf.index, leaf_change(kind, leaf.before.bytes(), leaf.after.bytes())});
}

}  // namespace atlas::tree
