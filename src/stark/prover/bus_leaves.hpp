#pragma once
// Leaves of one bus, computed from the columns a piece at a time.
#include <tbb/enumerable_thread_specific.h>

#include <stark/prover/bus_prover.hpp>
#include <stark/prover/word_buffer.hpp>

namespace atlas::stark {

/// Rows [first, first + count) of one block's leaves; planes as the leaf kernels take them.
struct LeafPiece {
  std::size_t block;
  std::size_t first;
  std::size_t count;
  const u32* numerators;
  const u32* denominators;
  std::size_t stride;
};

class BusLeaves {
 public:
  BusLeaves(const BusStatement& statement, Bus bus);

  std::span<const BusBlock> blocks() const { return blocks_; }
  /// Denominator of a row of zeros, of every block.
  std::span<const Ext> zero_denominators() const { return zero_denominators_; }

  /// Rows that are done together: leaves of all of a chip's messages stay in the second cache.
  static constexpr std::size_t kRows = 512;
  std::size_t pieces() const { return pieces_.size(); }
  /// Calls body(LeafPiece) for every block of the i-th piece.
  template <class Body>
  void visit(std::size_t i, const Body& body) const {
    const ChipRows& piece = pieces_[i];
    u32* const scratch = compute(piece);
    const std::vector<std::size_t>& of_chip = blocks_of_chip_[piece.chip];
    for (std::size_t k = 0; k < of_chip.size(); ++k) {
      const u32* at = scratch + k * kLeafWords;
      body(LeafPiece{of_chip[k], piece.first, piece.count, at, at + kStride, kStride});
    }
  }

 private:
  struct ChipRows {
    u32 chip;
    std::size_t first, count;
  };
  static constexpr std::size_t kStride = kRows + 16;  // planes do not share cache sets
  static constexpr std::size_t kLeafWords = (1 + kExtensionDegree) * kStride;
  std::vector<LeafTarget> targets(u32 chip, u32* scratch) const;
  u32* compute(const ChipRows& piece) const;

  BusStatement statement_;
  Bus bus_;
  std::vector<BusBlock> blocks_;
  std::vector<std::vector<std::size_t>> blocks_of_chip_;
  std::vector<Ext> zero_denominators_;
  std::vector<ChipRows> pieces_;
  mutable tbb::enumerable_thread_specific<WordBuffer> scratch_;
};

}  // namespace atlas::stark
