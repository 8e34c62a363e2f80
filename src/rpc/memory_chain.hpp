#pragma once
// A small chain in memory behind rpc::Backend, for tests and fuzzing: the real state transition and block builder, no
// mempool to speak of, no disk. Every submitted transaction is a block of its own unless automine is off.
#include <atomic>
#include <map>
#include <mutex>
#include <optional>

#include <crypto/keccak.hpp>
#include <crypto/secp256k1.hpp>
#include <evm/evm.hpp>
#include <rpc/backend.hpp>
#include <sequencer/block_builder.hpp>
#include <stf/genesis.hpp>

namespace atlas::rpc {

class MemoryState final : public StateView {
 public:
  std::optional<Account> account(const Address& address) const override {
    const auto it = accounts_.find(address);
    return it == accounts_.end() ? std::nullopt : std::optional(it->second);
  }
  u256 storage(const Address& address, const u256& slot) const override {
    const auto it = slots_.find({address, slot});
    return it == slots_.end() ? u256() : it->second;
  }
  ByteView code(const Hash256& hash) const override {
    const auto it = code_.find(hash);
    return it == code_.end() ? ByteView{} : ByteView(*it->second);
  }
  bool has_storage(const Address&) const override { return false; }

  std::vector<stf::GenesisAccount> all() const {
    std::vector<stf::GenesisAccount> out;
    for (const auto& [address, account] : accounts_) {
      const ByteView code = this->code(account.code_hash);
      out.push_back({address, account.nonce, account.balance, Bytes(code.begin(), code.end()), {}});
      for (auto slot = slots_.lower_bound({address, u256()}); slot != slots_.end() && slot->first.first == address;
           ++slot) {
        if (!slot->second.is_zero()) out.back().storage.emplace_back(slot->first.second, slot->second);
      }
    }
    return out;
  }

  std::shared_ptr<const MemoryState> with(const StateDiff& diff) const {
    auto next = std::make_shared<MemoryState>(*this);
    for (const auto& change : diff.accounts) {
      if (change.account) {
        next->accounts_[change.address] = *change.account;
      } else {
        next->accounts_.erase(change.address);
      }
      for (const auto& [slot, value] : change.storage) next->slots_[{change.address, slot}] = value;
    }
    for (const auto& [hash, code] : diff.code) next->code_[hash] = std::make_shared<const Bytes>(code);
    return next;
  }

 private:
  std::map<Address, Account> accounts_;
  std::map<std::pair<Address, u256>, u256> slots_;
  std::map<Hash256, std::shared_ptr<const Bytes>> code_;
};

class MemoryChain : public Backend, public DevBackend {
 public:
  static constexpr u64 kChainId = 31'337;
  static constexpr std::size_t kAccounts = 3;
  static Hash256 key(std::size_t i) { return u256(i + 1).to_be(); }
  static Address account(std::size_t i) { return *crypto::address_of_private_key(key(i)); }
  static u256 wealth() { return u256::power_of_two(80); }
  /// A payment that needs no more than a signature.
  static Transaction transfer(u64 nonce, const Address& to, u64 value = 1) {
    Transaction tx;
    tx.type = TxType::kDynamicFee;
    tx.nonce = nonce;
    tx.gas_limit = 21'000;
    tx.max_fee_per_gas = u256(2'000'000'000);
    tx.max_priority_fee_per_gas = u256(1'000'000);
    tx.to = to;
    tx.value = u256(value);
    return tx;
  }
  /// Signed by account `from`.
  static Bytes signed_bytes(std::size_t from, Transaction tx) {
    tx.chain_id = kChainId;
    const auto s = crypto::sign(signing_hash(tx), key(from));
    tx.y_parity = s->y_parity;
    tx.r = s->r;
    tx.s = s->s;
    return encode_transaction(tx);
  }

  /// `extra`: contracts and the like at genesis.
  explicit MemoryChain(bool with_dev = true, std::vector<stf::GenesisAccount> extra = {}) : with_dev_(with_dev) {
    rules_.chain_id = kChainId;
    rules_.gas_limit = 30'000'000;
    rules_.contracts_may_send = with_dev;
    stf::GenesisConfig genesis;
    genesis.timestamp = 1'700'000'000;
    genesis.gas_limit = rules_.gas_limit;
    genesis.base_fee = u256(1'000'000'000);
    genesis.alloc = std::move(extra);
    for (std::size_t i = 0; i < kAccounts; ++i) genesis.alloc.push_back({account(i), 0, wealth(), {}, {}});
    auto built = stf::build_genesis(genesis);
    ENSURE(built.ok(), "genesis of the test chain");
    push(std::make_shared<const Block>(std::move(built->block)), MemoryState().with(built->diff));
  }

  // Backend.
  u64 chain_id() const override { return kChainId; }
  std::string client_version() const override { return "atlas/test"; }
  BlockPtr head() const override {
    const std::lock_guard lock(mutex_);
    return blocks_.back();
  }
  BlockPtr block_by_number(u64 number) const override {
    const std::lock_guard lock(mutex_);
    return number < blocks_.size() && (number >= oldest_block_ || number == 0) ? blocks_[number] : nullptr;
  }
  BlockPtr block_by_hash(const Hash256& hash) const override {
    const std::lock_guard lock(mutex_);
    for (const BlockPtr& block : blocks_) {
      if (block->hash == hash) return block;
    }
    return nullptr;
  }
  Hash256 block_hash(u64 number) const override {
    const BlockPtr block = block_by_number(number);
    return block ? block->hash : Hash256{};
  }
  std::optional<MinedTransaction> mined(const Hash256& hash) const override {
    const std::lock_guard lock(mutex_);
    const auto it = index_.find(hash);
    if (it == index_.end()) return std::nullopt;
    return mined_transaction(blocks_[it->second.first], it->second.second);
  }
  u64 tag_number(BlockTag tag) const override { return tag == BlockTag::kEarliest ? 0 : head()->header.number; }
  StatePtr state_at(u64 number) const override {
    const std::lock_guard lock(mutex_);
    return number < states_.size() && number >= oldest_ ? states_[number] : nullptr;
  }
  u64 oldest_state() const override { return oldest_; }
  u64 oldest_block() const override { return oldest_block_; }
  /// Forgets the blocks before block `number`, but not genesis.
  void prune_blocks(u64 number) { oldest_block_ = number; }
  /// Forgets the states before block `number`.
  void prune_states(u64 number) { oldest_ = number; }
  BlockContext context_of(const BlockHeader& header) const override { return stf::context_of(rules_, header); }
  BlockContext pending_context() const override {
    const BlockPtr parent = head();
    return sequencer::next_context(rules_, parent->header, choices(*parent));
  }
  u256 base_fee_after(const BlockHeader& parent) const override {
    return stf::next_base_fee(parent, rules_.base_fee_denominator, rules_.base_fee_floor_wei);
  }
  std::unique_ptr<ExecutionEnvironment> make_environment() const override { return std::make_unique<evm::Evm>(); }

  SubmitResult submit(ByteView raw) override {
    auto tx = decode_signed_transaction(raw);
    if (!tx.ok()) return Err(SubmitError{SubmitCode::kDecode, atlas::describe(tx.error())});
    return take(std::make_shared<const SignedTransaction>(std::move(*tx)));
  }
  u64 pending_nonce(const Address& address) const override {
    const std::lock_guard lock(mutex_);
    const auto known = states_.back()->account(address);
    u64 nonce = known ? known->nonce : 0;
    for (const TxPtr& tx : pool_) nonce += tx->sender == address && tx->tx.nonce == nonce;
    return nonce;
  }
  TxPtr pool_transaction(const Hash256& hash) const override {
    const std::lock_guard lock(mutex_);
    for (const TxPtr& tx : pool_) {
      if (tx->hash == hash) return tx;
    }
    return nullptr;
  }
  PoolCount pool_count() const override {
    const std::lock_guard lock(mutex_);
    return {pool_.size(), 0};
  }
  std::vector<PoolEntry> pool_content(const Address* sender, std::size_t limit) const override {
    const std::lock_guard lock(mutex_);
    std::vector<PoolEntry> out;
    for (const TxPtr& tx : pool_) {
      if (out.size() < limit && (sender == nullptr || tx->sender == *sender)) out.push_back({tx, false});
    }
    return out;
  }
  u256 suggested_priority_fee() const override { return u256(1'000'000); }
  void add_listener(ChainListener* listener) override {
    const std::lock_guard lock(listener_mutex_);
    listeners_.push_back(listener);
  }
  void remove_listener(ChainListener* listener) override {
    const std::lock_guard lock(listener_mutex_);
    std::erase(listeners_, listener);
  }
  DevBackend* dev() override { return with_dev_ ? this : nullptr; }
  const batch::Batches* batches() const override { return batches_; }
  void set_batches(const batch::Batches* batches) { batches_ = batches; }

  // DevBackend.
  std::vector<Address> accounts() const override { return {account(0), account(1), account(2)}; }
  std::optional<DigestSignature> sign(const Address& signer, const Hash256& digest) const override {
    for (std::size_t i = 0; i < kAccounts; ++i) {
      if (account(i) != signer) continue;
      const auto s = crypto::sign(digest, key(i));
      return DigestSignature{s->y_parity, s->r, s->s};
    }
    return std::nullopt;
  }
  bool is_impersonated(const Address& address) const override {
    const std::lock_guard lock(mutex_);
    return impersonated_.contains(address);
  }
  Done set_impersonated(const Address& address, bool on) override {
    const std::lock_guard lock(mutex_);
    impersonated_.erase(address);
    if (on) impersonated_.emplace(address, true);
    return {};
  }
  Done set_auto_impersonate(bool) override { return {}; }
  Done include_from_l1(SignedTransaction) override { return Err(std::string("no blocks here")); }
  SubmitResult submit_unsigned(Transaction tx, const Address& from) override {
    SignedTransaction made;
    made.tx = std::move(tx);
    made.tx.r = made.tx.s = u256(1);
    made.encoded = encode_transaction(made.tx);
    made.hash = crypto::keccak256(made.encoded);
    made.sender = from;
    return take(std::make_shared<const SignedTransaction>(std::move(made)));
  }
  Done mine(u64 count, u64) override {
    for (u64 i = 0; i < count; ++i) seal({});
    return {};
  }
  bool automine() const override { return automine_; }
  Done set_automine(bool on) override {
    automine_ = on;
    return {};
  }
  Done set_interval_mining_ms(u64 interval_ms) override {
    interval_ms_ = interval_ms;
    return {};
  }
  Done set_balance(const Address& address, const u256& balance) override {
    if (balance >= u256::power_of_two(128)) return Err(std::string("balance does not fit 128 bits"));
    return inject([&](Journal& j) { j.set_balance(address, balance); });
  }
  Done set_nonce(const Address& address, u64 nonce) override {
    return inject([&](Journal& j) { j.set_nonce(address, nonce); });
  }
  Done set_code(const Address& address, Bytes code) override {
    return inject([&](Journal& j) { j.set_code(address, std::move(code)); });
  }
  Done set_storage(const Address& address, const u256& slot, const u256& value) override {
    return inject([&](Journal& j) { j.set_storage(address, slot, value); });
  }
  Done load(std::vector<stf::GenesisAccount> accounts) override {
    return inject([&](Journal& j) {
      for (const stf::GenesisAccount& account : accounts) {
        j.set_balance(account.address, account.balance);
        j.set_nonce(account.address, account.nonce);
        j.set_code(account.address, account.code);
        for (const auto& [slot, value] : account.storage) j.set_storage(account.address, slot, value);
      }
    });
  }
  std::vector<stf::GenesisAccount> dump() const override {
    const std::lock_guard lock(mutex_);
    return states_.back()->all();
  }
  Done set_coinbase(const Address& address) override {
    const std::lock_guard lock(choices_mutex_);
    coinbase_ = address;
    return {};
  }
  Done set_block_gas_limit(u64 gas_limit) override {
    const std::lock_guard lock(choices_mutex_);
    gas_limit_ = gas_limit;
    return {};
  }
  Done set_next_base_fee(const u256& base_fee) override {
    const std::lock_guard lock(choices_mutex_);
    next_base_fee_ = base_fee;
    return {};
  }
  Done drop_transaction(const Hash256& hash) override {
    const std::lock_guard lock(mutex_);
    const auto n = std::erase_if(pool_, [&](const TxPtr& tx) { return tx->hash == hash; });
    if (n == 0) return Err(std::string("no such transaction"));
    return {};
  }
  Done drop_all_transactions() override {
    const std::lock_guard lock(mutex_);
    pool_.clear();
    return {};
  }
  i64 increase_time_s(i64 seconds) override { return offset_s_ += seconds; }
  Done set_next_timestamp_s(u64 timestamp) override {
    if (timestamp < head()->header.timestamp) return Err(std::string("timestamp is before the last block's"));
    const std::lock_guard lock(choices_mutex_);
    next_timestamp_s_ = timestamp;
    return {};
  }
  Done set_time_s(u64) override { return {}; }
  u64 interval_mining_ms() const override { return interval_ms_; }
  Done rewind(u64 number) override {
    if (!revert(number)) return Err(std::string("no such block"));
    return {};
  }
  Done reset() override {
    {
      const std::lock_guard lock(mutex_);
      pool_.clear();
      impersonated_.clear();
    }
    offset_s_ = 0;
    automine_ = true;
    return rewind(0);
  }
  u64 snapshot() override { return head()->header.number; }
  bool revert(u64 id) override {
    BlockPtr now;
    {
      const std::lock_guard lock(mutex_);
      if (id >= blocks_.size()) return false;
      blocks_.resize(id + 1);
      states_.resize(id + 1);
      std::erase_if(index_, [&](const auto& entry) { return entry.second.first > id; });
      now = blocks_.back();
    }
    const std::lock_guard lock(listener_mutex_);
    for (ChainListener* listener : listeners_) listener->on_rewind(now);
    return true;
  }

  /// A block of what waits in the pool.
  void seal_pool() {
    std::vector<TxPtr> txs;
    {
      const std::lock_guard lock(mutex_);
      txs.swap(pool_);
    }
    seal(txs);
  }
  void seal_empty() { seal({}); }
  /// Prices of the blocks from now on.
  void set_prices(const stf::BlockPrices& prices) {
    const std::lock_guard lock(choices_mutex_);
    prices_ = prices;
  }

 private:
  sequencer::BlockChoices choices(const Block& parent) const {
    const std::lock_guard lock(choices_mutex_);
    return {.timestamp_s = next_timestamp_s_.value_or(parent.header.timestamp + 1),
            .coinbase = coinbase_,
            .prices = prices_,
            .base_fee = next_base_fee_,
            .gas_limit = gas_limit_};
  }

  SubmitResult take(const TxPtr& tx) {
    BlockPtr parent;
    std::shared_ptr<const MemoryState> state;
    {
      const std::lock_guard lock(mutex_);
      if (index_.contains(tx->hash)) return Err(SubmitError{SubmitCode::kAlreadyKnown, {}});
      for (const TxPtr& known : pool_) {
        if (known->hash == tx->hash) return Err(SubmitError{SubmitCode::kAlreadyKnown, {}});
      }
      parent = blocks_.back();
      state = states_.back();
    }
    evm::Evm machine;
    const stf::HistoryBlockHashes hashes(*state, parent->header.number, parent->hash);
    stf::BlockExecutor executor(*state, sequencer::next_context(rules_, parent->header, choices(*parent)), hashes,
                                machine, sequencer::stf_config(rules_));
    const auto valid = executor.validate(tx->tx, tx->sender);
    if (!valid.ok() && !(valid.error() == stf::TxError::kNonceTooHigh && !automine_)) {
      return Err(refusal(valid.error()));
    }
    {
      const std::lock_guard lock(listener_mutex_);
      for (ChainListener* listener : listeners_) {
        if (listener->wants_pending()) listener->on_pending(tx);
      }
    }
    if (automine_) {
      seal({tx});
    } else {
      const std::lock_guard lock(mutex_);
      pool_.push_back(tx);
    }
    return tx->hash;
  }

  static SubmitError refusal(stf::TxError error) {
    switch (error) {
      case stf::TxError::kNonceTooLow:
        return {SubmitCode::kNonceTooLow, "next nonce 1, tx nonce 0"};
      case stf::TxError::kInsufficientFunds:
        return {SubmitCode::kInsufficientFunds, {}};
      case stf::TxError::kIntrinsicGasTooLow:
        return {SubmitCode::kIntrinsicGas, {}};
      default:
        return {SubmitCode::kInternal, stf::describe(error)};
    }
  }

  Done inject(const std::function<void(Journal&)>& change) {
    seal({}, change);
    return {};
  }

  void seal(const std::vector<TxPtr>& txs, const std::function<void(Journal&)>& change = {}) {
    const std::lock_guard sealing(sealing_);
    BlockPtr parent;
    std::shared_ptr<const MemoryState> state;
    {
      const std::lock_guard lock(mutex_);
      parent = blocks_.back();
      state = states_.back();
    }
    evm::Evm machine;
    sequencer::BlockBuilder builder(rules_, *state, *parent, choices(*parent), machine);
    if (change) {
      builder.journal().begin_transaction();
      change(builder.journal());
      builder.journal().end_transaction();
    }
    for (const TxPtr& tx : txs) static_cast<void>(builder.execute(*tx));
    {
      const std::lock_guard lock(choices_mutex_);
      next_base_fee_.reset();
      next_timestamp_s_.reset();
    }
    auto sealed = builder.seal();
    push(sealed.block, state->with(sealed.diff));
    const std::lock_guard lock(listener_mutex_);
    for (ChainListener* listener : listeners_) listener->on_block(sealed.block);
  }

  void push(const BlockPtr& block, std::shared_ptr<const MemoryState> state) {
    const std::lock_guard lock(mutex_);
    for (u32 i = 0; i < block->transactions.size(); ++i) index_[block->transactions[i].hash] = {blocks_.size(), i};
    blocks_.push_back(block);
    states_.push_back(std::move(state));
  }

  bool with_dev_;
  const batch::Batches* batches_ = nullptr;
  sequencer::ChainRules rules_;
  stf::BlockPrices prices_;  // under choices_mutex_
  std::mutex sealing_;
  mutable std::mutex mutex_;
  std::vector<BlockPtr> blocks_;
  std::vector<std::shared_ptr<const MemoryState>> states_;
  std::map<Hash256, std::pair<std::size_t, u32>> index_;
  std::vector<TxPtr> pool_;
  std::map<Address, bool> impersonated_;
  mutable std::mutex choices_mutex_;
  Address coinbase_ = u256(0xfee).to_address();
  std::optional<u64> gas_limit_;
  std::optional<u256> next_base_fee_;
  std::optional<u64> next_timestamp_s_;
  std::mutex listener_mutex_;
  std::vector<ChainListener*> listeners_;
  std::atomic<u64> oldest_{0};
  std::atomic<u64> oldest_block_{0};
  std::atomic<bool> automine_{true};
  std::atomic<i64> offset_s_{0};
  std::atomic<u64> interval_ms_{0};
};

}  // namespace atlas::rpc
