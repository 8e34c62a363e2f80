#pragma once
// For tests: one row on trial. A row is accepted if its constraints hold and its look-ups into formula tables find
// something; a forger may choose every cell.
#include <cstddef>

#include <zkvm/chips/keccak/chip.hpp>
#include <zkvm/prover/small_machine.hpp>

namespace atlas::zkvm::test {

/// Column number of a member of a row, e.g. ATLAS_COLUMN(chips::Add, result.lo).
#define ATLAS_COLUMN(Chip, member) static_cast<u32>(offsetof(RowOf<Chip>, member) / sizeof(u32))

inline bool is_in_table(const Tag& tag, const std::vector<BabyBear>& fields) {
  std::vector<u32> f;
  for (const BabyBear& x : fields) f.push_back(x.canonical());
  const auto below = [&](u32 bound) {
    for (const u32 x : f) {
      if (x >= bound) return false;
    }
    return true;
  };
  if (tag.id == kRange20Tag.id) return below(1u << 20);
  if (tag.id == kRange16Tag.id) return below(1u << 16);
  if (tag.id == kRange14Tag.id) return below(1u << 14);
  if (tag.id == kTicksTag.id) return below(64);
  if (tag.id == kBytesTag.id) return below(256);
  if (tag.id == kAndTag.id) return below(256) && (f[0] & f[1]) == f[2];
  if (tag.id == kXorNibblesTag.id || tag.id == kXorTopTag.id) {
    const u32 bits = tag.id == kXorNibblesTag.id ? 4 : 7;
    return below(256) && f[2] == ((f[0] ^ f[1]) & ((1u << bits) - 1)) && f[3] == (f[0] ^ f[1]) >> bits;
  }
  if (tag.id == chips::kKeccakConstantTag.id) {
    if (f[0] >= chips::KeccakTable::kHeight) return false;
    RowOf<chips::KeccakTable> row{};
    chips::KeccakTable::closed_row(f[0], row);
    return std::equal(f.begin() + 1, f.end(), row.bit);
  }
  if (tag.id == kShiftTag.id) {
    if (f[0] >= 256 || f[1] >= 8 || f[2] >= 2) return false;
    RowOf<chips::ShiftTable> row{};
    chips::ShiftTable::closed_row(f[0] | f[1] << 8 | f[2] << 11, row);
    return row.low == f[3] && row.high == f[4] && row.power == f[5];
  }
  return true;  // program, image, segment: the bus's matter
}

/// What a row says on the buses, if it is accepted.
struct Verdict {
  bool accepted = false;
  std::vector<std::vector<u32>> messages;  ///< permutation messages and program look-ups: tag, side, fields
};

template <class Chip>
Verdict judge(const RowOf<Chip>& row) {
  const auto* cells = reinterpret_cast<const u32*>(&row);
  std::vector<BabyBear> values;
  for (std::size_t i = 0; i < sizeof(row) / sizeof(u32); ++i) values.push_back(BabyBear(cells[i]));
  stark::Recorded<BabyBear> recorded;
  sources()[kIndexOf<Chip>].numeric(values.data(), recorded);
  Verdict out;
  for (const auto& constraint : recorded.constraints) {
    if (!constraint.value.is_zero()) return out;
  }
  for (const auto& message : recorded.messages) {
    if (message.multiplicity.is_zero()) continue;
    const bool is_lookup = message.tag->kind == TagKind::kLookup;
    if (is_lookup && !is_in_table(*message.tag, message.fields)) return out;
    if (is_lookup && message.tag->id != kProgramTag.id) continue;
    std::vector<u32> said = {message.tag->id, message.is_send};
    for (const BabyBear& field : message.fields) said.push_back(field.canonical());
    out.messages.push_back(std::move(said));
  }
  out.accepted = true;
  return out;
}

/// A step of an instruction on two operands, as a recorder would see it at some time.
inline StepView step_of(Op op, u32 x, u32 y, u32 result) {
  constexpr u32 kTime = 100;
  StepView s{.op = op, .at = {kTime, 7}, .rs1 = {}, .rs2 = {}, .rd = {}, .fields = {}};
  s.rs1 = register_access(5, x, 3, kTime);
  s.rs2 = register_access(6, y, 4, kTime + kTickRs2);
  s.rd = register_access(7, 0, 5, kTime + kTickRd);
  s.x = x;
  s.y = y;
  s.result = result;
  s.next_slot = 8;
  return s;
}

}  // namespace atlas::zkvm::test
