// Precompiles with their most expensive inputs: time of a call and gas a second, on one core.
#include <random>

#include <benchmark/benchmark.h>

#include <base/u256.hpp>
#include <crypto/bls12_381.hpp>
#include <crypto/bn254.hpp>
#include <crypto/curve.hpp>
#include <evm/precompile.hpp>

namespace atlas::evm {
namespace {

namespace bls = crypto::bls12_381;
namespace bn = crypto::bn254;

void run(benchmark::State& state, unsigned number, const Bytes& input, Fork fork = Fork::kOsaka) {
  Address address;
  address[19] = static_cast<u8>(number);
  const Precompile* precompile = find_precompile(address, fork);
  Bytes output;
  bool good = true;
  for (auto _ : state) {
    good &= precompile->run(input, output);
    benchmark::DoNotOptimize(output.data());
  }
  if (!good) state.SkipWithError("the call failed");
  const u64 gas = precompile->gas(input, fork);
  state.counters["gas"] = static_cast<double>(gas);
  state.counters["Mgas/s"] =
      benchmark::Counter(static_cast<double>(gas) / 1e6, benchmark::Counter::kIsIterationInvariantRate);
}

std::mt19937_64 random_source(1);
u256 scalar() {
  return u256(~u64{0}, random_source(), random_source(), random_source());
}
template <class F>
crypto::Affine<F> multiple(const crypto::Affine<F>& p) {
  return crypto::multiply_small(crypto::Jacobian<F>(p), random_source()).to_affine();
}

void put(Bytes& out, const bn::Fp& a) {
  out.resize(out.size() + 32);
  a.to_be(std::span<u8, 32>(out.end() - 32, out.end()));
}
void put(Bytes& out, const bls::Fp& a) {
  out.resize(out.size() + 64);
  a.to_be(std::span<u8, 48>(out.end() - 48, out.end()));
}
void put(Bytes& out, const bls::F2& a) {
  put(out, a.c0);
  put(out, a.c1);
}
template <class F>
void put(Bytes& out, const crypto::Affine<F>& p) {
  put(out, p.x);
  put(out, p.y);
}

const bn::G1 kBnG1{bn::Fp::one(), bn::Fp::from_u64(2)};
const bn::G2 kBnG2{{bn::Fp::from_hex("1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed"),
                    bn::Fp::from_hex("198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2")},
                   {bn::Fp::from_hex("12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa"),
                    bn::Fp::from_hex("090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b")}};

void bn254_add(benchmark::State& state) {
  Bytes in;
  put(in, multiple(kBnG1));
  put(in, multiple(kBnG1));
  run(state, 6, in);
}
void bn254_mul(benchmark::State& state) {
  Bytes in;
  put(in, multiple(kBnG1));
  append(in, scalar().to_be());
  run(state, 7, in);
}
void bn254_pairing(benchmark::State& state) {
  Bytes in;
  for (i64 i = 0; i < state.range(0); ++i) {
    put(in, multiple(kBnG1));
    const bn::G2 q = multiple(kBnG2);
    for (const bn::Fp* a : {&q.x.c1, &q.x.c0, &q.y.c1, &q.y.c0}) put(in, *a);
  }
  run(state, 8, in);
}
BENCHMARK(bn254_add);
BENCHMARK(bn254_mul);
BENCHMARK(bn254_pairing)->Arg(1)->Arg(2)->Arg(4)->Arg(16);

void kzg_point_evaluation(benchmark::State& state) {
  // go-ethereum's pointEvaluation1.
  run(state, 10,
      *from_hex("01e798154708fe7789429634053cbf9f99b619f9f084048927333fce637f549b564c0a11a0f704f4fc3e8acfe0f8245f"
                "0ad1347b378fbf96e206da11a5d3630624d25032e67a7e6a4910df5834b8fe70e6bcfeeac0352434196bdf4b2485d5a1"
                "8f59a8d2a1a625a17f3fea0fe5eb8c896db3764f3185481bc22f91b4aaffcca25f26936857bc3a7c2539ea8ec3a952b7"
                "873033e038326e87ed3e1276fd140253fa08e9fc25fb2d9a98527fc22a2c9612fbeafdad446cbc7bcdbdcd780af2c16a"));
}
BENCHMARK(kzg_point_evaluation);

template <class Point>
void add(benchmark::State& state, unsigned number, const Point& generator) {
  Bytes in;
  put(in, multiple(generator));
  put(in, multiple(generator));
  run(state, number, in);
}
template <class Point>
void msm(benchmark::State& state, unsigned number, const Point& generator) {
  Bytes in;
  for (i64 i = 0; i < state.range(0); ++i) {
    put(in, multiple(generator));
    append(in, scalar().to_be());
  }
  run(state, number, in);
}
BENCHMARK_CAPTURE(add, bls12_g1, 0x0b, bls::kG1Generator);
BENCHMARK_CAPTURE(add, bls12_g2, 0x0d, bls::kG2Generator);
BENCHMARK_CAPTURE(msm, bls12_g1, 0x0c, bls::kG1Generator)->Arg(1)->Arg(2)->Arg(16)->Arg(128)->Arg(1024);
BENCHMARK_CAPTURE(msm, bls12_g2, 0x0e, bls::kG2Generator)->Arg(1)->Arg(2)->Arg(16)->Arg(128)->Arg(1024);

void bls12_pairing(benchmark::State& state) {
  Bytes in;
  for (i64 i = 0; i < state.range(0); ++i) {
    put(in, multiple(bls::kG1Generator));
    put(in, multiple(bls::kG2Generator));
  }
  run(state, 0x0f, in);
}
BENCHMARK(bls12_pairing)->Arg(1)->Arg(2)->Arg(4)->Arg(16);

// Elements whose first SWU candidate is on the curve and elements whose is not.
void bls12_fp_to_g1(benchmark::State& state) {
  Bytes in;
  put(in, bls::Fp::from_u64(static_cast<u64>(state.range(0))).inverse());
  run(state, 0x10, in);
}
void bls12_fp2_to_g2(benchmark::State& state) {
  Bytes in;
  const bls::Fp a = bls::Fp::from_u64(static_cast<u64>(state.range(0))).inverse();
  put(in, bls::F2{a, a + bls::Fp::one()});
  run(state, 0x11, in);
}
BENCHMARK(bls12_fp_to_g1)->DenseRange(2, 5);
BENCHMARK(bls12_fp2_to_g2)->DenseRange(2, 5);

/// All operands of the given sizes, all bits set but where the modulus' kind asks otherwise.
enum class Kind { kOdd, kEven, kPowerOfTwo };
void modexp(benchmark::State& state, Fork fork, u64 base, u64 exponent, u64 modulus, Kind kind) {
  Bytes in;
  for (const u64 size : {base, exponent, modulus}) append(in, u256(size).to_be());
  in.resize(in.size() + base + exponent, 0xff);
  Bytes m(modulus, 0xff);
  if (kind == Kind::kEven) std::fill(m.begin() + static_cast<std::ptrdiff_t>(modulus / 2), m.end(), u8{0});
  if (kind == Kind::kPowerOfTwo) std::fill(m.begin() + 1, m.end(), u8{0});
  if (kind == Kind::kPowerOfTwo) m[0] = 0x80;
  append(in, m);
  run(state, 5, in, fork);
}
#define MODEXP(name, ...) BENCHMARK_CAPTURE(modexp, name, __VA_ARGS__)
MODEXP(osaka_1_byte, Fork::kOsaka, 1, 32, 1, Kind::kOdd);
MODEXP(osaka_32_bytes_short_exponent, Fork::kOsaka, 32, 4, 32, Kind::kOdd);
MODEXP(osaka_32_bytes, Fork::kOsaka, 32, 32, 32, Kind::kOdd);
MODEXP(osaka_32_bytes_long_exponent, Fork::kOsaka, 32, 1024, 32, Kind::kOdd);
MODEXP(osaka_32_bytes_even, Fork::kOsaka, 32, 32, 32, Kind::kEven);
MODEXP(osaka_40_bytes, Fork::kOsaka, 40, 32, 40, Kind::kOdd);
MODEXP(osaka_256_bytes, Fork::kOsaka, 256, 256, 256, Kind::kOdd);
MODEXP(osaka_256_bytes_even, Fork::kOsaka, 256, 256, 256, Kind::kEven);
MODEXP(osaka_1024_bytes_square, Fork::kOsaka, 1024, 1, 1024, Kind::kOdd);
MODEXP(osaka_1024_bytes_cube, Fork::kOsaka, 1024, 1, 1024, Kind::kPowerOfTwo);
MODEXP(osaka_1024_bytes_no_exponent, Fork::kOsaka, 1024, 0, 1024, Kind::kEven);
MODEXP(osaka_1024_byte_base, Fork::kOsaka, 1024, 1, 1, Kind::kOdd);
MODEXP(prague_1_byte, Fork::kPrague, 1, 4096, 1, Kind::kOdd);
MODEXP(prague_8_bytes, Fork::kPrague, 8, 4096, 8, Kind::kOdd);
MODEXP(prague_32_bytes, Fork::kPrague, 32, 32, 32, Kind::kOdd);
MODEXP(prague_1024_bytes, Fork::kPrague, 1024, 32, 1024, Kind::kOdd);
MODEXP(prague_8_bytes_short_exponent, Fork::kPrague, 8, 1, 8, Kind::kEven);

}  // namespace
}  // namespace atlas::evm

BENCHMARK_MAIN();
