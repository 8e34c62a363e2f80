// Each chip's rows say what follows from what they hear, but for what is listed here with the reason.
#include <gtest/gtest.h>

#include <stark/prover/air/determinism.hpp>
#include <zkvm/machine/chips.hpp>

namespace atlas::zkvm {
namespace {

using namespace chips;

/// How many first fields fix a message, and ranges of what is looked up. Of a permutation's tags: a call's time, and
/// the place in the call where it has many rows (docs/primitives.md, "names"); of an access: the word.
const std::vector<stark::TagRule> kRules = {
    {&kStateTag, 2, {}},
    {&kAccessTag, 2, {}},
    {&kProgramTag, 1, {}},
    {&kTransferTag, 4, {}},
    {&kOutputTag, 1, {}},
    {&kCallTag, 0, {}},  // ecalls so far: the row before said so
    {&kPrimitiveTag, 13, {}},
    {&kRange20Tag, 1, {1 << 20}},
    {&kRange16Tag, 1, {1 << 16}},
    {&kRange14Tag, 1, {1 << 14}},
    {&kTicksTag, 3, {64, 64, 64}},
    {&kBytesTag, 2, {256, 256}},
    {&kAndTag, 2, {256, 256, 256}},
    {&kShiftTag, 3, {256, 8, 2, 256, 256, 257}},
    {&kXorNibblesTag, 2, {256, 256, 16, 16}},
    {&kXorTopTag, 2, {256, 256, 128, 2}},
    {&kKeccakStateTag, 2, {}},
    {&kKeccakConstantTag, 1, {32, 2, 2, 2, 2, 2, 2, 2}},
    {&kBlake3BlockTag, 2, {}},
    {&kBlake3ValueTag, 2, {}},
    {&kBlake3StateTag, 3, {}},
    {&kBlake3WordsTag, 3, {}},
    {&kMerkleLevelTag, 3, {}},
    {&kMerkleDigestTag, 2, {}},
    {&kMerkleSiblingTag, 2, {}},
    {&kSha256BlockTag, 2, {}},
    {&kSha256ValueTag, 2, {}},
    {&kSha256StateTag, 3, {}},
    {&kSha256WordsTag, 3, {}},
    {&kDotTag, 5, {}},
    {&kEqTag, 4, {}},
};

/// What no proof is found for, how many fields, and why it holds all the same.
struct Expected {
  const char* chip;
  const char* what;
  u32 count;
};
constexpr Expected kExpected[] = {
    // Free by design: hints are witnesses.
    {"transfer", "sends access", 2},
    // A sibling is a witness; a level's bit of the index is one that the call's last message (0 bits left) fixes.
    {"merkle level", "sends merkle sibling", 16},
    {"merkle level", "sends blake3 words", 96},
    {"merkle level", "sends merkle level", 3},
    // Fixed by the chip that answers: functions from 16 on; a counter's limb that Blake3Round takes apart in bytes; as
    // many blocks and rounds as the call expects back.
    {"ecall", "flags", 5},
    {"blake3", "sends blake3 block", 4},
    {"blake3 block", "flags", 1},
    {"blake3 round", "flags", 1},
    // Number theory, argued where the constraints stand and attacked in row_forgery_test and arithmetic_omission_test:
    // quotient and remainder, the parities of theta, r below m, the curve's equations, words below p.
    {"div", "sends access", 8},
    {"keccak round", "sends keccak state", 100},
    {"u256", "sends access", 48},
    {"secp256k1 add", "sends access", 32},
    {"secp256k1 double", "sends access", 32},
    {"extension dot", "sends access", 20},
    {"eq step", "sends access", 20},
};

TEST(Determinism, WhatRowsSayFollowsFromWhatTheyHear) {
  stark::DeterminismReport report;
  const auto check = [&]<class Chip>(std::type_identity<Chip>) {
    stark::check_determinism(Chip::kName, stark::shape_of<Chip>().width(), stark::polynomials_of<Chip>(), kRules,
                             report);
  };
  for_each_chip(StepChips{}, check);
  check(std::type_identity<Transfer>{});
  for_each_chip(PrimitiveChips{}, check);
  std::map<std::pair<std::string, std::string>, u32> found;
  for (const auto& open : report.open) ++found[{open.chip, open.what.substr(0, open.what.find(" ["))}];
  for (const Expected& e : kExpected) {
    EXPECT_EQ((found[{e.chip, e.what}]), e.count) << e.chip << " " << e.what;
    found.erase({e.chip, e.what});
  }
  for (const auto& [open, count] : found) ADD_FAILURE() << open.first << " " << open.second << ": " << count;
  std::printf("%u cases of flags, %u fields, %zu of them argued by hand\n", report.cases, report.fields,
              report.open.size());
}

/// Leaves an assertion of a chip out: constraints by number, then look-ups.
stark::PolynomialEval without(const stark::PolynomialEval& eval, std::size_t dropped) {
  return [=](const std::vector<stark::Polynomial>& row) {
    auto out = eval(row);
    if (dropped < out.constraints.size()) {
      out.constraints.erase(out.constraints.begin() + static_cast<std::ptrdiff_t>(dropped));
      return out;
    }
    std::size_t lookup = out.constraints.size();
    for (auto it = out.messages.begin(); it != out.messages.end(); ++it) {
      if (it->tag->kind == TagKind::kLookup && lookup++ == dropped) {
        out.messages.erase(it);
        break;
      }
    }
    return out;
  };
}

/// Assertions of which outputs do not depend: they decide whether there is a row at all.
constexpr Expected kOfNoEffect[] = {
    {"bitwise", "constraint", 3},  // flags, bounded by their sum and the operation too
    {"bitwise immediate", "constraint", 3},
    {"load part", "constraint", 1},  // a misaligned halfword has no row
    {"store part", "constraint", 1},
    {"ecall", "constraint", 4},  // numbers below 2^16 only, halt(0) only, counts below 2^16
};

// The analysis must not prove too much: with an assertion less, something is open. Gaps between times are left aside:
// they keep accesses in order over all rows, and no row's output depends on them.
TEST(Determinism, LessIsNotEnough) {
  std::map<std::pair<std::string, std::string>, u32> without_effect;
  const auto check = [&]<class Chip>(std::type_identity<Chip>) {
    if constexpr (std::is_same_v<Chip, Div>) return;  // whose output is argued by hand
    const stark::PolynomialEval eval = stark::polynomials_of<Chip>();
    const u32 width = stark::shape_of<Chip>().width();
    std::vector<stark::Polynomial> row;
    for (u32 c = 0; c < width; ++c) row.push_back(stark::Polynomial::column(c));
    const auto symbols = eval(row);
    std::vector<std::string> assertions(symbols.constraints.size(), "constraint");
    for (const auto& m : symbols.messages) {
      if (m.tag->kind == TagKind::kLookup) assertions.push_back(m.tag->name);
    }
    stark::DeterminismReport whole;
    stark::check_determinism(Chip::kName, width, eval, kRules, whole);
    for (std::size_t i = 0; i < assertions.size(); ++i) {
      if (assertions[i] == kRange20Tag.name || assertions[i] == kTicksTag.name) continue;
      stark::DeterminismReport report;
      stark::check_determinism(Chip::kName, width, without(eval, i), kRules, report);
      if (report.open.size() <= whole.open.size()) ++without_effect[{Chip::kName, assertions[i]}];
    }
  };
  for_each_chip(StepChips{}, check);
  for (const Expected& e : kOfNoEffect) {
    EXPECT_EQ((without_effect[{e.chip, e.what}]), e.count) << e.chip << " " << e.what;
    without_effect.erase({e.chip, e.what});
  }
  for (const auto& [what, count] : without_effect) ADD_FAILURE() << what.first << " " << what.second << ": " << count;
}

}  // namespace
}  // namespace atlas::zkvm
