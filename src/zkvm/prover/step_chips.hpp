#pragma once
// Which chip an instruction is a row of.
#include <zkvm/isa/instruction.hpp>
#include <zkvm/machine/chips.hpp>

namespace atlas::zkvm {

/// visit(std::type_identity<Chip>{}) for an instruction that is no ecall; nothing for those that cannot be executed.
template <class Visit>
constexpr void visit_step_chip(Op op, const Visit& visit) {
  using std::type_identity;
  switch (op) {
    case Op::kAdd:
      return visit(type_identity<chips::Add>{});
    case Op::kSub:
      return visit(type_identity<chips::Sub>{});
    case Op::kAddi:
      return visit(type_identity<chips::AddImmediate>{});
    case Op::kLui:
    case Op::kAuipc:
    case Op::kJal:
      return visit(type_identity<chips::Constant>{});
    case Op::kXor:
    case Op::kOr:
    case Op::kAnd:
      return visit(type_identity<chips::Bitwise>{});
    case Op::kXori:
    case Op::kOri:
    case Op::kAndi:
      return visit(type_identity<chips::BitwiseImmediate>{});
    case Op::kSll:
    case Op::kSrl:
    case Op::kSra:
      return visit(type_identity<chips::Shift>{});
    case Op::kSlli:
    case Op::kSrli:
    case Op::kSrai:
      return visit(type_identity<chips::ShiftImmediate>{});
    case Op::kSlt:
    case Op::kSltu:
      return visit(type_identity<chips::Compare>{});
    case Op::kSlti:
    case Op::kSltiu:
      return visit(type_identity<chips::CompareImmediate>{});
    case Op::kBeq:
    case Op::kBne:
      return visit(type_identity<chips::BranchEqual>{});
    case Op::kBlt:
    case Op::kBge:
    case Op::kBltu:
    case Op::kBgeu:
      return visit(type_identity<chips::BranchLess>{});
    case Op::kJalr:
      return visit(type_identity<chips::JumpRegister>{});
    case Op::kLw:
      return visit(type_identity<chips::LoadWord>{});
    case Op::kSw:
      return visit(type_identity<chips::StoreWord>{});
    case Op::kLb:
    case Op::kLh:
    case Op::kLbu:
    case Op::kLhu:
      return visit(type_identity<chips::LoadPart>{});
    case Op::kSb:
    case Op::kSh:
      return visit(type_identity<chips::StorePart>{});
    case Op::kMul:
      return visit(type_identity<chips::Mul>{});
    case Op::kMulh:
    case Op::kMulhsu:
    case Op::kMulhu:
      return visit(type_identity<chips::MulHigh>{});
    case Op::kDiv:
    case Op::kDivu:
    case Op::kRem:
    case Op::kRemu:
      return visit(type_identity<chips::Div>{});
    case Op::kEcall:
    case Op::kEbreak:
    case Op::kIllegal:
      return;
  }
}

}  // namespace atlas::zkvm
