// Fields, groups and pairings of BN254 and BLS12-381, on one core, in the code that the guest runs too.
#include <benchmark/benchmark.h>

#include <crypto/bls12_381.hpp>
#include <crypto/bn254.hpp>

namespace atlas::crypto {
namespace {

template <class F>
F element(u64 salt);
template <>
bn254::Fp element(u64 salt) {
  return bn254::Fp::from_u64(salt + 12345).inverse();
}
template <>
bls12_381::Fp element(u64 salt) {
  return bls12_381::Fp::from_u64(salt + 12345).inverse();
}
template <>
bn254::F2 element(u64 salt) {
  return {element<bn254::Fp>(salt), element<bn254::Fp>(salt + 1)};
}
template <>
bls12_381::F2 element(u64 salt) {
  return {element<bls12_381::Fp>(salt), element<bls12_381::Fp>(salt + 1)};
}

/// Each result is the next operand: latency.
template <class F>
void multiply(benchmark::State& state) {
  F a = element<F>(1);
  const F b = element<F>(2);
  for (auto _ : state) benchmark::DoNotOptimize(a = a * b);
}
template <class F>
void square(benchmark::State& state) {
  F a = element<F>(1);
  for (auto _ : state) benchmark::DoNotOptimize(a = a.sqr());
}
template <class F>
void invert(benchmark::State& state) {
  F a = element<F>(1);
  for (auto _ : state) benchmark::DoNotOptimize(a = a.inverse() + a);
}
template <class F>
void root(benchmark::State& state) {
  const F a = element<F>(1).sqr();
  for (auto _ : state) benchmark::DoNotOptimize(a.sqrt());
}
#define EACH_FIELD(name)                                   \
  BENCHMARK(name<bn254::Fp>)->Name(#name "/bn254_fp");     \
  BENCHMARK(name<bn254::F2>)->Name(#name "/bn254_fp2");    \
  BENCHMARK(name<bls12_381::Fp>)->Name(#name "/bls12_fp"); \
  BENCHMARK(name<bls12_381::F2>)->Name(#name "/bls12_fp2")
EACH_FIELD(multiply);
EACH_FIELD(square);
EACH_FIELD(invert);
EACH_FIELD(root);

void subgroup_check_g1(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(bls12_381::is_in_subgroup(bls12_381::kG1Generator));
}
void subgroup_check_g2(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(bls12_381::is_in_subgroup(bls12_381::kG2Generator));
}
BENCHMARK(subgroup_check_g1)->Name("subgroup_check/bls12_g1");
BENCHMARK(subgroup_check_g2)->Name("subgroup_check/bls12_g2");

/// The tower of one curve, and its pairing by parts.
template <class Config>
struct Sample {
  using Fp = typename Config::Fp;
  static Fp6<Config> f6(u64 salt) {
    return {element<Fp2<Fp>>(salt), element<Fp2<Fp>>(salt + 2), element<Fp2<Fp>>(salt + 4)};
  }
  static Fp12<Config> f12(u64 salt) { return {f6(salt), f6(salt + 6)}; }
};
template <class Config>
void fp12_multiply(benchmark::State& state) {
  auto a = Sample<Config>::f12(1);
  const auto b = Sample<Config>::f12(2);
  for (auto _ : state) benchmark::DoNotOptimize(a = a * b);
}
template <class Config>
void fp12_square(benchmark::State& state) {
  auto a = Sample<Config>::f12(1);
  for (auto _ : state) benchmark::DoNotOptimize(a = a.sqr());
}
template <class Config>
void cyclotomic_square(benchmark::State& state) {
  auto a = Pairing<Config>::easy_exponent(Sample<Config>::f12(1));
  for (auto _ : state) benchmark::DoNotOptimize(a = a.cyclotomic_sqr());
}
BENCHMARK(fp12_multiply<bn254::Config>)->Name("fp12_multiply/bn254");
BENCHMARK(fp12_multiply<bls12_381::Config>)->Name("fp12_multiply/bls12");
BENCHMARK(fp12_square<bn254::Config>)->Name("fp12_square/bn254");
BENCHMARK(fp12_square<bls12_381::Config>)->Name("fp12_square/bls12");
BENCHMARK(cyclotomic_square<bn254::Config>)->Name("cyclotomic_square/bn254");
BENCHMARK(cyclotomic_square<bls12_381::Config>)->Name("cyclotomic_square/bls12");

void miller_loop(benchmark::State& state) {
  const std::vector<bls12_381::Pair> pairs(static_cast<std::size_t>(state.range(0)),
                                           {bls12_381::kG1Generator, bls12_381::kG2Generator});
  for (auto _ : state) benchmark::DoNotOptimize(Pairing<bls12_381::Config>::miller_loop(pairs).f);
}
BENCHMARK(miller_loop)->Name("miller_loop/bls12")->Arg(1)->Arg(2)->Arg(3);

}  // namespace
}  // namespace atlas::crypto
