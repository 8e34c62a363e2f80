#pragma once
#include <stark/prover/encoder.hpp>
#include <stark/verifier/layout.hpp>

namespace atlas::stark {

/// Columns of one chip, one after the other; all kinds, in the order of the chip's Row.
struct TraceTable {
  u32 height = 0;
  u32 width = 0;
  WordBuffer words;

  TraceTable() = default;
  TraceTable(u32 rows, u32 columns) : height(rows), width(columns), words(std::size_t{rows} * columns) {}
  u32* column(u32 i) { return words.data() + std::size_t{i} * height; }
  const u32* column(u32 i) const { return words.data() + std::size_t{i} * height; }
  void set(u32 row, u32 i, BabyBear value) { column(i)[row] = value.raw; }
  BabyBear get(u32 row, u32 i) const { return BabyBear::from_raw(column(i)[row]); }
};

/// columns[chip][column].
using ColumnPointers = std::vector<std::vector<const u32*>>;
ColumnPointers pointers_of(std::span<const TraceTable> tables);

/// One of a segment's trees: its stacked columns and, once they are committed, codewords and hashes.
struct StackedTree {
  ColumnBlocks blocks;
  u64 short_block = 0;     ///< blocks before this one are whole blocks of tall columns; from here on short columns lie
  WordBuffer short_cells;  ///< the blocks from short_block on: copies
  Codewords codewords;
  MerkleTree tree;

  bool empty() const { return blocks.tiles == 0; }
};

StackedTree stack_and_commit(const Parameters& parameters, const Layout& layout, TreeId id,
                             const ColumnPointers& columns, Isa isa);

}  // namespace atlas::stark
