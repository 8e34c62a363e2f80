#include <algorithm>
#include <cstring>

#include <zkvm/prover/lookup_counts.hpp>
#include <zkvm/prover/program_tables.hpp>

namespace atlas::zkvm {

ProgramTables::ProgramTables(const Program& program)
    : shape(shape_of_program(program)), zones(zones_of(program)), image(image_of(program)) {
  for (u32 slot = 0; slot < program.text.size(); ++slot) fields.push_back(fields_of(program, slot));
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

u32 ProgramTables::first_value(u32 space, u32 index) const {
  if (space != kMemorySpace) return 0;
  const auto found =
      std::lower_bound(image.begin(), image.end(), index, [](const ImageWord& w, u32 i) { return w.index < i; });
  return found != image.end() && found->index == index ? found->value : 0;
}

u32 height_for(u64 used, const stark::Parameters& parameters) {
  if (used == 0) return 0;
  const u64 block = u64{1} << parameters.block_log;
  const u64 height = used < block ? table_height(used) : (used + block - 1) / block * block;
  ENSURE(height < u64{1} << 32, "a segment has fewer rows");
  return static_cast<u32>(height);
}

void open_tables(const ProgramTables& tables, stark::SegmentWitness& out) {
  out.tables.resize(kChips);
  fill_tables(tables.fixed, tables.shape, out.tables);
}

void close_tables(const ProgramTables& tables, u32 number, const Discarded& discarded, stark::SegmentWitness& out) {
  stark::TraceTable& segment = out.tables[kIndexOf<chips::SegmentTable>];
  RowOf<chips::SegmentTable> row{};
  row.number = number;
  row.discarded = limbs_of(discarded.value);
  row.last = discarded.time;
  row.is_first = 1;
  const auto* cells = reinterpret_cast<const u32*>(&row);
  for (u32 i = 0; i < segment.width; ++i) segment.set(0, i, BabyBear(cells[i]));
  count_lookups(tables.image, out.tables);
}

}  // namespace atlas::zkvm
