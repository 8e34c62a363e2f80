// The proof system from traces to verdict, on the toy machine.
#include <chrono>
#include <cstdlib>

#include <gtest/gtest.h>

#include <stark/toy/machine.hpp>

namespace atlas::stark::toy {
namespace {

struct Fixture {
  MachineKernels tables = kernels();
  Parameters parameters;
  ProvingKey key;
  explicit Fixture(const Parameters& p = small_parameters(), Isa isa = field::best_isa())
      : parameters(p), key(make_proving_key(kMachine, tables, p, fixed_tables(), isa)) {}
};

std::vector<SegmentWitness> two_segments(const Parameters& parameters, u32 steps, u32 cells) {
  toy::Run run = start(cells);
  std::vector<SegmentWitness> out;
  out.push_back(segment(run, 1, steps, parameters));
  out.push_back(closing_segment(run, parameters));
  return out;
}

TEST(Toy, ProvesAndVerifies) {
  const Fixture f;
  for (const u32 steps : {32u, 100u, 1000u, 5000u}) {
    const auto witness = two_segments(f.parameters, steps, 40);
    const Bytes proof = prove_execution(f.key, witness, field::best_isa());
    const auto outcome = verify_execution(f.key.verifying, proof);
    ASSERT_TRUE(outcome.ok()) << steps << " steps: " << name_of(outcome.error());
    EXPECT_EQ(outcome->public_values[0][3], steps);
  }
}

// The shipped parameters at full height. Takes about a GiB and, without AVX-512, a minute: only with ATLAS_LARGE=1.
TEST(Toy, ShippedParameters) {
  if (std::getenv("ATLAS_LARGE") == nullptr) GTEST_SKIP() << "left out: ATLAS_LARGE is not set";
  const Fixture f(shipped_parameters());
  const char* cells = std::getenv("ATLAS_CELLS");
  const auto witness = two_segments(f.parameters, 65535, cells == nullptr ? 1000 : static_cast<u32>(std::atoi(cells)));
  std::vector<ProverTimes> times;
  const Bytes proof = prove_execution(f.key, witness, field::best_isa(), &times);
  const auto before = std::chrono::steady_clock::now();
  const auto outcome = verify_execution(f.key.verifying, proof);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - before).count();
  ASSERT_TRUE(outcome.ok()) << name_of(outcome.error());
  for (const ProverTimes& t : times) {
    std::printf("commit %.3f leaves %.3f bus %.3f constraints %.3f opening %.3f s\n", t.commit, t.leaves, t.bus,
                t.constraints, t.opening);
  }
  std::printf("proof %zu KiB, both segments verified in %.1f ms\n", proof.size() / 1024, 1e3 * seconds);
}

}  // namespace
}  // namespace atlas::stark::toy
