#include <algorithm>

#include <state/tree/account_leaf.hpp>
#include <state/tree/changes.hpp>

namespace atlas::tree {
namespace {

ByteView code_after(const StateDiff& diff, const StateView& before, const Hash256& code_hash) {
  if (code_hash == kEmptyCodeHash) return {};
  const auto it = std::lower_bound(diff.code.begin(), diff.code.end(), code_hash,
                                   [](const auto& entry, const Hash256& hash) { return entry.first < hash; });
  return it != diff.code.end() && it->first == code_hash ? ByteView(it->second) : before.code(code_hash);
}

void add_account(const StateDiff& diff, const StateView& before, const StateDiff::AccountChange& change,
                 std::vector<LeafWrite>& out) {
  const auto old_account = before.account(change.address);
  if (old_account == change.account) return;
  const Hash256 old_code = old_account ? old_account->code_hash : kEmptyCodeHash;
  const Account account = change.account.value_or(Account{});
  const ByteView code = code_after(diff, before, account.code_hash);
  out.push_back({address_key(Domain::kAccount, change.address),
                 encode_account({static_cast<u32>(code.size()), account.nonce, account.balance}), Domain::kAccount});
  if (account.code_hash == old_code) return;
  out.push_back({address_key(Domain::kCodeCommitment, change.address), code_commitment(code), Domain::kCodeCommitment});
  out.push_back({address_key(Domain::kCodeHash, change.address),
                 account.has_code() ? Digest::from(account.code_hash) : Digest{}, Domain::kCodeHash});
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
  std::vector<LeafWrite> out;
  for (const StateDiff::AccountChange& change : diff.accounts) {
    add_account(diff, before, change, out);
    for (const auto& [slot, value] : change.storage) {
      out.push_back({storage_key(change.address, slot), storage_value(value), Domain::kStorage});
    }
  }
  std::sort(out.begin(), out.end(), [](const LeafWrite& a, const LeafWrite& b) { return a.key < b.key; });
  return out;
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
