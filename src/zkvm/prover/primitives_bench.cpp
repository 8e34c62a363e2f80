// Proofs of a program that calls one primitive again and again, at the shipped parameters: time a call, less that of a
// program that calls nothing, and where it goes. On a quiet machine: zkvm_bench --benchmark_filter=^call.
// ATLAS_BENCH_CALLS: how often (default 1000).
#include <chrono>
#include <cstdlib>

#include <benchmark/benchmark.h>

#include <stark/prover/measure.hpp>
#include <zkvm/isa/assembler.hpp>
#include <zkvm/prover/prove.hpp>

namespace atlas::zkvm {
namespace {

using namespace test;
using abi::Ecall;

/// A call: arguments a0 to a4, and hints that it consumes.
struct Call {
  const char* name;
  Ecall function;
  u32 arguments[5];
  u32 hint_words = 0;
};
constexpr u32 kLevels = 20;
constexpr u32 kBlocks = kDataBegin + 256;
constexpr Call kCalls[] = {{"keccak_f", Ecall::kKeccakF, {kDataBegin}},
                           {"blake3", Ecall::kBlake3, {kDataBegin, kBlocks, 1, 0x000b0000, 64}},
                           {"merkle_path_20", Ecall::kMerklePath, {kDataBegin, 5, kLevels, 4}, 8 * kLevels},
                           {"merkle_update_20", Ecall::kMerkleUpdate, {kDataBegin, 5, kLevels, 4}, 8 * kLevels},
                           {"sha256", Ecall::kSha256, {kDataBegin, kBlocks, 1}}};

Program caller(u32 calls, const Call& call) {
  Assembler a;
  a.li(s1, calls);
  const u32 loop = a.pc();
  if (calls != 0) {
    const auto& x = call.arguments;
    a.call(static_cast<u32>(call.function), {x[0], x[1], x[2], x[3], x[4]});
  }
  a(addi(s1, s1, -1));
  if (calls != 0) a(bne(s1, zero, static_cast<i32>(loop - a.pc())));
  return a.finish().program();
}

struct Times {
  double traces = 0;
  stark::Measurement m;
  double seconds() const { return traces + m.seconds; }
};

Times measure(const Program& program, ByteView hints) {
  const stark::Isa isa = field::best_isa();
  const ProgramProver prover(program, stark::shipped_parameters(), isa);
  Times out;
  const auto begin = std::chrono::steady_clock::now();
  const auto witness = prover.witness(hints);
  ENSURE(witness.ok(), "the program can be proved");
  out.traces = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  out.m = stark::measure(prover.proving_key(), witness->segments, isa);
  return out;
}

void prove(benchmark::State& state, const Call& call) {
  const char* wanted = std::getenv("ATLAS_BENCH_CALLS");
  const u32 calls = wanted == nullptr ? 1000 : static_cast<u32>(std::strtoul(wanted, nullptr, 10));
  const Bytes hints(std::size_t{4} * call.hint_words * calls, 0x5a);
  for (auto _ : state) {
    const Times none = measure(caller(0, call), {});
    const Times all = measure(caller(calls, call), hints);
    state.SetIterationTime(all.seconds());
    const auto per_call = [&](double with, double without) { return 1e6 * (with - without) / calls; };
    state.counters["us_per_call"] = per_call(all.seconds(), none.seconds());
    state.counters["cpu_us_per_call"] = per_call(all.m.cpu_seconds, none.m.cpu_seconds);
    state.counters["traces_us"] = per_call(all.traces, none.traces);
    state.counters["commit_us"] = per_call(all.m.times.commit, none.m.times.commit);
    state.counters["bus_us"] = per_call(all.m.times.leaves + all.m.times.bus, none.m.times.leaves + none.m.times.bus);
    state.counters["constraints_us"] = per_call(all.m.times.constraints, none.m.times.constraints);
    state.counters["opening_us"] = per_call(all.m.times.opening, none.m.times.opening);
    state.counters["proof_bytes"] = static_cast<double>(all.m.proof_bytes);
    state.counters["verify_s"] = all.m.verify_seconds;
    state.counters["peak_memory_bytes"] = static_cast<double>(all.m.peak_memory_bytes);
  }
}

const bool kRegistered = [] {
  for (const Call& call : kCalls) {
    benchmark::RegisterBenchmark((std::string("call_") + call.name).c_str(),
                                 [&call](benchmark::State& s) { prove(s, call); })
        ->Iterations(1)
        ->UseManualTime()
        ->Unit(benchmark::kSecond);
  }
  return true;
}();

}  // namespace
}  // namespace atlas::zkvm
