#pragma once
#include <zkvm/machine/parts.hpp>

namespace atlas::zkvm::chips {

// Words between segments. Over the execution, each word's messages are one chain: its initial row sends (value, segment
// 0), the boundary rows of the segments that touch it take it over with rising segment numbers, and the initial row
// receives what is left. Order messages make initial rows unique, so there is one chain a word; rising numbers make a
// segment have at most one row for it; and the number in a row is its segment's, by look-up.

/// A word that this segment touches.
struct BoundaryRow {
  static constexpr const char* kName = "boundary";
  static constexpr unsigned kBoundaryColumns = 9, kFixedColumns = 0, kClosedColumns = 0;
  template <class T>
  struct Row {
    T real;
    T space, index;
    Limbs<T> in;
    T segment_in;
    Limbs<T> out;
    T segment;
    T last;  ///< time of the last access
  };
  template <class Builder>
  static constexpr void eval(Builder& b) {
    using T = ExprOf<Builder>;
    const auto& row = b.template row<Row>();
    const T zero = b.constant(0);
    assert_boolean(b, row.real);
    b.receive(kWordTag, row.real, {row.space, row.index, row.in.lo, row.in.hi, row.segment_in});
    b.send(kWordTag, row.real, {row.space, row.index, row.out.lo, row.out.hi, row.segment});
    b.send(kSegmentTag, row.real, {row.segment});
    // Segments are numbered below 2^17, so their difference does not wrap around p.
    b.send(kRange16Tag, row.real, {row.segment - row.segment_in - 1});
    b.send(kAccessTag, row.real, {row.space, row.index, row.in.lo, row.in.hi, zero});
    b.receive(kAccessTag, row.real, {row.space, row.index, row.out.lo, row.out.hi, row.last});
  }
};

/// A word's first and last value, in the initialisation segment. Rows of a zone are linked by order messages: index ≥
/// low, then low = index + 1. In zones of the image the first value is the image's, in others zero. A row whose word
/// nothing touches (last = first, last segment 0) is allowed, and bridges gaps of 2^28 words and more.
struct InitialRow {
  static constexpr const char* kName = "initial";
  static constexpr unsigned kBoundaryColumns = 8, kFixedColumns = 0, kClosedColumns = 0;
  template <class T>
  struct Row {
    T real;
    T space, index;
    Limbs<T> first, last;
    T last_segment;
    T zone;
    T in_image;
    T low;      ///< indices below are done
    T index_q;  ///< index mod 2^14
    T gap_q;    ///< (index − low) mod 2^14
  };
  template <class Builder>
  static constexpr void eval(Builder& b) {
    using T = ExprOf<Builder>;
    const auto& row = b.template row<Row>();
    const T zero = b.constant(0);
    assert_boolean(b, row.real);
    assert_boolean(b, row.in_image);  // also in idle rows, where it makes a look-up and nothing else
    b.send(kWordTag, row.real, {row.space, row.index, row.first.lo, row.first.hi, zero});
    b.receive(kWordTag, row.real, {row.space, row.index, row.last.lo, row.last.hi, row.last_segment});
    b.receive(kOrderTag, row.real, {row.zone, row.space, row.in_image, row.low});
    b.send(kOrderTag, row.real, {row.zone, row.space, row.in_image, row.index + 1});
    b.send(kImageTag, row.in_image, {row.index, row.first.lo, row.first.hi});
    b.assert_zero((row.real - row.in_image) * row.first.lo);
    b.assert_zero((row.real - row.in_image) * row.first.hi);
    // index < 2^30 and low ≤ 2^30, so index − low ≥ −2^30; modulo p a negative one would be at least p − 2^30, which is
    // no gap below 2^28.
    static_assert(i64{BabyBear::kModulus} - (i64{1} << 30) >= i64{1} << 28);
    b.send(kRange14Tag, row.real, {row.index_q});
    b.send(kRange16Tag, row.real, {(row.index - row.index_q) * kInverse14});
    b.send(kRange14Tag, row.real, {row.gap_q});
    b.send(kRange14Tag, row.real, {(row.index - row.low - row.gap_q) * kInverse14});
  }
};

/// The zones of the program's words, in the key: registers, then memory's parts in and outside of the image. A row that
/// is used ends its zone and begins the next.
struct Zones {
  static constexpr const char* kName = "zones";
  static constexpr unsigned kBoundaryColumns = 0, kFixedColumns = 8, kClosedColumns = 0;
  template <class T>
  struct Row {
    T used;
    T low;
    T gap_q;
    T zone, space, in_image, end;
    T next_zone, next_space, next_in_image, next_begin;
  };
  template <class Builder>
  static constexpr void eval(Builder& b) {
    const auto& row = b.template row<Row>();
    assert_boolean(b, row.used);
    b.receive(kOrderTag, row.used, {row.zone, row.space, row.in_image, row.low});
    b.send(kOrderTag, row.used, {row.next_zone, row.next_space, row.next_in_image, row.next_begin});
    // low ≤ end ≤ 2^30, bounded as in InitialRow: low is such a row's index + 1 or a zone's begin.
    b.send(kRange14Tag, row.used, {row.gap_q});
    b.send(kRange14Tag, row.used, {(row.end - row.low - row.gap_q) * kInverse14});
  }
};

/// The words of the program's image, in the key. Padding has an index that no word has.
struct ImageTable {
  static constexpr const char* kName = "image";
  static constexpr unsigned kBoundaryColumns = 0, kFixedColumns = 3, kClosedColumns = 0;
  template <class T>
  struct Row {
    T multiplicity;
    T index;
    Limbs<T> value;
  };
  template <class Builder>
  static constexpr void eval(Builder& b) {
    const auto& row = b.template row<Row>();
    b.receive(kImageTag, row.multiplicity, {row.index, row.value.lo, row.value.hi});
  }
};

/// What is one of a kind in a segment, in row 0: its number, and the register to which writes to x0 go.
struct SegmentTable {
  static constexpr const char* kName = "segment";
  static constexpr unsigned kBoundaryColumns = 0, kFixedColumns = 0, kClosedColumns = 1;
  template <class T>
  struct Row {
    T multiplicity;
    T number;
    Limbs<T> discarded;
    T last;
    T is_first;
  };
  template <class Builder>
  static constexpr void eval(Builder& b) {
    using T = ExprOf<Builder>;
    const auto& row = b.template row<Row>();
    const T zero = b.constant(0);
    assert_boolean(b, row.is_first);
    b.assert_zero(row.multiplicity * (1 - row.is_first));
    b.receive(kNumberTag, row.is_first, {row.number});
    b.receive(kSegmentTag, row.multiplicity, {row.number});
    b.send(kAccessTag, row.is_first, {b.constant(kRegisterSpace), b.constant(kDiscard), zero, zero, zero});
    b.receive(kAccessTag, row.is_first,
              {b.constant(kRegisterSpace), b.constant(kDiscard), row.discarded.lo, row.discarded.hi, row.last});
  }
  static void closed_columns(const stark::RowPoint& point, stark::Ext* out) {
    out[0] = point.low[0];  // 32 rows
  }
};

}  // namespace atlas::zkvm::chips
