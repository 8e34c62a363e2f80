#pragma once
// The seam between the scalar half (recovery.cpp: inverses modulo n, digits) and the vector half
// (kernel_avx512ifma.cpp: everything modulo p). Plain arrays only: the vector file is compiled for AVX-512 and must not
// instantiate an inline function that other files share, or the linker could hand them its AVX-512 copy.
#include <cstdint>

namespace atlas::recovery {

inline constexpr unsigned kLanes = 16;         ///< signatures a block
inline constexpr unsigned kMaxBlocks = 4;      ///< blocks that share one inversion
inline constexpr unsigned kPointWindows = 33;  ///< 4-bit digits of each half of the GLV-split scalar, 132 bits
inline constexpr unsigned kBaseWindows = 32;   ///< 8-bit digits of the generator's scalar
inline constexpr unsigned kBaseEntries = 128;  ///< odd multiples a window of the generator's table

/// An affine point, words lowest first.
struct alignas(64) AffinePoint {
  std::uint64_t x[4];
  std::uint64_t y[4];
};

/// base_table()[w][i] = (2i + 1)·2^(8w)·G. Made once, 256 KiB.
using BaseTable = AffinePoint[kBaseWindows][kBaseEntries];
const BaseTable& base_table();

/// One digit d of a window of w bits is odd and signed: d = 2·v − (2^w − 1) for the stored v in [0, 2^w).
struct alignas(64) KernelInput {
  std::uint64_t r_x[4][kLanes];  ///< x coordinate of R, below p
  std::uint8_t y_parity[kLanes];
  std::uint8_t digit_a[kPointWindows][kLanes];    ///< of k1, u2 = k1 + k2·lambda (mod n)
  std::uint8_t digit_b[kPointWindows][kLanes];    ///< of k2
  std::uint8_t digit_base[kBaseWindows][kLanes];  ///< of u1
};

struct alignas(64) KernelOutput {
  std::uint64_t x[4][kLanes];  ///< of Q = u1·G + u2·R, affine and canonical
  std::uint64_t y[4][kLanes];
  std::uint8_t on_curve[kLanes];  ///< 0: no point has this x, the signature is invalid
  std::uint8_t regular[kLanes];  ///< 0: an addition met equal, opposite or infinite points; recover this lane elsewhere
};

/// `blocks` is in [1, kMaxBlocks]. Needs AVX-512 F and IFMA.
void recover_kernel(const KernelInput* in, KernelOutput* out, unsigned blocks, const BaseTable& table);

}  // namespace atlas::recovery
