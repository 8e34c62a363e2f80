#pragma once
#include <zkvm/machine/parts.hpp>

namespace atlas::zkvm::chips {

/// JALR. The table's immediate is imm − text_begin, so that rs1 + immediate is the target's distance from the text, and
/// bit 0 is dropped: distance = bit + 4q + 2^16·hi gives the slot q + 2^14·hi < 2^30 < p, no alias of another. Bit 1
/// set has no trace (a misaligned jump faults), and the next instruction's fetch shows that the slot is in the text.
struct JumpRegister : PlainChip {
  static constexpr const char* kName = "jump register";
  template <class T>
  struct Row {
    T real;
    Cursor<T> at;
    RegisterAccess<T> rs1, rd;
    Limbs<T> immediate, link;
    T bit;
    Address<T> target;
  };
  template <class Builder>
  static constexpr void eval(Builder& b) {
    using T = ExprOf<Builder>;
    const auto& row = b.template row<Row>();
    const T zero = b.constant(0);
    assert_boolean(b, row.real);
    assert_boolean(b, row.bit);
    step(b, row.real, row.at, kTicksPerStep, row.target.index());
    fetch(b, row.real, row.at,
          Fields<T>{row.real * number(Operation::kJumpRegister), row.rd.index, row.rs1.index, zero, row.immediate,
                    row.link});
    const T x = read_register(b, row.real, row.rs1, row.at.time);
    const T z = write_register(b, row.real, row.rd, row.link, row.at.time + kTickRd);
    check_ticks(b, row.real, x, z, zero);
    check_address(b, row.real, Limbs<T>{row.rs1.lo, row.rs1.hi}, row.immediate, row.bit, row.target);
  }
};

}  // namespace atlas::zkvm::chips
