#include <batch/tree_view.hpp>

#include <base/ensure.hpp>
#include <state/tree/account_leaf.hpp>

namespace atlas::batch {

std::optional<Account> TreeView::account(const Address& address) const {
  const auto leaf = tree_.leaf(tree::address_key(tree::Domain::kAccount, address));
  if (!leaf || leaf->value.is_zero()) return std::nullopt;
  const auto decoded = tree::decode_account(leaf->value);
  ENSURE(decoded.has_value(), "an account's leaf is as encode_account() made it");
  Account account{decoded->nonce, decoded->balance};
  if (decoded->code_size != 0) {
    const auto code_hash = tree_.leaf(tree::address_key(tree::Domain::kCodeHash, address));
    ENSURE(code_hash.has_value(), "an account with code has the leaf of its hash");
    account.code_hash = code_hash->value.bytes();
  }
  return account;
}

u256 TreeView::storage(const Address& address, const u256& slot) const {
  const auto leaf = tree_.leaf(tree::storage_key(address, slot));
  return leaf ? u256::from_be(leaf->value.bytes()) : u256();
}

}  // namespace atlas::batch
