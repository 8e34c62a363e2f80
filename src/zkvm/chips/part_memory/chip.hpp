#pragma once
#include <zkvm/machine/parts.hpp>

namespace atlas::zkvm::chips {

/// Where in its word a byte or halfword lies, and the limb that has it taken apart.
template <class T>
struct Part {
  T bit0, bit1;  ///< of the address
  T limb;        ///< the word's limb that bit1 chooses
  T low_byte;    ///< of the limb; the other one follows

  ATLAS_FORCE_INLINE constexpr T high_byte() const { return (limb - low_byte) * kInverse8; }
};
template <class Builder, class T>
ATLAS_FORCE_INLINE constexpr void assert_part(Builder& b, const T& real, const T& is_half, const MemoryWord<T>& word,
                                              const Part<T>& part) {
  assert_boolean(b, part.bit0);
  assert_boolean(b, part.bit1);
  b.assert_zero(is_half * part.bit0);  // a misaligned halfword has no trace
  b.assert_zero(word.lo + part.bit1 * (word.hi - word.lo) - part.limb);
  b.send(kBytesTag, real, {part.low_byte, part.high_byte()});
}

/// LB, LH, LBU, LHU.
struct LoadPart : PlainChip {
  static constexpr const char* kName = "load part";
  template <class T>
  struct Row {
    T is_byte, is_half;
    T is_signed;
    Cursor<T> at;
    RegisterAccess<T> rs1, rd;
    Limbs<T> immediate;
    Address<T> address;
    MemoryWord<T> word;
    Part<T> part;
    T top_byte;  ///< the value's highest byte
    T sign;      ///< its top bit, if the load is signed
    T value_lo;
  };
  template <class Builder>
  static constexpr void eval(Builder& b) {
    using T = ExprOf<Builder>;
    const auto& row = b.template row<Row>();
    const T zero = b.constant(0);
    const T real = row.is_byte + row.is_half;
    // In a live row is_byte = 1 − is_half.
    assert_boolean(b, row.is_half);
    assert_boolean(b, real);
    assert_boolean(b, row.is_signed);  // also in idle rows, where it makes a look-up and nothing else
    step(b, real, row.at, kTicksPerStep, row.at.slot + 1);
    fetch(b, real, row.at,
          Fields<T>{real * number(Operation::kLoadPart) + row.is_half + row.is_signed * 2,
                    row.rd.index,
                    row.rs1.index,
                    zero,
                    row.immediate,
                    {zero, zero}});
    const T x = read_register(b, real, row.rs1, row.at.time);
    const T m = access_memory(b, real, row.address.index(), row.word, Limbs<T>{row.word.lo, row.word.hi},
                              row.at.time + kTickMemory);
    const T z = write_register(b, real, row.rd, Limbs<T>{row.value_lo, row.sign * 65535}, row.at.time + kTickRd);
    check_ticks(b, real, x, m, z);
    check_address(b, real, Limbs<T>{row.rs1.lo, row.rs1.hi}, row.immediate, row.part.bit0 + row.part.bit1 * 2,
                  row.address);
    assert_part(b, real, row.is_half, row.word, row.part);
    const T low = row.part.low_byte, high = row.part.high_byte();
    b.assert_zero(row.is_byte * (low + row.part.bit0 * (high - low)) + row.is_half * high - row.top_byte);
    b.send(kAndTag, row.is_signed, {row.top_byte, b.constant(128), row.sign * 128});
    b.assert_zero(row.sign * (1 - row.is_signed));
    // Bytes: 0x00vv or 0xffvv; a halfword is the limb. Either is below 2^16.
    b.assert_zero(row.is_byte * (row.top_byte + row.sign * 0xff00) + row.is_half * row.part.limb - row.value_lo);
  }
};

/// SB, SH.
struct StorePart : PlainChip {
  static constexpr const char* kName = "store part";
  template <class T>
  struct Row {
    T is_byte, is_half;
    Cursor<T> at;
    RegisterAccess<T> rs1, rs2;
    Limbs<T> immediate;
    Address<T> address;
    MemoryWord<T> word;
    Part<T> part;
    T byte;           ///< rs2's lowest
    T limb;           ///< what part.limb becomes
    Limbs<T> stored;  ///< what the word becomes
  };
  template <class Builder>
  static constexpr void eval(Builder& b) {
    using T = ExprOf<Builder>;
    const auto& row = b.template row<Row>();
    const T zero = b.constant(0);
    const T real = row.is_byte + row.is_half;
    // In a live row is_byte = 1 − is_half.
    assert_boolean(b, row.is_half);
    assert_boolean(b, real);
    step(b, real, row.at, kTicksPerStep, row.at.slot + 1);
    fetch(b, real, row.at,
          Fields<T>{real * number(Operation::kStorePart) + row.is_half,
                    zero,
                    row.rs1.index,
                    row.rs2.index,
                    row.immediate,
                    {zero, zero}});
    const T x = read_register(b, real, row.rs1, row.at.time);
    const T y = read_register(b, real, row.rs2, row.at.time + kTickRs2);
    const T m = access_memory(b, real, row.address.index(), row.word, row.stored, row.at.time + kTickMemory);
    check_ticks(b, real, x, y, m);
    check_address(b, real, Limbs<T>{row.rs1.lo, row.rs1.hi}, row.immediate, row.part.bit0 + row.part.bit1 * 2,
                  row.address);
    assert_part(b, real, row.is_half, row.word, row.part);
    // Bytes beside a byte, or rs2's low limb, which was received: below 2^16.
    b.send(kBytesTag, real, {row.byte, (row.rs2.lo - row.byte) * kInverse8});
    const T low = row.part.low_byte, high = row.part.high_byte();
    b.assert_zero(row.is_byte * (row.byte + high * 256 + row.part.bit0 * (low - row.byte + (row.byte - high) * 256)) +
                  row.is_half * row.rs2.lo - row.limb);
    const T change = row.limb - row.part.limb;
    b.assert_zero(row.word.lo + (1 - row.part.bit1) * change - row.stored.lo);
    b.assert_zero(row.word.hi + row.part.bit1 * change - row.stored.hi);
  }
};

}  // namespace atlas::zkvm::chips
