#include <zkvm/chips/add/trace.hpp>
#include <zkvm/chips/bitwise/trace.hpp>
#include <zkvm/chips/branch/trace.hpp>
#include <zkvm/chips/compare/trace.hpp>
#include <zkvm/chips/constant/trace.hpp>
#include <zkvm/chips/div/trace.hpp>
#include <zkvm/chips/ecall/trace.hpp>
#include <zkvm/chips/jump/trace.hpp>
#include <zkvm/chips/mul/trace.hpp>
#include <zkvm/chips/part_memory/trace.hpp>
#include <zkvm/chips/shift/trace.hpp>
#include <zkvm/chips/word_memory/trace.hpp>
#include <zkvm/prover/call_rows.hpp>
#include <zkvm/prover/recorder.hpp>
#include <zkvm/prover/step_chips.hpp>

namespace atlas::zkvm {

void Recorder::begin_segment(const State& state) {
  clock_.begin_segment();
  edges_.begin(state);
  discarded_ = {};
}

bool Recorder::step(const Step& s) {
  const Instruction& i = *s.instruction;
  const Format format = format_of(i.op);
  const u32 slot = edges_.slot_of(s.pc);
  StepView view{.op = i.op, .at = {s.time, slot}, .rs1 = {}, .rs2 = {}, .rd = {}, .fields = tables_.fields[slot]};
  view.x = s.rs1;
  view.y = reads_rs2(format) ? s.rs2 : static_cast<u32>(i.imm);
  view.result = s.rd;
  view.next_slot = edges_.slot_of(s.next_pc);
  if (reads_rs1(format)) view.rs1 = register_access(i.rs1, s.rs1, s.rs1_last, s.time);
  if (reads_rs2(format)) view.rs2 = register_access(i.rs2, s.rs2, s.rs2_last, s.time + kTickRs2);
  if (writes_rd(format)) {
    const u32 time = s.time + kTickRd;
    if (i.rd == 0) {
      view.rd = register_access(kDiscard, discarded_.value, discarded_.time, time);
      discarded_ = {s.rd, time};
    } else {
      view.rd = register_access(i.rd, s.rd_before, s.rd_last, time);
    }
  }
  if (format == Format::kLoad || format == Format::kStore) {
    view.offset = s.memory.address - program_.memory_begin;
    view.word = memory_word(s.memory.before, s.memory.last, s.time + kTickMemory);
    view.word_after = s.memory.after;
  }
  visit_step_chip(i.op,
                  [&]<class Chip>(std::type_identity<Chip> chip) { rows_.append<Chip>(chips::trace_row(chip, view)); });
  return true;
}

bool Recorder::ecall(const EcallStep& s) {
  const u32 slot = edges_.slot_of(s.pc);
  rows_.append<chips::Ecall>(chips::ecall_row(s, slot, tables_.fields[slot], edges_.calls()));
  edges_.ecall(*s.plan);
  append_call_rows(s, rows_);
  return true;
}

stark::SegmentWitness Recorder::end_segment(const Executor& executor, const stark::Parameters& parameters) {
  stark::SegmentWitness out;
  out.public_values = edges_.values(executor, clock_).to_words();
  out.tables.resize(kChips);
  for (std::size_t c = 0; c < kChips; ++c) {
    out.tables[c] = rows_.take(c);
    if (out.tables[c].height != height_for(rows_.count(c), parameters)) out.tables[c] = {};
  }
  out.tables[kIndexOf<chips::BoundaryRow>] = boundary_table(executor, clock_, parameters);
  open_tables(tables_, out);
  close_tables(tables_, clock_.segment(), discarded_, out);
  return out;
}

}  // namespace atlas::zkvm
