#include <csignal>
#include <set>

#include <storage/chain_store_impl.hpp>
#include <storage/codec.hpp>
#include <storage/snapshot.hpp>

namespace atlas::storage {
namespace {

void check_genesis(const StorageConfig& config, const Genesis& genesis) {
  const auto refuse = [&](const std::string& what) {
    throw StorageError(StorageErrorKind::kWrongChain, config.directory, "the genesis " + what,
                       "Correct the genesis file");
  };
  if (genesis.block.header.number != 0) refuse("block has a number other than 0");
  std::set<Hash256> codes = {kEmptyCodeHash};
  for (const auto& [hash, code] : genesis.state.code) codes.insert(hash);
  const auto& accounts = genesis.state.accounts;
  for (std::size_t i = 0; i < accounts.size(); ++i) {
    if (i > 0 && !(accounts[i - 1].address < accounts[i].address)) refuse("accounts are not in ascending order");
    if (!accounts[i].account) refuse("lists an account that does not exist, " + to_hex(accounts[i].address));
    if (!PackedAccount::fits(accounts[i].account->balance)) {
      refuse("gives account " + to_hex(accounts[i].address) + " a balance of 2^128 or more");
    }
    if (!codes.contains(accounts[i].account->code_hash)) {
      refuse("gives account " + to_hex(accounts[i].address) + " a code hash without the code");
    }
  }
}

}  // namespace

ChainStore::ChainStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ChainStore::~ChainStore() = default;

std::unique_ptr<ChainStore> ChainStore::open(const StorageConfig& config, const Genesis& genesis, LogSink log) {
  // A file size limit must come back as an error of the write, not as a signal that ends the process.
  struct sigaction action{};
  if (::sigaction(SIGXFSZ, nullptr, &action) == 0 && action.sa_handler == SIG_DFL) ::signal(SIGXFSZ, SIG_IGN);

  check_genesis(config, genesis);
  auto impl = std::make_unique<Impl>(config, genesis, std::move(log));
  impl->recover(genesis);
  impl->start_threads();
  return std::unique_ptr<ChainStore>(new ChainStore(std::move(impl)));
}

const RecoveryReport& ChainStore::recovery() const {
  return impl_->report;
}
void ChainStore::set_listener(Listener listener) {
  impl_->listener = std::move(listener);
}

const StateView& ChainStore::writer_state() const {
  return impl_->writer_view;
}
u64 ChainStore::sealed_number() const {
  return impl_->sealed;
}
void ChainStore::append(BlockPtr block, StateDiff diff) {
  impl_->append(std::move(block), std::move(diff));
}
void ChainStore::wait_durable(u64 number) {
  impl_->wait_durable(number);
}
void ChainStore::commit(BlockPtr block, StateDiff diff) {
  const u64 number = block->header.number;
  impl_->append(std::move(block), std::move(diff));
  impl_->wait_durable(number);
}
bool ChainStore::rewind(u64 number) {
  return impl_->rewind(number);
}

BlockPtr ChainStore::head() const {
  return impl_->recent.head();
}

BlockPtr ChainStore::block_by_number(u64 number) const {
  if (number == 0) return impl_->genesis_block;
  if (auto block = impl_->recent.by_number(number)) return block;
  return impl_->history->block(number);
}

BlockPtr ChainStore::block_by_hash(const Hash256& hash) const {
  if (auto block = impl_->recent.by_hash(hash)) return block;
  const auto number = number_of(hash);
  return number ? block_by_number(*number) : nullptr;
}

std::optional<SealedHeader> ChainStore::header_by_number(u64 number) const {
  const BlockPtr block = number == 0 ? impl_->genesis_block : impl_->recent.by_number(number);
  if (block != nullptr) {
    return SealedHeader{block->header, block->hash, static_cast<u32>(block->transactions.size())};
  }
  return impl_->history->header(number);
}

std::optional<u64> ChainStore::number_of(const Hash256& block_hash) const {
  if (block_hash == impl_->genesis_block->hash) return 0;
  if (const auto block = impl_->recent.by_hash(block_hash)) return block->header.number;
  return impl_->history->number_of(block_hash);
}

std::optional<MinedTransaction> ChainStore::transaction(const Hash256& hash) const {
  if (auto found = impl_->recent.transaction(hash)) return found;
  const auto location = impl_->history->locate(hash);
  return location ? impl_->history->transaction(*location) : std::nullopt;
}

std::optional<MinedTransaction> ChainStore::transaction(u64 block_number, u32 index) const {
  if (auto found = impl_->recent.transaction(block_number, index)) return found;
  return impl_->history->transaction({block_number, index});
}

LogQueryOutcome ChainStore::for_each_log(const LogQuery& query, const LogVisitor& visit) const {
  // Recent blocks first: what is evicted after this line is in the history, so none slips between the two.
  const auto recent = impl_->recent.since(query.from_block);
  if (recent.empty()) return {};
  const u64 first_recent = recent.front()->header.number;
  const u64 to = std::min(query.to_block, recent.back()->header.number);
  if (first_recent > query.from_block && query.from_block <= to) {
    const auto outcome = impl_->history->for_each_log(query, std::min(to, first_recent - 1), visit);
    if (outcome.end != LogQueryEnd::kComplete) return outcome;
  }
  const BloomFilter filter(query);
  for (const BlockPtr& block : recent) {
    if (block->header.number > to) break;
    if (!filter.may_match(block->header.logs_bloom)) continue;
    if (!visit_logs(*block, query, visit)) return {LogQueryEnd::kStopped, block->header.number};
  }
  return {};
}

LogQueryOutcome ChainStore::for_each_transaction(const AddressQuery& query, const TransactionVisitor& visit) const {
  // Recent blocks are listed first, for the same reason as in for_each_log().
  const auto recent = impl_->recent.since(0);
  const u64 first_recent = recent.front()->header.number;
  const auto search_history = [&]() -> LogQueryOutcome {
    if (query.from_block >= first_recent) return {};
    return impl_->history->for_each_transaction(query, first_recent - 1, visit);
  };
  const auto search_recent = [&]() -> LogQueryOutcome {
    for (std::size_t i = 0; i < recent.size(); ++i) {
      const Block& block = *recent[query.newest_first ? recent.size() - 1 - i : i];
      const u64 number = block.header.number;
      if (number < query.from_block || number > query.to_block) continue;
      const u32 count = static_cast<u32>(block.transactions.size());
      for (u32 k = 0; k < count; ++k) {
        const u32 index = query.newest_first ? count - 1 - k : k;
        if (!takes_part(query.address, block.transactions[index], block.receipts[index])) continue;
        const auto mined = transaction(block.transactions[index].hash);
        if (mined && !visit(*mined)) return {LogQueryEnd::kStopped, number};
      }
    }
    return {};
  };
  const LogQueryOutcome outcome = query.newest_first ? search_recent() : search_history();
  if (outcome.end != LogQueryEnd::kComplete) return outcome;
  return query.newest_first ? search_history() : search_recent();
}

std::optional<ContractCreation> ChainStore::creation(const Address& contract) const {
  const auto recent = impl_->recent.since(0);
  for (auto block = recent.rbegin(); block != recent.rend(); ++block) {
    for (std::size_t i = (*block)->transactions.size(); i-- > 0;) {
      auto found = creation_in((*block)->header.number, (*block)->transactions[i], (*block)->receipts[i], contract);
      if (found) return found;
    }
  }
  return impl_->history->creation(contract);
}

u64 ChainStore::first_indexed() const {
  return impl_->history->first_indexed();
}

std::shared_ptr<const StateView> ChainStore::view_at(u64 number) const {
  const auto state = impl_->current_state();
  return number <= impl_->durable ? state->view_at(number) : nullptr;
}

StateDiff ChainStore::whole_state() const {
  for (;;) {
    const auto state = impl_->current_state();
    const u64 block = impl_->durable;
    if (const auto held = state->view_at(block)) return state->whole_at(block);
  }
}

u64 ChainStore::oldest_view() const {
  return impl_->current_state()->oldest_view();
}

std::optional<StateDiff> ChainStore::diff_of(u64 number) const {
  std::shared_lock lock(impl_->log_mutex);
  const auto payload = impl_->log->read(number);
  if (!payload) return std::nullopt;
  auto diff = decode_diff(*payload);
  ENSURE(diff.ok(), "a checked record of this version decodes");
  return std::move(diff).value();
}

u64 ChainStore::oldest_block() const {
  const u64 first = impl_->history->first();
  return first <= 1 ? 0 : first;
}

bool ChainStore::hold_log(const std::string& name, u64 first_needed) {
  return impl_->hold_log(name, first_needed);
}
void ChainStore::release_log(const std::string& name) {
  impl_->release_log(name);
}
std::map<std::string, u64> ChainStore::log_holds() const {
  std::lock_guard lock(impl_->holds_mutex);
  return impl_->holds.all();
}

u64 ChainStore::oldest_rewind() const {
  const auto kept = list_snapshots(impl_->directory.snapshots());
  return kept.empty() ? 0 : kept.back().block;
}

std::optional<StorageError> ChainStore::failure() const {
  std::lock_guard lock(impl_->mutex);
  return impl_->failure;
}

StorageStats ChainStore::stats() const {
  const auto state = impl_->current_state();
  StorageStats out;
  out.accounts = state->accounts().size();
  out.slots = state->slots().size();
  out.state_bytes = state->memory_bytes();
  out.undo_bytes = state->undo_bytes();
  out.oldest_view = state->oldest_view();
  out.views_open = state->views_open();
  out.sealed_number = impl_->sealed;
  out.durable_number = impl_->visible;
  out.history_number = impl_->history->last();
  out.snapshot_number = impl_->snapshot_number;
  out.log_bytes = impl_->log->bytes();
  out.log_syncs = impl_->syncs;
  out.log_sync_ms_last = impl_->sync_ms_last;
  return out;
}

void ChainStore::write_snapshot() {
  impl_->snapshot_head();
}

}  // namespace atlas::storage
