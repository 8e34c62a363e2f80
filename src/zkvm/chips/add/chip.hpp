#pragma once
#include <zkvm/machine/parts.hpp>

namespace atlas::zkvm::chips {

// z = x + y (mod 2^32) in two limbs. The carries are expressions, and boolean: x.lo + y.lo = z.lo + 2^16·c0, and with
// c0 the same above. All limbs are below 2^16 (x and y were received, z is looked up), so both sides lie in [0, 2^17]:
// equal modulo p, they are equal. The last carry is dropped, as ADD asks.
static_assert((i64{1} << 17) < kHalfField);
template <class Builder, class T>
ATLAS_FORCE_INLINE constexpr void assert_sum(Builder& b, const Limbs<T>& x, const Limbs<T>& y, const Limbs<T>& z) {
  const T c0 = (x.lo + y.lo - z.lo) * kInverse16;
  const T c1 = (x.hi + y.hi + c0 - z.hi) * kInverse16;
  assert_boolean(b, c0);
  assert_boolean(b, c1);
}

/// ADD and SUB on registers. SUB is the sum rs1 = rd + rs2.
template <bool kSubtract>
struct AddRegister : PlainChip {
  static constexpr const char* kName = kSubtract ? "sub" : "add";
  template <class T>
  struct Row {
    T real;
    Cursor<T> at;
    RegisterAccess<T> rs1, rs2, rd;
    Limbs<T> result;
  };
  template <class Builder>
  static constexpr void eval(Builder& b) {
    using T = ExprOf<Builder>;
    const auto& row = b.template row<Row>();
    const T zero = b.constant(0);
    assert_boolean(b, row.real);
    step(b, row.real, row.at, kTicksPerStep, row.at.slot + 1);
    fetch(b, row.real, row.at,
          Fields<T>{row.real * number(kSubtract ? Operation::kSub : Operation::kAdd),
                    row.rd.index,
                    row.rs1.index,
                    row.rs2.index,
                    {zero, zero},
                    {zero, zero}});
    const T x = read_register(b, row.real, row.rs1, row.at.time);
    const T y = read_register(b, row.real, row.rs2, row.at.time + kTickRs2);
    const T z = write_register(b, row.real, row.rd, row.result, row.at.time + kTickRd);
    check_ticks(b, row.real, x, y, z);
    check_limbs(b, row.real, row.result);
    const Limbs<T> first{row.rs1.lo, row.rs1.hi}, second{row.rs2.lo, row.rs2.hi};
    if constexpr (kSubtract) {
      assert_sum(b, row.result, second, first);
    } else {
      assert_sum(b, first, second, row.result);
    }
  }
};
using Add = AddRegister<false>;
using Sub = AddRegister<true>;

/// ADDI.
struct AddImmediate : PlainChip {
  static constexpr const char* kName = "add immediate";
  template <class T>
  struct Row {
    T real;
    Cursor<T> at;
    RegisterAccess<T> rs1, rd;
    Limbs<T> immediate, result;
  };
  template <class Builder>
  static constexpr void eval(Builder& b) {
    using T = ExprOf<Builder>;
    const auto& row = b.template row<Row>();
    const T zero = b.constant(0);
    assert_boolean(b, row.real);
    step(b, row.real, row.at, kTicksPerStep, row.at.slot + 1);
    fetch(b, row.real, row.at,
          Fields<T>{row.real * number(Operation::kAddImmediate),
                    row.rd.index,
                    row.rs1.index,
                    zero,
                    row.immediate,
                    {zero, zero}});
    const T x = read_register(b, row.real, row.rs1, row.at.time);
    const T z = write_register(b, row.real, row.rd, row.result, row.at.time + kTickRd);
    check_ticks(b, row.real, x, z, zero);
    check_limbs(b, row.real, row.result);
    assert_sum(b, Limbs<T>{row.rs1.lo, row.rs1.hi}, row.immediate, row.result);
  }
};

}  // namespace atlas::zkvm::chips
