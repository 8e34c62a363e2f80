#include <zkvm/chips/extension/trace.hpp>
#include <zkvm/chips/secp256k1/trace.hpp>
#include <zkvm/chips/u256/trace.hpp>
#include <zkvm/prover/arithmetic_rows.hpp>

namespace atlas::zkvm {

using abi::Ecall;

void count_arithmetic_rows(const EcallPlan& plan, RowCounts& counts) {
  switch (plan.function) {
    case Ecall::kMulMod:
    case Ecall::kMulDiv:
      return counts.add<chips::U256>(1);
    case Ecall::kSecp256k1Add:
      return counts.add<chips::Secp256k1Add>(1);
    case Ecall::kSecp256k1Double:
      return counts.add<chips::Secp256k1Double>(1);
    case Ecall::kExtensionDotBase:
      counts.add<chips::ExtensionDot>(1);
      return counts.add<chips::DotBaseTerm>(plan.arguments[3]);
    case Ecall::kExtensionDot:
      counts.add<chips::ExtensionDot>(1);
      return counts.add<chips::DotTerm>(plan.arguments[3]);
    case Ecall::kEqExpand:
      counts.add<chips::EqExpand>(1);
      return counts.add<chips::EqStep>(plan.arguments[2]);
    default:
      return;
  }
}

void append_arithmetic_rows(const EcallStep& s, SegmentRows& rows) {
  switch (s.plan->function) {
    case Ecall::kMulMod:
    case Ecall::kMulDiv:
      return chips::append_u256(rows, s);
    case Ecall::kSecp256k1Add:
    case Ecall::kSecp256k1Double:
      return chips::append_secp256k1(rows, s);
    case Ecall::kExtensionDotBase:
    case Ecall::kExtensionDot:
    case Ecall::kEqExpand:
      return chips::append_extension(rows, s);
    default:
      return;
  }
}

}  // namespace atlas::zkvm
