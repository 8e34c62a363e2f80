#pragma once
// What a proof costs: seconds, phases, memory. For benchmarks.
#include <stark/prover/execution_prover.hpp>

namespace atlas::stark {

struct Measurement {
  double first_seconds = 0;  ///< of the first proof: the system still has to find and clear its memory
  double seconds = 0;        ///< of the fastest later one
  double cpu_seconds = 0;    ///< processor time of that one, all threads and the system's part
  ProverTimes times;         ///< of that one, over all segments
  double verify_seconds = 0;
  std::size_t proof_bytes = 0;
  u32 proof_fingerprint = 0;  ///< 24 bits of the proof's hash: the same for every instruction set and number of threads
  std::size_t peak_memory_bytes = 0;  ///< of the process so far
  u64 cells = 0;                      ///< committed, over all segments
  u64 messages = 0;                   ///< on both buses
};

/// Proves `runs` times, verifies once. Throws std::runtime_error if the proof is refused.
Measurement measure(const ProvingKey& key, std::span<const SegmentWitness> witness, Isa isa, unsigned runs = 2);

/// What `cells` and `messages` would take on one core if each ran at this core's measured rates for the work that no
/// prover avoids: two transforms and one hash a cell, 14 extension products a message. In seconds.
struct Floor {
  double ns_per_cell = 0;
  double ns_per_message = 0;
};
Floor measure_floor(Isa isa);

}  // namespace atlas::stark
