#pragma once
// Which vector instructions the processor has, and lane-wise arithmetic on arrays under each: what tests and benchmarks
// hold against scalars. Provers instantiate their own kernels in the same way: one template over a packed type, one
// translation unit for each instruction set, one table of functions chosen at run time.
#include <base/types.hpp>

namespace atlas::field {

enum class Isa : u8 { kPortable, kAvx2, kAvx512 };
inline constexpr Isa kAllIsas[] = {Isa::kPortable, Isa::kAvx2, Isa::kAvx512};
inline constexpr unsigned kIsaCount = 3;

bool is_supported(Isa isa);
/// The widest that this processor runs; the environment variable ATLAS_SIMD=portable|avx2|avx512 lowers it.
Isa best_isa();
const char* name_of(Isa isa);

/// Arrays of raw BabyBear words; n is a multiple of 16. Extension arrays are planes: coefficient i of element j is at
/// [i·n + j]. `deinterleave` sends a (2n words) to its even and odd words.
struct VectorKernels {
  unsigned lanes;
  void (*add)(const u32* a, const u32* b, u32* out, std::size_t n);
  void (*sub)(const u32* a, const u32* b, u32* out, std::size_t n);
  void (*mul)(const u32* a, const u32* b, u32* out, std::size_t n);
  void (*negate)(const u32* a, u32* out, std::size_t n);
  void (*extension4_mul)(const u32* a, const u32* b, u32* out, std::size_t n);
  void (*extension5_mul)(const u32* a, const u32* b, u32* out, std::size_t n);
  void (*deinterleave)(const u32* a, u32* even, u32* odd, std::size_t n);
  /// `rounds` dependent steps x = x·m on eight independent registers: throughput without memory. Returns the products.
  u64 (*mul_chain)(u32* x, u32 multiplier, u64 rounds);
  u64 (*extension5_mul_chain)(u32* x, u64 rounds);
};
const VectorKernels& vector_kernels(Isa isa);

}  // namespace atlas::field
