#pragma once
#include <zkvm/chips/blake3/compression.hpp>

namespace atlas::zkvm::chips {

/// Columns of half a mixing G: a + b + x, then d ^ a turned, c + d, b ^ c turned.
template <class T>
struct HalfMix {
  WordBytes<T> a;
  WordBytes<T> both;  ///< of d and a, the conjunction
  WordBytes<T> c;
  WordBytes<T> low, high;  ///< of b ^ c, each byte split where the turn cuts it
};

/// One round: columns, then diagonals. It receives the state and the message and sends what they become.
struct Blake3Round : PlainChip {
  static constexpr const char* kName = "blake3 round";
  static constexpr unsigned kMixes = 8;
  template <class T>
  struct Row {
    T real;
    T passes;  ///< there is a next round: the message goes on
    CompressionName<T> name;
    T round;
    Limbs<T> a[4];  ///< the state's words by fours; what will be xor-ed comes in bytes
    WordBytes<T> b[4];
    Limbs<T> c[4];
    WordBytes<T> d[4];
    Limbs<T> message[16];
    HalfMix<T> first[kMixes], second[kMixes];
  };

  // x + y (+ z) = sum (mod 2^32) by limbs; a carry is below the number of summands. Limbs below 2^16 make both sides of
  // an equation less than 3·2^16 + 2. A message limb of another size is by the same equation that of an integer near
  // those: it stands for the word that the two limbs are modulo 2^32.
  static_assert((i64{3} << 16) + 2 < kHalfField);
  template <unsigned kSummands, class Builder, class T>
  static ATLAS_FORCE_INLINE constexpr void assert_sum(Builder& b, const Limbs<T>& total, const Limbs<T>& sum) {
    const T c0 = (total.lo - sum.lo) * kInverse16;
    const T c1 = (total.hi + c0 - sum.hi) * kInverse16;
    if constexpr (kSummands == 3) {
      b.assert_zero(c0 * (c0 - 1) * (c0 - 2));
      b.assert_zero(c1 * (c1 - 1) * (c1 - 2));
    } else {
      b.assert_zero(c0 * (c0 - 1));
      b.assert_zero(c1 * (c1 - 1));
    }
  }

  /// d turns right by two bytes and b by 12 bits in the first half, by one byte and 7 bits in the second.
  template <bool kSecond, class Builder, class T>
  static ATLAS_FORCE_INLINE constexpr void half_mix(Builder& b, const T& real, const HalfMix<T>& w, const Limbs<T>& x,
                                                    Limbs<T>& va, WordBytes<T>& vb, Limbs<T>& vc, WordBytes<T>& vd) {
    constexpr unsigned kTurn = kSecond ? 1 : 2;
    const Limbs<T> b_limbs = vb.limbs(), a = w.a.limbs(), c = w.c.limbs();
    assert_sum<3>(b, Limbs<T>{va.lo + b_limbs.lo + x.lo, va.hi + b_limbs.hi + x.hi}, a);
    WordBytes<T> d;
    for (unsigned i = 0; i < 4; ++i) {
      b.send(kAndTag, real, {vd.byte[i], w.a.byte[i], w.both.byte[i]});
      d.byte[(i + 4 - kTurn) % 4] = vd.byte[i] + w.a.byte[i] - w.both.byte[i] * 2;
    }
    const Limbs<T> d_limbs = d.limbs();
    assert_sum<2>(b, Limbs<T>{vc.lo + d_limbs.lo, vc.hi + d_limbs.hi}, c);
    for (unsigned i = 0; i < 4; ++i) {
      b.send(kSecond ? kXorTopTag : kXorNibblesTag, real, {vb.byte[i], w.c.byte[i], w.low.byte[i], w.high.byte[i]});
    }
    for (unsigned i = 0; i < 4; ++i) {
      vb.byte[i] = kSecond ? w.high.byte[i] + w.low.byte[(i + 1) % 4] * 2
                           : w.high.byte[(i + 1) % 4] + w.low.byte[(i + 2) % 4] * 16;
    }
    va = a;
    vc = c;
    vd = d;
  }

  template <class T>
  static ATLAS_FORCE_INLINE constexpr void gather(Limbs<T> (&words)[kBlake3StateWords], const Limbs<T> (&a)[4],
                                                  const WordBytes<T> (&b)[4], const Limbs<T> (&c)[4],
                                                  const WordBytes<T> (&d)[4]) {
    for (unsigned i = 0; i < 4; ++i) {
      words[i] = a[i];
      words[4 + i] = b[i].limbs();
      words[8 + i] = c[i];
      words[12 + i] = d[i].limbs();
    }
  }

  template <class Builder>
  static constexpr void eval(Builder& builder) {
    using T = ExprOf<Builder>;
    const auto& row = builder.template row<Row>();
    assert_boolean(builder, row.real);
    assert_boolean(builder, row.passes);
    builder.assert_zero(row.passes * (1 - row.real));
    Limbs<T> a[4], c[4], words[kBlake3StateWords];
    WordBytes<T> b[4], d[4];
    for (unsigned i = 0; i < 4; ++i) a[i] = row.a[i], b[i] = row.b[i], c[i] = row.c[i], d[i] = row.d[i];
    gather(words, a, b, c, d);
    hand_words(builder, kBlake3StateTag, false, row.real, row.name, row.round, words);
    hand_words(builder, kBlake3WordsTag, false, row.real, row.name, row.round, row.message);
    for (unsigned g = 0; g < kMixes; ++g) {
      const unsigned i = g % 4, turn = g / 4;
      Limbs<T>&va = a[i], &vc = c[(i + 2 * turn) % 4];
      WordBytes<T>&vb = b[(i + turn) % 4], &vd = d[(i + 3 * turn) % 4];
      half_mix<false>(builder, row.real, row.first[g], row.message[2 * g], va, vb, vc, vd);
      half_mix<true>(builder, row.real, row.second[g], row.message[2 * g + 1], va, vb, vc, vd);
    }
    gather(words, a, b, c, d);
    const T next = row.round + 1;
    hand_words(builder, kBlake3StateTag, true, row.real, row.name, next, words);
    for (unsigned i = 0; i < 16; ++i) words[i] = row.message[kBlake3Schedule.word[1][i]];
    hand_words(builder, kBlake3WordsTag, true, row.passes, row.name, next, words);
  }
};

}  // namespace atlas::zkvm::chips
