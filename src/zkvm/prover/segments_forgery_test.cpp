// Attacks on executions of several segments: segments left out, doubled, exchanged or taken from elsewhere, words that
// remember another past. Each is made by a prover that does everything else right, the boundary challenge included.
// Numbers as in docs/proof-system.md.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <zkvm/prover/row_judge.hpp>
#include <zkvm/prover/segments_program.hpp>

namespace atlas::zkvm {
namespace {

using namespace test;
using testing::IsEmpty;
using testing::Not;

ProveOptions options_of_test() {
  ProveOptions out;
  out.segment_cycles = 60;
  return out;
}

class SegmentForgery : public testing::Test {
 protected:
  using Segments = std::vector<stark::SegmentWitness>;

  Program program = scatter(20, 97, true);
  ProgramProver prover{program, small_parameters()};
  const field::Isa isa = field::best_isa();
  const Bytes hints = Bytes(4, 1), other_hints = Bytes(4, 2);
  const stark::Machine& machine = prover.key().machine().machine();

  Segments segments_of(ByteView with) {
    auto witness = prover.witness(with, options_of_test());
    ENSURE(witness.ok(), "the program runs");
    executions = 0;
    for (const auto& s : witness->segments) executions += PublicValues::from_words(s.public_values).number != 0;
    return std::move(witness->segments);
  }
  std::size_t executions = 0;

  bool verifies(std::span<const stark::SegmentWitness> segments) {
    return verify_execution(prover.key(), stark::prove_execution(prover.proving_key(), segments, isa)).ok();
  }
  std::vector<std::string> problems(std::span<const stark::SegmentWitness> segments) {
    return stark::check_execution(machine, sources(), segments, 3);
  }
  static void set_values(stark::SegmentWitness& segment, const std::function<void(PublicValues&)>& change) {
    PublicValues values = PublicValues::from_words(segment.public_values);
    change(values);
    segment.public_values = values.to_words();
  }
  /// As its prover would have written it under another number.
  static void renumber(stark::SegmentWitness& segment, u32 number) {
    set_values(segment, [number](PublicValues& v) { v.number = number; });
    stark::TraceTable& table = segment.tables[kIndexOf<chips::SegmentTable>];
    table.set(0, ATLAS_COLUMN(chips::SegmentTable, number), BabyBear(number));
    stark::TraceTable& rows = segment.tables[kIndexOf<chips::BoundaryRow>];
    for (u32 r = 0; r < rows.height; ++r) {
      if (!rows.get(r, 0).is_zero()) rows.set(r, ATLAS_COLUMN(chips::BoundaryRow, segment), BabyBear(number));
    }
  }
  /// First row of the boundary chip whose word was touched before.
  static u32 old_word(const stark::SegmentWitness& segment, u32 space) {
    const stark::TraceTable& rows = segment.tables[kIndexOf<chips::BoundaryRow>];
    for (u32 r = 0; r < rows.height; ++r) {
      if (rows.get(r, ATLAS_COLUMN(chips::BoundaryRow, segment_in)).canonical() != 0 &&
          rows.get(r, ATLAS_COLUMN(chips::BoundaryRow, space)).canonical() == space) {
        return r;
      }
    }
    ENSURE(false, "the segment has such a word");
  }

  /// The parts of a proof file.
  struct File {
    std::vector<u32> head;
    std::vector<std::pair<std::vector<u32>, std::vector<u32>>> segments;  ///< public values, proof
    Bytes bytes() const {
      std::vector<u32> words = head;
      words[10] = static_cast<u32>(segments.size());
      for (const auto& [values, proof] : segments) stark::append_segment(words, values, proof);
      return stark::bytes_of(words);
    }
  };
  static File file_of(const Bytes& bytes) {
    std::vector<u32> words(bytes.size() / 4);
    std::memcpy(words.data(), bytes.data(), bytes.size());
    File out;
    auto at = words.begin() + 13;
    out.head.assign(words.begin(), at);
    while (at != words.end()) {
      const auto values = at;
      at += PublicValues::kWords;
      const auto length = static_cast<std::ptrdiff_t>(*at++);
      out.segments.push_back({{values, at - 1}, {at, at + length}});
      at += length;
    }
    return out;
  }
};

TEST_F(SegmentForgery, TheHonestOneVerifies) {
  const Segments segments = segments_of(hints);
  ASSERT_GE(executions, 4u);
  ASSERT_GE(segments.size(), executions + 2);
  EXPECT_THAT(problems(segments), IsEmpty());
  EXPECT_TRUE(verifies(segments));
}

// 8, 10: on the wire, under the challenge that the others were proved with.
TEST_F(SegmentForgery, FilesWithSegmentsMissingDoubledOrMoved) {
  const File honest = file_of(stark::prove_execution(prover.proving_key(), segments_of(hints), isa));
  ASSERT_TRUE(verify_execution(prover.key(), honest.bytes()).ok());
  for (std::size_t s = 0; s < honest.segments.size(); ++s) {
    File file = honest;
    file.segments.erase(file.segments.begin() + static_cast<std::ptrdiff_t>(s));
    EXPECT_FALSE(verify_execution(prover.key(), file.bytes()).ok()) << "without " << s;
    file = honest;
    file.segments.insert(file.segments.begin() + static_cast<std::ptrdiff_t>(s), honest.segments[s]);
    EXPECT_FALSE(verify_execution(prover.key(), file.bytes()).ok()) << "twice " << s;
    for (std::size_t t = 0; t < s; ++t) {
      file = honest;
      std::swap(file.segments[s], file.segments[t]);
      EXPECT_FALSE(verify_execution(prover.key(), file.bytes()).ok()) << s << " and " << t;
      std::swap(file.segments[s].first, file.segments[t].first);  // the proofs alone are exchanged
      EXPECT_FALSE(verify_execution(prover.key(), file.bytes()).ok()) << "proofs of " << s << " and " << t;
    }
  }
}

// 8: the others renumbered, so that public values tell a whole story; slots are made to join.
TEST_F(SegmentForgery, AMissingSegment) {
  Segments segments = segments_of(hints);
  const u32 slot_in = PublicValues::from_words(segments[1].public_values).slot_in;
  segments.erase(segments.begin() + 1);
  for (std::size_t s = 1; s + 1 < executions; ++s) renumber(segments[s], static_cast<u32>(s + 1));
  set_values(segments[1], [slot_in](PublicValues& v) { v.slot_in = slot_in; });
  EXPECT_THAT(problems(segments), Not(IsEmpty()));
  EXPECT_FALSE(verifies(segments));
}

TEST_F(SegmentForgery, ADoubledSegment) {
  Segments segments = segments_of(hints);
  Segments again = segments_of(hints);
  segments.insert(segments.begin() + 2, std::move(again[1]));
  for (std::size_t s = 2; s <= executions; ++s) renumber(segments[s], static_cast<u32>(s + 1));
  EXPECT_THAT(problems(segments), Not(IsEmpty()));
  EXPECT_FALSE(verifies(segments));
}

// 8: cut off in the middle of the program, and said to have halted with the output there.
TEST_F(SegmentForgery, APartialExecution) {
  Segments segments = segments_of(hints);
  const PublicValues last = PublicValues::from_words(segments[executions - 1].public_values);
  segments.erase(segments.begin() + 2, segments.begin() + static_cast<std::ptrdiff_t>(executions));
  set_values(segments[1], [&](PublicValues& v) {
    v.slot_out = kHaltSlot;
    v.commits = 1;
    v.output = last.output;
  });
  EXPECT_FALSE(verifies(segments));
  for (const u32 slot : {0u, last.slot_in, kNowhere}) {  // 8: a wrong final pc
    Segments ends = segments_of(hints);
    set_values(ends[executions - 1], [slot](PublicValues& v) { v.slot_out = slot; });
    EXPECT_FALSE(verifies(ends));
  }
}

// A segment of the same program over other hints, whose public values fit.
TEST_F(SegmentForgery, ASegmentOfAnotherExecution) {
  Segments segments = segments_of(hints);
  Segments others = segments_of(other_hints);
  const File file = file_of(stark::prove_execution(prover.proving_key(), segments, isa));
  const File other_file = file_of(stark::prove_execution(prover.proving_key(), others, isa));
  for (std::size_t s = 0; s < segments.size(); ++s) {
    ASSERT_EQ(others[s].public_values.size(), segments[s].public_values.size());
    File mixed = file;
    mixed.segments[s] = other_file.segments[s];
    EXPECT_FALSE(verify_execution(prover.key(), mixed.bytes()).ok()) << s;
  }
  EXPECT_EQ(others[2].public_values, segments[2].public_values) << "nothing but the buses can tell";
  std::swap(segments[2], others[2]);
  EXPECT_FALSE(verifies(segments));
}

// 12: a boundary tree that is committed after the challenge; segments under different challenges.
TEST_F(SegmentForgery, ChallengesKnowAllTrees) {
  const Segments segments = segments_of(hints), others = segments_of(other_hints);
  const auto prove = [&](std::span<const stark::SegmentWitness> drawn, std::span<const stark::SegmentWitness> proved,
                         bool is_changed) {
    std::vector<stark::BoundaryStatement> statements;
    for (const stark::SegmentWitness& s : drawn) {
      const auto c = stark::commit_boundary(prover.proving_key(), s, isa);
      statements.push_back({s.public_values, stark::boundary_heights(machine, c.heights), c.cap()});
    }
    stark::ExecutionHead head = stark::make_head(prover.proving_key(), statements, isa);
    for (std::size_t s = 0; s < proved.size(); ++s) {
      const auto c = stark::commit_boundary(prover.proving_key(), proved[s], isa);
      stark::BusChallenge challenge = head.challenge;
      if (is_changed && s == 2) challenge.alpha += stark::Ext::one();
      stark::append_segment(head.words, proved[s].public_values,
                            stark::prove_segment(prover.proving_key(), proved[s], c, challenge, isa));
    }
    return verify_execution(prover.key(), stark::bytes_of(head.words)).ok();
  };
  EXPECT_TRUE(prove(segments, segments, false));
  EXPECT_FALSE(prove(segments, segments, true));
  EXPECT_FALSE(prove(others, segments, false));
}

// 6: later segments proved under the key of a program that differs in one constant.
TEST_F(SegmentForgery, AnotherKeyInALaterSegment) {
  const Segments segments = segments_of(hints);
  const Program other = scatter(20, 98, true);
  const ProgramProver other_prover(other, small_parameters());
  auto witness = other_prover.witness(hints, options_of_test());
  ASSERT_TRUE(witness.ok());
  const Bytes honest = stark::prove_execution(prover.proving_key(), segments, isa);
  const File file = file_of(honest),
             foreign = file_of(stark::prove_execution(other_prover.proving_key(), witness->segments, isa));
  ASSERT_EQ(file.segments.size(), foreign.segments.size());
  for (std::size_t s = 0; s < file.segments.size(); ++s) {
    File mixed = file;
    mixed.segments[s] = foreign.segments[s];
    EXPECT_FALSE(verify_execution(prover.key(), mixed.bytes()).ok()) << s;
  }
  // The same traces under the other fixed columns, and the other program's digest put aside.
  Bytes all = stark::prove_execution(other_prover.proving_key(), witness->segments, isa);
  std::copy(honest.begin(), honest.begin() + 40, all.begin());
  EXPECT_FALSE(verify_execution(prover.key(), all).ok());
}

// 14: a word that goes back to what it was two segments ago; that comes from the future; that nobody initialised.
TEST_F(SegmentForgery, WordsHaveOnePast) {
  constexpr u32 kSegmentIn = ATLAS_COLUMN(chips::BoundaryRow, segment_in),
                kLo = ATLAS_COLUMN(chips::BoundaryRow, in.lo);
  for (const u32 space : {kRegisterSpace, kMemorySpace}) {
    for (const u32 segment_in : {0u, 2u, 5u, 6u}) {
      Segments segments = segments_of(hints);
      stark::SegmentWitness& last = segments[executions - 1];
      stark::TraceTable& rows = last.tables[kIndexOf<chips::BoundaryRow>];
      const u32 row = old_word(last, space);
      if (rows.get(row, kSegmentIn).canonical() == segment_in) continue;
      rows.set(row, kSegmentIn, BabyBear(segment_in));
      EXPECT_THAT(problems(segments), Not(IsEmpty())) << "from segment " << segment_in;
      if (segment_in == 2) {
        EXPECT_FALSE(verifies(segments));
      }
    }
    Segments segments = segments_of(hints);
    stark::SegmentWitness& last = segments[executions - 1];
    stark::TraceTable& rows = last.tables[kIndexOf<chips::BoundaryRow>];
    const u32 row = old_word(last, space);
    rows.set(row, kLo, rows.get(row, kLo) + BabyBear::one());
    EXPECT_THAT(problems(segments), Not(IsEmpty()));
    EXPECT_FALSE(verifies(segments));
  }
}

// 14: initialised in two initialisation segments, or in none.
TEST_F(SegmentForgery, WordsAreInitialisedOnceOverAllSegments) {
  Segments segments = segments_of(hints);
  Segments again = segments_of(hints);
  // The whole segment once more: order messages are each segment's own, but public values must be one chain.
  segments.push_back(std::move(again.back()));
  EXPECT_FALSE(verifies(segments));
  segments.pop_back();
  // A second row for the last word of the segment before, which the order of this one has passed.
  const std::size_t first = executions, second = executions + 1;
  const stark::TraceTable& from = segments[first].tables[kIndexOf<chips::InitialRow>];
  stark::TraceTable& to = segments[second].tables[kIndexOf<chips::InitialRow>];
  for (u32 i = 0; i < to.width; ++i) to.set(0, i, from.get(from.height - 1, i));
  EXPECT_THAT(problems(segments), Not(IsEmpty()));
  EXPECT_FALSE(verifies(segments));
  // The order taken up behind a gap: words there have no first value.
  segments = segments_of(hints);
  set_values(segments[second], [](PublicValues& v) { ++v.order_in.low; });
  EXPECT_FALSE(verifies(segments));
  set_values(segments[first], [](PublicValues& v) { ++v.order_out.low; });
  EXPECT_FALSE(verifies(segments));
}

}  // namespace
}  // namespace atlas::zkvm
