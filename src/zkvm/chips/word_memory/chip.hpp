#pragma once
#include <zkvm/machine/parts.hpp>

namespace atlas::zkvm::chips {

// The table's immediate is imm − memory_begin, so rs1 + immediate is the offset in the memory window. Misaligned
// offsets have no q, and indices outside the window no initial word (chips/words).

/// LW. The value was checked by whoever stored it.
struct LoadWord : PlainChip {
  static constexpr const char* kName = "load word";
  template <class T>
  struct Row {
    T real;
    Cursor<T> at;
    RegisterAccess<T> rs1, rd;
    Limbs<T> immediate;
    Address<T> address;
    MemoryWord<T> word;
  };
  template <class Builder>
  static constexpr void eval(Builder& b) {
    using T = ExprOf<Builder>;
    const auto& row = b.template row<Row>();
    const T zero = b.constant(0);
    assert_boolean(b, row.real);
    step(b, row.real, row.at, kTicksPerStep, row.at.slot + 1);
    fetch(b, row.real, row.at,
          Fields<T>{
              row.real * number(Operation::kLoadWord), row.rd.index, row.rs1.index, zero, row.immediate, {zero, zero}});
    const Limbs<T> value{row.word.lo, row.word.hi};
    const T x = read_register(b, row.real, row.rs1, row.at.time);
    const T m = access_memory(b, row.real, row.address.index(), row.word, value, row.at.time + kTickMemory);
    const T z = write_register(b, row.real, row.rd, value, row.at.time + kTickRd);
    check_ticks(b, row.real, x, m, z);
    check_address(b, row.real, Limbs<T>{row.rs1.lo, row.rs1.hi}, row.immediate, zero, row.address);
  }
};

/// SW.
struct StoreWord : PlainChip {
  static constexpr const char* kName = "store word";
  template <class T>
  struct Row {
    T real;
    Cursor<T> at;
    RegisterAccess<T> rs1, rs2;
    Limbs<T> immediate;
    Address<T> address;
    MemoryWord<T> word;
  };
  template <class Builder>
  static constexpr void eval(Builder& b) {
    using T = ExprOf<Builder>;
    const auto& row = b.template row<Row>();
    const T zero = b.constant(0);
    assert_boolean(b, row.real);
    step(b, row.real, row.at, kTicksPerStep, row.at.slot + 1);
    fetch(
        b, row.real, row.at,
        Fields<T>{
            row.real * number(Operation::kStoreWord), zero, row.rs1.index, row.rs2.index, row.immediate, {zero, zero}});
    const T x = read_register(b, row.real, row.rs1, row.at.time);
    const T y = read_register(b, row.real, row.rs2, row.at.time + kTickRs2);
    const T m = access_memory(b, row.real, row.address.index(), row.word, Limbs<T>{row.rs2.lo, row.rs2.hi},
                              row.at.time + kTickMemory);
    check_ticks(b, row.real, x, y, m);
    check_address(b, row.real, Limbs<T>{row.rs1.lo, row.rs1.hi}, row.immediate, zero, row.address);
  }
};

}  // namespace atlas::zkvm::chips
