#pragma once
// The AIR compiler: looks at a machine's chips symbolically and refuses what the proof system could not make sound.
//
//   a column that nothing uses; a constraint, multiplicity or field above kMaxDegree; a constraint or multiplicity that
//   does not vanish on the zero row (padding rows are virtual zeros); a boundary message that names a column outside
//   the boundary tree; a multiplicity that is not boolean where the tag wants it; a look-up received by a chip whose
//   height the key does not fix, or received by none; a look-up on the boundary bus; two tags with one id, or the id 0;
//   fixed or closed columns in a chip of free height.
#include <functional>
#include <string>

#include <stark/air/machine.hpp>

namespace atlas::stark {

/// An expression as the compiler sees it.
struct SymbolicExpr {
  unsigned degree = 0;
  BabyBear at_zero = BabyBear::zero();  ///< value when every column is zero
  std::vector<bool> columns;            ///< those it depends on
};
SymbolicExpr operator+(const SymbolicExpr& a, const SymbolicExpr& b);
SymbolicExpr operator-(const SymbolicExpr& a, const SymbolicExpr& b);
SymbolicExpr operator*(const SymbolicExpr& a, const SymbolicExpr& b);
SymbolicExpr operator+(const SymbolicExpr& a, u32 k);
SymbolicExpr operator-(const SymbolicExpr& a, u32 k);
SymbolicExpr operator*(const SymbolicExpr& a, u32 k);
SymbolicExpr operator+(u32 k, const SymbolicExpr& a);
SymbolicExpr operator-(u32 k, const SymbolicExpr& a);
SymbolicExpr operator*(u32 k, const SymbolicExpr& a);
SymbolicExpr operator-(const SymbolicExpr& a);

struct SourceLine {
  const char* file = "";
  u32 line = 0;
};

/// A row's constraints and messages with the expressions of one builder.
template <class E>
struct Recorded {
  struct Constraint {
    E value;
    SourceLine where;
  };
  struct Message {
    const Tag* tag;
    bool is_send;
    E multiplicity;
    std::vector<E> fields;
    SourceLine where;
  };
  std::vector<Constraint> constraints;
  std::vector<Message> messages;
};

/// Records everything that eval() says, over symbols or over numbers.
template <class E>
class RecordingBuilder {
 public:
  using Expr = E;
  RecordingBuilder(const E* row, Recorded<E>& out) : row_(row), out_(out) {}
  template <template <class> class Row>
  const Row<E>& row() const {
    return *reinterpret_cast<const Row<E>*>(row_);
  }
  E constant(u32 value) const {
    if constexpr (std::is_same_v<E, SymbolicExpr>) {
      return {0, BabyBear(value), {}};
    } else {
      return E(value);
    }
  }
  void assert_zero(const E& value, std::source_location where = std::source_location::current()) {
    out_.constraints.push_back({value, {where.file_name(), where.line()}});
  }
  template <std::size_t N>
  void send(const Tag& tag, const E& multiplicity, const E (&fields)[N],
            std::source_location where = std::source_location::current()) {
    out_.messages.push_back(
        {&tag, true, multiplicity, {std::begin(fields), std::end(fields)}, {where.file_name(), where.line()}});
  }
  template <std::size_t N>
  void receive(const Tag& tag, const E& multiplicity, const E (&fields)[N],
               std::source_location where = std::source_location::current()) {
    out_.messages.push_back(
        {&tag, false, multiplicity, {std::begin(fields), std::end(fields)}, {where.file_name(), where.line()}});
  }

 private:
  const E* row_;
  Recorded<E>& out_;
};

/// A chip with its eval() run symbolically and ready to be run on numbers.
struct ChipSource {
  const char* name = nullptr;
  ChipShape shape;
  u32 fixed_height = 0;
  std::function<Recorded<SymbolicExpr>(const SymbolicExpr* row)> symbolic;
  std::function<void(const BabyBear* row, Recorded<BabyBear>& out)> numeric;
};

template <class Chip>
ChipSource source_of(const ChipDescription& description) {
  return {description.name, description.shape, description.fixed_height,
          [](const SymbolicExpr* row) {
            Recorded<SymbolicExpr> out;
            RecordingBuilder<SymbolicExpr> builder(row, out);
            Chip::eval(builder);
            return out;
          },
          [](const BabyBear* row, Recorded<BabyBear>& out) {
            RecordingBuilder<BabyBear> builder(row, out);
            Chip::eval(builder);
          }};
}

/// All that a chip's eval() says, each column standing for itself.
Recorded<SymbolicExpr> symbols_of(const ChipSource& chip);

/// One refusal a line, naming chip, what is wrong and where; empty if the machine is sound in these respects.
std::vector<std::string> compile(std::span<const ChipSource> chips);

}  // namespace atlas::stark
