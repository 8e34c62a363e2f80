#pragma once
// What a chip is. A chip is a type:
//
//   struct Adder {
//     static constexpr const char* kName = "adder";
//     template <class T> struct Row { T real, a, b, sum; };   // boundary, main, fixed, closed columns, in this order
//     static constexpr unsigned kBoundaryColumns = 0, kFixedColumns = 0, kClosedColumns = 0;
//     template <class Builder> static void eval(Builder& builder) {
//       const auto& row = builder.template row<Row>();
//       builder.assert_zero(row.real * (row.real - 1));
//       builder.send(kTag, row.real, {row.a, row.b});
//     }
//   };
//
// Relations are polynomials inside one row, degree at most kMaxDegree, or messages on a bus. eval() runs under many
// builders: shape (here), symbolic analysis and trace checking (prover/air), the provers' packed evaluation, the
// verifier.
#include <source_location>

#include <stark/config.hpp>

namespace atlas::stark {

/// Local messages balance inside a segment, boundary messages over the whole execution.
enum class Bus : u8 { kLocal, kBoundary };
inline constexpr unsigned kBusCount = 2;

/// Lookup: senders have a boolean multiplicity, only a fixed-table chip receives, with a free multiplicity.
/// Permutation: both sides boolean.
enum class TagKind : u8 { kLookup, kPermutation };

struct Tag {
  const char* name;
  u32 id;      ///< slot 0 of the message, never 0: no message of one tag equals one of another
  u32 fields;  ///< how many fields follow, at most kMaxArity − 1
  TagKind kind;
  Bus bus;
};

inline constexpr unsigned kMaxMessages = 512;  ///< of one chip

struct MessageShape {
  u32 tag = 0;
  Bus bus = Bus::kLocal;
  bool is_send = false;
  bool is_linear = false;  ///< multiplicity and fields have degree at most 1: its fraction is linear in the columns
};

struct ChipShape {
  u32 columns[4]{};  ///< boundary, main, fixed, closed
  u32 constraints = 0;
  u32 message_count = 0;
  MessageShape messages[kMaxMessages]{};

  constexpr u32 committed() const { return columns[0] + columns[1] + columns[2]; }
  constexpr u32 width() const { return committed() + columns[3]; }
  constexpr u32 messages_on(Bus bus) const {
    u32 n = 0;
    for (u32 i = 0; i < message_count; ++i) n += messages[i].bus == bus;
    return n;
  }
};

/// Counts constraints and messages at compile time, and degrees as far as they matter.
class ShapeBuilder {
 public:
  struct Expr {
    u32 degree = 1;  // a column's
    friend constexpr Expr operator+(Expr a, Expr b) { return {a.degree > b.degree ? a.degree : b.degree}; }
    friend constexpr Expr operator-(Expr a, Expr b) { return a + b; }
    friend constexpr Expr operator*(Expr a, Expr b) { return {a.degree + b.degree}; }
    friend constexpr Expr operator+(Expr a, u32) { return a; }
    friend constexpr Expr operator-(Expr a, u32) { return a; }
    friend constexpr Expr operator*(Expr a, u32) { return a; }
    friend constexpr Expr operator+(u32, Expr a) { return a; }
    friend constexpr Expr operator-(u32, Expr a) { return a; }
    friend constexpr Expr operator*(u32, Expr a) { return a; }
    constexpr Expr operator-() const { return *this; }
  };
  constexpr explicit ShapeBuilder(ChipShape& shape) : shape_(shape) {}
  template <template <class> class Row>
  constexpr Row<Expr> row() const {
    return {};
  }
  constexpr Expr constant(u32) const { return {0}; }
  constexpr void assert_zero(const Expr&, std::source_location = {}) { ++shape_.constraints; }
  template <std::size_t N>
  constexpr void send(const Tag& tag, const Expr& multiplicity, const Expr (&fields)[N], std::source_location = {}) {
    add(tag, true, multiplicity, fields);
  }
  template <std::size_t N>
  constexpr void receive(const Tag& tag, const Expr& multiplicity, const Expr (&fields)[N], std::source_location = {}) {
    add(tag, false, multiplicity, fields);
  }

 private:
  constexpr void add(const Tag& tag, bool is_send, const Expr& multiplicity, std::span<const Expr> fields) {
    ENSURE(fields.size() == tag.fields, "a message has as many fields as its tag says");
    ENSURE(shape_.message_count < kMaxMessages, "too many messages in one chip");
    bool is_linear = multiplicity.degree <= 1;
    for (const Expr& field : fields) is_linear = is_linear && field.degree <= 1;
    shape_.messages[shape_.message_count++] = {tag.id, tag.bus, is_send, is_linear};
  }
  ChipShape& shape_;
};

template <class Chip>
constexpr ChipShape shape_of() {
  ChipShape shape;
  constexpr u32 kWidth = sizeof(typename Chip::template Row<u32>) / sizeof(u32);
  shape.columns[0] = Chip::kBoundaryColumns;
  shape.columns[1] = kWidth - Chip::kBoundaryColumns - Chip::kFixedColumns - Chip::kClosedColumns;
  shape.columns[2] = Chip::kFixedColumns;
  shape.columns[3] = Chip::kClosedColumns;
  ShapeBuilder builder(shape);
  Chip::eval(builder);
  return shape;
}

}  // namespace atlas::stark
