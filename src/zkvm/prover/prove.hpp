#pragma once
// Proves that a program, run on some hints, halts with a public output. The whole way in three calls:
//
//   auto program = load_elf(file);
//   ProgramProver prover(*program, stark::shipped_parameters());
//   auto proof = prover.prove(hints);                        // Proved{bytes, public_output, cycles}, or why not
//   auto claim = verify_execution(prover.key(), proof->bytes);
#include <functional>
#include <optional>

#include <base/result.hpp>
#include <stark/prover/execution_prover.hpp>
#include <zkvm/executor/snapshot.hpp>
#include <zkvm/machine/verify.hpp>
#include <zkvm/prover/execution_plan.hpp>
#include <zkvm/prover/program_tables.hpp>
#include <zkvm/prover/segment_meter.hpp>

namespace atlas::zkvm {

struct ProveProgress {
  double done = 0;  ///< 0 … 1, by the time that phases usually take
  u64 cycles = 0;   ///< of the program; 0 while it still runs
  const char* phase = "";
  u32 segments_done = 0, segments = 0;  ///< 0 of 0 while the program still runs
};

struct ProveOptions {
  /// Give up after so many cycles, and with more memory above the text than this.
  u64 budget = u64{1} << 40;
  u64 memory_limit = u64{1} << 32;
  /// A segment ends at so many messages or cycles at the latest; an initialisation segment has no more words than that.
  u64 segment_messages = kSegmentMessages;
  u64 segment_cycles = ~u64{0};
  /// Hears log and phase; may be null.
  EcallListener* listener = nullptr;
  /// Called when a phase begins.
  std::function<void(const ProveProgress&)> progress = {};
  stark::Isa isa = field::best_isa();
};

struct ProveError {
  std::optional<Fault> fault;  ///< the program's, if it faulted
  std::string text;            ///< what is wrong, and what to do
};

struct Proved {
  Bytes bytes;  ///< the proof file
  ExecutionClaim claim;
  u32 segments = 0;
  std::vector<u64> rows;                  ///< [chip] committed, over all segments
  std::vector<stark::ProverTimes> times;  ///< of each segment that was proved here
  double execution_seconds = 0;
};

/// Traces of a whole execution: execution segments, then those of the initialisation.
struct Witness {
  std::vector<stark::SegmentWitness> segments;
  ExecutionClaim claim;
};

class ProgramProver {
 public:
  /// The program must outlive the prover.
  ProgramProver(const Program& program, const stark::Parameters& parameters, stark::Isa isa = field::best_isa());

  const Program& program() const { return program_; }
  const ProgramKey& key() const { return *key_; }
  const ProgramTables& tables() const { return tables_; }
  const stark::ProvingKey& proving_key() const { return proving_key_; }

  /// The first pass. `keep` is given each snapshot as it is taken, from number 0 on (ExecutionPlan::snapshot_of()).
  using KeepSnapshot = std::function<void(u32 number, const Snapshot& snapshot)>;
  Result<ExecutionPlan, ProveError> plan(ByteView hints, const ProveOptions& options, const KeepSnapshot& keep) const;

  /// The second pass: the traces of one segment. Snapshot and plan need not be right: if they do not belong to this
  /// program and these hints, it is an error or a proof that will be refused.
  Result<stark::SegmentWitness, ProveError> trace(const ExecutionPlan& plan, std::size_t segment,
                                                  const Snapshot& snapshot, ByteView hints,
                                                  const ProveOptions& options) const;
  /// The proof of a segment whose traces are these.
  Result<std::vector<u32>, ProveError> prove_traced(const PlannedSegment& planned, const stark::SegmentWitness& traces,
                                                    const stark::BusChallenge& challenge, const ProveOptions& options,
                                                    const stark::ProverProgress& progress,
                                                    stark::ProverTimes* times) const;

  /// All traces at once: for tests and small programs.
  Result<Witness, ProveError> witness(ByteView hints, const ProveOptions& options = {}) const;
  /// Keeps snapshots in memory, and the traces of two segments. ProofJob keeps them in a folder.
  Result<Proved, ProveError> prove(ByteView hints, const ProveOptions& options = {}) const;

 private:
  Result<PlannedSegment, ProveError> commit(const stark::SegmentWitness& edges, u64 cycles,
                                            const ProveOptions& options) const;
  u64 initial_rows_max(const SegmentLimits& limits) const;

  const Program& program_;
  ProgramTables tables_;
  std::unique_ptr<ProgramKey> key_;
  stark::ProvingKey proving_key_;
};

}  // namespace atlas::zkvm
