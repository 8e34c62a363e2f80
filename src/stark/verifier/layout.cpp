#include <algorithm>
#include <bit>

#include <stark/verifier/layout.hpp>

namespace atlas::stark {
namespace {

bool is_allowed_height(u32 height, const ChipDescription& chip, const Parameters& parameters) {
  if (chip.fixed_height != 0) return height == chip.fixed_height;
  if (height == 0) return true;
  if (height > chip.max_height) return false;
  const u32 block = u32{1} << parameters.block_log;
  return height < block ? std::has_single_bit(height) && height >= kSkip : height % block == 0;
}

}  // namespace

TreeId tree_of(const ChipShape& shape, u32 column) {
  if (column < shape.columns[0]) return TreeId::kBoundary;
  return column < shape.columns[0] + shape.columns[1] ? TreeId::kMain : TreeId::kFixed;
}

Result<Layout, VerifyError> make_layout(const Machine& machine, const Parameters& parameters,
                                        std::span<const u32> heights) {
  const std::size_t chips = machine.chips.size();
  if (heights.size() != chips) return Err(VerifyError::kHeights);
  Layout out;
  out.heights.assign(heights.begin(), heights.end());
  out.row_logs.assign(chips, 0);
  u64 messages[kBusCount] = {};
  for (std::size_t c = 0; c < chips; ++c) {
    const ChipDescription& chip = machine.chips[c];
    if (!is_allowed_height(heights[c], chip, parameters)) return Err(VerifyError::kHeights);
    out.constraint_offset.push_back(out.constraint_count);
    out.constraint_count += chip.shape.constraints;
    out.claim_offset.push_back(out.claim_count);
    if (heights[c] == 0) continue;
    out.claim_count += chip.shape.committed();
    out.row_logs[c] = std::max(kSkipLog, log2_ceil(heights[c]));
    out.max_row_log = std::max(out.max_row_log, out.row_logs[c]);
    for (unsigned b = 0; b < kBusCount; ++b) {
      messages[b] += u64{heights[c]} * chip.shape.messages_on(static_cast<Bus>(b));
    }
  }
  if (out.max_row_log == 0) return Err(VerifyError::kHeights);  // nothing is proved
  // A message sent p times would cancel. The boundary cap holds for one segment here, for all of them in execution.cpp.
  if (messages[0] >= BabyBear::kModulus || messages[1] >= BabyBear::kModulus / 4) {
    return Err(VerifyError::kTooManyMessages);
  }

  // Tallest first: every block of leaves is then aligned to its size, and so is every short column in its stack.
  std::vector<u32> order;
  for (u32 c = 0; c < chips; ++c) {
    if (heights[c] != 0) order.push_back(c);
  }
  std::sort(order.begin(), order.end(),
            [&](u32 a, u32 b) { return std::pair(out.row_logs[b], a) < std::pair(out.row_logs[a], b); });
  u64 most = u64{1} << out.max_row_log;  // the constraints' point is a part of the bus's
  for (unsigned b = 0; b < kBusCount; ++b) {
    BusLayout& bus = out.buses[b];
    bus.first.assign(chips, 0);
    for (const u32 c : order) {
      bus.first[c] = bus.leaves;
      bus.leaves += u64{machine.chips[c].shape.messages_on(static_cast<Bus>(b))} << out.row_logs[c];
    }
    most = std::max(most, bus.leaves);
  }
  out.bus_log = log2_ceil(most);

  std::sort(order.begin(), order.end(),
            [&](u32 a, u32 b) { return std::pair(heights[b], a) < std::pair(heights[a], b); });
  for (unsigned t = 0; t < kTreeCount; ++t) {
    TreeLayout& tree = out.trees[t];
    u64 cells = 0;
    for (const u32 c : order) {
      const ChipShape& shape = machine.chips[c].shape;
      for (u32 column = 0; column < shape.committed(); ++column) {
        if (tree_of(shape, column) != static_cast<TreeId>(t)) continue;
        tree.columns.push_back({c, column, cells});
        cells += heights[c];
      }
    }
    const u64 stacked = (cells + (u64{1} << parameters.stack_log) - 1) >> parameters.stack_log;
    if (stacked > parameters.max_width) return Err(VerifyError::kTooManyCells);
    tree.tiles = static_cast<u32>((stacked + kTileColumns - 1) / kTileColumns);
    out.width += tree.width();
  }
  if (out.width > parameters.max_width) return Err(VerifyError::kTooManyCells);
  return out;
}

}  // namespace atlas::stark
