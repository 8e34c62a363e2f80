#include <benchmark/benchmark.h>
#include <recovery/recovery.hpp>

#include <crypto/keccak.hpp>
#include <crypto/secp256k1.hpp>

namespace atlas::recovery {
namespace {

void recover(benchmark::State& state, Path path) {
  const auto n = static_cast<std::size_t>(state.range(0));
  std::vector<Request> requests;
  for (std::size_t i = 0; i < n; ++i) {
    const Hash256 key = crypto::keccak256(u256(i + 1).to_be().view());
    const auto signature = crypto::sign(key, key);
    requests.push_back({key, signature->r, signature->s, signature->y_parity});
  }
  std::vector<std::optional<Address>> out(n);
  for (auto _ : state) recover_addresses(requests, out, path);
  state.counters["signatures/s"] =
      benchmark::Counter(static_cast<double>(n), benchmark::Counter::kIsIterationInvariantRate);
}

BENCHMARK_CAPTURE(recover, portable, Path::kPortable)->Arg(64);
BENCHMARK_CAPTURE(recover, best, best_path())->Arg(4)->Arg(16)->Arg(64)->Arg(1024);

}  // namespace
}  // namespace atlas::recovery

BENCHMARK_MAIN();
