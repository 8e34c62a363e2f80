#pragma once
// What every part of the proof system shares. Design and reasons: docs/proof-system.md.
#include <base/bytes.hpp>
#include <field/extension.hpp>

namespace atlas::stark {

using field::BabyBear;

/// Degree of the extension from which challenges are drawn: 5 × 30.9 = 154.5 bits.
inline constexpr unsigned kExtensionDegree = 5;
using Ext = field::Extension<BabyBear, kExtensionDegree>;

/// The lowest kSkipLog bits of a row index are one variable over the subgroup H of this order (univariate skip).
inline constexpr unsigned kSkipLog = 5;
inline constexpr unsigned kSkip = 1u << kSkipLog;
/// A constraint's degree, a multiplicity's, a message field's: none is higher.
inline constexpr unsigned kMaxDegree = 3;
/// Columns of a tile: one BLAKE3 block of a row.
inline constexpr unsigned kTileColumns = 16;
/// A message has its tag and up to 15 fields; its fingerprint is multilinear in four challenges.
inline constexpr unsigned kArityLog = 4;
inline constexpr unsigned kMaxArity = 1u << kArityLog;

}  // namespace atlas::stark
