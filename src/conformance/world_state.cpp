#include <conformance/world_state.hpp>

#include <crypto/keccak.hpp>
#include <types/rlp.hpp>
#include <types/trie.hpp>

namespace atlas::conformance {
namespace {

// Root over entries whose keys are still to be put into order.
Hash256 secure_root(std::vector<std::pair<Hash256, Bytes>>& leaves) {
  std::sort(leaves.begin(), leaves.end());
  std::vector<TrieEntry> entries;
  entries.reserve(leaves.size());
  for (const auto& [key, value] : leaves) entries.push_back({key.view(), value});
  return trie_root(entries);
}

Hash256 storage_root(const std::map<u256, u256>& storage) {
  std::vector<std::pair<Hash256, Bytes>> leaves;
  leaves.reserve(storage.size());
  for (const auto& [slot, value] : storage) {
    leaves.emplace_back(crypto::keccak256(slot.to_be()), rlp::encode([&](auto& out) { out.integer(value); }));
  }
  return secure_root(leaves);
}

}  // namespace

std::optional<Account> WorldState::account(const Address& address) const {
  const auto it = entries_.find(address);
  if (it == entries_.end()) return std::nullopt;
  return it->second.account;
}

u256 WorldState::storage(const Address& address, const u256& slot) const {
  const auto it = entries_.find(address);
  if (it == entries_.end()) return {};
  const auto value = it->second.storage.find(slot);
  return value == it->second.storage.end() ? u256() : value->second;
}

ByteView WorldState::code(const Hash256& code_hash) const {
  const auto it = code_.find(code_hash);
  return it == code_.end() ? ByteView{} : ByteView(it->second);
}

bool WorldState::has_storage(const Address& address) const {
  const auto it = entries_.find(address);
  return it != entries_.end() && !it->second.storage.empty();
}

void WorldState::add(const Address& address, u64 nonce, const u256& balance, Bytes code, std::map<u256, u256> storage) {
  Entry entry;
  entry.account.nonce = nonce;
  entry.account.balance = balance;
  if (!code.empty()) {
    entry.account.code_hash = crypto::keccak256(code);
    code_.emplace(entry.account.code_hash, std::move(code));
  }
  std::erase_if(storage, [](const auto& slot) { return slot.second.is_zero(); });
  entry.storage = std::move(storage);
  entries_[address] = std::move(entry);
}

void WorldState::apply(const StateDiff& diff) {
  for (const auto& [hash, code] : diff.code) code_.emplace(hash, code);
  for (const StateDiff::AccountChange& change : diff.accounts) {
    if (!change.account) {
      entries_.erase(change.address);
      continue;
    }
    Entry& entry = entries_[change.address];
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

Hash256 WorldState::root() const {
  std::vector<std::pair<Hash256, Bytes>> leaves;
  leaves.reserve(entries_.size());
  for (const auto& [address, entry] : entries_) {
    const Hash256 storage = storage_root(entry.storage);
    leaves.emplace_back(crypto::keccak256(address), rlp::encode_list([&](auto& out) {
                          out.integer(entry.account.nonce);
                          out.integer(entry.account.balance);
                          out.string(storage);
                          out.string(entry.account.code_hash);
                        }));
  }
  return secure_root(leaves);
}

std::string WorldState::difference(const WorldState& expected) const {
  for (const auto& [address, want] : expected.entries_) {
    const std::string name = to_hex(address);
    const auto it = entries_.find(address);
    if (it == entries_.end()) return name + " is missing";
    const Entry& have = it->second;
    const auto differs = [&](const char* what, const u256& a, const u256& b) {
      return name + ": " + what + " is " + to_quantity(a) + ", expected " + to_quantity(b);
    };
    if (have.account.nonce != want.account.nonce) return differs("nonce", have.account.nonce, want.account.nonce);
    if (have.account.balance != want.account.balance) {
      return differs("balance", have.account.balance, want.account.balance);
    }
    if (have.account.code_hash != want.account.code_hash) {
      return differs("code hash", u256::from_be(have.account.code_hash), u256::from_be(want.account.code_hash));
    }
    if (have.storage == want.storage) continue;
    for (const auto& [slot, value] : want.storage) {
      const u256 mine = storage(address, slot);
      if (mine != value) return differs(("slot " + to_quantity(slot)).c_str(), mine, value);
    }
    for (const auto& [slot, value] : have.storage) {
      if (!want.storage.contains(slot)) return differs(("slot " + to_quantity(slot)).c_str(), value, u256());
    }
  }
  for (const auto& [address, entry] : entries_) {
    if (!expected.entries_.contains(address)) return to_hex(address) + " should not exist";
  }
  return {};
}

}  // namespace atlas::conformance
