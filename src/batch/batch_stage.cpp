#include <algorithm>

#include <batch/batch_stage.hpp>
#include <batch/replay.hpp>
#include <batch/tree_view.hpp>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <base/ensure.hpp>
#include <crypto/keccak.hpp>
#include <storage/crc32c.hpp>

namespace atlas::batch {
namespace {

/// Of the stage's thread, so that the sequencer and RPC come first where processors are few.
constexpr int kNice = 10;

/// About what a witness has of a leaf that a batch changes: key, value, index and a few hashes beside its path.
constexpr u64 kWitnessLeafBytes = 128;

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

u64 now_s() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<u64>(std::chrono::duration_cast<std::chrono::seconds>(since).count());
}

}  // namespace

BatchStage::BatchStage(const BatchConfig& config, const stf::ChainRules& rules, storage::ChainStore& store,
                       GenesisSource genesis, storage::LogSink log)
    : config_(config), rules_(rules), store_(store), genesis_(std::move(genesis)), log_(std::move(log)) {}

BatchStage::~BatchStage() {
  stop();
}

void BatchStage::start() {
  // Before anything of the log can go.
  if (!store_.log_holds().contains(kHold)) store_.hold_log(kHold, 1);
  stats_.head = store_.head()->header.number;
  thread_ = std::thread([this] { run(); });
}

void BatchStage::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

// ---- Called by others.

void BatchStage::on_block(u64 number) {
  std::unique_lock lock(mutex_);
  stats_.head = number;
  woken_ = true;
  changed_.notify_all();
  changed_.wait(lock, [&] { return stopping_ || failure_ || stats_.taken_block + config_.lag_blocks_max >= number; });
}

void BatchStage::on_rewind() {
  const std::lock_guard lock(mutex_);
  stats_.head = store_.head()->header.number;
  woken_ = true;
  changed_.notify_all();
}

std::exception_ptr BatchStage::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

BatchStats BatchStage::stats() const {
  const std::lock_guard lock(mutex_);
  return stats_;
}

std::optional<u64> BatchStage::latest() const {
  return ready_ ? std::optional(files_->count() - 1) : std::nullopt;
}

std::optional<BatchRecord> BatchStage::record(u64 number) const {
  return ready_ ? files_->record(number) : std::nullopt;
}

std::optional<BatchRecord> BatchStage::batch_of(u64 block) const {
  return ready_ ? files_->batch_of(block) : std::nullopt;
}

std::optional<Bytes> BatchStage::pubdata(u64 number) const {
  return ready_ ? files_->pubdata(number) : std::nullopt;
}

std::optional<Bytes> BatchStage::witness(u64 number) const {
  return ready_ ? files_->witness(number) : std::nullopt;
}

std::optional<ProvedAccountAt> BatchStage::prove(const Address& address, std::span<const u256> slots) const {
  const std::shared_lock lock(visible_mutex_);
  if (!ready_) return std::nullopt;
  ProvedAccountAt out{files_->count() - 1, tree_->prove_account(address, slots)};
  tree_->trim();
  return out;
}

// ---- The thread.

void BatchStage::run() {
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::syscall(SYS_gettid)), kNice);
  const auto stopping = [&] {
    const std::lock_guard lock(mutex_);
    return stopping_;
  };
  try {
    open();
    while (!stopping()) {
      follow_chain();
      if (!take_next()) wait();
    }
  } catch (const std::exception& error) {
    log_(storage::LogLevel::kError, std::string("batches: the stage has ended: ") + error.what());
    const std::lock_guard lock(mutex_);
    failure_ = std::current_exception();
  }
  changed_.notify_all();
}

/// Until there is something to do: a block, the open batch's time, the end.
void BatchStage::wait() {
  std::unique_lock lock(mutex_);
  const auto wanted = [&] { return stopping_ || woken_; };
  if (open_->empty()) {
    changed_.wait(lock, wanted);
  } else {
    changed_.wait_until(lock, opened_ + std::chrono::milliseconds(config_.time_ms), wanted);
  }
  woken_ = false;
}

/// Drops what lies on blocks that the chain has taken back.
void BatchStage::follow_chain() {
  const auto on_chain = [&](u64 number, const Hash256& hash) {
    const auto header = store_.header_by_number(number);
    return header && header->hash == hash;
  };
  if (!open_->empty()) {
    if (on_chain(open_->last().header.number, open_->last().hash)) return;
    open_->clear();
  }
  u64 number = files_->count() - 1;
  const auto stands = [&](u64 n) {
    const tree::BatchState state = files_->record(n)->state;
    return on_chain(state.last_block_number, state.last_block_hash);
  };
  if (number == 0 || stands(number)) return note_progress();
  while (number > 0 && !stands(number)) --number;
  take_back(number);
  note_progress();
}

/// Takes back every batch above `number`. A crash in between leaves a tree that is ahead, which open() takes back.
void BatchStage::take_back(u64 number) {
  log_(storage::LogLevel::kWarning, "batches " + std::to_string(number + 1) + " to " +
                                        std::to_string(files_->count() - 1) + " are taken back with their blocks");
  const std::unique_lock lock(visible_mutex_);
  files_->truncate(number + 1);
  if (!tree_->rewind(number)) remake_tree();
}

/// Takes one block, or seals; false if there is nothing to do.
bool BatchStage::take_next() {
  if (is_due()) {
    seal();
    return true;
  }
  const bool fresh = open_->empty();
  tree::BatchState before;
  if (fresh) before = files_->record(files_->count() - 1)->state;
  const u64 number = (fresh ? before.last_block_number : open_->last().header.number) + 1;
  if (number > store_.head()->header.number) return false;
  const auto start = Clock::now();
  const auto changes = read_block(number);
  const Hash256 parent = fresh ? before.last_block_hash : open_->last().hash;
  if (!changes || changes->block->header.parent_hash != parent) return true;  // the chain goes back just now
  const auto read_start = Clock::now();
  open_->prefetch(changes->diff);
  const double read_s = seconds_since(read_start);
  const bool added = open_->add(*changes, {config_.pubdata_bytes_max, config_.native_max});
  if (added && fresh) {
    opened_ = Clock::now();
    transaction_bytes_ = 0;
  }
  if (added) {
    for (const SignedTransaction& tx : changes->block->transactions) transaction_bytes_ += tx.encoded.size();
  }
  {
    const std::lock_guard lock(mutex_);
    stats_.read_s += read_s;
    stats_.collect_s += seconds_since(start) - read_s;
  }
  if (!added) {
    seal();
  } else {
    note_progress();
  }
  return true;
}

/// nullopt if the block is being taken back.
std::optional<BlockChanges> BatchStage::read_block(u64 number) const {
  BlockChanges out;
  out.block = store_.block_by_number(number);
  auto diff = store_.diff_of(number);
  const auto again = store_.header_by_number(number);
  if (!out.block || !again || again->hash != out.block->hash) return std::nullopt;
  if (!diff) {
    throw storage::StorageError(
        storage::StorageErrorKind::kCorrupt, config_.directory / "log",
        "block " + std::to_string(number) + ", which no batch holds yet, is no longer in the block log",
        "Restore `batches` and `tree` of the data directory from a backup, or set "
        "batch.enabled = false to run without batches");
  }
  out.diff = std::move(*diff);
  return out;
}

bool BatchStage::is_due() const {
  if (open_->empty()) return false;
  if (blocks_cap_ != 0 && open_->block_count() >= blocks_cap_) return true;
  // A stage that has fallen behind would otherwise take more blocks than memory holds at once, for a witness that is
  // too large in the end.
  const u64 witness_bytes = transaction_bytes_ + kWitnessLeafBytes * open_->touched();
  if (config_.witness_batches != 0 && witness_bytes >= config_.witness_bytes_max) return true;
  return open_->block_count() >= config_.blocks_max || open_->pubdata_bytes() >= config_.pubdata_bytes_max ||
         open_->native() >= config_.native_max || Clock::now() >= opened_ + std::chrono::milliseconds(config_.time_ms);
}

void BatchStage::seal() {
  const auto start = Clock::now();
  BatchRecord record;
  record.number = files_->count();
  record.first_block = open_->first_block();
  record.first_timestamp = open_->first_timestamp();
  stf::BatchOutput output;
  open_->tally().write(output);
  record.l1_transactions = output.l1_transactions;
  record.l2_transactions = output.l2_transactions;
  record.priority_hash = output.priority_hash;
  record.upgrade_hash = output.upgrade_hash;
  record.l2_to_l1_root = output.l2_to_l1_root;
  record.sealed_at = now_s();
  const Bytes pubdata = encode_pubdata(open_->pubdata(record.number));
  ENSURE(pubdata.size() <= open_->pubdata_bytes(), "the bound on the pubdata holds");
  record.pubdata_bytes = pubdata.size();
  record.pubdata_hash = crypto::keccak256(pubdata);
  record.output_hash = output_hash(record);
  const auto witness_start = Clock::now();
  const Bytes witness = config_.witness_batches != 0 ? witness_of(record.number) : Bytes{};
  const double witness_s = seconds_since(witness_start);
  if (witness.size() > config_.witness_bytes_max && open_->block_count() > 1) {
    // The guest's memory is bounded: the same blocks once more, half as many.
    blocks_cap_ = open_->block_count() / 2;
    return open_->clear();
  }
  blocks_cap_ = 0;
  record.witness_bytes = witness.size();
  record.witness_crc = storage::crc32c(witness);
  const auto writes = open_->writes();
  const storage::SealedHeader& last = open_->last();
  const double collect_s = seconds_since(start) - witness_s;
  double apply_s = 0;
  double write_s = 0;
  {
    const std::unique_lock lock(visible_mutex_);
    const auto apply_start = Clock::now();
    record.state = tree_->apply(record.number, writes, {last.header.number, last.hash, last.header.timestamp});
    apply_s = seconds_since(apply_start);
    const auto write_start = Clock::now();
    tree_->sync();
    files_->add(record, pubdata, witness);
    write_s = seconds_since(write_start);
  }
  open_->clear();
  if (config_.pubdata_batches != 0 && record.number > config_.pubdata_batches) {
    files_->prune_pubdata(record.number - config_.pubdata_batches + 1);
  }
  if (config_.witness_batches != 0 && record.number > config_.witness_batches) {
    files_->prune_witnesses(record.number - config_.witness_batches + 1);
  }
  move_hold();
  if (pubdata.size() > config_.pubdata_bytes_max) {
    log_(storage::LogLevel::kError, "batch " + std::to_string(record.number) + " is one block whose pubdata take " +
                                        std::to_string(pubdata.size()) + " bytes, more than " +
                                        std::to_string(config_.pubdata_bytes_max) + ": no blobs carry it");
  }
  {
    const std::lock_guard lock(mutex_);
    stats_.collect_s += collect_s;
    stats_.apply_s += apply_s;
    stats_.witness_s += witness_s;
    stats_.witness_bytes_last = witness.size();
    stats_.write_s += write_s;
    stats_.pubdata_bytes += pubdata.size();
    stats_.seal_s_last = seconds_since(start);
  }
  note_progress();
}

/// Of the open batch, from its blocks alone. A chain that cannot be proved (of development, or with state set by hand)
/// has none, which is said.
Bytes BatchStage::witness_of(u64 number) const {
  const auto none = [&](const std::string& why) {
    log_(storage::LogLevel::kError, "batch " + std::to_string(number) + " has no witness: " + why);
    return Bytes{};
  };
  if (rules_.da == stf::DaScheme::kBlobs) return none("with DA by blobs it holds their hashes, which nobody makes yet");
  std::vector<storage::BlockPtr> blocks;
  for (const auto& name : open_->blocks()) {
    auto block = store_.block_by_number(name.number);
    if (!block || block->hash != name.hash) return none("its blocks are being taken back");
    blocks.push_back(std::move(block));
  }
  const auto parent = store_.header_by_number(open_->first_block() - 1);
  if (!parent) return none("its blocks are being taken back");
  // Every view has the code that these blocks ran. The head's may go, with a tiny window, between the two calls.
  std::shared_ptr<const StateView> codes;
  while (codes == nullptr) codes = store_.view_at(store_.head()->header.number);
  const tree::BatchState before = files_->record(number - 1)->state;
  const auto words =
      make_witness(batch_input(rules_, number, before, parent->header, blocks), TreeView(*tree_, *codes), *tree_);
  if (!words) {
    const stf::BatchFailure& failure = words.error();
    return none(std::string(stf::describe(failure.error)) + " " + failure.reason + ", in block " +
                std::to_string(failure.block));
  }
  // As the batch program takes its hint (guest/batch/main.cpp): how many words, then they.
  const u32 count = static_cast<u32>(words->size());
  Bytes hint(4 + 4 * words->size());
  std::memcpy(hint.data(), &count, 4);
  std::memcpy(hint.data() + 4, words->data(), 4 * words->size());
  return hint;
}

/// The output covers the DA commitment, which under blobs covers their versioned hashes.
Hash256 BatchStage::output_hash(const BatchRecord& record) const {
  if (rules_.da == stf::DaScheme::kBlobs) return {};
  stf::BatchOutput output;
  output.chain_id = rules_.chain_id;
  output.first_timestamp = record.first_timestamp;
  output.last_timestamp = open_->last().header.timestamp;
  output.da_scheme = rules_.da;
  if (rules_.da == stf::DaScheme::kCalldata) output.da_commitment = record.pubdata_hash;
  output.settlement_chain_id = rules_.l1.chain_id;
  open_->tally().write(output);
  return stf::hash_batch_output(output);
}

/// The log is needed from the batch on that holds the oldest block to which the chain can go back: it would be
/// collected anew.
void BatchStage::move_hold() {
  const u64 oldest = store_.oldest_rewind() + 1;
  const u64 next = files_->record(files_->count() - 1)->last_block() + 1;
  const auto batch = files_->batch_of(oldest);
  const u64 from = std::max<u64>(1, batch ? batch->first_block : std::min(oldest, next));
  if (from == held_from_) return;
  store_.hold_log(kHold, from);
  held_from_ = from;
}

void BatchStage::note_progress() {
  const auto record = files_->record(files_->count() - 1);
  const tree::TreeStats tree = tree_->stats();
  {
    const std::lock_guard lock(mutex_);
    stats_.tree = tree;
    stats_.batches = record->number;
    stats_.last_block = record->last_block();
    stats_.taken_block = open_->empty() ? record->last_block() : open_->last().header.number;
    stats_.open_blocks = open_->block_count();
    stats_.open_pubdata_bytes = open_->empty() ? 0 : open_->pubdata_bytes();
  }
  changed_.notify_all();
}

}  // namespace atlas::batch
