#pragma once
// For tests only: a state in maps, to read from, to apply diffs to and to compare.
#include <map>

#include <crypto/keccak.hpp>
#include <state/diff.hpp>

namespace atlas::test {

class MapState final : public StateView {
 public:
  struct Entry {
    Account account;
    std::map<u256, u256> storage;  // no zeros
    friend bool operator==(const Entry&, const Entry&) = default;
  };
  std::map<Address, Entry> accounts;
  std::map<Hash256, Bytes> codes;

  std::optional<Account> account(const Address& address) const override {
    const auto it = accounts.find(address);
    return it == accounts.end() ? std::nullopt : std::optional(it->second.account);
  }
  u256 storage(const Address& address, const u256& slot) const override {
    const auto it = accounts.find(address);
    if (it == accounts.end()) return {};
    const auto value = it->second.storage.find(slot);
    return value == it->second.storage.end() ? u256() : value->second;
  }
  ByteView code(const Hash256& code_hash) const override {
    const auto it = codes.find(code_hash);
    return it == codes.end() ? ByteView{} : ByteView(it->second);
  }
  bool has_storage(const Address& address) const override {
    const auto it = accounts.find(address);
    return it != accounts.end() && !it->second.storage.empty();
  }

  Entry& put(const Address& address, const u256& balance, Bytes code = {}, u64 nonce = 0) {
    Entry& entry = accounts[address];
    entry.account = {nonce, balance, kEmptyCodeHash};
    if (!code.empty()) {
      entry.account.code_hash = crypto::keccak256(code);
      codes[entry.account.code_hash] = std::move(code);
    }
    return entry;
  }
  void apply(const StateDiff& diff) {
    for (const auto& [hash, code] : diff.code) codes[hash] = code;
    for (const auto& change : diff.accounts) {
      if (!change.account) {
        accounts.erase(change.address);
        continue;
      }
      Entry& entry = accounts[change.address];
      entry.account = *change.account;
      for (const auto& [slot, value] : change.storage) {
        if (value.is_zero()) {
          entry.storage.erase(slot);
        } else {
          entry.storage[slot] = value;
        }
      }
    }
  }
};

}  // namespace atlas::test
