// Programs from instructions to verdict.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stark/security/security.hpp>
#include <zkvm/prover/all_chips.hpp>

namespace atlas::zkvm {
namespace {

using namespace test;
using testing::IsEmpty;

Program count_to(u32 n) {
  Assembler a;
  a.li(s0, kDataBegin).li(s1, n)(addi(a0, zero, 0))(addi(a1, zero, 1));
  const u32 loop = a.pc();
  a(add(a2, a0, a1))(addi(a0, a1, 0))(addi(a1, a2, 0))(addi(s1, s1, -1));
  a(bne(s1, zero, static_cast<i32>(loop - a.pc())));
  a(sw(a0, s0, 0));
  return a.finish().program();
}

TEST(Machine, Compiles) {
  EXPECT_THAT(stark::compile(sources()), IsEmpty());
}

// What a step costs: cells and messages of its row, on average over a program of all instructions and over a loop.
TEST(Machine, KeepsItsBudgets) {
  u32 columns = 0;
  const Program program = count_to(10);
  const ProgramProver prover(program, small_parameters());
  const stark::Machine& machine = prover.key().machine().machine();
  constexpr std::size_t kFirst = StepChips::kCount + WordChips::kCount, kEnd = kFirst + PrimitiveChips::kCount;
  u32 columns_of_primitives = 0;
  for (std::size_t c = 0; c < kChips; ++c) {
    const stark::ChipDescription& chip = machine.chips[c];
    (c < kFirst || c >= kEnd ? columns : columns_of_primitives) += chip.shape.width();
    std::printf("%-18s %4u columns %4u constraints %3u messages\n", chip.name, chip.shape.width(),
                chip.shape.constraints, chip.shape.message_count);
  }
  std::printf("%u columns, and %u of primitives\n", columns, columns_of_primitives);
  EXPECT_LE(columns, 2500u);
  const auto cost_of = [&](const Program& p, ByteView hints) {
    const ProgramProver other(p, small_parameters());
    const auto witness = other.witness(hints);
    EXPECT_TRUE(witness.ok());
    double rows = 0, cells = 0, messages = 0;
    for (std::size_t c = 0; c + 1 < StepChips::kCount; ++c) {  // ecalls apart
      const stark::TraceTable& table = witness->segments[0].tables[c];
      const stark::ChipShape& shape = machine.chips[c].shape;
      for (u32 r = 0; r < table.height; ++r) {
        bool is_row = false;  // one of the flags, which come first
        for (u32 i = 0; i < 4; ++i) is_row = is_row || !table.get(r, i).is_zero();
        if (!is_row) continue;
        rows += 1;
        cells += shape.committed();
        messages += shape.message_count;
      }
    }
    std::printf("%.0f steps: %.1f cells, %.1f messages a step\n", rows, cells / rows, messages / rows);
    EXPECT_LE(cells / rows, 40);
    EXPECT_LE(messages / rows, 17);
  };
  cost_of(program, {});
  cost_of(all_chips_program(), all_chips_hints());
}

// The caps of the machine of the largest program, under which the shipped set holds its promise.
TEST(Machine, HasItsSecurity) {
  const ProgramMachine largest({kSlotsMax, kImageHeightMax, 0, kFirstZone + kZonesHeight});
  for (const stark::Parameters& set : {stark::shipped_parameters(), stark::hundred_bit_parameters()}) {
    const stark::SecurityReport report = stark::security_of(set, stark::caps_of(largest.machine()));
    EXPECT_GE(report.minimum, set.promised_bits);
    EXPECT_GE(report.union_bound, set.promised_bits);
  }
}

// The formulas by which the verifier evaluates the tables are the tables.
TEST(Machine, TablesAreTheirFormulas) {
  for_each_chip(TableChips{}, [&]<class Chip>(std::type_identity<Chip>) {
    if constexpr (requires { Chip::kHeight; }) {
      constexpr u32 kWidth = stark::shape_of<Chip>().columns[3], kFirst = stark::shape_of<Chip>().columns[1];
      const unsigned log = stark::log2_ceil(Chip::kHeight);
      u32 seed = 1;
      for (int trial = 0; trial < 50; ++trial) {
        seed = seed * 1664525 + 1013904223;
        const u32 index = (seed >> 3) % Chip::kHeight;
        stark::Ext low[stark::kSkip], high[32], out[kWidth];
        for (u32 i = 0; i < stark::kSkip; ++i) low[i] = stark::Ext(BabyBear(index % stark::kSkip == i));
        for (unsigned i = stark::kSkipLog; i < log; ++i)
          high[i - stark::kSkipLog] = stark::Ext(BabyBear(index >> i & 1));
        Chip::closed_columns({low, high, log}, out);
        RowOf<Chip> row{};
        Chip::closed_row(index, row);
        for (u32 i = 0; i < kWidth; ++i) {
          EXPECT_TRUE(out[i] == stark::Ext(BabyBear(reinterpret_cast<const u32*>(&row)[kFirst + i])))
              << Chip::kName << " row " << index << " column " << i;
        }
      }
    }
  });
}

// 6, 7: the key belongs to the program; its file has one form.
TEST(Machine, KeysAreBound) {
  const Program program = count_to(1000), other = count_to(1001);
  const ProgramProver prover(program, stark::hundred_bit_parameters()), second(other, stark::hundred_bit_parameters());
  EXPECT_FALSE(prover.key().verifying().digest == second.key().verifying().digest);
  const Bytes file = prover.key().to_bytes();
  const auto again = ProgramKey::from_bytes(file);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ((*again)->to_bytes(), file);
  for (std::size_t i = 0; i < file.size(); ++i) {
    Bytes broken = file;
    broken[i] ^= 1;
    EXPECT_FALSE(ProgramKey::from_bytes(broken).ok()) << "byte " << i;
  }
  EXPECT_FALSE(ProgramKey::from_bytes(ByteView(file).first(file.size() - 4)).ok());
  Bytes longer = file;
  longer.resize(file.size() + 4);
  EXPECT_FALSE(ProgramKey::from_bytes(longer).ok());
}

TEST(Machine, TracesOfFibonacciHold) {
  const Program program = count_to(10);
  const ProgramProver prover(program, small_parameters());
  const auto witness = prover.witness({});
  ASSERT_TRUE(witness.ok()) << witness.error().text;
  EXPECT_THAT(stark::check_execution(prover.key().machine().machine(), sources(), witness->segments), IsEmpty());
}

TEST(Machine, ProvesFibonacci) {
  const Program program = count_to(1000);
  const ProgramProver prover(program, small_parameters());
  const auto proved = prover.prove({});
  ASSERT_TRUE(proved.ok()) << proved.error().text;
  const auto claim = verify_execution(prover.key(), proved->bytes);
  ASSERT_TRUE(claim.ok()) << stark::name_of(claim.error());
  EXPECT_EQ(claim->cycles, proved->claim.cycles);
  EXPECT_EQ(claim->public_output, proved->claim.public_output);

  // 1, 2, 9: no byte of the file is free. Each word changed by one bit, in turn over the file and within the word.
  for (std::size_t i = 0; i < proved->bytes.size(); i += 997) {
    Bytes broken = proved->bytes;
    broken[i] ^= static_cast<u8>(1u << i % 8);
    EXPECT_FALSE(verify_execution(prover.key(), broken).ok()) << "byte " << i;
  }
}

// Every chip at work, through prover and verifier; and a false trace, which makes no proof.
TEST(Machine, ProvesAllInstructions) {
  const Program program = all_chips_program();
  const ProgramProver prover(program, small_parameters());
  auto witness = prover.witness(all_chips_hints());
  ASSERT_TRUE(witness.ok()) << witness.error().text;
  const auto isa = field::best_isa();
  const Bytes proof = stark::prove_execution(prover.proving_key(), witness->segments, isa);
  const auto claim = verify_execution(prover.key(), proof);
  ASSERT_TRUE(claim.ok()) << stark::name_of(claim.error());
  EXPECT_EQ(claim->cycles, witness->claim.cycles);
  stark::TraceTable& sums = witness->segments[0].tables[kIndexOf<chips::Add>];
  const u32 result = offsetof(RowOf<chips::Add>, result.lo) / sizeof(u32);
  sums.set(0, result, sums.get(0, result) + BabyBear::one());
  EXPECT_FALSE(
      verify_execution(prover.key(), stark::prove_execution(prover.proving_key(), witness->segments, isa)).ok());
}

// The same at 128 bits; its key file goes through bytes, and no other set's key takes the proof.
TEST(Machine, ShippedSetProvesAllInstructions) {
  const Program program = all_chips_program();
  const ProgramProver prover(program, stark::shipped_parameters());
  const auto proved = prover.prove(all_chips_hints());
  ASSERT_TRUE(proved.ok()) << proved.error().text;
  const auto key = ProgramKey::from_bytes(prover.key().to_bytes());
  ASSERT_TRUE(key.ok());
  const auto claim = verify_execution(**key, proved->bytes);
  ASSERT_TRUE(claim.ok()) << stark::name_of(claim.error());
  EXPECT_EQ(claim->cycles, proved->claim.cycles);
  EXPECT_EQ(claim->public_output, proved->claim.public_output);
  EXPECT_EQ((*key)->verifying().parameters.promised_bits, 128u);
  const ProgramProver weaker(program, stark::hundred_bit_parameters());
  EXPECT_FALSE(verify_execution(weaker.key(), proved->bytes).ok());
}

}  // namespace
}  // namespace atlas::zkvm
