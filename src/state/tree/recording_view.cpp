#include <algorithm>

#include <base/ensure.hpp>
#include <state/tree/recording_view.hpp>

namespace atlas::tree {

void RecordingView::note(const Digest& key) const {
  bool added;
  keys_.find_or_add(key.bytes(), added);
}

std::optional<Account> RecordingView::account(const Address& address) const {
  note(address_key(Domain::kAccount, address));
  auto account = view_.account(address);
  if (account && account->is_empty()) return std::nullopt;  // the tree does not tell empty accounts from none
  if (account && account->has_code()) {
    note(address_key(Domain::kCodeHash, address));
    owners_.note(account->code_hash, address);
  }
  return account;
}

u256 RecordingView::storage(const Address& address, const u256& slot) const {
  note(storage_key(address, slot));
  return view_.storage(address, slot);
}

ByteView RecordingView::code(const Hash256& code_hash) const {
  const Address* owner = owners_.find(code_hash);
  ENSURE(owner != nullptr, "code is read by the hash of an account that was read");
  note(address_key(Domain::kCodeCommitment, *owner));
  const ByteView code = view_.code(code_hash);
  bool added;
  code_hashes_.find_or_add(code_hash, added);
  if (added) codes_.push_back(code);
  return code;
}

std::vector<Digest> RecordingView::keys() const {
  std::vector<Digest> keys;
  keys.reserve(keys_.size());
  for (u32 i = 0; i < keys_.size(); ++i) keys.push_back(Digest::from(keys_[i].key));
  std::sort(keys.begin(), keys.end());
  return keys;
}

}  // namespace atlas::tree
