#pragma once
// The fixed tables. All but the program are formulas in the row's number, which the verifier evaluates.
#include <zkvm/machine/parts.hpp>

namespace atlas::zkvm::chips {

/// 0 … 2^bits − 1.
template <unsigned kBits, const Tag& kTag>
struct RangeTable {
  static constexpr const char* kName = kTag.name;
  static constexpr unsigned kBoundaryColumns = 0, kFixedColumns = 0, kClosedColumns = 1;
  static constexpr u32 kHeight = 1u << kBits;
  template <class T>
  struct Row {
    T multiplicity;
    T value;
  };
  template <class Builder>
  static constexpr void eval(Builder& b) {
    const auto& row = b.template row<Row>();
    b.receive(kTag, row.multiplicity, {row.value});
  }
  static void closed_columns(const stark::RowPoint& point, stark::Ext* out) { out[0] = point.index(); }
  static constexpr void closed_row(u32 index, Row<u32>& row) { row.value = index; }
};
using Range20 = RangeTable<20, kRange20Tag>;
using Range16 = RangeTable<16, kRange16Tag>;
using Range14 = RangeTable<14, kRange14Tag>;

/// Three numbers of six bits.
struct Ticks {
  static constexpr const char* kName = "ticks";
  static constexpr unsigned kBoundaryColumns = 0, kFixedColumns = 0, kClosedColumns = 3;
  static constexpr u32 kHeight = 1u << (3 * kGapHighBits);
  template <class T>
  struct Row {
    T multiplicity;
    T x, y, z;
  };
  template <class Builder>
  static constexpr void eval(Builder& b) {
    const auto& row = b.template row<Row>();
    b.receive(kTicksTag, row.multiplicity, {row.x, row.y, row.z});
  }
  static void closed_columns(const stark::RowPoint& point, stark::Ext* out) {
    for (unsigned i = 0; i < 3; ++i) out[i] = point.bits(i * kGapHighBits, kGapHighBits);
  }
  static constexpr void closed_row(u32 index, Row<u32>& row) {
    row.x = index & 63;
    row.y = index >> 6 & 63;
    row.z = index >> 12;
  }
};

/// Two bytes: alone, with their conjunction, and with their exclusive or in two parts.
struct BytePairs {
  static constexpr const char* kName = "byte pairs";
  static constexpr unsigned kBoundaryColumns = 0, kFixedColumns = 0, kClosedColumns = 7;
  static constexpr u32 kHeight = 1u << 16;
  template <class T>
  struct Row {
    T pairs, conjunctions, nibbles, tops;  ///< multiplicities
    T x, y, both;
    T low4, high4, low7, top;
  };
  template <class Builder>
  static constexpr void eval(Builder& b) {
    const auto& row = b.template row<Row>();
    b.receive(kBytesTag, row.pairs, {row.x, row.y});
    b.receive(kAndTag, row.conjunctions, {row.x, row.y, row.both});
    b.receive(kXorNibblesTag, row.nibbles, {row.x, row.y, row.low4, row.high4});
    b.receive(kXorTopTag, row.tops, {row.x, row.y, row.low7, row.top});
  }
  /// Bits of x and of y belong to different variables (those of x to the skip's and three more), so a product's
  /// expectation is the product of expectations.
  static void closed_columns(const stark::RowPoint& point, stark::Ext* out) {
    out[0] = point.bits(0, 8);
    out[1] = point.bits(8, 8);
    for (unsigned i = 2; i < 7; ++i) out[i] = stark::Ext::zero();
    for (unsigned i = 0; i < 8; ++i) {
      const stark::Ext x = point.bits(i, 1), y = point.bits(8 + i, 1), both = x * y;
      const stark::Ext differ = x + y - both - both;
      out[2] += both * BabyBear(u32{1} << i);
      out[i < 4 ? 3 : 4] += differ * BabyBear(u32{1} << i % 4);
      out[i < 7 ? 5 : 6] += differ * BabyBear(u32{1} << i % 7);
    }
  }
  static constexpr void closed_row(u32 index, Row<u32>& row) {
    row.x = index & 255;
    row.y = index >> 8;
    row.both = row.x & row.y;
    const u32 differ = row.x ^ row.y;
    row.low4 = differ & 15;
    row.high4 = differ >> 4;
    row.low7 = differ & 127;
    row.top = differ >> 7;
  }
};

/// A byte moved by up to eight bits; see chips/shift. Index: byte + 2^8·r + 2^11·direction.
struct ShiftTable {
  static constexpr const char* kName = "shifts";
  static constexpr unsigned kBoundaryColumns = 0, kFixedColumns = 0, kClosedColumns = 6;
  static constexpr u32 kHeight = 1u << 12;
  template <class T>
  struct Row {
    T multiplicity;
    T byte, r, direction, low, high, power;
  };
  template <class Builder>
  static constexpr void eval(Builder& b) {
    const auto& row = b.template row<Row>();
    b.receive(kShiftTag, row.multiplicity, {row.byte, row.r, row.direction, row.low, row.high, row.power});
  }
  static constexpr unsigned distance(u32 r, u32 direction) { return direction == 0 ? r : 8 - r; }
  static void closed_columns(const stark::RowPoint& point, stark::Ext* out) {
    using stark::Ext;
    out[0] = point.bits(0, 8);
    out[1] = point.bits(8, 3);
    out[2] = point.bits(11, 1);
    out[3] = out[4] = out[5] = Ext::zero();
    for (u32 code = 0; code < 16; ++code) {
      Ext chosen = Ext::one();  // the weight of the rows of this r and direction
      for (unsigned i = 0; i < 4; ++i) {
        const Ext bit = point.bits(8 + i, 1);
        chosen = chosen * ((code >> i & 1) != 0 ? bit : Ext::one() - bit);
      }
      const unsigned d = distance(code & 7, code >> 3);
      for (unsigned i = 0; i < 8; ++i) {
        const Ext moved = chosen * point.bits(i, 1);
        if (i + d < 8) {
          out[3] += moved * BabyBear(u32{1} << (i + d));
        } else {
          out[4] += moved * BabyBear(u32{1} << (i + d - 8));
        }
      }
      out[5] += chosen * BabyBear(u32{1} << d);
    }
  }
  static constexpr void closed_row(u32 index, Row<u32>& row) {
    row.byte = index & 255;
    row.r = index >> 8 & 7;
    row.direction = index >> 11;
    row.power = u32{1} << distance(row.r, row.direction);
    row.low = row.byte * row.power & 255;
    row.high = row.byte * row.power >> 8;
  }
};

/// The program, in the key: row i is the instruction of slot i (machine/program_table.hpp).
struct ProgramTable {
  static constexpr const char* kName = "program";
  static constexpr unsigned kBoundaryColumns = 0, kFixedColumns = 8, kClosedColumns = 1;
  template <class T>
  struct Row {
    T multiplicity;
    Fields<T> fields;
    T slot;
  };
  template <class Builder>
  static constexpr void eval(Builder& b) {
    const auto& row = b.template row<Row>();
    const auto& f = row.fields;
    b.receive(
        kProgramTag, row.multiplicity,
        {row.slot, f.operation, f.rd, f.rs1, f.rs2, f.immediate.lo, f.immediate.hi, f.auxiliary.lo, f.auxiliary.hi});
  }
  static void closed_columns(const stark::RowPoint& point, stark::Ext* out) { out[0] = point.index(); }
};

}  // namespace atlas::zkvm::chips
