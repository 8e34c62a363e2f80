#pragma once
// The constants of a proof: part of the verifying key, never read from a proof. stark/security turns them into bits.
#include <stark/config.hpp>

namespace atlas::stark {

struct Parameters {
  u32 stack_log = 20;          ///< height N of a stacked column
  u32 block_log = 15;          ///< columns taller than 2^block_log are cut into blocks of it
  u32 max_width = 256;         ///< stacked columns over all trees
  u32 cap_log = 6;             ///< Merkle caps have 2^cap_log digests
  u32 final_log = 8;           ///< coefficients of the final polynomial
  u32 queries = 256;           ///< positions, with replacement
  u32 local_grinding = 12;     ///< bits of work before the local bus's challenges
  u32 boundary_grinding = 10;  ///< before the boundary bus's
  u32 query_grinding = 24;     ///< before the query positions
  u32 promised_bits = 128;

  friend bool operator==(const Parameters&, const Parameters&) = default;
};

inline constexpr u32 kRateLog = 1;  ///< rate 1/2
inline constexpr u32 kFoldLog = 4;  ///< folds by 16
inline constexpr u32 kCoset = 1u << kFoldLog;

/// The shipped set: at least 128 proven bits.
constexpr Parameters shipped_parameters() {
  return {};
}
/// A smaller and faster set of at least 100 proven bits. The set is part of the key's digest.
constexpr Parameters hundred_bit_parameters() {
  Parameters out;
  out.queries = 200;
  out.local_grinding = out.boundary_grinding = 0;
  out.query_grinding = 20;
  out.promised_bits = 100;
  return out;
}

}  // namespace atlas::stark
