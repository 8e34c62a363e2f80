// Nothing can be left out of the hash chips, nor of the door to them: for each constraint and each look-up there is a
// row that breaks it and nothing else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <zkvm/chips/ecall/trace.hpp>
#include <zkvm/chips/merkle/trace.hpp>
#include <zkvm/executor/primitives.hpp>
#include <zkvm/prover/call_judge.hpp>
#include <zkvm/prover/hash_claims.hpp>

namespace atlas::zkvm {
namespace {

using namespace test;
using abi::Ecall;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// The row, counted twice.
template <class Chip>
RowOf<Chip> twice(RowOf<Chip> row) {
  row.real = 2;
  return row;
}

// ---- Keccak

stark::OmissionScore omissions_of(std::type_identity<chips::KeccakRound>) {
  using chips::KeccakRound;
  Trial<KeccakRound> trial;
  const auto honest = keccak_row({});
  trial.expect_honest(honest);
  trial.expect_one(twice<KeccakRound>(honest));
  const auto step = [&](u32 column) {
    auto row = honest;
    trial.cell(row, column) = plus(trial.cell(row, column), 1);
    trial.expect_one(row);
  };
  for (u32 i = 0; i < chips::kKeccakLimbs; ++i) step(ATLAS_COLUMN(KeccakRound, before) + i);
  for (u32 j = 0; j < chips::kKeccakConstantBits; ++j) step(ATLAS_COLUMN(KeccakRound, first) + j);
  step(ATLAS_COLUMN(KeccakRound, constant));
  for (unsigned x = 0; x < 5; ++x) {
    for (unsigned z = 0; z < 64; ++z) {
      for (const auto wrong : {KeccakClaim::kParity, KeccakClaim::kParityAfter, KeccakClaim::kColumn}) {
        trial.expect_one(keccak_row({wrong, x, 0, z}));
      }
      for (unsigned y = 0; y < 5; ++y) trial.expect_one(keccak_row({KeccakClaim::kBit, x, y, z}));
    }
  }
  return trial.score();
}

stark::OmissionScore omissions_of(std::type_identity<chips::Keccak>) {
  using chips::Keccak;
  TestCall call(Ecall::kKeccakF, random_words(60, 1));
  RowCatcher<Keccak> rows;
  chips::append_keccak(
      rows, call.argument(0, TestCall::address_of(7)).write(7, 50).finish([](u32* w) { primitives::keccak_f(w + 7); }));
  Trial<Keccak> trial;
  const auto& honest = rows.rows.at(0);
  trial.expect_honest(honest);
  trial.expect_one(twice<Keccak>(honest));
  trial.add_gaps(honest, ATLAS_COLUMN(Keccak, word), chips::kKeccakWords);
  return trial.score();
}

// ---- BLAKE3

stark::OmissionScore omissions_of(std::type_identity<chips::Blake3Round>) {
  using chips::Blake3Round;
  Trial<Blake3Round> trial;
  auto honest = blake3_round_row({});
  trial.expect_honest(honest);
  honest.passes = 0;
  trial.expect_honest(honest);
  trial.expect_one(twice<Blake3Round>(honest));
  auto row = honest;
  row.passes = 2;
  trial.expect_one(row);
  row = {};
  row.passes = 1;
  trial.expect_one(row);
  for (unsigned half = 0; half < 2 * Blake3Round::kMixes; ++half) {
    for (unsigned at = 0; at < 4; ++at) {
      if (at < 2) {
        trial.expect_one(blake3_round_row({RoundClaim::kSumOfThree, half, at}));
        trial.expect_one(blake3_round_row({RoundClaim::kSumOfTwo, half, at}));
      }
      trial.expect_one(blake3_round_row({RoundClaim::kAnd, half, at}));
      trial.expect_one(blake3_round_row({RoundClaim::kXor, half, at}));
    }
  }
  return trial.score();
}

/// Rows of a call of `count` blocks at word 8.
template <class Chip>
std::vector<RowOf<Chip>> rows_of_blocks(Ecall function, u32 count) {
  TestCall call(function, random_words(8 + 16 * std::size_t{count}, 2));
  call.argument(0, TestCall::address_of(0)).argument(1, TestCall::address_of(8)).argument(2, count);
  RowCatcher<Chip> rows;
  if (function == Ecall::kSha256) {
    call.read(1, 8, 16 * count).write(0, 8);
    chips::append_sha256(rows, call.finish([&](u32* w) { primitives::sha256(w, w + 8, count); }));
  } else {
    constexpr u32 kFlags = 0x0b0d'0307, kLengthAndCounter = 0x0203'0439;  // flags that share bits in both bytes
    call.argument(3, kFlags).argument(4, kLengthAndCounter).read(1, 8, 16 * count).write(0, 8);
    chips::append_blake3(rows, call.finish([&](u32* w) {
      EXPECT_EQ(primitives::blake3(w, w + 8, count, kFlags, kLengthAndCounter), nullptr);
    }));
  }
  return rows.rows;
}
template <class Chip>
void add_conjunctions(Trial<Chip>& trial, const RowOf<Chip>& honest) {
  for (unsigned i = 0; i < chips::kDigestWords; ++i) {
    for (unsigned k = 0; k < 4; ++k) {
      auto row = honest;
      row.compression.both[i].byte[k] ^= 1;
      trial.expect_one(row);
    }
  }
}

stark::OmissionScore omissions_of(std::type_identity<chips::Blake3Block>) {
  using chips::Blake3Block;
  Trial<Blake3Block> trial;
  const auto rows = rows_of_blocks<Blake3Block>(Ecall::kBlake3, 2);
  const auto &inner = rows.at(0), &last = rows.at(1);
  trial.expect_honest(inner);
  trial.expect_honest(last);
  trial.add_gaps(inner, ATLAS_COLUMN(Blake3Block, word), chips::kBlake3BlockWords);
  add_conjunctions(trial, inner);
  for (const auto place : {&RowOf<Blake3Block>::left, &RowOf<Blake3Block>::length, &RowOf<Blake3Block>::flags}) {
    auto row = last;
    row.*place += 1;
    trial.expect_one(row);
  }
  // Flags of which one is −1, and both.
  for (const auto& [is_inner, is_last] : {std::pair{i64{-1}, i64{1}}, {i64{1}, i64{-1}}, {i64{1}, i64{1}}}) {
    auto row = last;
    row.is_inner = field_of(is_inner);
    row.is_last = field_of(is_last);
    row.length = field_of(64 * is_inner + is_last * row.parameters.last_length);
    row.flags = field_of(row.first_flags + is_last * row.parameters.last_flags);
    trial.expect_one(row);
  }
  return trial.score();
}

stark::OmissionScore omissions_of(std::type_identity<chips::Blake3>) {
  using chips::Blake3;
  using Row = RowOf<Blake3>;
  Trial<Blake3> trial;
  const Row single = rows_of_blocks<Blake3>(Ecall::kBlake3, 1).at(0),
            many = rows_of_blocks<Blake3>(Ecall::kBlake3, 3).at(0);
  trial.expect_honest(single);
  trial.expect_honest(many);
  trial.expect_each(single, {ATLAS_COLUMN(Blake3, both0), ATLAS_COLUMN(Blake3, both1)});
  trial.expect_each(many, {ATLAS_COLUMN(Blake3, first0), ATLAS_COLUMN(Blake3, last0), ATLAS_COLUMN(Blake3, both0),
                           ATLAS_COLUMN(Blake3, both1), ATLAS_COLUMN(Blake3, inverse), ATLAS_COLUMN(Blake3, count_low),
                           ATLAS_COLUMN(Blake3, call.argument[1].hi), ATLAS_COLUMN(Blake3, call.argument[3].lo)});
  trial.add_gaps(many, ATLAS_COLUMN(Blake3, word), 8);
  trial.add_pointers(many, ATLAS_COLUMN(Blake3, blocks), ATLAS_COLUMN(Blake3, call.argument),
                     ATLAS_COLUMN(Blake3, call.immediate));
  Row row = twice<Blake3>(many);
  trial.solve(row, ATLAS_COLUMN(Blake3, inverse));
  trial.expect_one(row);
  // One of several blocks.
  row = single;
  row.call.argument[1].lo = 3;
  row.count_low = 2;
  trial.expect_one(row);
  // A block of 65 bytes.
  row = many;
  row.call.argument[3].lo += 65 - row.length;
  row.length = 65;
  trial.expect_one(row);
  return trial.score();
}

// ---- Merkle

template <class Chip, unsigned kDigests>
std::vector<RowOf<Chip>> rows_of_path(u32 index, u32 levels) {
  const auto siblings = random_words(8 * std::size_t{levels}, 3);
  TestCall call(kDigests == 1 ? Ecall::kMerklePath : Ecall::kMerkleUpdate, random_words(20, 4), siblings);
  call.argument(0, TestCall::address_of(3)).argument(1, index).argument(2, levels).argument(3, 4);
  RowCatcher<Chip> rows;
  chips::append_merkle<kDigests>(rows, call.write(3, 8 * kDigests).finish([&](u32* w) {
    primitives::merkle_path(w + 3, kDigests, index, levels, 4, siblings.data());
  }));
  return rows.rows;
}

stark::OmissionScore omissions_of(std::type_identity<chips::MerkleLevel>) {
  using chips::MerkleLevel;
  using Row = RowOf<MerkleLevel>;
  Trial<MerkleLevel> trial;
  const auto rows = rows_of_path<MerkleLevel, 1>(0x12345, 17);
  for (const Row& honest : rows) trial.expect_honest(honest);
  const Row &honest = rows.at(2), &turn = rows.at(15);
  trial.expect_each(honest, {ATLAS_COLUMN(MerkleLevel, inverse)});
  add_conjunctions(trial, honest);
  // Flags of which one is −1, and two at once.
  constexpr i64 kFlags[][3] = {{-1, 1, 0}, {1, -1, 0}, {1, 0, -1}, {1, 1, 0}};
  for (const auto& flags : kFlags) {
    Row row = honest;
    row.is_path = field_of(flags[0]);
    row.is_old = field_of(flags[1]);
    row.is_new = field_of(flags[2]);
    trial.solve(row, ATLAS_COLUMN(MerkleLevel, inverse));
    trial.expect_one(row);
  }
  // A bit that is 2; the turn at another level; bits that are left at the turn.
  Row row = honest;
  row.bit = 2;
  trial.expect_one(row);
  row = honest;
  row.is_turn = 1;
  row.inverse = 0;
  row.bits = row.bit;
  trial.expect_one(row);
  row = turn;
  row.bits += 2;
  trial.expect_one(row);
  return trial.score();
}

template <unsigned kDigests>
stark::OmissionScore omissions_of(std::type_identity<chips::MerkleCall<kDigests>>) {
  using Chip = chips::MerkleCall<kDigests>;
  Trial<Chip> trial;
  const RowOf<Chip> honest = rows_of_path<Chip, kDigests>(5, 6).at(0);
  trial.expect_honest(honest);
  trial.expect_one(twice<Chip>(honest));
  auto row = honest;
  row.call.argument[1].hi = 1;
  trial.expect_one(row);
  row = honest;
  row.call.argument[2].hi = 1;
  trial.expect_one(row);
  for (const u32 levels : {0u, 33u}) {
    row = honest;
    row.call.argument[1].lo = levels;
    trial.expect_one(row);
  }
  trial.add_gaps(honest, static_cast<u32>(offsetof(RowOf<Chip>, word) / sizeof(u32)), 8 * kDigests);
  return trial.score();
}
// ---- SHA-256

stark::OmissionScore omissions_of(std::type_identity<chips::Sha256Quarter>) {
  using chips::Sha256Quarter;
  using Claim = QuarterClaim;
  Trial<Sha256Quarter> trial;
  const auto honest = quarter_row({});
  trial.expect_honest(honest);
  const auto add = [&](Claim::Wrong wrong, bool is_a, unsigned step, unsigned index) {
    Claim claim;
    claim.wrong = wrong;
    claim.is_a = is_a;
    claim.step = step;
    claim.index = index;
    trial.expect_one(quarter_row(claim));
  };
  // Flags of which one is −1 and two are set, and two at once.
  for (unsigned q = 0; q < 4; ++q) {
    Claim claim;
    claim.quarter = {};
    claim.quarter[q] = -1;
    claim.quarter[(q + 1) % 4] = claim.quarter[(q + 2) % 4] = 1;
    trial.expect_one(quarter_row(claim));
  }
  Claim both;
  both.quarter = {0, 0, 1, 1};
  trial.expect_one(quarter_row(both));
  for (unsigned bit = 0; bit < 32; ++bit) {
    for (const bool is_a : {false, true}) {
      for (unsigned i = 0; i < 3; ++i) add(Claim::kInput, is_a, i, bit);
      for (unsigned t = 0; t < chips::kSha256Steps; ++t) add(Claim::kNewBit, is_a, t, bit);
    }
    for (unsigned t = 0; t < chips::kSha256Steps; ++t) add(Claim::kWord, false, t, bit);
  }
  for (unsigned t = 0; t < chips::kSha256Steps; ++t) {
    for (unsigned limb = 0; limb < 2; ++limb) {
      if (t + 1 < chips::kSha256Steps) add(Claim::kSmall, false, t, limb);
      auto row = honest;
      (limb == 0 ? row.owed[t].lo : row.owed[t].hi) += 1;
      trial.expect_one(row);
      for (const bool is_a : {false, true}) {
        add(Claim::kNewWord, is_a, t, 16 * limb);
        for (unsigned i = 0; i < Sha256Quarter::kStateCarryBits; ++i) add(Claim::kNewCarry, is_a, t, 16 * limb + i);
      }
    }
    for (unsigned i = 0; i < 2 * Sha256Quarter::kWordCarryBits; ++i) add(Claim::kWordCarry, false, t, i);
  }
  return trial.score();
}

stark::OmissionScore omissions_of(std::type_identity<chips::Sha256Block>) {
  using chips::Sha256Block;
  using Row = RowOf<Sha256Block>;
  Trial<Sha256Block> trial;
  const Row honest = rows_of_blocks<Sha256Block>(Ecall::kSha256, 2).at(0);
  trial.expect_honest(honest);
  trial.expect_one(twice<Sha256Block>(honest));
  trial.add_gaps(honest, ATLAS_COLUMN(Sha256Block, word), chips::kSha256Steps);
  for (unsigned i = 0; i < chips::kSha256Steps; ++i) {
    for (const auto byte : {&Row::byte0, &Row::byte2}) {
      Row row = honest;
      (row.*byte)[i] = plus((row.*byte)[i], -256);
      trial.expect_one(row);
    }
  }
  for (unsigned i = 0; i < chips::kDigestWords; ++i) {
    // The low sum's carry is off by two, and the high sum makes up for it.
    Row row = honest;
    row.mixed[i].lo += 2 * 65536;
    row.mixed[i].hi = plus(row.mixed[i].hi, -2);
    trial.expect_one(row);
    row = honest;
    row.mixed[i].hi += 1;
    trial.expect_one(row);
    // A result past its limb.
    for (unsigned limb = 0; limb < 2; ++limb) {
      row = honest;
      (limb == 0 ? row.mixed[i].lo : row.mixed[i].hi) += 65536;
      (limb == 0 ? row.output[i].lo : row.output[i].hi) += 65536;
      trial.expect_one(row);
    }
  }
  return trial.score();
}

stark::OmissionScore omissions_of(std::type_identity<chips::Sha256>) {
  using chips::Sha256;
  Trial<Sha256> trial;
  const auto honest = rows_of_blocks<Sha256>(Ecall::kSha256, 2).at(0);
  trial.expect_honest(honest);
  trial.expect_one(twice<Sha256>(honest));
  trial.expect_each(honest, {ATLAS_COLUMN(Sha256, count_low), ATLAS_COLUMN(Sha256, call.argument[1].hi)});
  trial.add_gaps(honest, ATLAS_COLUMN(Sha256, word), chips::kDigestWords);
  trial.add_pointers(honest, ATLAS_COLUMN(Sha256, blocks), ATLAS_COLUMN(Sha256, call.argument),
                     ATLAS_COLUMN(Sha256, call.immediate));
  return trial.score();
}

// ---- The door

/// An ecall by its flags: the function and the number of words follow.
struct DoorClaim {
  i64 halt = 0, hint = 0, commit = 0, silent = 0, advice = 0, primitive = 0, second = 0;
};
RowOf<chips::Ecall> door_row(const DoorClaim& c, u32 a1 = 5) {
  RowOf<chips::Ecall> row{};
  const i64 own = c.halt + c.hint + c.commit + c.silent + c.advice;
  row.is_halt = field_of(c.halt);
  row.is_hint = field_of(c.hint);
  row.is_commit = field_of(c.commit);
  row.is_silent = field_of(c.silent);
  row.is_advice = field_of(c.advice);
  row.is_primitive = field_of(c.primitive);
  row.second = field_of(c.second);
  row.at = {5000, 7};
  for (auto& argument : row.argument) argument = {0, 0, 4000, 999};
  row.pointer = chips::address_of_index(0x12345);
  row.immediate = limbs_of(4 * 0x12345);  // of a0 = 0
  row.argument[1].lo = a1;
  const i64 function = c.hint + 2 * c.commit + 3 * c.silent + 5 * c.advice + c.second;
  const BabyBear divisor(field_of(own));
  row.argument[6].lo =
      divisor.is_zero() ? chips::kFunctionKeccak : (BabyBear(field_of(function)) * divisor.inverse()).canonical();
  row.words = field_of(c.hint * a1 + 8 * (c.commit + c.advice));
  if (row.words != 0) row.words_low = plus(row.words, -1);
  return row;
}

TEST(HashOmission, Door) {
  using Door = chips::Ecall;
  using Row = RowOf<Door>;
  Trial<Door> trial;
  const DoorClaim kinds[] = {{.halt = 1},
                             {.hint = 1},
                             {.commit = 1},
                             {.silent = 1},
                             {.advice = 1},
                             {.primitive = 1},
                             {.silent = 1, .second = 1},
                             {.advice = 1, .second = 1}};
  for (const DoorClaim& kind : kinds) {
    trial.expect_honest(door_row(kind));
  }
  trial.expect_each(door_row({.halt = 1}), {ATLAS_COLUMN(Door, argument[0].lo), ATLAS_COLUMN(Door, argument[0].hi)});
  trial.expect_each(door_row({.hint = 1}), {ATLAS_COLUMN(Door, argument[1].hi), ATLAS_COLUMN(Door, words_low)});
  trial.expect_each(door_row({.silent = 1}), {ATLAS_COLUMN(Door, argument[6].lo)});
  const Row primitive = door_row({.primitive = 1});
  trial.expect_each(primitive, {ATLAS_COLUMN(Door, argument[6].hi)});
  trial.add_gaps(primitive, ATLAS_COLUMN(Door, argument), chips::kEcallArguments + 1);
  trial.add_pointers(primitive, ATLAS_COLUMN(Door, pointer), ATLAS_COLUMN(Door, argument),
                     ATLAS_COLUMN(Door, immediate));
  // Flags of which one is −1 and others make up for it.
  for (const DoorClaim& claim :
       {DoorClaim{.halt = -1, .primitive = 1}, DoorClaim{.halt = 1, .hint = -1, .commit = 1},
        DoorClaim{.halt = 1, .hint = 1, .commit = -1}, DoorClaim{.halt = 1, .hint = 1, .silent = -1},
        DoorClaim{.halt = 1, .hint = 1, .advice = -1}, DoorClaim{.halt = 1, .hint = 1, .primitive = -1}}) {
    Row row = door_row(claim);
    if (claim.primitive != 0 && claim.halt < 0) row.argument[6].lo = 0;
    trial.expect_one(row);
  }
  trial.expect_one(door_row({.halt = 1, .silent = 1}));
  trial.expect_one(door_row({.silent = 1, .second = 2}));
  trial.expect_one(door_row({.hint = 1, .second = 1}));
  // Another number of words than the call's.
  Row row = door_row({.commit = 1});
  row.words += 1;
  row.words_low += 1;
  trial.expect_one(row);
  // What the program holds at a slot is no formula: the search knows the table (mutation_test.cpp), and
  // Forgery.EcallsAreTheProgramsInstructions makes an execution of it.
  EXPECT_THAT(trial.score().survivors, ElementsAre(HasSubstr(kProgramTag.name)));
}

TEST(HashOmission, NothingIsSuperfluous) {
  for (const stark::OmissionScore& score : hash_omissions()) EXPECT_THAT(score.survivors, IsEmpty());
}

}  // namespace

std::vector<stark::OmissionScore> test::hash_omissions() {
  const auto of = []<class... Chips>(ChipList<Chips...>) {
    return std::vector{omissions_of(std::type_identity<Chips>{})...};
  };
  return of(ChipList<chips::Keccak, chips::KeccakRound, chips::Blake3, chips::Blake3Block, chips::Blake3Round,
                     chips::MerklePath, chips::MerkleUpdate, chips::MerkleLevel, chips::Sha256, chips::Sha256Block,
                     chips::Sha256Quarter>{});
}

}  // namespace atlas::zkvm
