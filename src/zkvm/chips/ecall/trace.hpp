#pragma once
#include <zkvm/chips/ecall/chip.hpp>
#include <zkvm/chips/ecall/primitive_trace.hpp>

namespace atlas::zkvm::chips {

inline RowOf<Ecall> ecall_row(const EcallStep& s, u32 slot, const Fields<u32>& fields, u32 calls) {
  const EcallPlan& plan = *s.plan;
  const auto function = static_cast<u32>(plan.function);
  RowOf<Ecall> row{};
  row.is_halt = function == 0;
  row.is_hint = function == kFunctionHintRead;
  row.is_commit = function == kFunctionCommit;
  row.is_silent = function == kFunctionLog || function == kFunctionLog + 1;
  row.is_advice = function == kFunctionAdvise || function == kFunctionAdvise + 1;
  row.second = function == kFunctionLog + 1 || function == kFunctionAdvise + 1;
  row.is_primitive = function >= kFirstPrimitive;
  row.at = {s.time, slot};
  for (unsigned k = 0; k <= kEcallArguments; ++k) {
    const u32 value = k < kEcallArguments ? plan.arguments[k] : function;
    row.argument[k] = {value & 0xffff, value >> 16, s.registers_last[k], gap_of(s.time, s.registers_last[k])};
  }
  row.immediate = fields.immediate;
  row.calls = calls;
  row.words = row.is_hint != 0 ? plan.arguments[1] : row.is_commit != 0 ? kOutputWords : row.is_advice * kAdviceWords;
  if (row.words != 0) row.words_low = (row.words - 1) & 63;
  if (row.words != 0 || row.is_primitive != 0) {
    const u32 offset = plan.arguments[0] + fields.immediate.lo + (fields.immediate.hi << 16);
    row.pointer = address_of_index(offset / 4);
  }
  return row;
}

inline RowOf<Transfer> transfer_row(const EcallStep& s, const EcallWord& word, bool is_commit, u32 left) {
  RowOf<Transfer> row{};
  row.is_hint = !is_commit;
  row.is_commit = is_commit;
  row.call_time = s.time;
  row.index = word.word;
  row.left = left;
  row.word = memory_word(word.before, word.last, s.time + (is_commit ? kTickEcallReads : kTickEcallWrites));
  row.value = limbs_of(is_commit ? word.before : word.after);
  return row;
}

}  // namespace atlas::zkvm::chips
