#pragma once
#include <base/types.hpp>

namespace atlas::zkvm {

/// Ticks of the segment's clock. It starts at 1; an instruction lasts kTicksPerStep, an ecall kTicksPerEcall. Within a
/// step that begins at t: rs1 (ecall: a7, a0 to a5) is read at t, rs2 at t + 1, memory is accessed at t + 2, rd written
/// at t + 3. An ecall reads its k-th span of memory at t + 1 + k and writes at t + 6.
inline constexpr u32 kFirstTick = 1;
inline constexpr u32 kTicksPerStep = 4;
inline constexpr u32 kTicksPerEcall = 8;
inline constexpr u32 kTickRs2 = 1;
inline constexpr u32 kTickMemory = 2;
inline constexpr u32 kTickRd = 3;
inline constexpr u32 kTickEcallReads = 1;
inline constexpr u32 kTickEcallWrites = 6;

}  // namespace atlas::zkvm
