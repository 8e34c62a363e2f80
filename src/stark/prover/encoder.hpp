#pragma once
// Reed-Solomon encoding at rate 1/2 and commitment of stacked columns, 16 columns a tile.
//
// A stacked column of N = 2^log values is a polynomial's coefficients; its codeword is the polynomial on the 2N-th
// roots of unity, position p holding the value at w^rev(p) (rev: bit reversal of log + 1 bits). So {x, −x} are
// neighbours, a coset of 16 is 16 neighbours, and the two halves are the polynomial on the N-th roots and on their
// coset by w. N = n1·n2: n1-point transforms at stride n2 (16 adjacent rows at a time, gathered from the columns), a
// twiddle a row, then n2-point transforms of contiguous rows that are hashed while they are in the cache.
#include <stark/prover/merkle_tree.hpp>
#include <stark/prover/word_buffer.hpp>

namespace atlas::stark {

/// Where 16·tiles columns of 2^log words lie: blocks of 2^block_log words, blocks[(column << (log − block_log)) + k];
/// null stands for zeros.
struct ColumnBlocks {
  unsigned log = 0;
  unsigned block_log = 0;
  std::size_t tiles = 0;
  std::vector<const u32*> blocks;
};

struct Codewords {
  unsigned log = 0;  ///< of the number of positions
  std::size_t tiles = 0;
  WordBuffer words;  ///< tile t, position p, column c: (t << log | p)·16 + c

  const u32* row(std::size_t tile, std::size_t position) const {
    return words.data() + (tile << log | position) * kTileColumns;
  }
};

struct Encoded {
  Codewords codewords;
  DigestBuffer leaves;  ///< one a position, over all tiles; empty if not asked for
};

Encoded encode(const ColumnBlocks& columns, Isa isa, bool with_leaves);

}  // namespace atlas::stark
