#include <crypto/keccak.hpp>
#include <crypto/secp256k1.hpp>
#include <node/dev_backend.hpp>

namespace atlas::node {
namespace {

constexpr unsigned kBalanceBits = 128;        // what an account's leaf in the state tree holds
constexpr std::size_t kMaxCodeSize = 24'576;  // EIP-170
constexpr u64 kMinedBlocksMax = 100'000;

}  // namespace

DevBackend::DevBackend(DevSetup setup, u64 chain_id, storage::ChainStore& store, sequencer::Mempool& pool,
                       sequencer::Sequencer& sequencer)
    : setup_(std::move(setup)), chain_id_(chain_id), store_(store), pool_(pool), sequencer_(sequencer) {
  for (const DevAccount& account : setup_.accounts) keys_.emplace(account.address, account.private_key);
}

// ---- Keys ----

std::vector<Address> DevBackend::accounts() const {
  std::vector<Address> out;
  for (const DevAccount& account : setup_.accounts) out.push_back(account.address);
  return out;
}

std::optional<rpc::DigestSignature> DevBackend::sign(const Address& signer, const Hash256& digest) const {
  const auto key = keys_.find(signer);
  if (key == keys_.end()) return std::nullopt;
  const auto signature = crypto::sign(digest, key->second);
  if (!signature) return std::nullopt;
  return rpc::DigestSignature{signature->y_parity, signature->r, signature->s};
}

bool DevBackend::is_impersonated(const Address& address) const {
  const std::lock_guard lock(mutex_);
  return impersonate_all_ || impersonated_.contains(address);
}

DevBackend::Done DevBackend::set_impersonated(const Address& address, bool on) {
  if (on) {
    if (const Done refused = waive(); !refused) return refused;
  }
  const std::lock_guard lock(mutex_);
  if (on) {
    impersonated_.insert(address);
  } else {
    impersonated_.erase(address);
  }
  return {};
}

DevBackend::Done DevBackend::set_auto_impersonate(bool on) {
  if (on) {
    if (const Done refused = waive(); !refused) return refused;
  }
  impersonate_all_ = on;
  return {};
}

rpc::SubmitResult DevBackend::submit_unsigned(Transaction tx, const Address& from) {
  tx.chain_id = chain_id_;
  // No signature gives these values; the sender in r keeps the hashes of equal transactions of two senders apart.
  tx.y_parity = 0;
  tx.r = u256::from_address(from) + u256(1);
  tx.s = u256(1);
  SignedTransaction signed_tx;
  signed_tx.encoded = encode_transaction(tx);
  signed_tx.hash = crypto::keccak256(signed_tx.encoded);
  signed_tx.tx = std::move(tx);
  signed_tx.sender = from;
  sequencer_.wait_pool();
  const auto added = pool_.add(std::move(signed_tx));
  if (!added) return Err(submit_error(added.error()));
  return (*added)->hash;
}

DevBackend::Done DevBackend::include_from_l1(SignedTransaction tx) {
  // What all deposits together may mint is less than 2^127 (docs/batches.md); a balance of 2^128 has no leaf.
  constexpr unsigned kMintBits = 96;
  if (tx.tx.l1->mint.bit_length() > kMintBits) return Err(std::string("L1 would refuse to mint 2^96 wei or more"));
  const auto included = sequencer_.include(tx);
  if (!included) return Err(std::string(stf::describe(included.error())));
  return {};
}

// ---- Mining ----

DevBackend::Done DevBackend::mine(u64 count, u64 interval_s) {
  if (count > kMinedBlocksMax) {
    return Err("cannot mine " + std::to_string(count) + " blocks in one call: at most " +
               std::to_string(kMinedBlocksMax));
  }
  sequencer_.mine(count, interval_s);
  return {};
}

bool DevBackend::automine() const {
  return sequencer_.sealing() == sequencer::Sequencer::Sealing::kAutomatic;
}

DevBackend::Done DevBackend::set_automine(bool on) {
  using Sealing = sequencer::Sequencer::Sealing;
  sequencer_.set_sealing(on ? Sealing::kAutomatic : Sealing::kManual);
  return {};
}

DevBackend::Done DevBackend::set_interval_mining_ms(u64 interval_ms) {
  sequencer_.set_interval_mining_ms(interval_ms);
  interval_mining_ms_ = interval_ms;
  if (interval_ms != 0) sequencer_.set_sealing(sequencer::Sequencer::Sealing::kAutomatic);
  return {};
}

// ---- State ----

DevBackend::Done DevBackend::waive() const {
  if (!setup_.provable) return {};
  return Err(
      std::string("this chain can be proved, so nobody may change it outside its rules: start `atlas dev` without "
                  "--provable for that"));
}

DevBackend::Done DevBackend::inject(const std::function<void(Journal&)>& change) {
  if (const Done refused = waive(); !refused) return refused;
  sequencer_.inject(change);
  return {};
}

DevBackend::Done DevBackend::set_balance(const Address& address, const u256& balance) {
  if (balance.bit_length() > kBalanceBits) return Err(std::string("balance is 2^128 wei or more"));
  return inject([&](Journal& journal) { journal.set_balance(address, balance); });
}

DevBackend::Done DevBackend::set_nonce(const Address& address, u64 nonce) {
  if (nonce == ~u64{0}) return Err(std::string("nonce 2^64 - 1 is out of range (EIP-2681)"));
  return inject([&](Journal& journal) { journal.set_nonce(address, nonce); });
}

DevBackend::Done DevBackend::set_code(const Address& address, Bytes code) {
  if (code.size() > kMaxCodeSize) {
    return Err("code of " + std::to_string(code.size()) + " bytes is longer than " + std::to_string(kMaxCodeSize) +
               " (EIP-170)");
  }
  return inject([&](Journal& journal) { journal.set_code(address, code); });
}

DevBackend::Done DevBackend::set_storage(const Address& address, const u256& slot, const u256& value) {
  return inject([&](Journal& journal) {
    // Storage without code or nonce cannot arise on the chain (EIP-7610 leans on it).
    if (journal.nonce(address) == 0 && journal.code(address).empty()) journal.set_nonce(address, 1);
    journal.set_storage(address, slot, value);
  });
}

DevBackend::Done DevBackend::load(std::vector<stf::GenesisAccount> accounts) {
  for (const stf::GenesisAccount& account : accounts) {
    const std::string who = "account " + to_hex(account.address) + ": ";
    if (account.balance.bit_length() > kBalanceBits) return Err(who + "balance is 2^128 wei or more");
    if (account.code.size() > kMaxCodeSize) return Err(who + "code is longer than 24576 bytes (EIP-170)");
  }
  return inject([&](Journal& journal) {
    for (stf::GenesisAccount& account : accounts) {
      const bool needs_nonce = account.nonce == 0 && account.code.empty() && !account.storage.empty();
      journal.set_balance(account.address, account.balance);
      journal.set_nonce(account.address, needs_nonce ? 1 : account.nonce);  // as in set_storage
      journal.set_code(account.address, std::move(account.code));
      for (const auto& [slot, value] : account.storage) journal.set_storage(account.address, slot, value);
    }
  });
}

std::vector<stf::GenesisAccount> DevBackend::dump() const {
  StateDiff state = store_.whole_state();
  const std::map<Hash256, Bytes> codes(state.code.begin(), state.code.end());
  std::vector<stf::GenesisAccount> out;
  out.reserve(state.accounts.size());
  for (auto& change : state.accounts) {
    const auto code = codes.find(change.account->code_hash);
    out.push_back({change.address, change.account->nonce, change.account->balance,
                   code == codes.end() ? Bytes() : code->second, std::move(change.storage)});
  }
  return out;
}

DevBackend::Done DevBackend::set_coinbase(const Address& address) {
  sequencer_.set_coinbase(address);
  return {};
}

DevBackend::Done DevBackend::set_block_gas_limit(u64 gas_limit) {
  constexpr u64 kMin = 21'000;
  constexpr u64 kMax = u64{1} << 40;
  if (gas_limit < kMin || gas_limit > kMax) {
    return Err("block gas limit " + std::to_string(gas_limit) + " is out of range: " + std::to_string(kMin) + " to " +
               std::to_string(kMax));
  }
  if (const Done refused = waive(); !refused) return refused;
  sequencer_.set_gas_limit(gas_limit);
  return {};
}

DevBackend::Done DevBackend::set_next_base_fee(const u256& base_fee) {
  if (base_fee.bit_length() > kBalanceBits) return Err(std::string("base fee is 2^128 wei or more"));
  if (const Done refused = waive(); !refused) return refused;
  sequencer_.set_next_base_fee(base_fee);
  return {};
}

DevBackend::Done DevBackend::drop_transaction(const Hash256& hash) {
  if (!pool_.remove(hash)) return Err("no waiting transaction " + to_hex(hash));
  return {};
}

DevBackend::Done DevBackend::drop_all_transactions() {
  pool_.clear();
  return {};
}

// ---- Time ----

i64 DevBackend::increase_time_s(i64 seconds) {
  const i64 offset = sequencer_.time_offset_s() + seconds;
  sequencer_.set_time_offset_s(offset);
  return offset;
}

DevBackend::Done DevBackend::set_next_timestamp_s(u64 timestamp) {
  const u64 head = head_timestamp();
  if (timestamp < head) {
    return Err("timestamp " + std::to_string(timestamp) + " is before the last block's, " + std::to_string(head));
  }
  sequencer_.set_next_timestamp_s(timestamp);
  return {};
}

DevBackend::Done DevBackend::set_time_s(u64 timestamp) {
  constexpr u64 kMax = u64{1} << 40;  // the year 36812
  if (timestamp > kMax) return Err("timestamp " + std::to_string(timestamp) + " is too far in the future");
  const auto now =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch());
  sequencer_.set_time_offset_s(static_cast<i64>(timestamp) - static_cast<i64>(now.count()));
  return {};
}

// ---- Going back ----

DevBackend::Done DevBackend::rewind(u64 number) {
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(snapshots_, [&](const auto& entry) { return entry.second.block_number > number; });
  }
  if (!sequencer_.rewind(number)) {
    return Err("the block log no longer reaches back to block " + std::to_string(number) +
               "; start with --fresh instead");
  }
  return {};
}

DevBackend::Done DevBackend::reset() {
  pool_.clear();
  if (const Done done = rewind(0); !done) return done;
  pool_.clear();  // what a client sent meanwhile, and what the blocks gave back
  {
    const std::lock_guard lock(mutex_);
    snapshots_.clear();
    impersonated_.clear();
  }
  impersonate_all_ = false;
  sequencer_.set_time_offset_s(0);
  if (const Done done = set_interval_mining_ms(0); !done) return done;
  return set_automine(true);
}

u64 DevBackend::snapshot() {
  sequencer_.settle();
  const std::lock_guard lock(mutex_);
  const u64 id = next_snapshot_++;
  snapshots_[id] = {store_.head()->header.number, sequencer_.time_offset_s()};
  return id;
}

bool DevBackend::revert(u64 snapshot_id) {
  Snapshot target;
  {
    const std::lock_guard lock(mutex_);
    const auto found = snapshots_.find(snapshot_id);
    if (found == snapshots_.end()) return false;
    target = found->second;
    snapshots_.erase(found, snapshots_.end());  // a snapshot is used once, and later ones lie on what goes
  }
  if (!sequencer_.rewind(target.block_number)) return false;
  sequencer_.set_time_offset_s(target.time_offset_s);
  return true;
}

}  // namespace atlas::node
