#pragma once
// A machine small enough to read in one sitting, for the proof system's own tests: every kind of column, tag and bus.
//
//   fibonacci  state messages from step to step, a product of degree 3, look-ups in both tables
//   bytes      closed column: 0 … 255
//   mixing     fixed column: a permutation of bytes, part of the verifying key
//   cell       a word that a segment leaves changed: boundary messages
//   image      the word's first and last value: closes the boundary bus
#include <stark/air/machine.hpp>

namespace atlas::stark::toy {

inline constexpr Tag kState{"state", 1, 3, TagKind::kPermutation, Bus::kLocal};
inline constexpr Tag kByte{"byte", 2, 1, TagKind::kLookup, Bus::kLocal};
inline constexpr Tag kMix{"mix", 3, 2, TagKind::kLookup, Bus::kLocal};
inline constexpr Tag kWord{"word", 4, 3, TagKind::kPermutation, Bus::kBoundary};

inline constexpr u32 kTableHeight = 256;

struct Fibonacci {
  static constexpr const char* kName = "fibonacci";
  template <class T>
  struct Row {
    T real;
    T step;
    T a, b;
    T low, high;  ///< of the step: step = low + 256·high
    T mixed;      ///< of low, by the mixing table
    T product;    ///< a·b·mixed, if real
  };
  static constexpr unsigned kBoundaryColumns = 0, kFixedColumns = 0, kClosedColumns = 0;
  template <class Builder>
  static void constexpr eval(Builder& builder) {
    const auto& row = builder.template row<Row>();
    builder.assert_zero(row.real * (row.real - 1));
    builder.assert_zero(row.real * (row.low + row.high * 256 - row.step));
    builder.assert_zero(row.product - row.a * row.b * row.mixed);
    builder.receive(kState, row.real, {row.step, row.a, row.b});
    builder.send(kState, row.real, {row.step + row.real, row.b, row.a + row.b});
    builder.send(kByte, row.real, {row.high});
    builder.send(kMix, row.real, {row.low, row.mixed});
  }
};

struct ByteTable {
  static constexpr const char* kName = "bytes";
  template <class T>
  struct Row {
    T multiplicity;
    T value;
  };
  static constexpr unsigned kBoundaryColumns = 0, kFixedColumns = 0, kClosedColumns = 1;
  template <class Builder>
  static void constexpr eval(Builder& builder) {
    const auto& row = builder.template row<Row>();
    builder.receive(kByte, row.multiplicity, {row.value});
  }
  static void closed_columns(const RowPoint& point, Ext* out) { out[0] = point.index(); }
};

struct MixingTable {
  static constexpr const char* kName = "mixing";
  template <class T>
  struct Row {
    T multiplicity;
    T mixed;
    T value;
  };
  static constexpr unsigned kBoundaryColumns = 0, kFixedColumns = 1, kClosedColumns = 1;
  static constexpr u32 mix(u32 byte) { return (byte * 167 + 13) & 255; }
  template <class Builder>
  static void constexpr eval(Builder& builder) {
    const auto& row = builder.template row<Row>();
    builder.receive(kMix, row.multiplicity, {row.value, row.mixed});
  }
  static void closed_columns(const RowPoint& point, Ext* out) { out[0] = point.index(); }
};

struct Cell {
  static constexpr const char* kName = "cell";
  template <class T>
  struct Row {
    T real;
    T index;
    T value_in, segment_in;
    T value_out, segment_out;
    T added;  ///< main column
  };
  static constexpr unsigned kBoundaryColumns = 6, kFixedColumns = 0, kClosedColumns = 0;
  template <class Builder>
  static void constexpr eval(Builder& builder) {
    const auto& row = builder.template row<Row>();
    builder.assert_zero(row.real * (row.real - 1));
    builder.assert_zero(row.real * (row.value_in + row.added - row.value_out));
    builder.send(kByte, row.real, {row.added});
    builder.receive(kWord, row.real, {row.index, row.value_in, row.segment_in});
    builder.send(kWord, row.real, {row.index, row.value_out, row.segment_out});
  }
};

struct Image {
  static constexpr const char* kName = "image";
  template <class T>
  struct Row {
    T real;
    T index;
    T first;
    T last, last_segment;
  };
  static constexpr unsigned kBoundaryColumns = 5, kFixedColumns = 0, kClosedColumns = 0;
  template <class Builder>
  static void constexpr eval(Builder& builder) {
    const auto& row = builder.template row<Row>();
    builder.assert_zero(row.real * (row.real - 1));
    builder.send(kWord, row.real, {row.index, row.first, row.real * 0});
    builder.receive(kWord, row.real, {row.index, row.last, row.last_segment});
  }
};

enum ChipIndex : unsigned { kFibonacci, kByteTable, kMixingTable, kCell, kImage, kChips };

/// Public values of a segment: steps before, a, b; steps after, a, b.
inline constexpr u32 kPublicValues = 6;

}  // namespace atlas::stark::toy
