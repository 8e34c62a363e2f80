#pragma once
// Numbers of 256 bits in the rows of primitives: eight words of memory, sixteen limbs of 16 bits, thirty-two bytes.
//
// A product is the list of its coefficients as a polynomial in 256: sums of at most 32 products of two bytes, so far
// below p. An equation between numbers is one between coefficients, with carries from each to the next; carries are
// looked up in a range that is narrow enough for every equation to hold over the integers.
#include <zkvm/chips/ecall/primitive.hpp>

namespace atlas::field {
template <class P>
struct SumOfProducts;  // packed types have it
}

namespace atlas::zkvm::chips {

inline constexpr unsigned kNumberWords = 8, kNumberLimbs = 16, kNumberBytes = 32;
/// The product's coefficients: 0 … 62.
inline constexpr unsigned kProductCoefficients = 2 * kNumberBytes - 1;

/// How many products of two bytes coefficient k sums.
constexpr i64 products_in(unsigned k) {
  return k < kNumberBytes ? k + 1 : kProductCoefficients - k;
}
/// An integer modulo p.
constexpr u32 residue(i64 value) {
  constexpr i64 kP = BabyBear::kModulus;
  return static_cast<u32>((value % kP + kP) % kP);
}

/// Limbs of 16 bits, lowest first.
template <class T>
struct Number {
  T limb[kNumberLimbs];
};
/// The lower bytes of limbs.
template <class T>
struct LowBytes {
  T byte[kNumberLimbs];
};
/// Bytes, lowest first.
template <class T>
struct NumberBytes {
  T byte[kNumberBytes];
};

/// The number that eight words hold.
template <class T>
ATLAS_FORCE_INLINE constexpr Number<T> number_in(const MemoryWord<T>* words) {
  Number<T> out;
  for (unsigned i = 0; i < kNumberWords; ++i) {
    out.limb[2 * i] = words[i].lo;
    out.limb[2 * i + 1] = words[i].hi;
  }
  return out;
}
template <class T>
ATLAS_FORCE_INLINE constexpr Limbs<T> word_of(const Number<T>& number, unsigned i) {
  return {number.limb[2 * i], number.limb[2 * i + 1]};
}

/// Looks the bytes up in pairs.
template <class Builder, class T>
ATLAS_FORCE_INLINE constexpr void check_bytes(Builder& b, const T& when, const NumberBytes<T>& bytes) {
  for (unsigned i = 0; i < kNumberBytes; i += 2) b.send(kBytesTag, when, {bytes.byte[i], bytes.byte[i + 1]});
}
/// A number's bytes, of which the lower ones of its limbs are columns; they are looked up. That also shows that the
/// limbs are below 2^16.
template <class Builder, class T>
ATLAS_FORCE_INLINE constexpr NumberBytes<T> bytes_of(Builder& b, const T& when, const Number<T>& number,
                                                     const LowBytes<T>& low) {
  NumberBytes<T> out;
  for (unsigned i = 0; i < kNumberLimbs; ++i) {
    out.byte[2 * i] = low.byte[i];
    out.byte[2 * i + 1] = (number.limb[i] - low.byte[i]) * kInverse8;
  }
  check_bytes(b, when, out);
  return out;
}
template <class Builder, class T>
ATLAS_FORCE_INLINE constexpr void check_number(Builder& b, const T& when, const Number<T>& number) {
  for (unsigned i = 0; i < kNumberLimbs; ++i) b.send(kRange16Tag, when, {number.limb[i]});
}

/// Σ x[first + i]·y[last − i] for i < count. Values that only constraints use are made without writing to an array
/// twice, so that where constraints are left out (the bus's leaves) compilers drop them.
template <class T>
ATLAS_FORCE_INLINE constexpr T convolve(const T* x, const T* y, unsigned first, unsigned last, unsigned count) {
  if constexpr (requires { T::kLanes; }) {
    field::SumOfProducts<T> sum;
    unsigned i = 0;
    for (; i + 1 < count; i += 2) sum.add(x[first + i], y[last - i], x[first + i + 1], y[last - i - 1]);
    if (i < count) sum.add(x[first + i], y[last - i]);
    return sum.value();
  } else {
    T sum = x[first] * y[last];
    for (unsigned i = 1; i < count; ++i) sum = sum + x[first + i] * y[last - i];
    return sum;
  }
}
/// Coefficient k of x·y.
template <class T>
ATLAS_FORCE_INLINE constexpr T product_coefficient(const T* x, const T* y, unsigned k) {
  const unsigned first = k < kNumberBytes ? 0 : k - kNumberBytes + 1;
  return convolve(x, y, first, k - first, static_cast<unsigned>(products_in(k)));
}

/// Looks up the high bits of gaps (and other numbers below 64), three at a time.
template <class Builder, class T>
class SixBitChecks {
 public:
  ATLAS_FORCE_INLINE constexpr SixBitChecks(Builder& b, const T& when) : b_(b), when_(when) {}
  ATLAS_FORCE_INLINE constexpr void add(const T& value) {
    values_[count_++] = value;
    if (count_ == 3) flush();
  }
  ATLAS_FORCE_INLINE constexpr void finish() {
    if (count_ == 0) return;
    while (count_ < 3) values_[count_++] = b_.constant(0);
    flush();
  }

 private:
  ATLAS_FORCE_INLINE constexpr void flush() {
    check_ticks(b_, when_, values_[0], values_[1], values_[2]);
    count_ = 0;
  }
  Builder& b_;
  T when_;
  T values_[3]{};
  unsigned count_ = 0;
};

/// Reads `count` words from `index` on.
template <class Builder, class T>
ATLAS_FORCE_INLINE constexpr void read_words(Builder& b, const T& when, const T& index, const MemoryWord<T>* words,
                                             unsigned count, const T& time, SixBitChecks<Builder, T>& gaps) {
  for (unsigned i = 0; i < count; ++i) {
    const MemoryWord<T>& w = words[i];
    gaps.add(access_memory(b, when, index + i, w, Limbs<T>{w.lo, w.hi}, time));
  }
}
/// Writes the number's words from `index` on.
template <class Builder, class T>
ATLAS_FORCE_INLINE constexpr void write_number(Builder& b, const T& when, const T& index, const MemoryWord<T>* words,
                                               const Number<T>& number, const T& time, SixBitChecks<Builder, T>& gaps) {
  for (unsigned i = 0; i < kNumberWords; ++i) {
    gaps.add(access_memory(b, when, index + i, words[i], word_of(number, i), time));
  }
}

}  // namespace atlas::zkvm::chips
