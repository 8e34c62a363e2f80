#include <algorithm>
#include <cstring>

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
#include <zkvm/prover/lookup_counts.hpp>
#include <zkvm/prover/recorder.hpp>

namespace atlas::zkvm {

template <class Chip>
void Recorder::append(const StepView& view) {
  const RowOf<Chip> row = chips::trace_row(std::type_identity<Chip>{}, view);
  append_cells(kIndexOf<Chip>, &row);
}

Recorder::Recorder(const Program& program, const ProgramTables& tables, AccessClock& clock)
    : program_(program), tables_(tables), clock_(clock) {
  for_each_chip(AllChips{}, [&]<class Chip>(std::type_identity<Chip>) {
    rows_.emplace_back(static_cast<u32>(sizeof(RowOf<Chip>) / sizeof(u32)));
  });
}

void Recorder::begin_segment(const State& state) {
  clock_.begin_segment();
  slot_in_ = slot_of(state.pc);
  cells_ = 0;
  discarded_ = discarded_time_ = calls_ = 0;
  is_halted_ = is_committed_ = false;
}

bool Recorder::has_room() const {
  // A transfer of kHintWordsMax words may still come, and the words touched take a boundary row each.
  constexpr u64 kReserve = u64{abi::kHintWordsMax} * sizeof(RowOf<chips::Transfer>) / sizeof(u32);
  constexpr u64 kBoundary = sizeof(RowOf<chips::BoundaryRow>) / sizeof(u32);
  const u64 boundary = (clock_.touched().size() + abi::kHintWordsMax) * kBoundary;
  return cells_ + boundary + kReserve < cells_max_ && clock_.time() < kTimeMax - 2 * kTicksPerEcall;
}

bool Recorder::step(const Step& s) {
  const Instruction& i = *s.instruction;
  const Format format = format_of(i.op);
  const u32 slot = slot_of(s.pc);
  StepView view{.op = i.op, .at = {s.time, slot}, .rs1 = {}, .rs2 = {}, .rd = {}, .fields = tables_.fields[slot]};
  view.x = s.rs1;
  view.y = reads_rs2(format) ? s.rs2 : static_cast<u32>(i.imm);
  view.result = s.rd;
  view.next_slot = slot_of(s.next_pc);
  if (reads_rs1(format)) view.rs1 = register_access(i.rs1, s.rs1, s.rs1_last, s.time);
  if (reads_rs2(format)) view.rs2 = register_access(i.rs2, s.rs2, s.rs2_last, s.time + kTickRs2);
  if (writes_rd(format)) {
    const u32 time = s.time + kTickRd;
    if (i.rd == 0) {
      view.rd = register_access(kDiscard, discarded_, discarded_time_, time);
      discarded_ = s.rd;
      discarded_time_ = time;
    } else {
      view.rd = register_access(i.rd, s.rd_before, s.rd_last, time);
    }
  }
  if (format == Format::kLoad || format == Format::kStore) {
    view.offset = s.memory.address - program_.memory_begin;
    view.word = memory_word(s.memory.before, s.memory.last, s.time + kTickMemory);
    view.word_after = s.memory.after;
  }
  switch (i.op) {
    case Op::kAdd:
      append<chips::Add>(view);
      break;
    case Op::kSub:
      append<chips::Sub>(view);
      break;
    case Op::kAddi:
      append<chips::AddImmediate>(view);
      break;
    case Op::kLui:
    case Op::kAuipc:
    case Op::kJal:
      append<chips::Constant>(view);
      break;
    case Op::kXor:
    case Op::kOr:
    case Op::kAnd:
      append<chips::Bitwise>(view);
      break;
    case Op::kXori:
    case Op::kOri:
    case Op::kAndi:
      append<chips::BitwiseImmediate>(view);
      break;
    case Op::kSll:
    case Op::kSrl:
    case Op::kSra:
      append<chips::Shift>(view);
      break;
    case Op::kSlli:
    case Op::kSrli:
    case Op::kSrai:
      append<chips::ShiftImmediate>(view);
      break;
    case Op::kSlt:
    case Op::kSltu:
      append<chips::Compare>(view);
      break;
    case Op::kSlti:
    case Op::kSltiu:
      append<chips::CompareImmediate>(view);
      break;
    case Op::kBeq:
    case Op::kBne:
      append<chips::BranchEqual>(view);
      break;
    case Op::kBlt:
    case Op::kBge:
    case Op::kBltu:
    case Op::kBgeu:
      append<chips::BranchLess>(view);
      break;
    case Op::kJalr:
      append<chips::JumpRegister>(view);
      break;
    case Op::kLw:
      append<chips::LoadWord>(view);
      break;
    case Op::kSw:
      append<chips::StoreWord>(view);
      break;
    case Op::kLb:
    case Op::kLh:
    case Op::kLbu:
    case Op::kLhu:
      append<chips::LoadPart>(view);
      break;
    case Op::kSb:
    case Op::kSh:
      append<chips::StorePart>(view);
      break;
    case Op::kMul:
      append<chips::Mul>(view);
      break;
    case Op::kMulh:
    case Op::kMulhsu:
    case Op::kMulhu:
      append<chips::MulHigh>(view);
      break;
    case Op::kDiv:
    case Op::kDivu:
    case Op::kRem:
    case Op::kRemu:
      append<chips::Div>(view);
      break;
    case Op::kEcall:
    case Op::kEbreak:
    case Op::kIllegal:
      ENSURE(false, "the observed loop hands on no such step");
  }
  return has_room();
}

bool Recorder::ecall(const EcallStep& s) {
  const u32 slot = slot_of(s.pc);
  const RowOf<chips::Ecall> row = chips::ecall_row(s, slot, tables_.fields[slot], calls_++);
  append_cells(kIndexOf<chips::Ecall>, &row);
  is_halted_ = row.is_halt != 0;
  is_committed_ = is_committed_ || row.is_commit != 0;
  const std::span<const EcallWord> words = row.is_commit != 0 ? s.reads : s.writes;
  for (std::size_t k = 0; k < words.size(); ++k) {
    const u32 left = static_cast<u32>(words.size() - k);
    const RowOf<chips::Transfer> transfer = chips::transfer_row(s, words[k], row.is_commit != 0, left);
    append_cells(kIndexOf<chips::Transfer>, &transfer);
  }
  return has_room();
}

u32 height_for(u32 used, const stark::Parameters& parameters) {
  if (used == 0) return 0;
  const u32 block = u32{1} << parameters.block_log;
  return used < block ? table_height(used) : (used + block - 1) / block * block;
}

namespace {

void close_tables(const ProgramTables& tables, stark::SegmentWitness& out, u32 number, u32 discarded,
                  u32 discarded_time) {
  stark::TraceTable& segment = out.tables[kIndexOf<chips::SegmentTable>];
  RowOf<chips::SegmentTable> row{};
  row.number = number;
  row.discarded = limbs_of(discarded);
  row.last = discarded_time;
  row.is_first = 1;
  const auto* cells = reinterpret_cast<const u32*>(&row);
  for (u32 i = 0; i < segment.width; ++i) segment.set(0, i, BabyBear(cells[i]));
  count_lookups(tables.image, out.tables);
}

}  // namespace

stark::SegmentWitness Recorder::end_segment(const Executor& executor, const stark::Parameters& parameters) {
  const u32 number = clock_.segment();
  const auto boundary = [&](u32 space, const BoundaryWord& w, u32 value, u32 time) {
    const RowOf<chips::BoundaryRow> row{1,      space, w.index, limbs_of(w.value_in), w.segment_in, limbs_of(value),
                                        number, time};
    append_cells(kIndexOf<chips::BoundaryRow>, &row);
    if (w.segment_in == 0) first_values_.push_back({space, w.index, w.value_in});
  };
  for (const BoundaryWord& w : clock_.registers_touched()) {
    boundary(kRegisterSpace, w, executor.state().x[w.index], clock_.last_time_of_register(w.index));
  }
  for (const BoundaryWord& w : clock_.touched()) {
    boundary(kMemorySpace, w, *executor.memory().word(w.index), clock_.last_time(w.index));
  }

  PublicValues values;
  values.number = number;
  values.slot_in = slot_in_;
  values.slot_out = is_halted_ ? kHaltSlot : slot_of(executor.state().pc);
  values.time_out = clock_.time();
  values.calls = calls_;
  values.commits = is_committed_;
  for (u32 k = 0; is_committed_ && k < executor.state().output.size(); ++k) {
    values.output[2 * k] = executor.state().output[k] & 0xffff;
    values.output[2 * k + 1] = executor.state().output[k] >> 16;
  }
  stark::SegmentWitness out;
  out.public_values = values.to_words();
  const MachineShape shape = shape_of_program(program_);
  out.tables.resize(kChips);
  for (std::size_t c = 0; c < kChips; ++c) {
    if (rows_[c].rows() != 0) out.tables[c] = rows_[c].take(height_for(rows_[c].rows(), parameters));
  }
  fill_tables(tables_.fixed, shape, out.tables);
  close_tables(tables_, out, number, discarded_, discarded_time_);
  return out;
}

ProgramTables::ProgramTables(const Program& program) : zones(zones_of(program)), image(image_of(program)) {
  for (u32 slot = 0; slot < program.text.size(); ++slot) fields.push_back(fields_of(program, slot));
  const MachineShape shape = shape_of_program(program);
  fixed.resize(kChips);
  const auto set = [&](stark::TraceTable& table, u32 row, std::span<const u32> cells) {
    for (u32 i = 0; i < table.width; ++i) table.set(row, i, BabyBear(cells[i]));
  };
  const auto blank = [](u32 height, u32 width) {
    stark::TraceTable out(height, width);
    std::memset(out.words.data(), 0, out.words.size() * sizeof(u32));
    return out;
  };
  stark::TraceTable& text = fixed[kIndexOf<chips::ProgramTable>] =
      blank(shape.program_height, chips::ProgramTable::kFixedColumns);
  for (u32 slot = 0; slot < fields.size(); ++slot) {
    const Fields<u32>& f = fields[slot];
    const u32 cells[] = {f.operation,    f.rd,           f.rs1,          f.rs2,
                         f.immediate.lo, f.immediate.hi, f.auxiliary.lo, f.auxiliary.hi};
    set(text, slot, cells);
  }
  stark::TraceTable& words = fixed[kIndexOf<chips::ImageTable>] =
      blank(shape.image_height, chips::ImageTable::kFixedColumns);
  for (u32 row = 0; row < words.height; ++row) {
    constexpr u32 kNoIndex = 1u << 30;
    const bool is_word = row < image.size();
    const u32 value = is_word ? image[row].value : 0;
    const u32 cells[] = {is_word ? image[row].index : kNoIndex, value & 0xffff, value >> 16};
    set(words, row, cells);
  }
  stark::TraceTable& ends = fixed[kIndexOf<chips::Zones>] = blank(kZonesHeight, chips::Zones::kFixedColumns);
  for (u32 row = 0; row < ends.height; ++row) {
    if (row >= zones.size()) {
      const u32 nowhere[] = {0, 0, 0, 0, 0, 0, 0, 1};  // begins after its end: cannot be used
      set(ends, row, nowhere);
      continue;
    }
    const Zone& z = zones[row];
    const bool is_last = row + 1 == zones.size();
    const Zone next = is_last ? Zone{} : zones[row + 1];
    const u32 cells[] = {kFirstZone + row,     z.space,    z.in_image,    z.end,
                         kFirstZone + row + 1, next.space, next.in_image, next.begin};
    set(ends, row, cells);
  }
}

stark::SegmentWitness initial_segment(const ProgramTables& tables, const MachineShape& shape,
                                      std::span<const FirstValue> first_values, const Executor& executor,
                                      const AccessClock& clock, const stark::Parameters& parameters) {
  constexpr u32 kGapMax = 1u << 28;
  std::vector<FirstValue> words(first_values.begin(), first_values.end());
  std::sort(words.begin(), words.end(), [](const FirstValue& a, const FirstValue& b) {
    return std::pair(a.space, a.index) < std::pair(b.space, b.index);
  });
  RowBuffer rows(sizeof(RowOf<chips::InitialRow>) / sizeof(u32));
  stark::SegmentWitness out;
  out.tables.resize(kChips);
  fill_tables(tables.fixed, shape, out.tables);
  stark::TraceTable& ends = out.tables[kIndexOf<chips::Zones>];
  std::size_t next = 0;
  for (u32 z = 0; z < tables.zones.size(); ++z) {
    const Zone& zone = tables.zones[z];
    u32 low = zone.begin;
    const auto add = [&](u32 index, u32 first, u32 last, u32 segment) {
      const RowOf<chips::InitialRow> row{1,
                                         zone.space,
                                         index,
                                         limbs_of(first),
                                         limbs_of(last),
                                         segment,
                                         kFirstZone + z,
                                         zone.in_image,
                                         low,
                                         index & 0x3fff,
                                         (index - low) & 0x3fff};
      rows.append(reinterpret_cast<const u32*>(&row));
      low = index + 1;
    };
    const auto reach = [&](u32 index) {  // words that nothing touches, where the gap would be too wide
      while (index - low >= kGapMax) add(low + kGapMax - 1, 0, 0, 0);
    };
    for (; next < words.size() && words[next].space == zone.space && words[next].index < zone.end; ++next) {
      const FirstValue& w = words[next];
      reach(w.index);
      const bool is_register = w.space == kRegisterSpace;
      add(w.index, w.value, is_register ? executor.state().x[w.index] : *executor.memory().word(w.index),
          is_register ? clock.last_segment_of_register(w.index) : clock.last_segment(w.index));
    }
    reach(zone.end);
    ends.set(z, 0, BabyBear::one());
    ends.set(z, 1, BabyBear(low));
    ends.set(z, 2, BabyBear((zone.end - low) & 0x3fff));
  }
  PublicValues values;
  values.order_in = {kFirstZone, kRegisterSpace, 0, 0};
  values.order_out = {shape.last_zone, 0, 0, 0};
  out.public_values = values.to_words();
  const u32 height = height_for(rows.rows(), parameters);
  out.tables[kIndexOf<chips::InitialRow>] = rows.take(height);
  close_tables(tables, out, 0, 0, 0);
  return out;
}

}  // namespace atlas::zkvm
