#include <algorithm>
#include <bit>

#include <zkvm/machine/program_table.hpp>

namespace atlas::zkvm {
namespace {

Limbs<u32> limbs(u32 word) {
  return {word & 0xffff, word >> 16};
}

/// The slot of a pc; kNowhere if no instruction is there.
u32 slot_of(const Program& program, u32 pc) {
  return program.at(pc) != nullptr ? (pc - program.text_begin) / 4 : kNowhere;
}

/// The operation's number, and by how much its chip's flags raise it.
u32 operation_of(Op op) {
  const auto of = [](Operation o, u32 variant = 0) { return number(o) + variant; };
  switch (op) {
    case Op::kLui:
    case Op::kAuipc:
    case Op::kJal:
      return of(Operation::kConstant);
    case Op::kJalr:
      return of(Operation::kJumpRegister);
    case Op::kBeq:
      return of(Operation::kBranchEqual);
    case Op::kBne:
      return of(Operation::kBranchEqual, 1);
    case Op::kBltu:
      return of(Operation::kBranchLess);
    case Op::kBgeu:
      return of(Operation::kBranchLess, 1);
    case Op::kBlt:
      return of(Operation::kBranchLess, 2);
    case Op::kBge:
      return of(Operation::kBranchLess, 3);
    case Op::kLw:
      return of(Operation::kLoadWord);
    case Op::kSw:
      return of(Operation::kStoreWord);
    case Op::kLbu:
      return of(Operation::kLoadPart);
    case Op::kLhu:
      return of(Operation::kLoadPart, 1);
    case Op::kLb:
      return of(Operation::kLoadPart, 2);
    case Op::kLh:
      return of(Operation::kLoadPart, 3);
    case Op::kSb:
      return of(Operation::kStorePart);
    case Op::kSh:
      return of(Operation::kStorePart, 1);
    case Op::kAddi:
      return of(Operation::kAddImmediate);
    case Op::kAdd:
      return of(Operation::kAdd);
    case Op::kSub:
      return of(Operation::kSub);
    case Op::kSltu:
      return of(Operation::kCompare);
    case Op::kSlt:
      return of(Operation::kCompare, 1);
    case Op::kSltiu:
      return of(Operation::kCompareImmediate);
    case Op::kSlti:
      return of(Operation::kCompareImmediate, 1);
    case Op::kXor:
      return of(Operation::kBitwise);
    case Op::kOr:
      return of(Operation::kBitwise, 1);
    case Op::kAnd:
      return of(Operation::kBitwise, 2);
    case Op::kXori:
      return of(Operation::kBitwiseImmediate);
    case Op::kOri:
      return of(Operation::kBitwiseImmediate, 1);
    case Op::kAndi:
      return of(Operation::kBitwiseImmediate, 2);
    case Op::kSll:
      return of(Operation::kShift);
    case Op::kSrl:
      return of(Operation::kShift, 1);
    case Op::kSra:
      return of(Operation::kShift, 2);
    case Op::kSlli:
      return of(Operation::kShiftImmediate);
    case Op::kSrli:
      return of(Operation::kShiftImmediate, 1);
    case Op::kSrai:
      return of(Operation::kShiftImmediate, 2);
    case Op::kMul:
      return of(Operation::kMul);
    case Op::kMulhu:
      return of(Operation::kMulHigh);
    case Op::kMulhsu:
      return of(Operation::kMulHigh, 1);
    case Op::kMulh:
      return of(Operation::kMulHigh, 2);
    case Op::kDivu:
      return of(Operation::kDiv);
    case Op::kRemu:
      return of(Operation::kDiv, 1);
    case Op::kDiv:
      return of(Operation::kDiv, 2);
    case Op::kRem:
      return of(Operation::kDiv, 3);
    case Op::kEcall:
      return of(Operation::kEcall);
    case Op::kEbreak:
    case Op::kIllegal:
      break;
  }
  return of(Operation::kNone);
}

}  // namespace

Fields<u32> fields_of(const Program& program, u32 slot) {
  const Instruction& i = program.text[slot];
  const u32 pc = program.text_begin + 4 * slot, imm = static_cast<u32>(i.imm);
  Fields<u32> out{operation_of(i.op), 0, i.rs1, i.rs2, limbs(imm), {0, 0}};
  if (out.operation == number(Operation::kNone)) return {};
  const Format format = format_of(i.op);
  const bool writes = format != Format::kBranch && format != Format::kStore && format != Format::kSystem;
  if (writes) out.rd = i.rd == 0 ? kDiscard : i.rd;
  switch (i.op) {
    case Op::kLui:
      out.auxiliary.lo = slot + 1;
      break;
    case Op::kAuipc:
      out.immediate = limbs(pc + imm);
      out.auxiliary.lo = slot + 1;
      break;
    case Op::kJal:
      out.immediate = limbs(pc + 4);
      out.auxiliary.lo = slot_of(program, pc + imm);
      break;
    case Op::kJalr:
      out.immediate = limbs(imm - program.text_begin);
      out.auxiliary = limbs(pc + 4);
      break;
    case Op::kEcall:
      out.immediate = limbs(0 - program.memory_begin);
      break;
    default:
      if (format == Format::kBranch) {
        out.immediate = {0, 0};
        out.auxiliary.lo = slot_of(program, pc + imm);
      } else if (format == Format::kLoad || format == Format::kStore) {
        out.immediate = limbs(imm - program.memory_begin);
      }
      break;
  }
  return out;
}

std::vector<Zone> zones_of(const Program& program) {
  std::vector<std::pair<u32, u32>> parts;  // of the image, by index in the window, which may wrap around 2^32
  for (const ImageSegment& segment : program.image) {
    if (segment.words.empty()) continue;
    const u32 begin = (segment.begin - program.memory_begin) / 4;
    parts.emplace_back(begin, begin + static_cast<u32>(segment.words.size()));
  }
  std::sort(parts.begin(), parts.end());
  std::vector<Zone> out = {{kRegisterSpace, false, 0, kDiscard}};
  u32 at = 0;
  for (const auto& [begin, end] : parts) {
    if (begin != at) out.push_back({kMemorySpace, false, at, begin});
    out.push_back({kMemorySpace, true, begin, end});
    at = end;
  }
  const auto words = static_cast<u32>(program.memory_size / 4);
  if (at != words) out.push_back({kMemorySpace, false, at, words});
  return out;
}

std::vector<ImageWord> image_of(const Program& program) {
  std::vector<ImageWord> out;
  for (const ImageSegment& segment : program.image) {
    u32 index = (segment.begin - program.memory_begin) / 4;
    for (const u32 word : segment.words) out.push_back({index++, word});
  }
  std::sort(out.begin(), out.end(), [](const ImageWord& a, const ImageWord& b) { return a.index < b.index; });
  return out;
}

u32 table_height(u64 entries) {
  return static_cast<u32>(std::bit_ceil(std::max<u64>(entries, stark::kSkip)));
}

MachineShape shape_of_program(const Program& program) {
  u64 words = 0;
  for (const ImageSegment& segment : program.image) words += segment.words.size();
  return {table_height(program.text.size()), table_height(words), (program.entry - program.text_begin) / 4,
          kFirstZone + static_cast<u32>(zones_of(program).size())};
}

}  // namespace atlas::zkvm
