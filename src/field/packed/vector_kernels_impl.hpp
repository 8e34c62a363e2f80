#pragma once
#include <field/packed/vector_kernels.hpp>

namespace atlas::field {

template <class P>
struct VectorKernelsOf {
  static void add(const u32* a, const u32* b, u32* out, std::size_t n) {
    for (std::size_t i = 0; i < n; i += P::kLanes) (P::load(a + i) + P::load(b + i)).store(out + i);
  }
  static void sub(const u32* a, const u32* b, u32* out, std::size_t n) {
    for (std::size_t i = 0; i < n; i += P::kLanes) (P::load(a + i) - P::load(b + i)).store(out + i);
  }
  static void mul(const u32* a, const u32* b, u32* out, std::size_t n) {
    for (std::size_t i = 0; i < n; i += P::kLanes) (P::load(a + i) * P::load(b + i)).store(out + i);
  }
  static void negate(const u32* a, u32* out, std::size_t n) {
    for (std::size_t i = 0; i < n; i += P::kLanes) (-P::load(a + i)).store(out + i);
  }
  template <unsigned D>
  static void extension_mul(const u32* a, const u32* b, u32* out, std::size_t n) {
    for (std::size_t i = 0; i < n; i += P::kLanes) {
      Extension<P, D> x, y;
      for (unsigned k = 0; k < D; ++k) x.c[k] = P::load(a + k * n + i), y.c[k] = P::load(b + k * n + i);
      const Extension<P, D> z = x * y;
      for (unsigned k = 0; k < D; ++k) z.c[k].store(out + k * n + i);
    }
  }
  static void deinterleave(const u32* a, u32* even, u32* odd, std::size_t n) {
    for (std::size_t i = 0; i < n; i += P::kLanes) {
      P x, y;
      P::deinterleave(P::load(a + 2 * i), P::load(a + 2 * i + P::kLanes), x, y);
      x.store(even + i);
      y.store(odd + i);
    }
  }
  static u64 mul_chain(u32* x, u32 multiplier, u64 rounds) {
    const P m(BabyBear::from_raw(multiplier));
    P r[8];
    for (unsigned i = 0; i < 8; ++i) r[i] = P::load(x + i * P::kLanes);
    for (u64 k = 0; k < rounds; ++k) {
      for (unsigned i = 0; i < 8; ++i) r[i] = r[i] * m;
    }
    for (unsigned i = 0; i < 8; ++i) r[i].store(x + i * P::kLanes);
    return rounds * 8 * P::kLanes;
  }
  static u64 extension5_mul_chain(u32* x, u64 rounds) {
    Extension<P, 5> a, b;
    for (unsigned i = 0; i < 5; ++i) a.c[i] = P::load(x + i * P::kLanes), b.c[i] = a.c[i] + a.c[0];
    for (u64 k = 0; k < rounds; ++k) {
      const Extension<P, 5> c = a * b;
      b = a;
      a = c;
    }
    for (unsigned i = 0; i < 5; ++i) a.c[i].store(x + i * P::kLanes);
    return rounds * P::kLanes;
  }
  static constexpr VectorKernels kTable{
      P::kLanes,           add, sub, mul, negate, extension_mul<4>, extension_mul<5>, deinterleave, mul_chain,
      extension5_mul_chain};
};

}  // namespace atlas::field
