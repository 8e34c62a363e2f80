#pragma once
#include <string>
#include <variant>

#include <stf/stf.hpp>

namespace atlas::conformance {

/// Why a transaction was refused: while it was decoded, or when it was to be applied.
using Refusal = std::variant<TxDecodeError, stf::TxError>;

std::string describe(const Refusal& refusal);

/// Whether a test's `expectException`, "A|B" with names of execution-spec-tests, covers the refusal. Names that are not
/// known here cover everything, since the format lets them grow.
bool covers(std::string_view expected, const Refusal& refusal);

}  // namespace atlas::conformance
