#pragma once
#include <zkvm/machine/parts.hpp>

namespace atlas::zkvm::chips {

/// XOR, OR, AND by bytes: one table gives the conjunction n, and x ^ y = x + y − 2n, x | y = x + y − n.
template <bool kImmediate>
struct BitwiseChip : PlainChip {
  static constexpr const char* kName = kImmediate ? "bitwise immediate" : "bitwise";
  template <class T>
  struct Row {
    T is_xor, is_or, is_and;
    Cursor<T> at;
    RegisterAccess<T> rs1;
    std::conditional_t<kImmediate, Limbs<T>, RegisterAccess<T>> second;
    RegisterAccess<T> rd;
    Limbs<T> result;
    T x0, x2, y0, y2;  ///< bytes 0 and 2 of the operands; 1 and 3 follow from the limbs
    T n0, n1, n2, n3;  ///< bytes of the conjunction
  };
  template <class Builder>
  static constexpr void eval(Builder& b) {
    using T = ExprOf<Builder>;
    const auto& row = b.template row<Row>();
    const T zero = b.constant(0);
    const T real = row.is_xor + row.is_or + row.is_and;
    assert_boolean(b, row.is_xor);
    assert_boolean(b, row.is_or);
    assert_boolean(b, row.is_and);
    assert_boolean(b, real);
    step(b, real, row.at, kTicksPerStep, row.at.slot + 1);
    const T operation =
        real * number(kImmediate ? Operation::kBitwiseImmediate : Operation::kBitwise) + row.is_or + row.is_and * 2;
    const T x = read_register(b, real, row.rs1, row.at.time);
    if constexpr (kImmediate) {
      fetch(b, real, row.at, Fields<T>{operation, row.rd.index, row.rs1.index, zero, row.second, {zero, zero}});
      const T z = write_register(b, real, row.rd, row.result, row.at.time + kTickRd);
      check_ticks(b, real, x, z, zero);
    } else {
      fetch(b, real, row.at,
            Fields<T>{operation, row.rd.index, row.rs1.index, row.second.index, {zero, zero}, {zero, zero}});
      const T y = read_register(b, real, row.second, row.at.time + kTickRs2);
      const T z = write_register(b, real, row.rd, row.result, row.at.time + kTickRd);
      check_ticks(b, real, x, y, z);
    }
    // The table has only bytes, so x0 + 256·x1 = x.lo with x1 = (x.lo − x0)/256 a byte is the one decomposition, and
    // the result's bytes are bytes: its limbs need no look-up.
    b.send(kAndTag, real, {row.x0, row.y0, row.n0});
    b.send(kAndTag, real, {(row.rs1.lo - row.x0) * kInverse8, (row.second.lo - row.y0) * kInverse8, row.n1});
    b.send(kAndTag, real, {row.x2, row.y2, row.n2});
    b.send(kAndTag, real, {(row.rs1.hi - row.x2) * kInverse8, (row.second.hi - row.y2) * kInverse8, row.n3});
    const T lo = row.n0 + row.n1 * 256, hi = row.n2 + row.n3 * 256;
    const T disjoint = row.is_xor + row.is_or;
    b.assert_zero(disjoint * (row.rs1.lo + row.second.lo) + (row.is_and - row.is_or - row.is_xor * 2) * lo -
                  row.result.lo);
    b.assert_zero(disjoint * (row.rs1.hi + row.second.hi) + (row.is_and - row.is_or - row.is_xor * 2) * hi -
                  row.result.hi);
  }
};
using Bitwise = BitwiseChip<false>;
using BitwiseImmediate = BitwiseChip<true>;

}  // namespace atlas::zkvm::chips
