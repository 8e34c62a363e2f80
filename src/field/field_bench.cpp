// Products a second and lane, against the physical limit: a 31-bit Montgomery product takes three 32×32→64
// multiplications, and a vector multiply yields half as many 64-bit products as it has lanes, so six of them a
// register.
#include <benchmark/benchmark.h>

#include <field/extension.hpp>
#include <field/packed/vector_kernels.hpp>

namespace atlas::field {
namespace {

void mul(benchmark::State& state, Isa isa) {
  if (!is_supported(isa)) return state.SkipWithError("not supported here");
  alignas(64) u32 x[8 * 16];
  for (u32 i = 0; i < 128; ++i) x[i] = BabyBear(i + 3).raw;
  double products = 0;
  for (auto _ : state) products += static_cast<double>(vector_kernels(isa).mul_chain(x, BabyBear(7).raw, 100000));
  benchmark::DoNotOptimize(x);
  state.counters["products/s"] = benchmark::Counter(products, benchmark::Counter::kIsRate);
}
void extension_mul(benchmark::State& state, Isa isa) {
  if (!is_supported(isa)) return state.SkipWithError("not supported here");
  alignas(64) u32 x[5 * 16];
  for (u32 i = 0; i < 80; ++i) x[i] = BabyBear(i + 3).raw;
  double products = 0;
  for (auto _ : state) products += static_cast<double>(vector_kernels(isa).extension5_mul_chain(x, 100000));
  benchmark::DoNotOptimize(x);
  state.counters["products/s"] = benchmark::Counter(products, benchmark::Counter::kIsRate);
}
BENCHMARK_CAPTURE(mul, portable, Isa::kPortable);
BENCHMARK_CAPTURE(mul, avx2, Isa::kAvx2);
BENCHMARK_CAPTURE(mul, avx512, Isa::kAvx512);
BENCHMARK_CAPTURE(extension_mul, portable, Isa::kPortable);
BENCHMARK_CAPTURE(extension_mul, avx2, Isa::kAvx2);
BENCHMARK_CAPTURE(extension_mul, avx512, Isa::kAvx512);

}  // namespace
}  // namespace atlas::field

BENCHMARK_MAIN();
