#include <algorithm>
#include <chrono>
#include <ctime>
#include <stdexcept>
#include <string>

#include <sys/resource.h>

#include <crypto/blake3.hpp>
#include <stark/prover/measure.hpp>
#include <stark/prover/vector/kernels.hpp>

namespace atlas::stark {
namespace {

template <class Work>
double seconds_of(const Work& work) {
  const auto before = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - before).count();
}

/// Processor time of this thread: others' load does not slow the floor down.
template <class Work>
double thread_seconds_of(const Work& work) {
  const auto now = [] {
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
  };
  const double before = now();
  work();
  return now() - before;
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

Measurement measure(const ProvingKey& key, std::span<const SegmentWitness> witness, Isa isa, unsigned runs) {
  Measurement out;
  const Machine& machine = *key.verifying.machine;
  for (const SegmentWitness& segment : witness) {
    for (std::size_t c = 0; c < machine.chips.size(); ++c) {
      const ChipShape& shape = machine.chips[c].shape;
      out.cells += u64{segment.tables[c].height} * shape.committed();
      out.messages += u64{segment.tables[c].height} * shape.message_count;
    }
  }
  Bytes proof;
  for (unsigned run = 0; run < runs; ++run) {
    std::vector<ProverTimes> times;
    const double cpu_before = cpu_seconds();
    const double seconds = seconds_of([&] { proof = prove_execution(key, witness, isa, &times); });
    if (run == 0) out.first_seconds = seconds;
    if (run > 1 && seconds >= out.seconds) continue;
    out.seconds = seconds;
    out.cpu_seconds = cpu_seconds() - cpu_before;
    out.times = {};
    for (const ProverTimes& t : times) {
      out.times.commit += t.commit;
      out.times.leaves += t.leaves;
      out.times.bus += t.bus;
      out.times.constraints += t.constraints;
      out.times.opening += t.opening;
    }
  }
  out.proof_bytes = proof.size();
  const Hash256 hash = crypto::blake3(proof);
  out.proof_fingerprint = u32{hash[0]} | u32{hash[1]} << 8 | u32{hash[2]} << 16;
  out.verify_seconds = 1e9;
  for (unsigned run = 0; run < 3; ++run) {
    const double seconds = seconds_of([&] {
      const auto outcome = verify_execution(key.verifying, proof);
      if (!outcome) throw std::runtime_error(std::string("the measured proof is refused: ") + name_of(outcome.error()));
    });
    out.verify_seconds = std::min(out.verify_seconds, seconds);
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  out.peak_memory_bytes = static_cast<std::size_t>(usage.ru_maxrss) * 1024;
  return out;
}

Floor measure_floor(Isa isa) {
  // Two columns of words for each of a tile's 16 columns go through log2 N butterflies a pair and one compression a
  // row.
  constexpr u32 kLog = 12, kRows = 1u << kLog, kRounds = 64;
  std::vector<std::vector<u32>> roots(kLog + 1);
  std::vector<const u32*> twiddles;
  for (unsigned l = 0; l <= kLog; ++l) {
    const BabyBear w = BabyBear::root_of_unity(l);
    BabyBear x = BabyBear::one();
    for (u32 i = 0; i < std::max(1u, (1u << l) / 2); ++i, x *= w) roots[l].push_back(x.raw);
    twiddles.push_back(roots[l].data());
  }
  WordBuffer rows(kRows * kTileColumns), state(kRows * 8);
  std::fill(rows.data(), rows.data() + rows.size(), 7);
  std::fill(state.data(), state.data() + state.size(), 9);
  const double transform = thread_seconds_of([&] {
    for (u32 i = 0; i < kRounds; ++i) ntt_kernels(isa).transform(rows.data(), kLog, twiddles.data());
  });
  const double hash = thread_seconds_of([&] {
    for (u32 i = 0; i < kRounds; ++i) hash_kernels(isa).absorb_rows(rows.data(), kRows, state.data());
  });
  constexpr double kWords = double{kRounds} * kRows * kTileColumns, kStackLog = 20;
  u32 lanes[5 * 16] = {1, 2, 3, 4, 5};
  u64 products = 0;
  const double extension =
      thread_seconds_of([&] { products = field::vector_kernels(isa).extension5_mul_chain(lanes, 2'000'000); });
  Floor out;
  out.ns_per_cell = 1e9 * 2 * (transform * kStackLog / kLog + hash) / kWords;  // rate 1/2: two words a cell
  out.ns_per_message = 1e9 * 14 * extension / static_cast<double>(products);
  return out;
}

}  // namespace atlas::stark
