#pragma once
// Does what a row says follow from what it hears? A constraint that was forgotten leaves a sent field free, and no test
// of the constraints that are there can show it. Here every chip is proved to be a function, case by case of its
// flags, or the fields for which no proof was found are named.
//
// Two rows of one chip and one case are compared that hear the same: the fields of the first message that the chip
// receives (its anchor), and of each further one once its name (TagRule::names) is known to be the same. What is the
// same in both is *known*. A column becomes known
//   - by a look-up whose first fields are known and whose tag says that they fix the others;
//   - by an equation, linear in the unknown columns, whose coefficients form a mixed radix with the columns' ranges:
//     each times its range divides and does not exceed the next, and all together stay below p, so that two solutions
//     are the same integers, digit by digit. Ranges are those of look-ups and of products x·(x − 1)·… = 0. A look-up of
//     an expression is an equation with one digit more, a product L·(L − d)·… = 0 one whose last digit counts the d;
//   - as a test for zero: u·k_i = 0 for known k_i, and Σ k_i·v_i + c·u known, make u known.
#include <stark/prover/air/compiler.hpp>
#include <stark/prover/air/polynomial.hpp>

namespace atlas::stark {

struct TagRule {
  const Tag* tag;
  u32 names;                ///< so many first fields fix the message, and with it the others
  std::vector<u64> ranges;  ///< fields of a look-up are below; empty: no bound
};

/// A field that is not shown to follow, or flags that the row may choose.
struct Undetermined {
  std::string chip, what;
  u32 line = 0;  ///< of the message in the chip's source
};

struct DeterminismReport {
  u32 cases = 0;   ///< of flags, over all chips
  u32 fields = 0;  ///< sent, or names of messages received
  std::vector<Undetermined> open;
};

/// eval() of one chip over the given row.
using PolynomialEval = std::function<Recorded<Polynomial>(const std::vector<Polynomial>& row)>;
template <class Chip>
PolynomialEval polynomials_of() {
  return [](const std::vector<Polynomial>& row) {
    Recorded<Polynomial> out;
    RecordingBuilder<Polynomial> builder(row.data(), out);
    Chip::eval(builder);
    return out;
  };
}

void check_determinism(const char* chip, u32 width, const PolynomialEval& eval, std::span<const TagRule> rules,
                       DeterminismReport& report);

}  // namespace atlas::stark
