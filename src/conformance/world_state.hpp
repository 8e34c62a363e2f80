#pragma once
// A whole state in memory, with Ethereum's state root: what conformance tests start from and are compared in.
#include <map>

#include <state/diff.hpp>

namespace atlas::conformance {

class WorldState final : public StateView {
 public:
  struct Entry {
    Account account;
    std::map<u256, u256> storage;  ///< no zero values
  };

  std::optional<Account> account(const Address& address) const override;
  u256 storage(const Address& address, const u256& slot) const override;
  ByteView code(const Hash256& code_hash) const override;
  bool has_storage(const Address& address) const override;

  void add(const Address& address, u64 nonce, const u256& balance, Bytes code, std::map<u256, u256> storage);
  void apply(const StateDiff& diff);
  /// Root of the secure Merkle Patricia trie (Yellow Paper 4.1).
  Hash256 root() const;
  /// First account that differs, in words; empty if the states are equal.
  std::string difference(const WorldState& expected) const;

  const std::map<Address, Entry>& entries() const { return entries_; }

 private:
  std::map<Address, Entry> entries_;
  std::map<Hash256, Bytes> code_;
};

}  // namespace atlas::conformance
