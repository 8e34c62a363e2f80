#include "harness.hpp"

#include <fstream>
#include <stdexcept>

#include <state/tree/changes.hpp>
#include <zkvm/isa/elf.hpp>

namespace atlas::guest_test {
namespace {

/// The reference tree moves on by a batch's diff.
class HostTree final : public stf::BatchTree {
 public:
  HostTree(tree::test::ReferenceTree& leaves, const StateView& before) : leaves_(leaves), before_(before) {}
  tree::TreeState update(const StateDiff& diff, Pubdata& out) override {
    std::map<tree::Digest, tree::Digest> values;
    for (const tree::LeafWrite& write : tree::leaf_writes(diff, before_)) {
      tree::TouchedLeaf leaf{write.key, {}, write.value, 0, true};
      if (const auto it = leaves_.leaves.find(write.key); it != leaves_.leaves.end()) {
        leaf.before = it->second.value;
        leaf.index = it->second.index;
      }
      tree::publish(leaf, write.domain, out);
      values[write.key] = write.value;
    }
    leaves_.apply(values);
    changes = diff;
    return leaves_.state();
  }
  StateDiff changes;

 private:
  tree::test::ReferenceTree& leaves_;
  const StateView& before_;
};

struct Blocks final : stf::BatchObserver {
  void sealed(const Block& block) override { blocks.push_back(block); }
  std::vector<Block> blocks;
};

struct Log final : zkvm::EcallListener {
  void log(const std::string& part) override { text += part; }
  std::string text;
};

/// Fixed, so that a batch takes the same cycles every time.
constexpr u64 kHashSeed = 0x9e3779b97f4a7c15ULL;

/// The number of words, then the words.
Bytes hint_bytes(std::span<const u32> witness) {
  Bytes out(4 + witness.size_bytes());
  const u32 size = static_cast<u32>(witness.size());
  std::memcpy(out.data(), &size, sizeof size);
  if (!witness.empty()) std::memcpy(out.data() + 4, witness.data(), witness.size_bytes());
  return out;
}

GuestRun outcome(const zkvm::Executor& executor, zkvm::Stop stop, const zkvm::Program& program,
                 const std::string& said) {
  GuestRun run;
  run.cycles = executor.state().cycle;
  run.halted = stop == zkvm::Stop::kHalted;
  if (run.halted) {
    run.output = executor.state().public_output();
  } else {
    run.fault = said + to_text(executor.fault(), program);
  }
  return run;
}

[[noreturn]] void refuse(const stf::BatchFailure& failure) {
  throw std::runtime_error("block " + std::to_string(failure.block) + ", transaction " +
                           std::to_string(failure.transaction) + ": " + stf::describe(failure.error) + " " +
                           failure.reason);
}

}  // namespace

World::World(const stf::GenesisConfig& config) : rules_(config.rules) {
  const auto genesis = stf::build_genesis(config);
  if (!genesis) {
    throw std::runtime_error(to_hex(genesis.error().address) + ": " + stf::describe(genesis.error().error));
  }
  state.apply(genesis->diff);
  std::map<tree::Digest, tree::Digest> values;
  for (const tree::LeafWrite& write : tree::genesis_writes(genesis->diff)) values[write.key] = write.value;
  tree.apply(values);
  head = genesis->block.header;
  batch_state = {tree.state(), 0, genesis->block.hash, head.timestamp};
}

stf::BatchInput World::next_batch() const {
  stf::BatchInput input;
  input.rules = rules_;
  input.number = batches + 1;
  input.before = batch_state;
  input.parent = head;
  return input;
}

NativeBatch run_native(World& world, const stf::BatchInput& input) {
  evm::Evm machine;
  auto witness = stf::make_witness(input, world.state, machine, world.tree.cursor(), kHashSeed);
  if (!witness) refuse(witness.error());
  HostTree host_tree(world.tree, world.state);
  Blocks blocks;
  auto sealed = stf::run_batch(input, world.state, machine, host_tree, &blocks);
  if (!sealed) refuse(sealed.error());
  const Hash256 output_hash = stf::hash_batch_output(sealed->output);
  NativeBatch out{std::move(*sealed), std::move(blocks.blocks), {}, std::move(*witness)};
  out.public_input = stf::public_input(tree::state_commitment(input.before), tree::state_commitment(out.sealed.after),
                                       {&output_hash, 1});
  world.state.apply(host_tree.changes);
  world.batch_state = out.sealed.after;
  world.head = out.blocks.back().header;
  ++world.batches;
  return out;
}

BatchProgram::BatchProgram(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  const Bytes file((std::istreambuf_iterator<char>(in)), {});
  auto loaded = zkvm::load_elf(file);
  if (!loaded) throw std::runtime_error(path + ": " + loaded.error().text);
  program_ = std::move(*loaded);
}

GuestRun BatchProgram::run(std::span<const u32> witness) const {
  Log log;
  zkvm::Executor executor(program_, hint_bytes(witness), {.listener = &log});
  const zkvm::Stop stop = executor.run();
  return outcome(executor, stop, program_, log.text);
}

GuestRun BatchProgram::run(std::span<const u32> witness, zkvm::Profile& profile) const {
  zkvm::Executor executor(program_, hint_bytes(witness), {.listener = &profile});
  const zkvm::Stop stop = executor.observe(profile);
  return outcome(executor, stop, program_, {});
}

}  // namespace atlas::guest_test
