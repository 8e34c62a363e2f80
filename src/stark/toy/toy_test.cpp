// The proof system from traces to verdict, on the toy machine.
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

}  // namespace
}  // namespace atlas::stark::toy
