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
#include <zkvm/executor/executor.hpp>
#include <zkvm/machine/verify.hpp>
#include <zkvm/prover/recorder.hpp>

namespace atlas::zkvm {

struct ProveProgress {
  double done = 0;  ///< 0 … 1, by the time that phases usually take
  u64 cycles = 0;   ///< of the program; 0 while it still runs
  const char* phase = "";
};

struct ProveOptions {
  /// Give up after so many cycles, and with more memory above the text than this.
  u64 budget = u64{1} << 40;
  u64 memory_limit = u64{1} << 32;
  /// Hears log and phase; may be null.
  EcallListener* listener = nullptr;
  /// Called when a phase begins.
  std::function<void(const ProveProgress&)> progress;
  stark::Isa isa = field::best_isa();
};

struct ProveError {
  std::optional<Fault> fault;  ///< the program's, if it faulted
  std::string text;            ///< what is wrong, and what to do
};

struct Proved {
  Bytes bytes;  ///< the proof file
  ExecutionClaim claim;
  std::vector<stark::ProverTimes> times;  ///< by segment
  double execution_seconds = 0;
};

/// Traces of a whole execution: one execution segment or more, then the initialisation.
struct Witness {
  std::vector<stark::SegmentWitness> segments;
  ExecutionClaim claim;
};

class ProgramProver {
 public:
  /// The program must outlive the prover.
  ProgramProver(const Program& program, const stark::Parameters& parameters, stark::Isa isa = field::best_isa());

  const ProgramKey& key() const { return *key_; }
  const ProgramTables& tables() const { return tables_; }
  const stark::ProvingKey& proving_key() const { return proving_key_; }

  Result<Witness, ProveError> witness(ByteView hints, const ProveOptions& options = {}) const;
  Result<Proved, ProveError> prove(ByteView hints, const ProveOptions& options = {}) const;

 private:
  const Program& program_;
  ProgramTables tables_;
  std::unique_ptr<ProgramKey> key_;
  stark::ProvingKey proving_key_;
};

}  // namespace atlas::zkvm
