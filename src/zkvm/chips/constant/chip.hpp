#pragma once
#include <zkvm/machine/parts.hpp>

namespace atlas::zkvm::chips {

/// LUI, AUIPC and JAL: rd becomes a constant of the program table (immediate, pc + immediate, pc + 4), whose limbs the
/// key vouches for, and the next slot is another.
struct Constant : PlainChip {
  static constexpr const char* kName = "constant";
  template <class T>
  struct Row {
    T real;
    Cursor<T> at;
    RegisterAccess<T> rd;
    Limbs<T> value;
    T next;
  };
  template <class Builder>
  static constexpr void eval(Builder& b) {
    using T = ExprOf<Builder>;
    const auto& row = b.template row<Row>();
    const T zero = b.constant(0);
    assert_boolean(b, row.real);
    step(b, row.real, row.at, kTicksPerStep, row.next);
    fetch(b, row.real, row.at,
          Fields<T>{row.real * number(Operation::kConstant), row.rd.index, zero, zero, row.value, {row.next, zero}});
    const T z = write_register(b, row.real, row.rd, row.value, row.at.time + kTickRd);
    check_ticks(b, row.real, z, zero, zero);
  }
};

}  // namespace atlas::zkvm::chips
