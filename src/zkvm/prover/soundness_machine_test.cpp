// Executions that a forger would write: traces changed where several rows must agree, public values that tell another
// story. Numbers as in docs/proof-system.md. What one row can do is in row_forgery_test.cpp.
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <zkvm/prover/all_chips.hpp>
#include <zkvm/prover/row_judge.hpp>

namespace atlas::zkvm {
namespace {

using namespace test;
using testing::IsEmpty;
using testing::Not;

class Forgery : public testing::Test {
 protected:
  Program program = all_chips_program();
  ProgramProver prover{program, small_parameters()};
  std::vector<stark::SegmentWitness> segments = witness_of(prover);

  static std::vector<stark::SegmentWitness> witness_of(const ProgramProver& prover) {
    auto witness = prover.witness(all_chips_hints());
    ENSURE(witness.ok(), "the program runs");
    return std::move(witness->segments);
  }
  stark::TraceTable& table(std::size_t segment, std::size_t chip) { return segments[segment].tables[chip]; }
  u32 get(std::size_t segment, std::size_t chip, u32 row, u32 column) {
    return table(segment, chip).get(row, column).canonical();
  }
  void set(std::size_t segment, std::size_t chip, u32 row, u32 column, u32 value) {
    table(segment, chip).set(row, column, BabyBear(value));
  }
  /// First row from `from` on whose cell holds the value.
  u32 find(std::size_t segment, std::size_t chip, u32 column, u32 value, u32 from = 0) {
    for (u32 row = from; row < table(segment, chip).height; ++row) {
      if (get(segment, chip, row, column) == value) return row;
    }
    ENSURE(false, "the trace has such a row");
  }
  void copy_row(std::size_t segment, std::size_t chip, u32 from, u32 to) {
    for (u32 i = 0; i < table(segment, chip).width; ++i) {
      table(segment, chip).set(to, i, table(segment, chip).get(from, i));
    }
  }
  bool is_execution() const {
    std::vector<std::vector<u32>> values;
    for (const auto& segment : segments) values.push_back(segment.public_values);
    return machine().is_execution(machine(), values);
  }
  /// What another program's key finds wrong in these traces.
  static std::vector<std::string> under_key_of(const ProgramProver& victim, std::vector<stark::SegmentWitness> traces) {
    const stark::Machine& machine_of_victim = victim.key().machine().machine();
    for (stark::SegmentWitness& segment : traces) {
      for (const std::size_t chip :
           {kIndexOf<chips::ProgramTable>, kIndexOf<chips::Zones>, kIndexOf<chips::ImageTable>}) {
        const stark::TraceTable& fixed = victim.tables().fixed[chip];
        stark::TraceTable& target = segment.tables[chip];
        ENSURE(fixed.height == target.height, "programs of one size have tables of one height");
        const u32 first = machine_of_victim.chips[chip].shape.columns[1];
        for (u32 row = 0; row < fixed.height; ++row) {
          for (u32 i = 0; i < fixed.width; ++i) target.set(row, first + i, fixed.get(row, i));
        }
      }
    }
    return stark::check_execution(machine_of_victim, sources(), traces, 3);
  }
  const stark::Machine& machine() const { return prover.key().machine().machine(); }
  std::vector<std::string> problems() { return stark::check_execution(machine(), sources(), segments, 3); }
};

TEST_F(Forgery, TheHonestExecutionHolds) {
  EXPECT_THAT(problems(), IsEmpty());
  EXPECT_TRUE(is_execution());
}

// 14: an access that finds what a later one leaves, times made to fit.
TEST_F(Forgery, ReadingTheFuture) {
  const u32 time = ATLAS_COLUMN(chips::LoadWord, at.time), last = ATLAS_COLUMN(chips::LoadWord, word.last),
            gap = ATLAS_COLUMN(chips::LoadWord, word.gap);
  const u32 now = get(0, kIndexOf<chips::LoadWord>, 0, time) + kTickMemory;
  for (const u32 later : {now, now + 1, now + 1000}) {
    set(0, kIndexOf<chips::LoadWord>, 0, last, later);
    set(0, kIndexOf<chips::LoadWord>, 0, gap, field_of(i64{now} - later - 1) & kGapLowMask);
    EXPECT_THAT(problems(), Not(IsEmpty()));
  }
}

// 14: one word with two initial rows; with two boundary rows in a segment.
TEST_F(Forgery, WordsAreInitialisedOnce) {
  const std::size_t initial = kIndexOf<chips::InitialRow>, boundary = kIndexOf<chips::BoundaryRow>;
  const u32 free_initial = find(1, initial, 0, 0), free_boundary = find(0, boundary, 0, 0);
  copy_row(1, initial, 3, free_initial);
  copy_row(0, boundary, 3, free_boundary);
  EXPECT_THAT(problems(), Not(IsEmpty()));
  // The chain of order messages by hand: the second row goes on from the first, on the same index.
  const u32 index = get(1, initial, 3, ATLAS_COLUMN(chips::InitialRow, index));
  set(1, initial, free_initial, ATLAS_COLUMN(chips::InitialRow, low), index + 1);
  set(1, initial, free_initial, ATLAS_COLUMN(chips::InitialRow, gap_q), field_of(-1) & 0x3fff);
  EXPECT_THAT(problems(), Not(IsEmpty()));
}

// 14: a word of the image that begins as zero, or as another value.
TEST_F(Forgery, TheImageIsTheKeys) {
  const std::size_t initial = kIndexOf<chips::InitialRow>;
  const u32 in_image = ATLAS_COLUMN(chips::InitialRow, in_image), lo = ATLAS_COLUMN(chips::InitialRow, first.lo);
  const u32 row = find(1, initial, in_image, 1);
  const u32 value = get(1, initial, row, lo);
  const u32 index = get(1, initial, row, ATLAS_COLUMN(chips::InitialRow, index));
  const std::size_t boundary = kIndexOf<chips::BoundaryRow>;
  for (u32 k = 0; k < 2; ++k) {  // its boundary row agrees
    const u32 other = k == 0 ? 0 : value + 1;
    set(1, initial, row, in_image, k);
    set(1, initial, row, lo, other);
    for (u32 r = 0; r < table(0, boundary).height; ++r) {
      if (get(0, boundary, r, ATLAS_COLUMN(chips::BoundaryRow, index)) == index &&
          get(0, boundary, r, ATLAS_COLUMN(chips::BoundaryRow, space)) == kMemorySpace) {
        set(0, boundary, r, ATLAS_COLUMN(chips::BoundaryRow, in.lo), other);
      }
    }
    EXPECT_THAT(problems(), Not(IsEmpty()));
  }
}

// 14: a word that was in no zone, or beyond the end of its own.
TEST_F(Forgery, NoWordOutsideItsZone) {
  const std::size_t zones = kIndexOf<chips::Zones>, initial = kIndexOf<chips::InitialRow>;
  const u32 registers_end = get(1, zones, 0, ATLAS_COLUMN(chips::Zones, low));
  const u32 row = find(1, initial, ATLAS_COLUMN(chips::InitialRow, index), registers_end - 1);
  set(1, initial, row, ATLAS_COLUMN(chips::InitialRow, index), kDiscard);
  set(1, initial, row, ATLAS_COLUMN(chips::InitialRow, index_q), kDiscard);
  set(1, initial, row, ATLAS_COLUMN(chips::InitialRow, gap_q),
      kDiscard - get(1, initial, row, ATLAS_COLUMN(chips::InitialRow, low)));
  set(1, zones, 0, ATLAS_COLUMN(chips::Zones, low), kDiscard + 1);
  set(1, zones, 0, ATLAS_COLUMN(chips::Zones, gap_q), field_of(-1) & 0x3fff);
  EXPECT_THAT(problems(), Not(IsEmpty()));
}

// 15: a write to x0; a register's chain continued as memory's.
TEST_F(Forgery, SpacesAreApart) {
  const u32 rd = ATLAS_COLUMN(chips::AddImmediate, rd.index);
  const u32 row = find(0, kIndexOf<chips::AddImmediate>, rd, kDiscard);
  set(0, kIndexOf<chips::AddImmediate>, row, rd, 0);
  EXPECT_THAT(problems(), Not(IsEmpty()));
  segments = witness_of(prover);
  const u32 space = ATLAS_COLUMN(chips::BoundaryRow, space);
  set(0, kIndexOf<chips::BoundaryRow>, 0, space, kMemorySpace);
  EXPECT_THAT(problems(), Not(IsEmpty()));
}

// 14: initial rows in an execution segment, boundary rows in the initialisation segment.
TEST_F(Forgery, RowsOfWordsStayInTheirSegments) {
  const std::vector<std::size_t> kInitial = {kIndexOf<chips::InitialRow>, kIndexOf<chips::Zones>},
                                 kBoundary = {kIndexOf<chips::BoundaryRow>};
  for (const auto& chips : {kInitial, kBoundary}) {
    for (const std::size_t chip : chips) std::swap(table(0, chip), table(1, chip));
    EXPECT_THAT(problems(), Not(IsEmpty()));
    for (const std::size_t chip : chips) std::swap(table(0, chip), table(1, chip));
  }
  EXPECT_THAT(problems(), IsEmpty());
}

// 22: an ecall where the program has nothing: its look-up of the program, and that alone, is in the way.
TEST_F(Forgery, EcallsAreTheProgramsInstructions) {
  const std::size_t text = kIndexOf<chips::ProgramTable>, ecall = kIndexOf<chips::Ecall>;
  const u32 operation = ATLAS_COLUMN(chips::ProgramTable, fields.operation);
  for (std::size_t s = 0; s < segments.size(); ++s) {
    for (u32 row = 0; row < table(s, text).height; ++row) {
      if (get(s, text, row, operation) != number(Operation::kEcall)) continue;
      for (u32 i = 0; i < ATLAS_COLUMN(chips::ProgramTable, slot); ++i) set(s, text, row, i, 0);
    }
  }
  EXPECT_THAT(problems(), Not(IsEmpty()));
  const auto symbols = stark::symbols_of(sources()[ecall]);
  stark::Omission omission{ecall, {}, {}};
  for (std::size_t j = 0; j < symbols.messages.size(); ++j) {
    if (symbols.messages[j].tag->id == kProgramTag.id) omission.message = j;
  }
  EXPECT_THAT(stark::check_execution(machine(), sources(), segments, 3, &omission), IsEmpty());
}

// 15: a program whose executor takes the text for memory, at its own address or at the end of the window, has no trace
// for the real program's key. A word, a byte, the last word of a state or of a hint.
TEST_F(Forgery, StoresIntoTheProgram) {
  const std::function<void(Assembler&)> kStores[] = {
      [](Assembler& a) { a.li(t0, kTextBegin)(sw(zero, t0, 0)); },
      [](Assembler& a) { a.li(t0, kTextBegin)(sb(zero, t0, 5)); },
      [](Assembler& a) { a.call(static_cast<u32>(abi::Ecall::kKeccakF), {kTextBegin - 4 * 49}); },
      [](Assembler& a) { a.call(static_cast<u32>(abi::Ecall::kHintRead), {kTextBegin - 4, 2}); }};
  const Bytes hints(8);
  for (const auto& store : kStores) {
    Assembler a;
    store(a);
    const Program honest = a.finish().program({{kTextBegin - 256, {1, 2, 3}}, {kDataBegin, {4}}});
    const ProgramProver victim(honest, small_parameters());
    EXPECT_FALSE(victim.witness(hints).ok());
    for (const u32 begin : {honest.memory_begin, 0u}) {
      Program tampered = honest;
      tampered.memory_begin = begin;
      tampered.memory_size = u64{1} << 32;
      const ProgramProver forger(tampered, small_parameters());
      auto forged = forger.witness(hints);
      ASSERT_TRUE(forged.ok());
      EXPECT_THAT(under_key_of(victim, std::move(forged->segments)), Not(IsEmpty()));
    }
  }
}

// 8: a program that commits and then jumps 64 MiB on, out of its text. Traces of one that jumps to a halt instead, cut
// off after the jump and with the other target written in, hold in all but where they end: no halted machine is there.
TEST_F(Forgery, AJumpOutOfTheTextIsNoHalt) {
  constexpr u32 kInside = kTextBegin + 0x1000, kOutside = kTextBegin + (1u << 26), kCycles = 7;
  const auto jumping_to = [](u32 target) {
    Assembler a;
    a.call(static_cast<u32>(abi::Ecall::kCommit), {kDataBegin})(lui(t0, target >> 12))(jalr(zero, t0, 0));
    while (a.pc() < kInside) a(addi(zero, zero, 0));
    return a.call(static_cast<u32>(abi::Ecall::kHalt), {0}).program({{kDataBegin, {1}}});
  };
  const Program victim_program = jumping_to(kOutside), forger_program = jumping_to(kInside);
  const ProgramProver victim(victim_program, small_parameters()), forger(forger_program, small_parameters());
  EXPECT_FALSE(victim.witness({}).ok());
  ProveOptions options;
  options.segment_cycles = kCycles;
  auto witness = forger.witness({}, options);
  ASSERT_TRUE(witness.ok());
  segments = std::move(witness->segments);
  ASSERT_EQ(segments.size(), 3u);  // up to the jump, the halt, the words

  constexpr std::size_t kConstant = kIndexOf<chips::Constant>, kJump = kIndexOf<chips::JumpRegister>,
                        kBoundary = kIndexOf<chips::BoundaryRow>, kInitial = kIndexOf<chips::InitialRow>;
  const auto set_limbs = [&](std::size_t s, std::size_t chip, u32 row, u32 column, u32 lo, u32 hi) {
    set(s, chip, row, column, lo);
    set(s, chip, row, column + 1, hi);
  };
  const auto row_of = [&](std::size_t s, std::size_t chip, u32 index_column, u32 space, u32 index) {
    for (u32 row = 0; row < table(s, chip).height; ++row) {
      if (get(s, chip, row, index_column - 1) == space && get(s, chip, row, index_column) == index) return row;
    }
    ENSURE(false, "the word has such a row");
  };
  // What the halt did to words is undone: their last value is the one that its segment found.
  constexpr u32 kIndex = ATLAS_COLUMN(chips::InitialRow, index), kLast = ATLAS_COLUMN(chips::InitialRow, last);
  for (u32 row = 0; row < table(1, kBoundary).height; ++row) {
    if (get(1, kBoundary, row, 0) == 0) continue;
    const auto cell = [&](u32 column) { return get(1, kBoundary, row, column); };
    const u32 initial = row_of(2, kInitial, kIndex, cell(ATLAS_COLUMN(chips::BoundaryRow, space)),
                               cell(ATLAS_COLUMN(chips::BoundaryRow, index)));
    set_limbs(2, kInitial, initial, kLast, cell(ATLAS_COLUMN(chips::BoundaryRow, in)),
              cell(ATLAS_COLUMN(chips::BoundaryRow, in) + 1));
    set(2, kInitial, initial, ATLAS_COLUMN(chips::InitialRow, last_segment),
        cell(ATLAS_COLUMN(chips::BoundaryRow, segment_in)));
  }
  segments.erase(segments.begin() + 1);
  // The other target, wherever t0 is, and look-ups of its slot.
  const u32 loads = find(0, kConstant, ATLAS_COLUMN(chips::Constant, rd.index), t0);
  set_limbs(0, kConstant, loads, ATLAS_COLUMN(chips::Constant, value), kOutside & 0xffff, kOutside >> 16);
  set_limbs(0, kJump, 0, ATLAS_COLUMN(chips::JumpRegister, rs1.lo), kOutside & 0xffff, kOutside >> 16);
  set_limbs(0, kJump, 0, ATLAS_COLUMN(chips::JumpRegister, target), 0, 1u << 10);
  set_limbs(0, kBoundary, row_of(0, kBoundary, ATLAS_COLUMN(chips::BoundaryRow, index), kRegisterSpace, t0),
            ATLAS_COLUMN(chips::BoundaryRow, out), kOutside & 0xffff, kOutside >> 16);
  set_limbs(1, kInitial, row_of(1, kInitial, kIndex, kRegisterSpace, t0), kLast, kOutside & 0xffff, kOutside >> 16);
  const auto count = [&](std::size_t chip, u32 from, u32 to) {
    set(0, chip, from, 0, get(0, chip, from, 0) - 1);
    set(0, chip, to, 0, get(0, chip, to, 0) + 1);
  };
  count(kIndexOf<chips::Range14>, 0x1000 / 4, 0);
  count(kIndexOf<chips::Range16>, 0, 1u << 10);
  PublicValues values = PublicValues::from_words(segments[0].public_values);
  values.slot_out = 1u << 24;
  segments[0].public_values = values.to_words();
  EXPECT_THAT(under_key_of(victim, std::move(segments)), IsEmpty());
  EXPECT_NE(values.slot_out, kHaltSlot);
}

// 16: padding that comes alive, with the fields of a row that was there.
TEST_F(Forgery, PaddingIsSilent) {
  for (std::size_t chip = 0; chip < StepChips::kCount + WordChips::kCount + PrimitiveChips::kCount; ++chip) {
    for (std::size_t s = 0; s < segments.size(); ++s) {
      if (table(s, chip).height == 0) continue;
      bool is_done = false;
      for (u32 row = 0; row < table(s, chip).height && !is_done; ++row) {
        bool is_zero = true;
        for (u32 i = 0; i < table(s, chip).width; ++i) is_zero = is_zero && table(s, chip).get(row, i).is_zero();
        if (!is_zero) continue;
        copy_row(s, chip, 0, row);
        EXPECT_THAT(problems(), Not(IsEmpty())) << "chip " << chip;
        for (u32 i = 0; i < table(s, chip).width; ++i) set(s, chip, row, i, 0);
        is_done = true;
      }
    }
  }
}

// 16: a request that nobody answers; one that is answered as another function's, or at another time.
TEST_F(Forgery, RequestsAreAnsweredByTheirChip) {
  const std::size_t answers[] = {kIndexOf<chips::Keccak>,       kIndexOf<chips::Blake3>,
                                 kIndexOf<chips::MerklePath>,   kIndexOf<chips::MerkleUpdate>,
                                 kIndexOf<chips::Sha256>,       kIndexOf<chips::U256>,
                                 kIndexOf<chips::Secp256k1Add>, kIndexOf<chips::Secp256k1Double>,
                                 kIndexOf<chips::ExtensionDot>, kIndexOf<chips::EqExpand>};
  for (const std::size_t chip : answers) {
    std::vector<u32> row;
    for (u32 i = 0; i < table(0, chip).width; ++i) {
      row.push_back(get(0, chip, 0, i));
      set(0, chip, 0, i, 0);
    }
    EXPECT_THAT(problems(), Not(IsEmpty())) << "chip " << chip;
    for (u32 i = 0; i < table(0, chip).width; ++i) set(0, chip, 0, i, row[i]);
  }
  EXPECT_THAT(problems(), IsEmpty());
  const std::size_t ecall = kIndexOf<chips::Ecall>;
  const u32 function = ATLAS_COLUMN(chips::Ecall, argument[6].lo), time = ATLAS_COLUMN(chips::Ecall, at.time);
  const u32 path = find(0, ecall, function, static_cast<u32>(abi::Ecall::kMerklePath));
  for (const u32 other : {0u, 2u, 15u, 16u, 19u, 28u, 99u}) {
    set(0, ecall, path, function, other);
    EXPECT_THAT(problems(), Not(IsEmpty())) << "function " << other;
  }
  set(0, ecall, path, function, static_cast<u32>(abi::Ecall::kMerklePath));
  const u32 called = ATLAS_COLUMN(chips::MerklePath, call.time);
  ASSERT_EQ(get(0, kIndexOf<chips::MerklePath>, 0, called), get(0, ecall, path, time));
  set(0, kIndexOf<chips::MerklePath>, 0, called, get(0, ecall, path, time) + kTicksPerEcall);
  EXPECT_THAT(problems(), Not(IsEmpty()));
}

// 8, 9: every public value changed alone: no execution any more, or no balance.
TEST_F(Forgery, PublicValuesAreBound) {
  for (std::size_t s = 0; s < segments.size(); ++s) {
    for (u32 i = 0; i < PublicValues::kWords; ++i) {
      for (const u32 delta : {1u, BabyBear::kModulus}) {
        u32& word = segments[s].public_values[i];
        const u32 before = word;
        word += delta;
        EXPECT_TRUE(!is_execution() || !problems().empty()) << "segment " << s << " value " << i << " + " << delta;
        word = before;
      }
    }
  }
}

// 8: segments left out, doubled, reordered.
TEST_F(Forgery, SegmentsMakeOneExecution) {
  const auto values = [&](std::initializer_list<std::size_t> order) {
    std::vector<std::vector<u32>> out;
    for (const std::size_t s : order) out.push_back(segments[s].public_values);
    return machine().is_execution(machine(), out);
  };
  EXPECT_TRUE(values({0, 1}));
  EXPECT_FALSE(values({0}));
  EXPECT_FALSE(values({1}));
  EXPECT_FALSE(values({}));
  EXPECT_FALSE(values({1, 0}));
  EXPECT_FALSE(values({0, 0, 1}));
  EXPECT_FALSE(values({0, 1, 1}));
}

}  // namespace
}  // namespace atlas::zkvm
