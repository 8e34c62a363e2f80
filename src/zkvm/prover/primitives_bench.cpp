// Proofs of a program that calls one primitive again and again, at the shipped parameters: time a call, less that of
// the same program with the calls left out, and where it goes. On a quiet machine: zkvm_bench --benchmark_filter=^call.
#include <chrono>
#include <ctime>
#include <stdexcept>

#include <benchmark/benchmark.h>

#include <stark/prover/measure.hpp>
#include <zkvm/isa/assembler.hpp>
#include <zkvm/prover/prove.hpp>

namespace atlas::zkvm {
namespace {

using namespace test;
using abi::Ecall;

/// A call: arguments a0 to a4, hints that it consumes, and how often it is made, so that the calls are most of the
/// proof and all fit one segment.
struct Call {
  const char* name;
  Ecall function;
  u32 times;
  u32 arguments[5];
  u32 hint_words = 0;
};
// Memory: what calls work on in place, their other operands, a modulus above all other numbers.
constexpr u32 kState = kDataBegin, kFirst = kState + 2048, kSecond = kFirst + 2048, kModulus = kSecond + 2048;
constexpr u32 kLevels = 20, kElements = 32;
constexpr Call kCalls[] = {
    {"keccak_f", Ecall::kKeccakF, 1'000, {kState}},
    {"blake3", Ecall::kBlake3, 20'000, {kState, kFirst, 1, 0x000b0000, 64}},
    {"merkle_path_20", Ecall::kMerklePath, 1'000, {kState, 5, kLevels, 4}, 8 * kLevels},
    {"merkle_update_20", Ecall::kMerkleUpdate, 500, {kState, 5, kLevels, 4}, 8 * kLevels},
    {"sha256", Ecall::kSha256, 5'000, {kState, kFirst, 1}},
    {"mul_mod", Ecall::kMulMod, 100'000, {kState, kFirst, kSecond, kModulus, kState}},
    {"mul_div", Ecall::kMulDiv, 100'000, {kState, kFirst, kSecond, kModulus, kState}},
    {"secp256k1_add", Ecall::kSecp256k1Add, 100'000, {kState, kFirst}},
    {"secp256k1_double", Ecall::kSecp256k1Double, 100'000, {kState}},
    {"extension_dot_base_32", Ecall::kExtensionDotBase, 30'000, {kState, kFirst, kSecond, kElements}},
    {"extension_dot_32", Ecall::kExtensionDot, 20'000, {kState, kFirst, kSecond, kElements}},
    {"eq_expand_32", Ecall::kEqExpand, 15'000, {kState, kFirst, kElements}}};

/// Any words are elements and any sixteen a point: each is below the field's modulus, and so are 256 bits of them below
/// the curve's.
std::vector<ImageSegment> memory() {
  std::vector<u32> words((kModulus - kState) / 4 + 8, ~u32{0});
  u32 x = 1;
  for (u32 i = 0; i < (kModulus - kState) / 4; ++i) {
    x = x * 1'664'525 + 1'013'904'223;
    words[i] = x % field::BabyBear::kModulus;
  }
  return {{kState, std::move(words)}};
}

/// `with` false: all but the calls themselves.
Program caller(const Call& call, bool with) {
  Assembler a;
  a.li(s1, call.times);
  const u32 loop = a.pc();
  for (u32 k = 0; k < 5; ++k) a.li(a0 + k, call.arguments[k]);
  a.li(a7, static_cast<u32>(call.function));
  if (with) a(ecall());
  a(addi(s1, s1, -1));
  a(bne(s1, zero, static_cast<i32>(loop - a.pc())));
  return a.finish().program(memory());
}

struct Times {
  double traces = 0, traces_cpu = 0;  ///< s
  stark::Measurement m;
  double seconds() const { return traces + m.seconds; }
  double cpu_seconds() const { return traces_cpu + m.cpu_seconds; }
};

Times measure(const Program& program, ByteView hints) {
  const stark::Isa isa = field::best_isa();
  const ProgramProver prover(program, stark::shipped_parameters(), isa);
  Times out;
  const auto begin = std::chrono::steady_clock::now();
  const std::clock_t cpu_begin = std::clock();
  const auto witness = prover.witness(hints);
  if (!witness) throw std::runtime_error(witness.error().text);
  out.traces = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  out.traces_cpu = static_cast<double>(std::clock() - cpu_begin) / CLOCKS_PER_SEC;
  out.m = stark::measure(prover.proving_key(), witness->segments, isa);
  return out;
}

void prove(benchmark::State& state, const Call& call) {
  const Bytes hints(std::size_t{4} * call.hint_words * call.times, 0x5a);
  for (auto _ : state) {
    const Times none = measure(caller(call, false), {});
    const Times all = measure(caller(call, true), hints);
    state.SetIterationTime(all.seconds());
    const auto per_call = [&](double with, double without) { return 1e6 * (with - without) / call.times; };
    state.counters["per_call_us"] = per_call(all.seconds(), none.seconds());
    state.counters["cpu_per_call_us"] = per_call(all.cpu_seconds(), none.cpu_seconds());
    state.counters["traces_us"] = per_call(all.traces, none.traces);
    state.counters["commit_us"] = per_call(all.m.times.commit, none.m.times.commit);
    state.counters["bus_us"] = per_call(all.m.times.leaves + all.m.times.bus, none.m.times.leaves + none.m.times.bus);
    state.counters["constraints_us"] = per_call(all.m.times.constraints, none.m.times.constraints);
    state.counters["opening_us"] = per_call(all.m.times.opening, none.m.times.opening);
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
