#include <chrono>

#include <stark/prover/bus_prover.hpp>
#include <stark/prover/constraint_prover.hpp>
#include <stark/prover/opening_prover.hpp>
#include <stark/prover/segment_prover.hpp>

namespace atlas::stark {
namespace {

Layout layout_of(const VerifyingKey& key, std::span<const u32> heights) {
  auto layout = make_layout(*key.machine, key.parameters, heights);
  ENSURE(layout.ok(), "the trace's heights are not allowed by the key");
  return std::move(*layout);
}

std::vector<u32> heights_of(const SegmentWitness& witness) {
  std::vector<u32> out;
  for (const TraceTable& table : witness.tables) out.push_back(table.height);
  return out;
}

class Stopwatch {
 public:
  double lap() {
    const auto now = std::chrono::steady_clock::now();
    const double seconds = std::chrono::duration<double>(now - last_).count();
    last_ = now;
    return seconds;
  }

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

}  // namespace

ProvingKey make_proving_key(const Machine& machine, const MachineKernels& kernels, const Parameters& parameters,
                            std::vector<TraceTable> fixed_tables, Isa isa) {
  ENSURE(parameters.block_log >= 10 && parameters.block_log <= parameters.stack_log, "blocks of at least 2^10 rows");
  ENSURE(parameters.final_log >= 4 && (parameters.stack_log - parameters.final_log) % kFoldLog == 0,
         "folds by 16 lead from the stack to the final polynomial");
  ProvingKey out;
  out.verifying.machine = &machine;
  out.verifying.parameters = parameters;
  out.kernels = &kernels;
  out.fixed_tables = std::move(fixed_tables);
  std::vector<u32> heights;
  ColumnPointers columns(machine.chips.size());
  bool any = false;
  for (std::size_t c = 0; c < machine.chips.size(); ++c) {
    const ChipDescription& chip = machine.chips[c];
    heights.push_back(chip.fixed_height);
    if (chip.shape.columns[2] == 0) continue;
    const TraceTable& table = out.fixed_tables[c];
    ENSURE(chip.fixed_height != 0 && table.height == chip.fixed_height && table.width == chip.shape.columns[2],
           "fixed columns are a table of the key's height");
    any = true;
    columns[c].assign(chip.shape.committed(), nullptr);
    const u32 first = chip.shape.columns[0] + chip.shape.columns[1];
    for (u32 i = 0; i < table.width; ++i) columns[c][first + i] = table.column(i);
  }
  if (any) {
    const Layout layout = layout_of(out.verifying, heights);
    out.fixed = stack_and_commit(parameters, layout, TreeId::kFixed, columns, isa);
    out.verifying.fixed_cap = out.fixed.tree.cap();
  }
  out.verifying.digest = out.verifying.compute_digest();
  return out;
}

BoundaryCommitment commit_boundary(const ProvingKey& key, const SegmentWitness& witness, Isa isa) {
  BoundaryCommitment out;
  out.heights = heights_of(witness);
  const Layout layout = layout_of(key.verifying, out.heights);
  out.tree = stack_and_commit(key.verifying.parameters, layout, TreeId::kBoundary, pointers_of(witness.tables), isa);
  return out;
}

std::vector<u32> prove_segment(const ProvingKey& key, const SegmentWitness& witness, const BoundaryCommitment& boundary,
                               const BusChallenge& boundary_challenge, Isa isa, ProverTimes* times,
                               const ProverProgress& progress) {
  const auto begin = [&progress](ProverPhase phase) {
    if (progress) progress(phase);
  };
  begin(ProverPhase::kCommit);
  const Machine& machine = *key.verifying.machine;
  const Parameters& parameters = key.verifying.parameters;
  const std::vector<u32> heights = heights_of(witness);
  const Layout layout = layout_of(key.verifying, heights);
  const ColumnPointers columns = pointers_of(witness.tables);
  ProverTimes measured;
  Stopwatch watch;

  ProverChannel channel(segment_transcript(key.verifying, witness.public_values, boundary_challenge));
  channel.send(Label::kHeights, std::span<const u32>(heights));
  if (!boundary.tree.empty()) channel.send(Label::kBoundaryRoot, boundary.tree.tree.cap());
  const StackedTree main = stack_and_commit(parameters, layout, TreeId::kMain, columns, isa);
  if (!main.empty()) channel.send(Label::kMainRoot, main.tree.cap());
  measured.commit = watch.lap();

  begin(ProverPhase::kBus);
  grind(channel, Label::kLocalGrinding, parameters.local_grinding, isa);
  const BusChallenge challenges[kBusCount] = {draw_bus_challenge(channel.transcript(), Label::kLocalChallenge),
                                              boundary_challenge};
  const BusStatement statement{machine, *key.kernels, isa, layout, columns, challenges};
  const BusClaims bus = prove_bus(channel, statement, &measured.leaves);
  measured.bus = watch.lap() - measured.leaves;
  begin(ProverPhase::kConstraints);
  const ColumnClaims claims = prove_constraints(channel, machine, *key.kernels, isa, layout, bus, challenges, columns);
  measured.constraints = watch.lap();
  begin(ProverPhase::kOpening);
  const StackedTree* const trees[kTreeCount] = {&key.fixed, &boundary.tree, &main};
  prove_opening(channel, parameters, layout, trees, claims, isa);
  measured.opening = watch.lap();
  if (times != nullptr) *times = measured;
  return channel.take();
}

}  // namespace atlas::stark
