// How the stage comes up: tree and records brought into line, whatever a crash, or somebody, left of them.
#include <batch/batch_stage.hpp>
#include <tree/rebuild.hpp>

#include <base/ensure.hpp>

namespace atlas::batch {

void BatchStage::open() {
  const auto start = Clock::now();
  files_ = std::make_unique<BatchFiles>(config_.directory / "batches",
                                        [&](const std::string& what) { log_(storage::LogLevel::kWarning, what); });
  open_tree();
  if (files_->count() == 0) {
    if (*tree_->latest() != 0 && !tree_->rewind(0)) remake_tree();
    files_->add(genesis_record(), {});
  }
  const u64 newest = files_->count() - 1;
  if (*tree_->latest() > newest && !tree_->rewind(newest)) remake_tree();
  catch_up_tree();
  check_tree();
  open_ = std::make_unique<OpenBatch>(*tree_);
  move_hold();
  ready_ = true;
  const auto ms = std::chrono::duration<double, std::milli>(Clock::now() - start).count();
  log_(storage::LogLevel::kInfo, "batches: " + std::to_string(newest) + " up to block " +
                                     std::to_string(files_->record(newest)->last_block()) + ", " +
                                     std::to_string(tree_->stats().leaves) + " leaves; opened in " +
                                     std::to_string(static_cast<u64>(ms)) + " ms");
}

void BatchStage::open_tree() {
  tree::TreeConfig config;
  config.directory = config_.directory / "tree";
  config.cache_bytes_max = config_.cache_bytes_max;
  config.threads = config_.tree_threads;
  tree_ = std::make_unique<tree::StateTree>(config);
  if (tree_->latest()) return;
  const storage::Genesis genesis = genesis_();
  const Block& block = genesis.block;
  tree_->apply(0, tree::genesis_writes(genesis.state), {0, block.hash, block.header.timestamp});
}

BatchRecord BatchStage::genesis_record() const {
  BatchRecord record;
  record.state = *tree_->state_at(0);
  record.first_timestamp = record.state.last_timestamp;
  record.sealed_at = record.state.last_timestamp;
  return record;
}

/// From genesis and the pubdata of all batches.
void BatchStage::remake_tree() {
  log_(storage::LogLevel::kWarning, "batches: the tree is made again from pubdata");
  open_ = nullptr;
  tree_.reset();
  std::filesystem::remove_all(config_.directory / "tree");
  open_tree();
  catch_up_tree();
  open_ = std::make_unique<OpenBatch>(*tree_);
}

/// Applies pubdata up to the newest batch.
void BatchStage::catch_up_tree() {
  const auto refuse = [&](u64 number, const std::string& why) {
    throw storage::StorageError(storage::StorageErrorKind::kCorrupt, files_->pubdata_file(number),
                                "the tree cannot be brought up to batch " + std::to_string(number) + ": " + why,
                                "Restore the folder `tree` or this file from a backup, or the file from L1");
  };
  for (u64 number = *tree_->latest() + 1; number < files_->count(); ++number) {
    const auto pubdata = files_->pubdata(number);
    if (!pubdata) refuse(number, "its pubdata are not kept");
    const auto state = tree::apply_pubdata(*tree_, *pubdata);
    if (!state) refuse(number, describe(state.error()));
    if (*state != files_->record(number)->state) refuse(number, "the state that follows is not the recorded one");
  }
}

void BatchStage::check_tree() const {
  const u64 newest = *tree_->latest();
  ENSURE(newest + 1 == files_->count(), "tree and records end with the same batch");
  const auto genesis = store_.header_by_number(0);
  if (tree_->state_at(newest) == files_->record(newest)->state &&
      files_->record(0)->state.last_block_hash == genesis->hash) {
    return;
  }
  throw storage::StorageError(storage::StorageErrorKind::kCorrupt, config_.directory / "tree",
                              "the state of batch " + std::to_string(newest) + " is not the recorded one",
                              "Remove the folder `tree`: it is made again from pubdata");
}

}  // namespace atlas::batch
