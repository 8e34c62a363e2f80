#include <stark/prover/stacked_tree.hpp>

namespace atlas::stark {

ColumnPointers pointers_of(std::span<const TraceTable> tables) {
  ColumnPointers out(tables.size());
  for (std::size_t c = 0; c < tables.size(); ++c) {
    for (u32 i = 0; i < tables[c].width; ++i) out[c].push_back(tables[c].column(i));
  }
  return out;
}

StackedTree stack_and_commit(const Parameters& parameters, const Layout& layout, TreeId id,
                             const ColumnPointers& columns, Isa isa) {
  const TreeLayout& where = layout.trees[static_cast<unsigned>(id)];
  const u32 block_log = parameters.block_log;
  StackedTree out;
  out.blocks = {parameters.stack_log, block_log, where.tiles, {}};
  if (where.tiles == 0) return out;
  out.blocks.blocks.assign(std::size_t{where.width()} << (parameters.stack_log - block_log), nullptr);

  u64 cells = 0;
  out.short_block = ~u64{0};
  for (const PlacedColumn& placed : where.columns) {
    const u32 height = layout.heights[placed.chip];
    cells = placed.offset + height;
    if (height >> block_log == 0) {
      if (out.short_block == ~u64{0}) out.short_block = placed.offset >> block_log;
      continue;
    }
    for (u32 b = 0; b < height >> block_log; ++b) {
      out.blocks.blocks[(placed.offset >> block_log) + b] =
          columns[placed.chip][placed.column] + (std::size_t{b} << block_log);
    }
  }
  const u64 used_blocks = (cells + (u64{1} << block_log) - 1) >> block_log;
  out.short_block = std::min(out.short_block, used_blocks);
  out.short_cells = WordBuffer((used_blocks - out.short_block) << block_log);
  std::fill(out.short_cells.data(), out.short_cells.data() + out.short_cells.size(), 0);
  for (const PlacedColumn& placed : where.columns) {
    const u32 height = layout.heights[placed.chip];
    if (height >> block_log != 0) continue;
    std::copy(columns[placed.chip][placed.column], columns[placed.chip][placed.column] + height,
              out.short_cells.data() + (placed.offset - (out.short_block << block_log)));
  }
  for (u64 b = out.short_block; b < used_blocks; ++b) {
    out.blocks.blocks[b] = out.short_cells.data() + ((b - out.short_block) << block_log);
  }

  Encoded encoded = encode(out.blocks, isa, true);
  out.codewords = std::move(encoded.codewords);
  out.tree = MerkleTree(std::move(encoded.leaves), parameters.cap_log, isa);
  return out;
}

}  // namespace atlas::stark
