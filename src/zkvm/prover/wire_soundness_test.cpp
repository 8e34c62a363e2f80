// Attacks on proof files of the machine, and what a prover could do who follows the protocol over a false witness. The
// numbers are those of the list of attacks in docs/soundness.md.
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <zkvm/prover/all_chips.hpp>
#include <zkvm/prover/row_judge.hpp>

namespace atlas::zkvm {
namespace {

using namespace test;

constexpr std::size_t kHeader = 13, kCountWord = 10, kNonceWord = 11;
constexpr std::size_t kCapWords = std::size_t{8} << small_parameters().cap_log;
/// Of the first segment: public values, length of its proof, heights, caps, the local bus's nonce, its roots.
constexpr std::size_t kValues = kHeader, kLength = kValues + PublicValues::kWords, kHeights = kLength + 1;
constexpr std::size_t kLocalNonce = kHeights + kChips + 2 * kCapWords, kRoots = kLocalNonce + 2;

Program short_program(u32 value = 77) {
  Assembler a;
  a.li(s0, kDataBegin).li(t0, value)(sw(t0, s0, 32))(lw(t1, s0, 32))(add(t2, t0, t1))(sw(t2, s0, 0));
  return a.finish().program({{kDataBegin + 64, {5, 6}}});
}

struct World {
  Program program = short_program();
  ProgramProver prover{program, small_parameters()};
  Bytes proof = make();

  Bytes make() const {
    auto proved = prover.prove({});
    ENSURE(proved.ok(), "the program is proved");
    return std::move(proved->bytes);
  }
  bool accepts(ByteView bytes) const { return verify_execution(prover.key(), bytes).ok(); }
  std::string verdict(ByteView bytes) const {
    const auto outcome = verify_execution(prover.key(), bytes);
    return outcome.ok() ? "accepted" : stark::name_of(outcome.error());
  }
};
const World& world() {
  static const World kWorld;
  return kWorld;
}

u32 word_at(const Bytes& bytes, std::size_t i) {
  u32 out;
  std::memcpy(&out, bytes.data() + 4 * i, 4);
  return out;
}
void set_word(Bytes& bytes, std::size_t i, u32 value) {
  std::memcpy(bytes.data() + 4 * i, &value, 4);
}

/// The words of every segment, its public values first.
std::vector<Bytes> segments_of(const Bytes& proof) {
  std::vector<Bytes> out;
  for (std::size_t at = kHeader; at < proof.size() / 4;) {
    const std::size_t length = PublicValues::kWords + 1 + word_at(proof, at + PublicValues::kWords);
    out.emplace_back(proof.begin() + static_cast<std::ptrdiff_t>(4 * at),
                     proof.begin() + static_cast<std::ptrdiff_t>(4 * (at + length)));
    at += length;
  }
  return out;
}
Bytes joined(const std::vector<Bytes>& segments) {
  Bytes out(world().proof.begin(), world().proof.begin() + 4 * kHeader);
  set_word(out, kCountWord, static_cast<u32>(segments.size()));
  for (const Bytes& segment : segments) append(out, segment);
  return out;
}

TEST(Wire, TheProofItselfIsGood) {
  EXPECT_EQ(world().verdict(world().proof), "accepted");
}

// 1, 2, 17: one bit of a word changed, in turn over the file and within the word: openings, sums, claims, roots.
// ATLAS_EXHAUSTIVE takes every bit of every word.
TEST(Wire, EveryWordMatters) {
  const bool is_exhaustive = std::getenv("ATLAS_EXHAUSTIVE") != nullptr;
  Bytes proof = world().proof;
  std::map<std::string, unsigned> verdicts;
  const std::size_t stride = is_exhaustive ? 1 : 1 + proof.size() / 4 / 600;
  for (std::size_t i = 0; i < proof.size() / 4; i += i < kHeights + kChips ? 1 : stride) {
    for (unsigned bit = 0; bit < 32; ++bit) {
      if (!is_exhaustive && bit != i * 7 % 32) continue;
      const u32 word = word_at(proof, i);
      set_word(proof, i, word ^ 1u << bit);
      const std::string verdict = world().verdict(proof);
      EXPECT_NE(verdict, "accepted") << "word " << i << " bit " << bit;
      ++verdicts[verdict];
      set_word(proof, i, word);
    }
  }
  for (const auto& [name, count] : verdicts) std::printf("%5u  %s\n", count, name.c_str());
  EXPECT_GT(verdicts.size(), 8u) << "the tampering reaches most checks";
}

// 3: the same value plus p; missing and surplus words and bytes.
TEST(Wire, OnlyOneEncoding) {
  Bytes proof = world().proof;
  for (std::size_t i = 2; i < proof.size() / 4; i += 1 + proof.size() / 4 / 300) {
    const u32 word = word_at(proof, i);
    if (word >= ~u32{0} - BabyBear::kModulus) continue;
    set_word(proof, i, word + BabyBear::kModulus);
    ASSERT_FALSE(world().accepts(proof)) << "word " << i << " plus p";
    set_word(proof, i, word);
  }
  for (std::size_t size = 0; size < proof.size(); size += size < 2000 ? 13 : 1 + proof.size() / 200) {
    ASSERT_FALSE(world().accepts(ByteView(proof).first(size))) << size;
  }
  for (const std::size_t extra : {1u, 2u, 3u, 4u, 8u, 400u}) {
    Bytes longer = proof;
    longer.resize(proof.size() + extra);
    EXPECT_FALSE(world().accepts(longer)) << extra;
  }
}

// 4: work of none, of all bits, of another proof. Where the query positions are, the proof does not say.
TEST(Wire, WorkIsTheKeys) {
  const std::string refused = stark::name_of(stark::VerifyError::kProofOfWork);
  for (const std::size_t nonce : {kNonceWord, kLocalNonce}) {
    unsigned without_work = 0;
    for (const u32 value : {0u, 1u, 2u, 3u, 5u, ~0u}) {
      for (const std::size_t half : {0u, 1u}) {
        Bytes proof = world().proof;
        if (word_at(proof, nonce + half) == value) continue;
        set_word(proof, nonce + half, value);
        const std::string verdict = world().verdict(proof);
        EXPECT_NE(verdict, "accepted") << "nonce " << nonce << ' ' << value;
        without_work += verdict == refused;
      }
    }
    EXPECT_GT(without_work, 4u);
  }
  // A key that asks for none takes the nonce 0 alone.
  stark::Parameters idle = small_parameters();
  idle.local_grinding = idle.boundary_grinding = idle.query_grinding = 0;
  const ProgramProver prover(world().program, idle);
  auto proved = prover.prove({});
  ASSERT_TRUE(proved.ok());
  ASSERT_TRUE(verify_execution(prover.key(), proved->bytes).ok());
  for (const std::size_t nonce : {kNonceWord, kLocalNonce}) {
    EXPECT_EQ(word_at(proved->bytes, nonce), 0u);
    set_word(proved->bytes, nonce, 1);
    EXPECT_FALSE(verify_execution(prover.key(), proved->bytes).ok());
    set_word(proved->bytes, nonce, 0);
  }
}

// 5: heights are the prover's to choose, within the key; those of tables are the key's.
TEST(Wire, HeightsBelongToTheKey) {
  for (const u32 height : {0u, 1u, 31u, 32u, 33u, 48u, 64u, 4095u, 4096u, 8192u, 1u << 20, 1u << 23, 1u << 24, ~0u}) {
    for (std::size_t chip = 0; chip < kChips; ++chip) {
      Bytes proof = world().proof;
      if (word_at(proof, kHeights + chip) == height) continue;
      set_word(proof, kHeights + chip, height);
      ASSERT_FALSE(world().accepts(proof)) << "chip " << chip << " height " << height;
    }
  }
}

// 6, 7: another program's key, another set's, another entry's; also with the digest in the file replaced.
TEST(Wire, KeysDoNotMix) {
  const Program other = short_program(78);
  Program entered = short_program();
  entered.entry += 4;
  stark::Parameters more = small_parameters();
  more.queries += 1;
  const ProgramProver others[] = {{other, small_parameters()}, {entered, small_parameters()}, {world().program, more}};
  for (const ProgramProver& prover : others) {
    EXPECT_FALSE(prover.key().verifying().digest == world().prover.key().verifying().digest);
    EXPECT_FALSE(verify_execution(prover.key(), world().proof).ok());
    EXPECT_TRUE(is_for_another_key(prover.key(), world().proof));
    Bytes proof = world().proof;
    std::memcpy(proof.data() + 8, prover.key().verifying().digest.word, 32);
    EXPECT_FALSE(verify_execution(prover.key(), proof).ok());
    EXPECT_FALSE(world().accepts(proof));
  }
}

// 9: every public word of every segment.
TEST(Wire, PublicValuesAreBound) {
  std::size_t at = kHeader;
  for (const Bytes& segment : segments_of(world().proof)) {
    for (std::size_t i = 0; i < PublicValues::kWords; ++i) {
      for (const u32 change : {1u, 1u << 16, BabyBear::kModulus}) {
        Bytes proof = world().proof;
        set_word(proof, at + i, word_at(proof, at + i) + change);
        EXPECT_FALSE(world().accepts(proof)) << i;
      }
    }
    at += segment.size() / 4;
  }
}

// 11, 13: roots of the buses other than the chips': any sum, no denominator, a remainder moved between segments.
TEST(Wire, SumsAreTheChips) {
  const auto with = [](std::initializer_list<std::pair<std::size_t, u32>> words) {
    Bytes proof = world().proof;
    for (const auto& [at, value] : words) set_word(proof, at, value);
    return world().accepts(proof);
  };
  for (std::size_t part = 0; part < 4; ++part) {  // numerator, denominator of the local sum; of the boundary's
    const std::size_t at = kRoots + 5 * part;
    EXPECT_FALSE(with({{at, 0}, {at + 1, 0}, {at + 2, 0}, {at + 3, 0}, {at + 4, 0}})) << part;
    EXPECT_FALSE(with({{at, BabyBear::kMontgomeryOne}, {at + 1, 0}, {at + 2, 0}, {at + 3, 0}, {at + 4, 0}})) << part;
  }
  EXPECT_FALSE(with({{kRoots, 0}, {kRoots + 5, 0}}));
  const std::size_t next = kHeader + segments_of(world().proof)[0].size() / 4 + kRoots - kHeader;
  const Bytes& proof = world().proof;
  EXPECT_FALSE(with({{kRoots + 10, word_at(proof, next + 10)}, {next + 10, word_at(proof, kRoots + 10)}}));
}

// 8, 12: segments left out, repeated, exchanged, taken from another execution, whose challenge is another.
TEST(Wire, SegmentsBelongTogether) {
  const std::vector<Bytes> good = segments_of(world().proof);
  ASSERT_EQ(good.size(), 2u);
  EXPECT_TRUE(world().accepts(joined(good)));
  EXPECT_FALSE(world().accepts(joined({})));
  EXPECT_FALSE(world().accepts(joined({good[0]})));
  EXPECT_FALSE(world().accepts(joined({good[1]})));
  EXPECT_FALSE(world().accepts(joined({good[1], good[0]})));
  EXPECT_FALSE(world().accepts(joined({good[0], good[0], good[1]})));
  EXPECT_FALSE(world().accepts(joined({good[0], good[1], good[1]})));
  const Program program = short_program(78);
  const ProgramProver prover(program, small_parameters());
  const auto proved = prover.prove({});
  ASSERT_TRUE(proved.ok());
  const std::vector<Bytes> other = segments_of(proved->bytes);
  EXPECT_FALSE(world().accepts(joined({other[0], good[1]})));
  EXPECT_FALSE(world().accepts(joined({good[0], other[1]})));
}

// 13: the same message p times would balance. Heights keep a segment's local messages below p, an execution's boundary
// messages below p/4.
TEST(Wire, MultiplicitiesCannotWrap) {
  const stark::Machine& machine = world().prover.key().machine().machine();
  stark::Parameters wide = small_parameters();
  wide.max_width = ~0u;
  std::vector<u32> heights;
  for (const stark::ChipDescription& chip : machine.chips) {
    heights.push_back(chip.fixed_height != 0 ? chip.fixed_height : chip.max_height);
  }
  EXPECT_EQ(stark::make_layout(machine, wide, heights).error(), stark::VerifyError::kTooManyMessages);
  // Sixty segments of the tallest boundary there may be: 2^24 messages each. They need no proofs to be refused.
  stark::Parameters tall = small_parameters();
  tall.max_width = 1u << 16;
  const ProgramProver prover(world().program, tall);
  Bytes proof = world().proof;
  std::memcpy(proof.data() + 8, prover.key().verifying().digest.word, 32);
  std::vector<Bytes> segments;
  std::vector<u32> words(PublicValues::kWords + 1 + kChips + kCapWords);
  words[PublicValues::kWords] = static_cast<u32>(kChips + kCapWords);
  for (std::size_t c = 0; c < kChips; ++c) words[PublicValues::kWords + 1 + c] = machine.chips[c].fixed_height;
  words[PublicValues::kWords + 1 + kIndexOf<chips::BoundaryRow>] = 1u << 23;
  const auto* bytes = reinterpret_cast<const u8*>(words.data());
  for (const std::size_t count : {10u, 60u}) {
    std::vector<Bytes> all(count, Bytes(bytes, bytes + 4 * words.size()));
    Bytes forged = joined(all);
    std::memcpy(forged.data() + 8, prover.key().verifying().digest.word, 32);
    const auto outcome = verify_execution(prover.key(), forged);
    ASSERT_FALSE(outcome.ok());
    EXPECT_EQ(outcome.error(), count == 60 ? stark::VerifyError::kTooManyMessages : stark::VerifyError::kSegments);
  }
}

// 11, 14-21: one cell changed, tables' counts as before, then everything proved as the protocol says.
TEST(Wire, NoProofOfAFalseWitness) {
  struct Lie {
    std::size_t segment, chip;
    u32 column;
  };
  const Lie lies[] = {
      {0, kIndexOf<chips::Add>, ATLAS_COLUMN(chips::Add, result.lo)},
      {0, kIndexOf<chips::Add>, ATLAS_COLUMN(chips::Add, real)},
      {0, kIndexOf<chips::LoadWord>, ATLAS_COLUMN(chips::LoadWord, word.last)},
      {0, kIndexOf<chips::StoreWord>, ATLAS_COLUMN(chips::StoreWord, address.q)},
      {0, kIndexOf<chips::Ecall>, ATLAS_COLUMN(chips::Ecall, words)},
      {0, kIndexOf<chips::Transfer>, ATLAS_COLUMN(chips::Transfer, value.lo)},
      {0, kIndexOf<chips::BoundaryRow>, ATLAS_COLUMN(chips::BoundaryRow, out.lo)},
      {1, kIndexOf<chips::InitialRow>, ATLAS_COLUMN(chips::InitialRow, first.lo)},
      {0, kIndexOf<chips::Range16>, 0},
      {0, kIndexOf<chips::ProgramTable>, 0},
  };
  const auto honest = world().prover.witness({});
  ASSERT_TRUE(honest.ok());
  for (const Lie& lie : lies) {
    auto witness = world().prover.witness({});
    ASSERT_TRUE(witness.ok());
    stark::TraceTable& table = witness->segments[lie.segment].tables[lie.chip];
    ASSERT_GT(table.height, 0u) << lie.chip;
    table.set(0, lie.column, table.get(0, lie.column) + BabyBear::one());
    const Bytes proof = stark::prove_execution(world().prover.proving_key(), witness->segments, field::best_isa());
    EXPECT_FALSE(world().accepts(proof)) << "chip " << lie.chip << " column " << lie.column;
  }
}

// 16: the machine of no message from padding: a height that counts more rows than there are, the row beyond alive.
TEST(Wire, PaddingIsSilent) {
  auto witness = world().prover.witness({});
  ASSERT_TRUE(witness.ok());
  stark::TraceTable& table = witness->segments[0].tables[kIndexOf<chips::Add>];
  for (u32 i = 0; i < table.width; ++i) table.set(table.height - 1, i, table.get(0, i));
  EXPECT_FALSE(
      world().accepts(stark::prove_execution(world().prover.proving_key(), witness->segments, field::best_isa())));
}

// Proof and key bytes depend on nothing but program and hints.
TEST(Wire, AllInstructionSetsGiveTheSameBytes) {
  for (const field::Isa isa : field::kAllIsas) {
    if (!field::is_supported(isa)) continue;
    const Program program = all_chips_program();
    const ProgramProver best(program, small_parameters()), prover(program, small_parameters(), isa);
    EXPECT_EQ(prover.key().to_bytes(), best.key().to_bytes());
    ProveOptions options;
    options.isa = isa;
    const auto proved = prover.prove(all_chips_hints(), options);
    ASSERT_TRUE(proved.ok());
    static const Bytes kFirst = proved->bytes;
    EXPECT_EQ(proved->bytes, kFirst) << field::name_of(isa);
  }
}

}  // namespace
}  // namespace atlas::zkvm
