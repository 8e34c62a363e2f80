#include <crypto/keccak.hpp>
#include <rpc/overlay_state.hpp>

namespace atlas::rpc {

void OverlayState::apply(const StateOverrides& overrides) {
  for (const auto& [address, change] : overrides.accounts) {
    Account next = account(address).value_or(Account{});
    if (change.nonce) next.nonce = *change.nonce;
    if (change.balance) next.balance = *change.balance;
    if (change.code) {
      next.code_hash = change.code->empty() ? kEmptyCodeHash : crypto::keccak256(*change.code);
      if (!change.code->empty()) codes_.emplace(next.code_hash, *change.code);
    }
    accounts_[address] = next;
    if (change.replace) {
      wiped_.insert(address);
      slots_.erase(address);
    }
    if (change.slots.empty()) continue;
    auto& slots = slots_[address];
    for (const auto& [slot, value] : change.slots) slots[slot] = value;
  }
}

void OverlayState::apply(const StateDiff& diff) {
  for (const auto& change : diff.accounts) {
    accounts_[change.address] = change.account;
    if (!change.account) {
      wiped_.insert(change.address);
      slots_.erase(change.address);
    }
    if (change.storage.empty()) continue;
    auto& slots = slots_[change.address];
    for (const auto& [slot, value] : change.storage) slots[slot] = value;
  }
  for (const auto& [hash, code] : diff.code) codes_.emplace(hash, code);
}

std::optional<Account> OverlayState::account(const Address& address) const {
  const auto known = accounts_.find(address);
  return known != accounts_.end() ? known->second : base_->account(address);
}

u256 OverlayState::storage(const Address& address, const u256& slot) const {
  if (const auto slots = slots_.find(address); slots != slots_.end()) {
    if (const auto value = slots->second.find(slot); value != slots->second.end()) return value->second;
  }
  return wiped_.contains(address) ? u256() : base_->storage(address, slot);
}

ByteView OverlayState::code(const Hash256& code_hash) const {
  const auto known = codes_.find(code_hash);
  return known != codes_.end() ? ByteView(known->second) : base_->code(code_hash);
}

}  // namespace atlas::rpc
