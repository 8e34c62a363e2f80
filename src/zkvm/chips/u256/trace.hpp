#pragma once
#include <zkvm/chips/u256/chip.hpp>
#include <zkvm/chips/u256/number_trace.hpp>

namespace atlas::zkvm::chips {

/// The row of a mul_mod or mul_div.
RowOf<U256> u256_row(const EcallStep& s);
/// Whatever follows from a row's operands, quotient and remainder.
void complete(RowOf<U256>& row);

template <class Rows>
void append_u256(Rows& rows, const EcallStep& s) {
  rows.template append<U256>(u256_row(s));
}

}  // namespace atlas::zkvm::chips
