#pragma once
#include <base/sha256_tables.hpp>
#include <zkvm/chips/ecall/digest.hpp>
#include <zkvm/chips/ecall/primitive.hpp>

namespace atlas::zkvm::chips {

inline constexpr u32 kFunctionSha256 = 27;
inline constexpr unsigned kSha256Quarters = 4, kSha256Steps = 16;

/// A call's blocks: (call, blocks left, block's word). Its chaining values: (call, 2·blocks left + half, eight limbs).
inline constexpr Tag kSha256BlockTag{"sha256 block", 31, 3, TagKind::kPermutation, Bus::kLocal};
inline constexpr Tag kSha256ValueTag{"sha256 value", 32, 10, TagKind::kPermutation, Bus::kLocal};
/// A block's working variables before a quarter: (call, blocks left, 2·quarter + half, eight limbs). Which quarter a
/// row is follows from its flags, and `left` is a field of its own: no fraction of it makes up for another quarter.
inline constexpr Tag kSha256StateTag{"sha256 state", 33, 11, TagKind::kPermutation, Bus::kLocal};
/// What a quarter's sixteen words owe to the words before them, in sums of limbs: (call, blocks left, 4·quarter + part,
/// eleven sums).
inline constexpr Tag kSha256WordsTag{"sha256 words", 34, 14, TagKind::kPermutation, Bus::kLocal};

template <class T>
struct Sha256Place {
  T call, left, quarter;
};
/// Sends or receives words in parts of equal size.
template <const Tag& kTag, u32 kParts, u32 kPartLimbs, unsigned kWords, class Builder, class T>
constexpr void hand_parts(Builder& b, bool is_send, const T& when, const Sha256Place<T>& place, u32 stride,
                          const Limbs<T> (&words)[kWords]) {
  static_assert(kParts * kPartLimbs >= 2 * kWords);
  for (u32 part = 0; part < kParts; ++part) {
    T fields[3 + kPartLimbs] = {place.call, place.left, place.quarter * stride + part};
    for (u32 i = 0; i < kPartLimbs; ++i) {
      const u32 limb = part * kPartLimbs + i;
      if (limb < 2 * kWords) {
        fields[3 + i] = limb % 2 == 0 ? words[limb / 2].lo : words[limb / 2].hi;
      } else {
        fields[3 + i] = b.constant(0);
      }
    }
    if (is_send) {
      b.send(kTag, when, fields);
    } else {
      b.receive(kTag, when, fields);
    }
  }
}
template <class Builder, class T>
constexpr void hand_schedule(Builder& b, bool is_send, const T& when, const Sha256Place<T>& place,
                             const Limbs<T> (&words)[kSha256Steps]) {
  hand_parts<kSha256WordsTag, 3, 11>(b, is_send, when, place, 4, words);
}
template <class Builder, class T>
constexpr void hand_variables(Builder& b, bool is_send, const T& when, const Sha256Place<T>& place,
                              const Limbs<T> (&words)[kDigestWords]) {
  hand_parts<kSha256StateTag, 2, 8>(b, is_send, when, place, 2, words);
}

/// Sixteen steps of the compression (FIPS 180-4, 6.2.2), by bits: of the block's words and of each new a and e. Which
/// quarter it is chooses the constants; words of the first are the block's, later ones follow from the sixteen before.
struct Sha256Quarter : PlainChip {
  static constexpr const char* kName = "sha256 quarter";
  static constexpr unsigned kWordCarryBits = 2, kStateCarryBits = 3;
  template <class T>
  struct Carry {
    template <unsigned kBits>
    struct Of {
      T lo[kBits], hi[kBits];
    };
  };
  template <class T>
  struct Row {
    T quarter[kSha256Quarters];  ///< which it is
    T call, left;
    /// Working variables by age: [0] is d (h) as limbs, [1 … 3] are c, b, a (g, f, e), then the new ones.
    Limbs<T> d, h;
    T a[3 + kSha256Steps][32], e[3 + kSha256Steps][32];
    typename Carry<T>::template Of<kStateCarryBits> a_carry[kSha256Steps], e_carry[kSha256Steps];
    Limbs<T> owed[kSha256Steps];  ///< to words before
    T word[kSha256Steps][32];
    typename Carry<T>::template Of<kWordCarryBits> word_carry[kSha256Steps];
    Limbs<T> small[kSha256Steps - 1];  ///< σ1 of words 0 … 13; then σ0 of word 0
  };

  template <class T>
  static ATLAS_FORCE_INLINE constexpr T exclusive_or(const T& x, const T& y) {
    return x + y - x * y * 2;
  }
  /// Limbs of a word whose bit i is bit(i).
  template <class T, class Bit>
  static ATLAS_FORCE_INLINE constexpr Limbs<T> limbs_by(const Bit& bit) {
    Limbs<T> out{bit(0u), bit(16u)};
    for (unsigned i = 1; i < 16; ++i) {
      out.lo = out.lo + bit(i) * (1u << i);
      out.hi = out.hi + bit(16 + i) * (1u << i);
    }
    return out;
  }
  template <class T>
  static ATLAS_FORCE_INLINE constexpr Limbs<T> limbs_of_bits(const T (&bits)[32]) {
    return limbs_by<T>([&](unsigned i) -> const T& { return bits[i]; });
  }
  /// Three turns of a word, xor-ed; the last is a shift if kShift: its top bits are zero.
  template <unsigned kOne, unsigned kTwo, unsigned kThree, bool kShift, class T>
  static ATLAS_FORCE_INLINE constexpr Limbs<T> turns(const T (&bits)[32]) {
    return limbs_by<T>([&](unsigned i) -> T {
      const T two = exclusive_or(bits[(i + kOne) % 32], bits[(i + kTwo) % 32]);
      if (kShift && i + kThree >= 32) return two;
      return exclusive_or(two, bits[(i + kThree) % 32]);
    });
  }
  template <class T>
  static constexpr Limbs<T> small_zero(const T (&bits)[32]) {
    return turns<7, 18, 3, true>(bits);
  }
  template <class T>
  static constexpr Limbs<T> small_one(const T (&bits)[32]) {
    return turns<17, 19, 10, true>(bits);
  }
  template <class T>
  static ATLAS_FORCE_INLINE constexpr Limbs<T> add(const Limbs<T>& x, const Limbs<T>& y) {
    return {x.lo + y.lo, x.hi + y.hi};
  }

  // total = word + 2^32·carry. A word's limbs are of bits and carries below 8, so both sides are below 2^19 + 8.
  static_assert((i64{1} << 19) + 8 < kHalfField);
  template <class Builder, class T, class Carries>
  static constexpr void assert_word(Builder& b, const Limbs<T>& total, const Limbs<T>& word, const Carries& carry) {
    T lo = b.constant(0), hi = b.constant(0);
    for (unsigned i = 0; i < sizeof(carry.lo) / sizeof(T); ++i) {
      assert_boolean(b, carry.lo[i]);
      assert_boolean(b, carry.hi[i]);
      lo = lo + carry.lo[i] * (1u << i);
      hi = hi + carry.hi[i] * (1u << i);
    }
    b.assert_zero(total.lo - word.lo - lo * 65536);
    b.assert_zero(total.hi + lo - word.hi - hi * 65536);
  }

  template <class Builder>
  static constexpr void eval(Builder& b) {
    using T = ExprOf<Builder>;
    const auto& row = b.template row<Row>();
    T real = b.constant(0), number = b.constant(0);
    for (u32 q = 0; q < kSha256Quarters; ++q) {
      assert_boolean(b, row.quarter[q]);
      real = real + row.quarter[q];
      number = number + row.quarter[q] * q;
    }
    const T passes = real - row.quarter[kSha256Quarters - 1];
    assert_boolean(b, real);  // at most one flag is set, so `passes` is 0 or 1 too
    const T later = real - row.quarter[0];
    const Sha256Place<T> place{row.call, row.left, number}, next{row.call, row.left, number + 1};

    Limbs<T> a[4 + kSha256Steps], e[4 + kSha256Steps], word[kSha256Steps];
    a[0] = row.d;
    e[0] = row.h;
    for (unsigned i = 0; i < 3 + kSha256Steps; ++i) {
      for (unsigned k = 0; k < 32; ++k) {
        assert_boolean(b, row.a[i][k]);
        assert_boolean(b, row.e[i][k]);
      }
      a[i + 1] = limbs_of_bits(row.a[i]);
      e[i + 1] = limbs_of_bits(row.e[i]);
    }
    for (unsigned t = 0; t < kSha256Steps; ++t) {
      for (unsigned k = 0; k < 32; ++k) assert_boolean(b, row.word[t][k]);
      word[t] = limbs_of_bits(row.word[t]);
    }
    const Limbs<T> before[kDigestWords] = {a[3], a[2], a[1], a[0], e[3], e[2], e[1], e[0]};
    hand_variables(b, false, real, place, before);

    // The schedule. Within a quarter, word t has σ1 of word t − 2, word t − 7, and word 15 has σ0 of word 0.
    hand_schedule(b, false, real, place, row.owed);
    for (unsigned t = 0; t < kSha256Steps; ++t) {
      if (t + 1 < kSha256Steps) {
        const Limbs<T> sum = t + 2 < kSha256Steps ? small_one(row.word[t]) : small_zero(row.word[0]);
        b.assert_zero(sum.lo - row.small[t].lo);
        b.assert_zero(sum.hi - row.small[t].hi);
      }
      Limbs<T> own{b.constant(0), b.constant(0)};
      if (t >= 2) own = add(own, row.small[t - 2]);
      if (t >= 7) own = add(own, word[t - 7]);
      if (t == 15) own = add(own, row.small[14]);
      assert_word(b, Limbs<T>{row.owed[t].lo + later * own.lo, row.owed[t].hi + later * own.hi}, word[t],
                  row.word_carry[t]);
    }
    Limbs<T> owed[kSha256Steps];
    for (unsigned t = 0; t < kSha256Steps; ++t) {
      owed[t] = word[t];
      if (t + 1 < kSha256Steps) owed[t] = add(owed[t], small_zero(row.word[t + 1]));
      if (t < 7) owed[t] = add(owed[t], word[t + 9]);
      if (t < 2) owed[t] = add(owed[t], small_one(row.word[t + 14]));
    }
    hand_schedule(b, true, passes, next, owed);

    for (unsigned t = 0; t < kSha256Steps; ++t) {
      const T(&va)[32] = row.a[t + 2], (&vb)[32] = row.a[t + 1], (&vc)[32] = row.a[t];
      const T(&ve)[32] = row.e[t + 2], (&vf)[32] = row.e[t + 1], (&vg)[32] = row.e[t];
      const Limbs<T> choice = limbs_by<T>([&](unsigned i) -> T { return vg[i] + ve[i] * (vf[i] - vg[i]); });
      const Limbs<T> majority = limbs_by<T>([&](unsigned i) -> T {
        const T both = vb[i] * vc[i];
        return both + va[i] * (vb[i] + vc[i] - both * 2);
      });
      Limbs<T> constant{b.constant(0), b.constant(0)};
      for (u32 q = 0; q < kSha256Quarters; ++q) {
        const u32 k = kSha256Constants[q * kSha256Steps + t];
        constant = add(constant, Limbs<T>{row.quarter[q] * (k & 0xffff), row.quarter[q] * (k >> 16)});
      }
      const Limbs<T> one = add(add(add(e[t], turns<6, 11, 25, false>(ve)), add(choice, constant)), word[t]);
      const Limbs<T> two = add(turns<2, 13, 22, false>(va), majority);
      assert_word(b, add(a[t], one), e[t + 4], row.e_carry[t]);
      assert_word(b, add(one, two), a[t + 4], row.a_carry[t]);
    }
    constexpr unsigned kEnd = kSha256Steps;
    const Limbs<T> after[kDigestWords] = {a[kEnd + 3], a[kEnd + 2], a[kEnd + 1], a[kEnd],
                                          e[kEnd + 3], e[kEnd + 2], e[kEnd + 1], e[kEnd]};
    hand_variables(b, true, real, next, after);
  }
};

/// One block: reads its words, whose bytes count from the top, has them compressed and adds the chaining value.
struct Sha256Block : PlainChip {
  static constexpr const char* kName = "sha256 block";
  template <class T>
  struct Row {
    T real;
    T call, left;
    T index;  ///< of its first word
    Limbs<T> value[kDigestWords];
    MemoryWord<T> word[kSha256Steps];
    T byte0[kSha256Steps], byte2[kSha256Steps];  ///< of the words
    Limbs<T> mixed[kDigestWords];                ///< working variables after the last step
    Limbs<T> output[kDigestWords];
  };
  template <class Builder>
  static constexpr void eval(Builder& b) {
    using T = ExprOf<Builder>;
    const auto& row = b.template row<Row>();
    const T zero = b.constant(0);
    assert_boolean(b, row.real);
    b.receive(kSha256BlockTag, row.real, {row.call, row.left, row.index});
    b.send(kSha256BlockTag, row.real, {row.call, row.left - 1, row.index + kSha256Steps});
    hand_digest(b, kSha256ValueTag, false, row.real, row.call, row.left, row.value);

    Limbs<T> words[kSha256Steps];
    T high[kSha256Steps + 2];
    for (unsigned i = 0; i < kSha256Steps; ++i) {
      const MemoryWord<T>& w = row.word[i];
      high[i] = access_memory(b, row.real, row.index + i, w, Limbs<T>{w.lo, w.hi}, row.call + (kTickEcallReads + 1));
      const T byte1 = (w.lo - row.byte0[i]) * kInverse8, byte3 = (w.hi - row.byte2[i]) * kInverse8;
      b.send(kBytesTag, row.real, {row.byte0[i], byte1});
      b.send(kBytesTag, row.real, {row.byte2[i], byte3});
      words[i] = {byte3 + row.byte2[i] * 256, byte1 + row.byte0[i] * 256};
    }
    high[kSha256Steps] = high[kSha256Steps + 1] = zero;
    for (unsigned i = 0; i < kSha256Steps; i += 3) check_ticks(b, row.real, high[i], high[i + 1], high[i + 2]);

    const Sha256Place<T> begin{row.call, row.left, zero}, end{row.call, row.left, b.constant(kSha256Quarters)};
    hand_variables(b, true, row.real, begin, row.value);
    hand_schedule(b, true, row.real, begin, words);
    hand_variables(b, false, row.real, end, row.mixed);
    static_assert((i64{1} << 17) + 1 < kHalfField);
    for (unsigned i = 0; i < kDigestWords; ++i) {
      const Limbs<T>&x = row.value[i], &y = row.mixed[i], &sum = row.output[i];
      const T c0 = (x.lo + y.lo - sum.lo) * kInverse16;
      const T c1 = (x.hi + y.hi + c0 - sum.hi) * kInverse16;
      assert_boolean(b, c0);
      assert_boolean(b, c1);
      check_limbs(b, row.real, sum);
    }
    hand_digest(b, kSha256ValueTag, true, row.real, row.call, row.left - 1, row.output);
  }
};

/// The call: state at a0, blocks at a1, count a2.
struct Sha256 : PlainChip {
  static constexpr const char* kName = "sha256";
  template <class T>
  struct Row {
    T real;
    PrimitiveCall<T> call;
    Address<T> blocks;
    T count_low;  ///< (count − 1) mod 64
    MemoryWord<T> word[kDigestWords];
    Limbs<T> output[kDigestWords];
  };
  template <class Builder>
  static constexpr void eval(Builder& b) {
    using T = ExprOf<Builder>;
    const auto& row = b.template row<Row>();
    const T zero = b.constant(0);
    const T &time = row.call.time, &count = row.call.argument[1].lo;
    assert_boolean(b, row.real);
    receive_primitive(b, row.real, row.real * kFunctionSha256, row.call);
    check_pointer(b, row.real, row.call, 1, row.blocks);
    // count − 1 = low + 64·high < 2^12. Blocks left fall by one a row and there are fewer rows than p, so there are
    // exactly `count`.
    b.assert_zero(row.call.argument[1].hi);
    b.send(kTicksTag, row.real, {row.count_low, (count - row.count_low - 1) * inverse_power(6), zero});
    b.send(kSha256BlockTag, row.real, {time, count, row.blocks.index()});
    b.receive(kSha256BlockTag, row.real, {time, zero, row.blocks.index() + count * kSha256Steps});

    Limbs<T> before[kDigestWords];
    T high[kDigestWords + 1];
    for (unsigned i = 0; i < kDigestWords; ++i) {
      before[i] = {row.word[i].lo, row.word[i].hi};
      high[i] = access_memory(b, row.real, row.call.index + i, row.word[i], row.output[i], time + kTickEcallWrites);
    }
    high[kDigestWords] = zero;
    for (unsigned i = 0; i < kDigestWords + 1; i += 3) check_ticks(b, row.real, high[i], high[i + 1], high[i + 2]);
    hand_digest(b, kSha256ValueTag, true, row.real, time, count, before);
    hand_digest(b, kSha256ValueTag, false, row.real, time, zero, row.output);  // checked by Sha256Block
  }
};

}  // namespace atlas::zkvm::chips
