#pragma once
#include <zkvm/chips/extension/element.hpp>

namespace atlas::zkvm::chips {

/// A dot product so far: (time of the call, 1 if both sides are extension elements, index of the next left and right
/// element, terms left, five words of sum). A call sends (…, count, sum before) and receives (…, 0, sum after); each
/// row of a term takes one off, so that the chain between them has exactly count rows. Calls have different times.
inline constexpr Tag kDotTag{"dot", 40, 10, TagKind::kPermutation, Bus::kLocal};
/// An expansion so far: (time of the call, index of the next element in the lower and in the upper half, elements left,
/// five words of r). As above.
inline constexpr Tag kEqTag{"eq", 41, 9, TagKind::kPermutation, Bus::kLocal};

/// Elements of a run: from 1 to 2^12, count − 1 in twice six bits.
template <class Builder, class T>
ATLAS_FORCE_INLINE constexpr void check_count(Builder& b, const Limbs<T>& count, const T& low,
                                              SixBitChecks<Builder, T>& checks) {
  static_assert(abi::kExtensionRunMax == 1u << (2 * kGapHighBits));
  b.assert_zero(count.hi);
  checks.add(low);
  checks.add((count.lo - 1 - low) * inverse_power(kGapHighBits));
}

/// extension_dot_base and extension_dot: sum += Σ a_i·b_i. A row a call.
struct ExtensionDot : PlainChip {
  static constexpr const char* kName = "extension dot";
  static constexpr u32 kFunction = 24;  ///< of base elements on the left; extension_dot is the next
  template <class T>
  struct Row {
    T is_base, is_extension;
    PrimitiveCall<T> call;
    Address<T> left, right;
    T count_low;  ///< (count − 1) mod 64
    T left_words;
    FieldWord<T> sum[kElementWords];
    NewFieldWord<T> next[kElementWords];
  };
  template <class Builder>
  static constexpr void eval(Builder& b) {
    using T = ExprOf<Builder>;
    const auto& row = b.template row<Row>();
    const T real = row.is_base + row.is_extension;
    const T zero = b.constant(0);
    // In a live row is_base = 1 − is_extension.
    assert_boolean(b, row.is_extension);
    assert_boolean(b, real);
    receive_primitive(b, real, real * kFunction + row.is_extension, row.call);
    check_pointer(b, real, row.call, 1, row.left);
    check_pointer(b, real, row.call, 2, row.right);
    const T time = row.call.time;
    const Limbs<T>& count = row.call.argument[2];
    SixBitChecks<Builder, T> checks(b, real);
    check_count(b, count, row.count_low, checks);
    b.assert_zero((row.is_base + row.is_extension * kElementWords) * count.lo - row.left_words);

    Element<T> next;
    for (unsigned i = 0; i < kElementWords; ++i) {
      const FieldWord<T>& w = row.sum[i];
      check_below_modulus(b, real, Limbs<T>{w.word.lo, w.word.hi}, w.is_low_set);
      write_field_word(b, real, row.call.index + i, w.word, row.next[i], time + kTickEcallWrites, checks);
      next.c[i] = row.next[i].value.lo + row.next[i].value.hi * 65536;
    }
    checks.finish();
    const Element<T> sum = element_in(row.sum);
    b.send(kDotTag, real,
           {time, row.is_extension, row.left.index(), row.right.index(), count.lo, sum.c[0], sum.c[1], sum.c[2],
            sum.c[3], sum.c[4]});
    b.receive(kDotTag, real,
              {time, row.is_extension, row.left.index() + row.left_words, row.right.index() + count.lo * kElementWords,
               zero, next.c[0], next.c[1], next.c[2], next.c[3], next.c[4]});
  }
};

/// One term of a dot product; the left element has kLeftWords words.
template <unsigned kLeftWords>
struct DotTermOf : PlainChip {
  static constexpr const char* kName = kLeftWords == 1 ? "dot base term" : "dot term";
  template <class T>
  struct Row {
    T real;
    T time, left_index, right_index, left;
    FieldWord<T> x[kLeftWords], y[kElementWords];
    Element<T> sum, next;
  };
  template <class Builder>
  static constexpr void eval(Builder& b) {
    using T = ExprOf<Builder>;
    const auto& row = b.template row<Row>();
    const T& real = row.real;
    const Element<T>&s = row.sum, &n = row.next;
    const T kind = b.constant(kLeftWords == kElementWords);
    assert_boolean(b, real);
    b.receive(kDotTag, real,
              {row.time, kind, row.left_index, row.right_index, row.left, s.c[0], s.c[1], s.c[2], s.c[3], s.c[4]});
    b.send(kDotTag, real,
           {row.time, kind, row.left_index + kLeftWords, row.right_index + kElementWords, row.left - 1, n.c[0], n.c[1],
            n.c[2], n.c[3], n.c[4]});
    SixBitChecks<Builder, T> gaps(b, real);
    read_field_words(b, real, row.left_index, row.x, kLeftWords, row.time + (kTickEcallReads + 1), gaps);
    read_field_words(b, real, row.right_index, row.y, kElementWords, row.time + (kTickEcallReads + 2), gaps);
    gaps.finish();
    const Element<T> y = element_in(row.y);
    if constexpr (kLeftWords == 1) {
      const T x = row.x[0].value() * kInverse32;
      for (unsigned k = 0; k < kElementWords; ++k) b.assert_zero(s.c[k] + x * y.c[k] - n.c[k]);
    } else {
      const Element<T> term = product(element_in(row.x), y);
      for (unsigned k = 0; k < kElementWords; ++k) b.assert_zero(s.c[k] + term.c[k] - n.c[k]);
    }
  }
};
using DotBaseTerm = DotTermOf<1>;
using DotTerm = DotTermOf<kElementWords>;

/// eq_expand: a table of count elements becomes one of twice as many. A row a call.
struct EqExpand : PlainChip {
  static constexpr const char* kName = "eq expand";
  static constexpr u32 kFunction = 26;
  template <class T>
  struct Row {
    T real;
    PrimitiveCall<T> call;
    Address<T> pointer;  ///< of r
    T count_low;         ///< (count − 1) mod 64
    FieldWord<T> r[kElementWords];
  };
  template <class Builder>
  static constexpr void eval(Builder& b) {
    using T = ExprOf<Builder>;
    const auto& row = b.template row<Row>();
    const T& real = row.real;
    assert_boolean(b, real);
    receive_primitive(b, real, real * kFunction, row.call);
    check_pointer(b, real, row.call, 1, row.pointer);
    const T &time = row.call.time, &table = row.call.index;
    const Limbs<T>& count = row.call.argument[1];
    SixBitChecks<Builder, T> checks(b, real);
    check_count(b, count, row.count_low, checks);
    read_field_words(b, real, row.pointer.index(), row.r, kElementWords, time + (kTickEcallReads + 1), checks);
    checks.finish();
    const Element<T> r = element_in(row.r);
    const T half = count.lo * kElementWords, upper = table + half;
    b.send(kEqTag, real, {time, table, upper, count.lo, r.c[0], r.c[1], r.c[2], r.c[3], r.c[4]});
    b.receive(kEqTag, real, {time, upper, upper + half, b.constant(0), r.c[0], r.c[1], r.c[2], r.c[3], r.c[4]});
  }
};

/// One element of the table: t becomes t − t·r, and t·r goes to the upper half.
struct EqStep : PlainChip {
  static constexpr const char* kName = "eq step";
  template <class T>
  struct Row {
    T real;
    T time, lower_index, upper_index, left;
    Element<T> r;
    FieldWord<T> t[kElementWords];
    NewFieldWord<T> lower[kElementWords];
    MemoryWord<T> found[kElementWords];  ///< where the upper one goes
    NewFieldWord<T> upper[kElementWords];
  };
  template <class Builder>
  static constexpr void eval(Builder& b) {
    using T = ExprOf<Builder>;
    const auto& row = b.template row<Row>();
    const T& real = row.real;
    const Element<T>& r = row.r;
    assert_boolean(b, real);
    b.receive(kEqTag, real,
              {row.time, row.lower_index, row.upper_index, row.left, r.c[0], r.c[1], r.c[2], r.c[3], r.c[4]});
    b.send(kEqTag, real,
           {row.time, row.lower_index + kElementWords, row.upper_index + kElementWords, row.left - 1, r.c[0], r.c[1],
            r.c[2], r.c[3], r.c[4]});
    const T time = row.time + kTickEcallWrites;
    const Element<T> t = element_in(row.t), moved = product(t, r);
    SixBitChecks<Builder, T> gaps(b, real);
    for (unsigned i = 0; i < kElementWords; ++i) {
      const FieldWord<T>& w = row.t[i];
      const NewFieldWord<T>&lower = row.lower[i], &upper = row.upper[i];
      check_below_modulus(b, real, Limbs<T>{w.word.lo, w.word.hi}, w.is_low_set);
      write_field_word(b, real, row.lower_index + i, w.word, lower, time, gaps);
      write_field_word(b, real, row.upper_index + i, row.found[i], upper, time, gaps);
      const T product_word = upper.value.lo + upper.value.hi * 65536;
      b.assert_zero(moved.c[i] - product_word);
      b.assert_zero(t.c[i] - product_word - lower.value.lo - lower.value.hi * 65536);
    }
    gaps.finish();
  }
};

}  // namespace atlas::zkvm::chips
