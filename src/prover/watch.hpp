#pragma once
// The prover process beside a running chain: proves each batch of which the node kept a witness, in order, and says how
// far behind it is and what it costs.
#include <functional>
#include <mutex>
#include <set>

#include <prover/batch_reader.hpp>

#include <zkvm/prover/proof_job.hpp>

namespace atlas::prover {

inline constexpr double kDollarsPerCoreHour = 0.04;

/// Processor time of this process, all threads, in seconds.
double core_seconds();
/// The most memory that this process ever held.
u64 peak_memory_bytes();
inline double cost_dollars(double seconds) {
  return seconds / 3600 * kDollarsPerCoreHour;
}

struct WatchConfig {
  std::filesystem::path data;  ///< the node's data directory
  std::filesystem::path out;   ///< folder of proofs, batch-N-INPUT.proof, and of those in the making
  u64 first = 1;               ///< earlier batches are not proved
};

struct WatchStats {
  u64 latest = 0;   ///< batch of the node
  u64 backlog = 0;  ///< batches that wait, the one that is being proved included
  u64 proved = 0;   ///< since the start, like all that follow
  u64 missed = 0;   ///< batches without a witness, or whose output the node does not know
  u64 failed = 0;   ///< proofs that came to another public input than the node's, or to none
  u64 transactions = 0;
  u64 cycles = 0;
  double seconds = 0;       ///< spent on proofs
  double core_seconds = 0;  ///< the same, of all threads
  double seconds_last = 0;  ///< the last proof's
  double progress = 0;      ///< of the proof in the making, 0 … 1
};

/// In Prometheus' text format.
std::string render(const WatchStats& stats);

class Watch {
 public:
  using Say = std::function<void(const std::string& line)>;
  /// `prover` is the batch program's and outlives this.
  Watch(const WatchConfig& config, const zkvm::ProgramProver& prover, Say say);

  /// Proves the oldest batch that waits. False: none does.
  bool prove_next();
  /// Any thread.
  WatchStats stats() const;

 private:
  struct Waiting {
    batch::BatchRecord record;
    Hash256 public_input;
    std::filesystem::path proof;
  };
  std::optional<Waiting> find();
  void prove(const Waiting& waiting);

  const WatchConfig config_;
  const zkvm::ProgramProver& prover_;
  const Say say_;
  const BatchReader reader_;
  std::set<std::filesystem::path> given_up_;  // proofs that cannot be made
  mutable std::mutex mutex_;
  WatchStats stats_;
};

}  // namespace atlas::prover
