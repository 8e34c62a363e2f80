#pragma once
// Elements of F[X]/(X^5 − 2) in memory: five words, each in Montgomery form, w = x·2^32 mod p, and below p.
//
// A word's value lo + 2^16·hi is a column expression for w itself. Sums of elements are sums of their w, and the w of a
// product is w·w'·2^-32: so rows compute with w and never convert.
#include <base/guest_abi.hpp>
#include <zkvm/chips/u256/number.hpp>

namespace atlas::zkvm::chips {

inline constexpr unsigned kElementWords = abi::kExtensionDegree;
inline constexpr u32 kInverse32 = (BabyBear(kInverse16) * BabyBear(kInverse16)).canonical();
static_assert(kElementWords == 5 && abi::kExtensionNonResidue == 2 && abi::kBabyBearPrime == BabyBear::kModulus);

template <class T>
struct Element {
  T c[kElementWords];
};
/// A word that is read: below p. `is_low_set` may be 0 only if the lower limb is 0.
template <class T>
struct FieldWord {
  MemoryWord<T> word;
  T is_low_set;
  ATLAS_FORCE_INLINE constexpr T value() const { return word.lo + word.hi * 65536; }
};
/// A word that is made.
template <class T>
struct NewFieldWord {
  Limbs<T> value;
  T is_low_set;
};

template <class T>
ATLAS_FORCE_INLINE constexpr Element<T> element_in(const FieldWord<T>* words) {
  Element<T> out;
  for (unsigned i = 0; i < kElementWords; ++i) out.c[i] = words[i].value();
  return out;
}
template <class T>
ATLAS_FORCE_INLINE constexpr Element<T> product(const Element<T>& x, const Element<T>& y) {
  Element<T> out;
  for (unsigned k = 0; k < kElementWords; ++k) {
    T sum = x.c[0] * y.c[k];
    for (unsigned i = 1; i <= k; ++i) sum = sum + x.c[i] * y.c[k - i];
    if (k + 1 < kElementWords) {
      T wrapped = x.c[k + 1] * y.c[kElementWords - 1];
      for (unsigned i = k + 2; i < kElementWords; ++i) wrapped = wrapped + x.c[i] * y.c[kElementWords + k - i];
      sum = sum + wrapped * abi::kExtensionNonResidue;
    }
    out.c[k] = sum * kInverse32;
  }
  return out;
}

/// Limbs below 2^16 make a word below p = 0x7800·2^16 + 1: the upper one is at most 0x7800, and less if the lower one
/// is not 0.
inline constexpr u32 kModulusHigh = BabyBear::kModulus >> 16;
static_assert((kModulusHigh << 16 | 1) == BabyBear::kModulus);
template <class Builder, class T>
ATLAS_FORCE_INLINE constexpr void check_below_modulus(Builder& b, const T& when, const Limbs<T>& word,
                                                      const T& is_low_set) {
  assert_boolean(b, is_low_set);
  b.assert_zero(word.lo * (1 - is_low_set));
  b.send(kRange16Tag, when, {kModulusHigh - word.hi - is_low_set});
}
template <class Builder, class T>
ATLAS_FORCE_INLINE constexpr void read_field_words(Builder& b, const T& when, const T& index, const FieldWord<T>* words,
                                                   unsigned count, const T& time, SixBitChecks<Builder, T>& gaps) {
  for (unsigned i = 0; i < count; ++i) {
    const MemoryWord<T>& w = words[i].word;
    read_words(b, when, index + i, &w, 1, time, gaps);
    check_below_modulus(b, when, Limbs<T>{w.lo, w.hi}, words[i].is_low_set);
  }
}
/// Writes an element over what was found, and checks it.
template <class Builder, class T>
ATLAS_FORCE_INLINE constexpr void write_field_word(Builder& b, const T& when, const T& index,
                                                   const MemoryWord<T>& found, const NewFieldWord<T>& next,
                                                   const T& time, SixBitChecks<Builder, T>& gaps) {
  gaps.add(access_memory(b, when, index, found, next.value, time));
  check_limbs(b, when, next.value);
  check_below_modulus(b, when, next.value, next.is_low_set);
}

}  // namespace atlas::zkvm::chips
