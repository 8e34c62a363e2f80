// Primitives on one core. "portable" is the code that the guest runs too, compiled for the host.
#include <benchmark/benchmark.h>

#include <crypto/blake3.hpp>
#include <crypto/hash_vectors.hpp>
#include <crypto/keccak.hpp>
#include <crypto/p256.hpp>
#include <crypto/ripemd160.hpp>
#include <crypto/secp256k1.hpp>
#include <crypto/sha256.hpp>

namespace atlas::crypto {
namespace {

template <auto kHash>
void hash(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  const Bytes input = test::sample_bytes(size, 1);
  for (auto _ : state) benchmark::DoNotOptimize(kHash(input));
  state.SetBytesProcessed(state.iterations() * static_cast<i64>(size));
}
BENCHMARK(hash<keccak256>)->Name("keccak256")->Arg(32)->Arg(64)->Arg(136)->Arg(4096);
BENCHMARK(hash<sha256>)->Name("sha256")->Arg(64)->Arg(4096);
BENCHMARK(hash<ripemd160>)->Name("ripemd160")->Arg(64);
BENCHMARK(hash<blake3>)->Name("blake3")->Arg(64)->Arg(4096);

template <auto kPermutation>
void permutation(benchmark::State& state) {
  u64 lanes[25] = {1};
  for (auto _ : state) {
    kPermutation(lanes);
    benchmark::DoNotOptimize(lanes);
  }
}
BENCHMARK(permutation<keccak_f1600>)->Name("keccak_f1600");
BENCHMARK(permutation<portable::keccak_f1600>)->Name("keccak_f1600/portable");

template <auto kCompress>
void compression(benchmark::State& state) {
  const Bytes block = test::sample_bytes(64, 1);
  u32 value[8] = {1};
  for (auto _ : state) {
    kCompress(value, block.data(), 1);
    benchmark::DoNotOptimize(value);
  }
}
BENCHMARK(compression<sha256_compress>)->Name("sha256_compress");
BENCHMARK(compression<portable::sha256_compress>)->Name("sha256_compress/portable");

const Hash256 kDigest = Hash256::from(test::sample_bytes(32, 2));
const Hash256 kPrivateKey = Hash256::from(test::sample_bytes(32, 3));

template <auto kRecover>
void recovery(benchmark::State& state) {
  const Signature signature = *sign(kDigest, kPrivateKey);
  for (auto _ : state) benchmark::DoNotOptimize(kRecover(kDigest, signature.y_parity, signature.r, signature.s));
}
BENCHMARK(recovery<ecrecover>)->Name("ecrecover");
BENCHMARK(recovery<portable::recover_public_key>)->Name("secp256k1_recover/portable");
BENCHMARK(recovery<recover_public_key>)->Name("secp256k1_recover");

template <auto kSign>
void signing(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(kSign(kDigest, kPrivateKey));
}
BENCHMARK(signing<sign>)->Name("secp256k1_sign");
BENCHMARK(signing<portable::sign>)->Name("secp256k1_sign/portable");

void p256(benchmark::State& state) {  // RFC 6979, A.2.5
  const Hash256 digest = sha256(as_bytes("sample"));
  const u256 r = *parse_u256("0xEFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716");
  const u256 s = *parse_u256("0xF7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8");
  const u256 x = *parse_u256("0x60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6");
  const u256 y = *parse_u256("0x7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299");
  for (auto _ : state) {
    if (!p256_verify(digest, r, s, x, y)) state.SkipWithError("the signature must verify");
  }
}
BENCHMARK(p256)->Name("p256_verify");

}  // namespace
}  // namespace atlas::crypto

BENCHMARK_MAIN();
