// Proofs of examples/fibonacci of about 2^N cycles: ATLAS_BENCH_LOGS names the N (default 18 20 22). Cases are named
// logN_tT_ISA: T threads. Run one case a process (./dev bench prover does), or peak memory is that of all before it.
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <benchmark/benchmark.h>
#include <tbb/global_control.h>

#include <stark/prover/measure.hpp>
#include <zkvm/isa/elf.hpp>
#include <zkvm/prover/prove.hpp>

namespace atlas::zkvm {
namespace {

Bytes hints_of(u32 n) {
  Bytes out(4);
  std::memcpy(out.data(), &n, 4);
  return out;
}

u64 cycles_of(const Program& program, u32 n) {
  const Bytes hints = hints_of(n);
  Executor executor(program, hints);
  ENSURE(executor.run(u64{1} << 32) == Stop::kHalted, "fibonacci halts");
  return executor.state().cycle;
}

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

void prove(benchmark::State& state, u32 log, int threads, stark::Isa isa) {
  const std::filesystem::path path = ATLAS_SOURCE_DIR "/build/guest/fibonacci.elf";
  std::ifstream file(path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), {});
  const auto program = load_elf(ByteView(reinterpret_cast<const u8*>(bytes.data()), bytes.size()));
  if (!program) {
    state.SkipWithError((path.string() + " is missing or no program; tools/guest examples builds it").c_str());
    return;
  }
  // The last number whose cycles fit.
  const u64 few = cycles_of(*program, 1000), step = (cycles_of(*program, 2000) - few) / 1000;
  const Bytes hints = hints_of(static_cast<u32>(1000 + ((u64{1} << log) - few) / step));

  const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, static_cast<std::size_t>(threads));
  const ProgramProver prover(*program, stark::shipped_parameters(), isa);
  for (auto _ : state) {
    const auto begin = std::chrono::steady_clock::now();
    const auto witness = prover.witness(hints);
    const double traces = seconds_since(begin);
    if (!witness) {
      state.SkipWithError(witness.error().text.c_str());
      return;
    }
    const stark::Measurement m = stark::measure(prover.proving_key(), witness->segments, isa);
    const auto cycles = static_cast<double>(witness->claim.cycles);
    const double seconds = traces + m.seconds;
    state.SetIterationTime(seconds);
    state.counters["cycles_per_s"] = cycles / seconds;
    state.counters["first_proof_s"] = traces + m.first_seconds;
    state.counters["cpu_s"] = m.cpu_seconds;
    state.counters["cells_per_cycle"] = static_cast<double>(m.cells) / cycles;
    state.counters["messages_per_cycle"] = static_cast<double>(m.messages) / cycles;
    state.counters["ns_per_cell"] = 1e9 * m.times.commit / static_cast<double>(m.cells);
    state.counters["ns_per_message"] = 1e9 * (m.times.leaves + m.times.bus) / static_cast<double>(m.messages);
    const std::pair<const char*, double> shares[] = {{"traces_ratio", traces},
                                                     {"commit_ratio", m.times.commit},
                                                     {"bus_ratio", m.times.leaves + m.times.bus},
                                                     {"constraints_ratio", m.times.constraints},
                                                     {"opening_ratio", m.times.opening}};
    for (const auto& [name, part] : shares) state.counters[name] = part / seconds;
    state.counters["peak_memory_bytes"] = static_cast<double>(m.peak_memory_bytes);
    state.counters["proof_bytes"] = static_cast<double>(m.proof_bytes);
    state.counters["proof_fingerprint"] = m.proof_fingerprint;
    state.counters["verify_s"] = m.verify_seconds;
    const stark::Floor floor = stark::measure_floor(isa);
    state.counters["floor_s"] =
        1e-9 *
        (floor.ns_per_cell * static_cast<double>(m.cells) + floor.ns_per_message * static_cast<double>(m.messages)) /
        threads;
  }
}

const bool kRegistered = [] {
  const char* wanted = std::getenv("ATLAS_BENCH_LOGS");
  std::istringstream logs(wanted == nullptr ? "18 20 22" : wanted);
  for (u32 log; logs >> log;) {
    for (const int threads : {2, 1}) {
      for (const stark::Isa isa : {stark::Isa::kAvx512, stark::Isa::kAvx2, stark::Isa::kPortable}) {
        if (!field::is_supported(isa)) continue;
        const std::string name =
            "log" + std::to_string(log) + "_t" + std::to_string(threads) + "_" + field::name_of(isa);
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
}  // namespace atlas::zkvm
