#include <state/tree/account_leaf.hpp>
#include <state/tree/proven_view.hpp>

namespace atlas::tree {

ProvenView::ProvenView(std::span<TouchedLeaf> leaves, std::span<const ByteView> codes) : leaves_(leaves) {
  const unsigned bits = static_cast<unsigned>(std::bit_width(leaves.size()));
  shift_ = 32 - std::max(bits, 1U);
  first_.resize((std::size_t{1} << (32 - shift_)) + 1);
  std::size_t bucket = 0;
  for (u32 i = 0; i < leaves.size(); ++i) {
    for (const std::size_t own = bucket_of(leaves[i].key); bucket <= own; ++bucket) first_[bucket] = i;
  }
  for (; bucket < first_.size(); ++bucket) first_[bucket] = static_cast<u32>(leaves.size());
  for (const ByteView code : codes) {
    bool added;
    const u32 index = codes_.find_or_add(code_commitment(code).bytes(), added);
    ENSURE(added, "the witness gives a code twice");
    codes_[index].value.bytes = code;
  }
}

TouchedLeaf& ProvenView::leaf(const Digest& key) const {
  const std::size_t bucket = bucket_of(key);
  TouchedLeaf* leaf = touch(leaves_.subspan(first_[bucket], first_[bucket + 1] - first_[bucket]), key);
  ENSURE(leaf != nullptr, "the witness lacks a leaf that the batch touches");
  return *leaf;
}

std::optional<Account> ProvenView::account(const Address& address) const {
  const Digest& value = leaf(address_key(Domain::kAccount, address)).before;
  if (value.is_zero()) return std::nullopt;
  const auto basic = decode_account(value);
  ENSURE(basic.has_value(), "an account's leaf is not in the format of this version");
  Account account;
  account.nonce = basic->nonce;
  account.balance = basic->balance;
  if (basic->code_size != 0) {
    account.code_hash = leaf(address_key(Domain::kCodeHash, address)).before.bytes();
    owners_.note(account.code_hash, address);
  }
  return account;
}

u256 ProvenView::storage(const Address& address, const u256& slot) const {
  return u256::from_be(reinterpret_cast<const u8*>(leaf(storage_key(address, slot)).before.word));
}

ByteView ProvenView::code(const Hash256& code_hash) const {
  const Address* owner = owners_.find(code_hash);
  ENSURE(owner != nullptr, "code is read by the hash of an account that was read");
  const u32 index = codes_.find(leaf(address_key(Domain::kCodeCommitment, *owner)).before.bytes());
  ENSURE(index != codes_.kNone, "the witness lacks a code that the batch runs");
  codes_[index].value.used = true;
  return codes_[index].value.bytes;
}

bool ProvenView::all_codes_used() const {
  for (u32 i = 0; i < codes_.size(); ++i) {
    if (!codes_[i].value.used) return false;
  }
  return true;
}

}  // namespace atlas::tree
