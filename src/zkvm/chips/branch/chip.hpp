#pragma once
#include <zkvm/chips/compare/chip.hpp>

namespace atlas::zkvm::chips {

/// BEQ and BNE.
struct BranchEqual : PlainChip {
  static constexpr const char* kName = "branch equal";
  template <class T>
  struct Row {
    T is_beq, is_bne;
    Cursor<T> at;
    RegisterAccess<T> rs1, rs2;
    T target, next;
    T equal;
    T inverse_lo, inverse_hi;  ///< difference.lo·inverse_lo + difference.hi·inverse_hi = 1, if the operands differ
  };
  template <class Builder>
  static constexpr void eval(Builder& b) {
    using T = ExprOf<Builder>;
    const auto& row = b.template row<Row>();
    const T zero = b.constant(0);
    const T real = row.is_beq + row.is_bne;
    // Two booleans of three: in a live row is_beq = 1 − is_bne.
    assert_boolean(b, row.is_bne);
    assert_boolean(b, real);
    step(b, real, row.at, kTicksPerStep, row.next);
    fetch(b, real, row.at,
          Fields<T>{real * number(Operation::kBranchEqual) + row.is_bne,
                    zero,
                    row.rs1.index,
                    row.rs2.index,
                    {zero, zero},
                    {row.target, zero}});
    const T x = read_register(b, real, row.rs1, row.at.time);
    const T y = read_register(b, real, row.rs2, row.at.time + kTickRs2);
    check_ticks(b, real, x, y, zero);
    // Limbs are below 2^16 < p, so they are equal if their difference is zero modulo p. `equal` is 0 or 1: a difference
    // that is not zero makes it 0, and none makes the last equation say real = equal.
    const T lo = row.rs1.lo - row.rs2.lo, hi = row.rs1.hi - row.rs2.hi;
    b.assert_zero(row.equal * lo);
    b.assert_zero(row.equal * hi);
    b.assert_zero(lo * row.inverse_lo + hi * row.inverse_hi + row.equal - real);
    const T taken = row.is_beq * row.equal + row.is_bne * (1 - row.equal);
    b.assert_zero(real * (row.at.slot + 1) + taken * (row.target - row.at.slot - 1) - row.next);
  }
};

/// BLT, BGE, BLTU, BGEU.
struct BranchLess : PlainChip {
  static constexpr const char* kName = "branch less";
  template <class T>
  struct Row {
    T is_less, is_not_less;
    T is_signed;
    Cursor<T> at;
    RegisterAccess<T> rs1, rs2;
    T target, next;
    Comparison<T> order;
  };
  template <class Builder>
  static constexpr void eval(Builder& b) {
    using T = ExprOf<Builder>;
    const auto& row = b.template row<Row>();
    const T zero = b.constant(0);
    const T real = row.is_less + row.is_not_less;
    // In a live row is_less = 1 − is_not_less.
    assert_boolean(b, row.is_not_less);
    assert_boolean(b, real);
    assert_boolean(b, row.is_signed);  // also in idle rows, where it makes look-ups and nothing else
    step(b, real, row.at, kTicksPerStep, row.next);
    fetch(b, real, row.at,
          Fields<T>{real * number(Operation::kBranchLess) + row.is_not_less + row.is_signed * 2,
                    zero,
                    row.rs1.index,
                    row.rs2.index,
                    {zero, zero},
                    {row.target, zero}});
    const T x = read_register(b, real, row.rs1, row.at.time);
    const T y = read_register(b, real, row.rs2, row.at.time + kTickRs2);
    check_ticks(b, real, x, y, zero);
    assert_comparison(b, real, row.is_signed, Limbs<T>{row.rs1.lo, row.rs1.hi}, Limbs<T>{row.rs2.lo, row.rs2.hi},
                      row.order);
    const T taken = row.is_less * row.order.less + row.is_not_less * (1 - row.order.less);
    b.assert_zero(real * (row.at.slot + 1) + taken * (row.target - row.at.slot - 1) - row.next);
  }
};

}  // namespace atlas::zkvm::chips
