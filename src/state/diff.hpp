#pragma once
#include <optional>
#include <utility>
#include <vector>

#include <state/view.hpp>

namespace atlas {

/// What a block changed, net, in ascending order of address and slot: the only form in which state leaves execution.
struct StateDiff {
  struct AccountChange {
    Address address;
    std::optional<Account> account;              ///< value after; nullopt: the account no longer exists
    std::vector<std::pair<u256, u256>> storage;  ///< slot and value after, changed slots only
  };
  std::vector<AccountChange> accounts;
  std::vector<std::pair<Hash256, Bytes>> code;  ///< by Keccak hash: code that became live in this block
};

}  // namespace atlas
