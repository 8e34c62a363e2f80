#pragma once
// A machine that computes nothing: rows of the width and with the messages that an RV32IM step has (20 cells, 15
// messages, look-ups of 16 bits among them), for measuring the prover apart from any instruction set.
#include <stark/prover/execution_prover.hpp>

namespace atlas::stark::synthetic {

inline constexpr Tag kPair{"pair", 1, 4, TagKind::kPermutation, Bus::kLocal};
inline constexpr Tag kRange{"range", 2, 1, TagKind::kLookup, Bus::kLocal};
inline constexpr Tag kWord{"word", 3, 3, TagKind::kPermutation, Bus::kBoundary};
inline constexpr u32 kRangeHeight = 1u << 16;
inline constexpr u32 kLookups = 5;
inline constexpr u32 kPairs = 5;

struct Step {
  static constexpr const char* kName = "step";
  template <class T>
  struct Row {
    T real;
    T limb[kLookups];
    T a[8];
    T product[6];
  };
  static constexpr unsigned kBoundaryColumns = 0, kFixedColumns = 0, kClosedColumns = 0;
  template <class Builder>
  static void constexpr eval(Builder& builder) {
    const auto& row = builder.template row<Row>();
    builder.assert_zero(row.real * (row.real - 1));
    for (u32 i = 0; i < 6; ++i) builder.assert_zero(row.product[i] - row.a[i] * row.a[i + 1] * row.real);
    for (u32 i = 0; i < 4; ++i) builder.assert_zero(row.real * (row.limb[i] + row.limb[i + 1] * 65536 - row.a[i]));
    for (u32 i = 0; i < kPairs; ++i) {
      builder.send(kPair, row.real, {row.a[i], row.a[i + 1], row.a[i + 2], row.product[i] + row.real});
      builder.receive(kPair, row.real, {row.a[i], row.a[i + 1], row.a[i + 2], row.product[i] + row.real});
    }
    for (u32 i = 0; i < kLookups; ++i) builder.send(kRange, row.real, {row.limb[i]});
  }
};

struct Range {
  static constexpr const char* kName = "range";
  template <class T>
  struct Row {
    T multiplicity;
    T value;
  };
  static constexpr unsigned kBoundaryColumns = 0, kFixedColumns = 0, kClosedColumns = 1;
  template <class Builder>
  static void constexpr eval(Builder& builder) {
    const auto& row = builder.template row<Row>();
    builder.receive(kRange, row.multiplicity, {row.value});
  }
  static void closed_columns(const RowPoint& point, Ext* out) { out[0] = point.index(); }
};

/// One word in sixteen steps crosses the segment's border.
struct Border {
  static constexpr const char* kName = "border";
  template <class T>
  struct Row {
    T real;
    T value[3];
  };
  static constexpr unsigned kBoundaryColumns = 4, kFixedColumns = 0, kClosedColumns = 0;
  template <class Builder>
  static void constexpr eval(Builder& builder) {
    const auto& row = builder.template row<Row>();
    builder.assert_zero(row.real * (row.real - 1));
    builder.send(kWord, row.real, {row.value[0], row.value[1], row.value[2]});
    builder.receive(kWord, row.real, {row.value[0], row.value[1], row.value[2]});
  }
};

extern const std::span<const ChipKernels> kKernelsPortable;
extern const std::span<const ChipKernels> kKernelsAvx2;
extern const std::span<const ChipKernels> kKernelsAvx512;

}  // namespace atlas::stark::synthetic
