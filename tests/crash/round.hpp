#pragma once
// One run: a chain, its traffic, the model of it, and rounds of killing and looking.
#include <memory>

#include "files.hpp"
#include "model.hpp"
#include "node_process.hpp"
#include "witness.hpp"

namespace atlas::crash {

struct Setup {
  fs::path atlas;      ///< the program
  fs::path directory;  ///< everything of this run goes there
  u64 receivers = 1'000'000;
  u64 seed = 1;
};

/// Where and how a round kills.
enum class Kind : u8 {
  kLoad,         ///< at any time under load
  kSnapshot,     ///< while a snapshot is being written
  kBatch,        ///< while a batch is being written: pubdata, tree, record
  kSegment,      ///< just after a new log segment appeared
  kStart,        ///< again, twice, while it starts
  kTorn,         ///< with half a record behind the log's end, as if power had failed before the sync
  kDamaged,      ///< with a flipped bit in an acknowledged block: must be refused, and start once it is flipped back
  kBadSnapshot,  ///< with a flipped bit in the newest snapshot: must go on from an older one
};
const char* name_of(Kind kind);

struct RoundReport {
  std::string failure;  ///< empty: all was well
  std::string note;     ///< what was special
  double killed_ms = 0;
  double restart_ms = 0;      ///< exec to the first answer, after the kill
  double restart_cpu_ms = 0;  ///< processor time up to then
  nlohmann::json recovery;    ///< the node's line about it
  u64 head = 0;
  u64 blocks_acknowledged = 0;
  u64 receipts_acknowledged = 0;
  u64 batches_acknowledged = 0;
  u64 pending_kept = 0;  ///< accepted well before the kill, not in a block, still in the pool
};

class Run {
 public:
  explicit Run(Setup setup);

  /// Starts the node and calls the receivers into being; says what went wrong.
  std::string make_accounts();
  RoundReport round(Kind kind);
  /// Waits until the pool is empty, stops the node and compares what is on disk with the model.
  std::string finish();
  double first_start_ms() const { return first_start_ms_; }
  const Model& model() const { return model_; }
  u64 accounts() const { return model_.accounts(); }
  u64 batches() { return model_.batches().count(); }

 private:
  std::string check(Clock::time_point killed, RoundReport& report);
  std::string refuse_damage();
  void start();
  load::RpcClient rpc() const { return load::RpcClient(node_->url()); }
  std::string drain();
  std::string follow_batches();

  const Setup setup_;
  const fs::path data_;
  const fs::path config_;
  std::mt19937_64 random_;
  const storage::Genesis genesis_;
  Traffic traffic_;
  Model model_;
  Witness witness_;
  BatchWatcher watcher_;
  std::unique_ptr<NodeProcess> node_;
  double first_start_ms_ = 0;
  double last_start_ms_ = 0;
};

/// Genesis and configuration files of the run's chain in `directory`; returns the configuration's path.
fs::path write_chain_files(const fs::path& directory, const std::string& more_config = {});
/// The same genesis as values.
storage::Genesis chain_genesis();

}  // namespace atlas::crash
