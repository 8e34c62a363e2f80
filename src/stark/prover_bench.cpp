// The prover on the synthetic machine (stark/synthetic). Cases are named synthetic_logN_tT_ISA: 2^N steps, T threads.
#include <cstdlib>

#include <benchmark/benchmark.h>
#include <tbb/global_control.h>

#include <stark/prover/measure.hpp>
#include <stark/synthetic/machine.hpp>

namespace atlas::stark::synthetic {
namespace {

constexpr ChipDescription kChipTable[] = {describe<Step>(1u << 23), describe<Range>(kRangeHeight, kRangeHeight),
                                          describe<Border>(1u << 20)};
std::vector<PublicMessage> public_messages(const Machine&, std::span<const u32>) {
  return {};
}
bool is_execution(const Machine&, std::span<const std::vector<u32>>) {
  return true;
}
constexpr Machine kMachine{"synthetic", kChipTable, 0, public_messages, is_execution, {}};

SegmentWitness segment(u32 steps) {
  SegmentWitness out;
  out.tables.resize(3);
  TraceTable& step = out.tables[0];
  step = TraceTable(steps, 20);
  std::vector<u32> counts(kRangeHeight);
  u64 state = 1;
  for (u32 row = 0; row < steps; ++row) {
    u32 limb[kLookups];
    BabyBear a[8];
    for (u32& l : limb) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      l = static_cast<u32>(state >> 48);
      ++counts[l];
    }
    for (u32 i = 0; i < 4; ++i) a[i] = BabyBear(limb[i]) + BabyBear(limb[i + 1]) * BabyBear(65536);
    for (u32 i = 4; i < 8; ++i) a[i] = BabyBear(static_cast<u32>(state >> (i * 5)));
    step.set(row, 0, BabyBear::one());
    for (u32 i = 0; i < kLookups; ++i) step.set(row, 1 + i, BabyBear(limb[i]));
    for (u32 i = 0; i < 8; ++i) step.set(row, 1 + kLookups + i, a[i]);
    for (u32 i = 0; i < 6; ++i) step.set(row, 9 + kLookups + i, a[i] * a[i + 1]);
  }
  out.tables[1] = TraceTable(kRangeHeight, 2);
  for (u32 i = 0; i < kRangeHeight; ++i) {
    out.tables[1].set(i, 0, BabyBear(counts[i]));
    out.tables[1].set(i, 1, BabyBear(i));
  }
  out.tables[2] = TraceTable(steps / 16, 4);
  for (u32 row = 0; row < steps / 16; ++row) {
    out.tables[2].set(row, 0, BabyBear::one());
    for (u32 i = 1; i < 4; ++i) out.tables[2].set(row, i, BabyBear(row * i));
  }
  return out;
}

void prove(benchmark::State& state, u32 log_steps, int threads, Isa isa) {
  const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, static_cast<std::size_t>(threads));
  const MachineKernels kernels{{kKernelsPortable, kKernelsAvx2, kKernelsAvx512}};
  const ProvingKey key = make_proving_key(kMachine, kernels, shipped_parameters(), std::vector<TraceTable>(3), isa);
  const std::vector<SegmentWitness> witness = [&] {
    std::vector<SegmentWitness> out;
    out.push_back(segment(1u << log_steps));
    return out;
  }();
  for (auto _ : state) {
    const Measurement m = measure(key, witness, isa);
    state.SetIterationTime(m.seconds);
    const double steps = double(1u << log_steps);
    state.counters["steps_per_s"] = steps / m.seconds;
    state.counters["cpu_s"] = m.cpu_seconds;
    state.counters["first_proof_s"] = m.first_seconds;
    state.counters["ns_per_cell"] = 1e9 * m.times.commit / static_cast<double>(m.cells);
    state.counters["ns_per_message"] = 1e9 * (m.times.leaves + m.times.bus) / static_cast<double>(m.messages);
    state.counters["commit_s"] = m.times.commit;
    state.counters["leaves_s"] = m.times.leaves;
    state.counters["bus_s"] = m.times.bus;
    state.counters["constraints_s"] = m.times.constraints;
    state.counters["opening_s"] = m.times.opening;
    state.counters["verify_s"] = m.verify_seconds;
    state.counters["proof_bytes"] = static_cast<double>(m.proof_bytes);
    state.counters["proof_fingerprint"] = m.proof_fingerprint;
    state.counters["peak_memory_bytes"] = static_cast<double>(m.peak_memory_bytes);
    const Floor floor = measure_floor(isa);
    state.counters["floor_s"] =
        1e-9 *
        (floor.ns_per_cell * static_cast<double>(m.cells) + floor.ns_per_message * static_cast<double>(m.messages)) /
        threads;
  }
}

const bool kRegistered = [] {
  for (const u32 log : {18u, 20u, 22u}) {
    for (const int threads : {1, 2}) {
      for (const Isa isa : field::kAllIsas) {
        if (!field::is_supported(isa) || (log == 22 && isa == Isa::kPortable)) continue;
        const std::string name =
            "synthetic_log" + std::to_string(log) + "_t" + std::to_string(threads) + "_" + field::name_of(isa);
        benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& s) { prove(s, log, threads, isa); })
            ->Iterations(1)
            ->UseManualTime()
            ->Unit(benchmark::kSecond);
      }
    }
  }
  return true;
}();

}  // namespace
}  // namespace atlas::stark::synthetic

BENCHMARK_MAIN();
