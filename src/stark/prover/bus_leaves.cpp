#include <algorithm>

#include <stark/prover/bus_leaves.hpp>

namespace atlas::stark {
namespace {

std::size_t most_messages(const Machine& machine, Bus bus) {
  u32 out = 1;
  for (const ChipDescription& chip : machine.chips) out = std::max(out, chip.shape.messages_on(bus));
  return out;
}

}  // namespace

BusLeaves::BusLeaves(const BusStatement& statement, Bus bus)
    : statement_(statement),
      bus_(bus),
      blocks_(bus_blocks(statement.machine, statement.layout, bus)),
      blocks_of_chip_(statement.machine.chips.size()),
      scratch_([words = most_messages(statement.machine, bus) * kLeafWords] { return WordBuffer(words); }) {
  for (std::size_t b = 0; b < blocks_.size(); ++b) blocks_of_chip_[blocks_[b].chip].push_back(b);
  zero_denominators_.resize(blocks_.size());
  for (u32 c = 0; c < blocks_of_chip_.size(); ++c) {
    if (blocks_of_chip_[c].empty()) continue;
    const std::size_t height = statement.layout.heights[c];
    for (std::size_t first = 0; first < height; first += kRows) {
      pieces_.push_back({c, first, std::min(kRows, height - first)});
    }
    // The kernels themselves say what a row of zeros comes to.
    const std::vector<u32> zeros(16, 0);
    const std::vector<const u32*> columns(statement.columns[c].size(), zeros.data());
    u32* const scratch = scratch_.local().data();
    const std::vector<LeafTarget> to = targets(c, scratch);
    statement.kernels.of(statement.isa, c).leaves(columns.data(), 0, 16, statement.challenges, to.data());
    for (std::size_t k = 0; k < blocks_of_chip_[c].size(); ++k) {
      const u32* denominator = scratch + k * kLeafWords + kStride;
      Ext& out = zero_denominators_[blocks_of_chip_[c][k]];
      for (unsigned i = 0; i < kExtensionDegree; ++i) out.c[i] = BabyBear::from_raw(denominator[i * kStride]);
    }
  }
}

std::vector<LeafTarget> BusLeaves::targets(u32 chip, u32* scratch) const {
  const ChipShape& shape = statement_.machine.chips[chip].shape;
  const BusChallenge& challenge = statement_.challenges[static_cast<unsigned>(bus_)];
  std::vector<LeafTarget> out(shape.message_count);
  for (u32 j = 0; j < shape.message_count; ++j) {
    if (shape.messages[j].bus != bus_) continue;
    out[j] = {scratch, scratch + kStride, kStride,
              challenge.alpha - challenge.beta[0] * BabyBear(shape.messages[j].tag)};
    scratch += kLeafWords;
  }
  return out;
}

u32* BusLeaves::compute(const ChipRows& piece) const {
  u32* const scratch = scratch_.local().data();
  const std::vector<LeafTarget> to = targets(piece.chip, scratch);
  statement_.kernels.of(statement_.isa, piece.chip)
      .leaves(statement_.columns[piece.chip].data(), piece.first, piece.count, statement_.challenges, to.data());
  return scratch;
}

}  // namespace atlas::stark
