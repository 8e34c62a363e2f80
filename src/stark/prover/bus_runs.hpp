#pragma once
// Where the fractions of one bus lie. Each message of each chip has a block of 2^n_c leaves, of which only the chip's
// rows are stored: above them numerators are 0 and denominators that of a row of zeros, and stay so, power by power, in
// every layer and under every fold. Blocks grow smaller layer by layer; those below kOwnRun fractions lie together in
// one last run, all of them stored, in which what is above them is 0/1.
#include <stark/verifier/layout.hpp>

namespace atlas::stark {

struct BusBlock {
  u32 chip;
  u32 message;  ///< among all of the chip's messages
  u64 first;    ///< leaf
  u32 log;      ///< of the number of leaves
  u32 height;   ///< leaves that are not those of a row of zeros
};

struct Run {
  u64 start;  ///< of the layer's fractions
  u64 size;   ///< a power of two for a block's own run
  u64 kept;   ///< how many are stored, a multiple of kRunGrain, or size
  u64 at;     ///< place of the first in the planes
};

/// All fractions with `log` variables: those of the layer, or those that a layer's sumcheck is left with.
struct BusRuns {
  static constexpr u64 kRunGrain = 64;
  static constexpr u64 kOwnRun = 128;
  std::vector<Run> own;  ///< of the first blocks, in their order
  Run rest;              ///< of all others; what follows its kept ones up to 2^log is 0/1 too
  u64 stored = 0;

  /// Words from one plane to the next: no multiple of a large power of two, so that planes do not share cache sets.
  std::size_t stride() const { return stored < 1024 ? stored : stored + 80; }
};

/// Blocks of a bus in the order of its leaves.
std::vector<BusBlock> bus_blocks(const Machine& machine, const Layout& layout, Bus bus);

BusRuns runs_at(std::span<const BusBlock> blocks, u64 leaves, u32 bus_log, u32 log);

}  // namespace atlas::stark
