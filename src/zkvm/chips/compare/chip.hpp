#pragma once
#include <zkvm/machine/parts.hpp>

namespace atlas::zkvm::chips {

/// The witness of x < y: the difference d = x − y + 2^32·less has limbs in [0, 2^16).
template <class T>
struct Comparison {
  T less;
  T borrow;          ///< of the low limb
  T sign_x, sign_y;  ///< top bits, if the comparison is signed
};
// d.lo = x.lo − y.lo + 2^16·borrow and d.hi = x'.hi − y'.hi − borrow + 2^16·less are looked up. All limbs are below
// 2^16, so the right sides lie in (−2^17, 2^18) and the equations hold for integers: d = x' − y' + 2^32·less is in [0,
// 2^32), which makes `less` the truth about x' < y'. Signed: x' = x + 2^31 mod 2^32, that is hi + 2^15 − 2^16·sign,
// which is looked up, so that sign is the top bit; adding 2^31 turns signed order into unsigned.
static_assert((i64{1} << 18) < kHalfField);
template <class Builder, class T>
ATLAS_FORCE_INLINE constexpr void assert_comparison(Builder& b, const T& real, const T& is_signed, const Limbs<T>& x,
                                                    const Limbs<T>& y, const Comparison<T>& c) {
  assert_boolean(b, c.less);
  assert_boolean(b, c.borrow);
  assert_boolean(b, c.sign_x);
  assert_boolean(b, c.sign_y);
  b.assert_zero(c.sign_x * (1 - is_signed));
  b.assert_zero(c.sign_y * (1 - is_signed));
  b.send(kRange16Tag, is_signed, {x.hi - c.sign_x * 65536 + 32768});
  b.send(kRange16Tag, is_signed, {y.hi - c.sign_y * 65536 + 32768});
  b.send(kRange16Tag, real, {x.lo - y.lo + c.borrow * 65536});
  b.send(kRange16Tag, real, {x.hi - y.hi - c.borrow + (c.less - c.sign_x + c.sign_y) * 65536});
}

/// SLT, SLTU, SLTI, SLTIU.
template <bool kImmediate>
struct CompareChip : PlainChip {
  static constexpr const char* kName = kImmediate ? "compare immediate" : "compare";
  template <class T>
  struct Row {
    T real;
    T is_signed;
    Cursor<T> at;
    RegisterAccess<T> rs1;
    std::conditional_t<kImmediate, Limbs<T>, RegisterAccess<T>> second;
    RegisterAccess<T> rd;
    Comparison<T> order;
  };
  template <class Builder>
  static constexpr void eval(Builder& b) {
    using T = ExprOf<Builder>;
    const auto& row = b.template row<Row>();
    const T zero = b.constant(0);
    assert_boolean(b, row.real);
    assert_boolean(b, row.is_signed);  // also in idle rows, where it makes look-ups and nothing else
    step(b, row.real, row.at, kTicksPerStep, row.at.slot + 1);
    const T operation =
        row.real * number(kImmediate ? Operation::kCompareImmediate : Operation::kCompare) + row.is_signed;
    const T x = read_register(b, row.real, row.rs1, row.at.time);
    if constexpr (kImmediate) {
      fetch(b, row.real, row.at, Fields<T>{operation, row.rd.index, row.rs1.index, zero, row.second, {zero, zero}});
      const T z = write_register(b, row.real, row.rd, {row.order.less, zero}, row.at.time + kTickRd);
      check_ticks(b, row.real, x, z, zero);
    } else {
      fetch(b, row.real, row.at,
            Fields<T>{operation, row.rd.index, row.rs1.index, row.second.index, {zero, zero}, {zero, zero}});
      const T y = read_register(b, row.real, row.second, row.at.time + kTickRs2);
      const T z = write_register(b, row.real, row.rd, {row.order.less, zero}, row.at.time + kTickRd);
      check_ticks(b, row.real, x, y, z);
    }
    assert_comparison(b, row.real, row.is_signed, Limbs<T>{row.rs1.lo, row.rs1.hi},
                      Limbs<T>{row.second.lo, row.second.hi}, row.order);
  }
};
using Compare = CompareChip<false>;
using CompareImmediate = CompareChip<true>;

}  // namespace atlas::zkvm::chips
