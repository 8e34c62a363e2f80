#pragma once
// Batches run twice: natively, and by the batch program in the machine.
#include <evm/evm.hpp>
#include <state/test_state.hpp>
#include <state/tree/reference_tree.hpp>
#include <stf/genesis.hpp>
#include <stf/proven_batch.hpp>
#include <stf/witness_maker.hpp>
#include <zkvm/executor/profile.hpp>

namespace atlas::guest_test {

/// A chain's state and its tree, both in memory.
class World {
 public:
  /// Throws if the configuration is no genesis.
  explicit World(const stf::GenesisConfig& config);

  /// The next batch without its blocks.
  stf::BatchInput next_batch() const;

  test::MapState state;
  tree::test::ReferenceTree tree;
  tree::BatchState batch_state;
  BlockHeader head;
  u64 batches = 0;

 private:
  stf::ChainRules rules_;
};

struct NativeBatch {
  stf::SealedBatch sealed;
  std::vector<Block> blocks;
  Hash256 public_input;
  std::vector<u32> witness;
};

/// Executes the batch on `world`, which moves on to the state after it. Throws if it is no batch.
NativeBatch run_native(World& world, const stf::BatchInput& input);

struct GuestRun {
  bool halted = false;
  Hash256 output;
  u64 cycles = 0;
  std::string fault;  ///< why it did not halt, after the program's own words
};

class BatchProgram {
 public:
  /// Throws if the file is no program.
  explicit BatchProgram(const std::string& path);
  GuestRun run(std::span<const u32> witness) const;
  GuestRun run(std::span<const u32> witness, zkvm::Profile& profile) const;
  const zkvm::Program& program() const { return program_; }

 private:
  zkvm::Program program_;
};

}  // namespace atlas::guest_test
