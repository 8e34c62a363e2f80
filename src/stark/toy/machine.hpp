#pragma once
// The toy machine put together: key, traces, kernels.
#include <stark/prover/execution_prover.hpp>
#include <stark/toy/chips.hpp>

namespace atlas::stark::toy {

extern const std::span<const ChipKernels> kKernelsPortable;
extern const std::span<const ChipKernels> kKernelsAvx2;
extern const std::span<const ChipKernels> kKernelsAvx512;

inline MachineKernels kernels() {
  return {{kKernelsPortable, kKernelsAvx2, kKernelsAvx512}};
}

inline std::vector<PublicMessage> public_messages(const Machine&, std::span<const u32> values) {
  return {{&kState, true, {values[0], values[1], values[2]}}, {&kState, false, {values[3], values[4], values[5]}}};
}

/// Steps start at 0 with (0, 1), and each segment goes on where the one before ended.
inline bool is_execution(const Machine&, std::span<const std::vector<u32>> segments) {
  u32 state[3] = {0, 0, 1};
  for (const auto& values : segments) {
    for (unsigned i = 0; i < 3; ++i) {
      if (values[i] != state[i]) return false;
      state[i] = values[3 + i];
    }
  }
  return true;
}

inline constexpr ChipDescription kChipTable[] = {
    describe<Fibonacci>(1u << 22), describe<ByteTable>(kTableHeight, kTableHeight),
    describe<MixingTable>(kTableHeight, kTableHeight), describe<Cell>(1u << 20), describe<Image>(1u << 20)};
inline constexpr Machine kMachine{"toy", kChipTable, kPublicValues, public_messages, is_execution, {}};

/// Small enough that a proof takes milliseconds; says nothing about security.
inline constexpr Parameters small_parameters() {
  Parameters out;
  out.stack_log = 12;
  out.block_log = 10;
  out.cap_log = 2;
  out.final_log = 4;
  out.queries = 20;
  out.local_grinding = 3;
  out.boundary_grinding = 2;
  out.query_grinding = 4;
  out.promised_bits = 10;
  return out;
}

inline std::vector<TraceTable> fixed_tables() {
  std::vector<TraceTable> out(kChips);
  out[kMixingTable] = TraceTable(kTableHeight, 1);
  for (u32 i = 0; i < kTableHeight; ++i) out[kMixingTable].set(i, 0, BabyBear(MixingTable::mix(i)));
  return out;
}

inline TraceTable zero_table(u32 rows, u32 columns) {
  TraceTable out(rows, columns);
  std::fill(out.words.data(), out.words.data() + out.words.size(), 0);
  return out;
}

template <template <class> class Row>
void set_row(TraceTable& table, u32 row, const Row<u32>& values) {
  const auto* words = reinterpret_cast<const u32*>(&values);
  for (u32 i = 0; i < table.width; ++i) table.set(row, i, BabyBear(words[i]));
}

/// Rows that a chip of `used` rows commits to.
inline u32 height_for(u32 used, const Parameters& parameters) {
  if (used == 0) return 0;
  const u32 block = 1u << parameters.block_log;
  if (used >= block) return (used + block - 1) / block * block;
  return std::max(kSkip, 1u << log2_ceil(used));
}

/// Segment `index` (from 1): `steps` steps from `state`, and one changed word for each of `cells` cells, whose values
/// are kept in `memory` (value, segment).
struct Run {
  u32 state[3] = {0, 0, 1};
  std::vector<std::pair<u32, u32>> memory;
  std::vector<u32> first_values;
};

inline SegmentWitness segment(Run& run, u32 index, u32 steps, const Parameters& parameters) {
  constexpr u64 kP = BabyBear::kModulus;
  ENSURE(run.state[0] + steps <= 1u << 16, "a step has two bytes");
  SegmentWitness out;
  out.tables.resize(kChips);
  out.public_values.assign(run.state, run.state + 3);
  std::vector<u32> bytes(kTableHeight), mixes(kTableHeight);

  TraceTable& fibonacci = out.tables[kFibonacci];
  fibonacci = zero_table(height_for(steps, parameters), 8);
  for (u32 i = 0; i < steps; ++i) {
    const u32 step = run.state[0], a = run.state[1], b = run.state[2];
    const u32 low = step & 255, high = step >> 8, mixed = MixingTable::mix(low);
    set_row<Fibonacci::Row>(fibonacci, i,
                            {1, step, a, b, low, high, mixed, static_cast<u32>(u64{a} * b % kP * mixed % kP)});
    ++bytes[high];
    ++mixes[low];
    run.state[0] = step + 1;
    run.state[1] = b;
    run.state[2] = static_cast<u32>((u64{a} + b) % kP);
  }
  out.public_values.insert(out.public_values.end(), run.state, run.state + 3);

  const auto cells = static_cast<u32>(run.memory.size());
  TraceTable& cell = out.tables[kCell];
  cell = zero_table(height_for(cells, parameters), 7);
  for (u32 i = 0; i < cells; ++i) {
    auto& [value, written] = run.memory[i];
    const u32 added = (i * 7 + index) & 255;
    set_row<Cell::Row>(cell, i, {1, i, value, written, value + added, index, added});
    ++bytes[added];
    value += added;
    written = index;
  }

  out.tables[kByteTable] = TraceTable(kTableHeight, 2);
  out.tables[kMixingTable] = TraceTable(kTableHeight, 3);
  for (u32 i = 0; i < kTableHeight; ++i) {
    set_row<ByteTable::Row>(out.tables[kByteTable], i, {bytes[i], i});
    set_row<MixingTable::Row>(out.tables[kMixingTable], i, {mixes[i], MixingTable::mix(i), i});
  }
  return out;
}

/// The segment that closes the boundary bus; it makes no step.
inline SegmentWitness closing_segment(const Run& run, const Parameters& parameters) {
  SegmentWitness out;
  out.tables.resize(kChips);
  for (unsigned k = 0; k < 2; ++k) out.public_values.insert(out.public_values.end(), run.state, run.state + 3);
  out.tables[kByteTable] = TraceTable(kTableHeight, 2);
  out.tables[kMixingTable] = TraceTable(kTableHeight, 3);
  for (u32 i = 0; i < kTableHeight; ++i) {
    set_row<ByteTable::Row>(out.tables[kByteTable], i, {0, i});
    set_row<MixingTable::Row>(out.tables[kMixingTable], i, {0, MixingTable::mix(i), i});
  }
  const auto cells = static_cast<u32>(run.memory.size());
  out.tables[kImage] = zero_table(height_for(cells, parameters), 5);
  for (u32 i = 0; i < cells; ++i) {
    set_row<Image::Row>(out.tables[kImage], i, {1, i, run.first_values[i], run.memory[i].first, run.memory[i].second});
  }
  return out;
}

inline Run start(u32 cells) {
  Run out;
  for (u32 i = 0; i < cells; ++i) {
    out.first_values.push_back(1000 + i);
    out.memory.emplace_back(1000 + i, 0);
  }
  return out;
}

}  // namespace atlas::stark::toy
