// The batch program: reads a witness from the hints, executes its blocks, commits the public input of their proof.
// What it executes is src/stf/proven_batch.hpp; how the witness is made, src/stf/witness_maker.hpp.
#include <atlas/guest.hpp>

#include <stf/proven_batch.hpp>

using namespace atlas;

namespace {

/// 1 GiB: beyond the heaviest block that gas allows, and bounds what the first word can ask for.
constexpr u32 kWitnessWordsMax = 1U << 28;

std::span<const u32> read_witness() {
  const u32 size = guest::hint_word();
  ENSURE(size <= kWitnessWordsMax, "the witness is longer than a batch can need");
  u32* words = new u32[size];  // for as long as the program runs; not zeroed first, as a vector would be
  platform::read_hints(words, size);
  return {words, size};
}

/// One phase of the report follows another.
class Phases final : public stf::BatchObserver {
 public:
  void phase(std::string_view name) override {
    if (open_) platform::ecall(abi::Ecall::kPhase);
    open_ = !name.empty();
    if (open_) platform::ecall(abi::Ecall::kPhase, platform::word_of(name.data()), static_cast<u32>(name.size()));
  }

 private:
  bool open_ = false;
};

}  // namespace

int main() {
  Phases phases;
  phases.phase("decode");
  const std::span<const u32> witness = read_witness();
  guest::commit(stf::execute_witness(witness, &phases).public_input);
  return 0;
}
