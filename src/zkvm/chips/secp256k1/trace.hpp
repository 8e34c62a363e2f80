#pragma once
#include <zkvm/chips/secp256k1/chip.hpp>
#include <zkvm/chips/u256/number_trace.hpp>

namespace atlas::zkvm::chips {

RowOf<Secp256k1Add> secp256k1_add_row(const EcallStep& s);
RowOf<Secp256k1Double> secp256k1_double_row(const EcallStep& s);
/// Whatever follows from a row's operands, slope and result. False if they do not satisfy the equations.
bool complete(RowOf<Secp256k1Add>& row);
bool complete(RowOf<Secp256k1Double>& row);

template <class Rows>
void append_secp256k1(Rows& rows, const EcallStep& s) {
  if (s.plan->function == abi::Ecall::kSecp256k1Add) {
    rows.template append<Secp256k1Add>(secp256k1_add_row(s));
  } else {
    rows.template append<Secp256k1Double>(secp256k1_double_row(s));
  }
}

}  // namespace atlas::zkvm::chips
