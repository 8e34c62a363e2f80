// Attacks that must fail (docs/proof-system.md lists them by number), on the toy machine's proofs: every field tampered
// with, other keys and other executions, and provers that follow the protocol over a false witness.
#include <map>

#include <gtest/gtest.h>

#include <stark/toy/machine.hpp>

namespace atlas::stark::toy {
namespace {

struct World {
  MachineKernels tables = kernels();
  Parameters parameters = small_parameters();
  ProvingKey key = make_proving_key(kMachine, tables, parameters, fixed_tables(), field::best_isa());

  Bytes prove(std::span<const SegmentWitness> witness) const {
    return prove_execution(key, witness, field::best_isa());
  }
  /// The error's name, or "accepted".
  std::string verdict(ByteView proof) const {
    const auto outcome = verify_execution(key.verifying, proof);
    return outcome.ok() ? "accepted" : name_of(outcome.error());
  }
  bool accepts(ByteView proof) const { return verify_execution(key.verifying, proof).ok(); }
};

const World& world() {
  static const World kWorld;
  return kWorld;
}

std::vector<SegmentWitness> honest(u32 steps = 40, u32 cells = 5) {
  toy::Run run = start(cells);
  std::vector<SegmentWitness> out;
  out.push_back(segment(run, 1, steps, world().parameters));
  out.push_back(segment(run, 2, 33, world().parameters));
  out.push_back(closing_segment(run, world().parameters));
  return out;
}

const Bytes& honest_proof() {
  static const Bytes kProof = world().prove(honest());
  return kProof;
}

u32 word_at(const Bytes& bytes, std::size_t i) {
  u32 out;
  std::memcpy(&out, bytes.data() + 4 * i, 4);
  return out;
}
void set_word(Bytes& bytes, std::size_t i, u32 value) {
  std::memcpy(bytes.data() + 4 * i, &value, 4);
}

TEST(Soundness, TheProofItselfIsGood) {
  EXPECT_EQ(world().verdict(honest_proof()), "accepted");
}

// ATLAS_EXHAUSTIVE=1 tampers with every bit of every word; without it every 7th word is taken, from a place that is
// another in each test.
bool is_exhaustive() {
  return std::getenv("ATLAS_EXHAUSTIVE") != nullptr;
}
std::size_t stride() {
  return is_exhaustive() ? 1 : 7;
}

// 1, 2: words of a proof, one bit each, all 32 bits in turn.
TEST(Soundness, EveryWordMatters) {
  Bytes proof = honest_proof();
  std::map<std::string, unsigned> verdicts;
  for (std::size_t i = 0; i < proof.size() / 4; i += i < 100 ? 1 : stride()) {
    for (unsigned bit = 0; bit < 32; ++bit) {
      if (!is_exhaustive() && bit != i % 32) continue;
      const u32 word = word_at(proof, i);
      set_word(proof, i, word ^ 1u << bit);
      const std::string verdict = world().verdict(proof);
      EXPECT_NE(verdict, "accepted") << "word " << i << " bit " << bit;
      ++verdicts[verdict];
      set_word(proof, i, word);
    }
  }
  EXPECT_GT(verdicts.size(), 8u) << "the tampering reaches most checks";
}

// 3: field elements at and above p that mean the same, missing and surplus words, odd bytes.
TEST(Soundness, OnlyOneEncoding) {
  Bytes proof = honest_proof();
  for (std::size_t i = 3; i < proof.size() / 4; i += stride()) {
    const u32 word = word_at(proof, i);
    if (word >= ~u32{0} - BabyBear::kModulus) continue;
    set_word(proof, i, word + BabyBear::kModulus);
    ASSERT_FALSE(world().accepts(proof)) << "word " << i << " plus p";
    set_word(proof, i, word);
  }
  for (std::size_t size = 0; size < proof.size(); size += size < 4000 ? 13 : 977) {
    ASSERT_FALSE(world().accepts(ByteView(proof).first(size))) << size;
  }
  for (const std::size_t extra : {1u, 2u, 3u, 4u, 8u, 400u}) {
    Bytes longer = proof;
    longer.resize(proof.size() + extra);
    EXPECT_FALSE(world().accepts(longer)) << extra;
  }
}

// 5: heights are the prover's to choose, within the key and nowhere else.
TEST(Soundness, HeightsBelongToTheKey) {
  constexpr std::size_t kFirstHeight = 13 + kPublicValues + 1;
  for (const u32 height : {0u, 1u, 16u, 31u, 33u, 48u, 63u, 65u, 1023u, 1025u, 1u << 23, 1u << 31, ~0u}) {
    for (std::size_t chip = 0; chip < kChips; ++chip) {
      Bytes proof = honest_proof();
      if (word_at(proof, kFirstHeight + chip) == height) continue;
      set_word(proof, kFirstHeight + chip, height);
      EXPECT_FALSE(world().accepts(proof)) << "chip " << chip << " height " << height;
    }
  }
  const u32 too_many[] = {1u << 22, 256, 256, 1u << 20, 1u << 20};
  EXPECT_EQ(make_layout(kMachine, world().parameters, too_many).error(), VerifyError::kTooManyCells);
  const u32 none[] = {0, 256, 256, 0};
  EXPECT_EQ(make_layout(kMachine, world().parameters, none).error(), VerifyError::kHeights);
}

// 6, 7: another table in the key, other parameters, chips renamed: another digest, and no proof under one is good under
// the other, even if the digest in the file is replaced.
TEST(Soundness, KeysDoNotMix) {
  auto tables = fixed_tables();
  tables[kMixingTable].set(9, 0, BabyBear(1));
  Parameters more = small_parameters();
  more.queries += 1;
  const ProvingKey others[] = {
      make_proving_key(kMachine, world().tables, small_parameters(), std::move(tables), field::best_isa()),
      make_proving_key(kMachine, world().tables, more, fixed_tables(), field::best_isa())};
  for (const ProvingKey& other : others) {
    EXPECT_FALSE(other.verifying.digest == world().key.verifying.digest);
    EXPECT_FALSE(verify_execution(other.verifying, honest_proof()).ok());
    Bytes proof = honest_proof();
    std::memcpy(proof.data() + 8, other.verifying.digest.word, 32);
    EXPECT_FALSE(verify_execution(other.verifying, proof).ok());
    EXPECT_FALSE(world().accepts(proof));
  }
}

// The set's promise stands in the file, and cannot be made greater or smaller than the key's.
TEST(Soundness, TheProofSaysItsSet) {
  EXPECT_EQ(word_at(honest_proof(), 1) >> 16, world().parameters.promised_bits);
  for (const u32 bits : {0u, 9u, 100u, 128u}) {
    Bytes proof = honest_proof();
    set_word(proof, 1, kProofVersion | bits << 16);
    EXPECT_EQ(world().verdict(proof), name_of(VerifyError::kFormat)) << bits;
  }
}

// 8, 10, 12: segments left out, repeated, exchanged, taken from another execution.
TEST(Soundness, SegmentsBelongTogether) {
  const auto cut = [](const Bytes& proof) {  // the words of every segment
    std::vector<Bytes> out;
    for (std::size_t at = 13; at < proof.size() / 4;) {
      const std::size_t length = kPublicValues + 1 + word_at(proof, at + kPublicValues);
      out.emplace_back(proof.begin() + static_cast<std::ptrdiff_t>(4 * at),
                       proof.begin() + static_cast<std::ptrdiff_t>(4 * (at + length)));
      at += length;
    }
    return out;
  };
  const auto join = [](const std::vector<Bytes>& segments) {
    Bytes out(honest_proof().begin(), honest_proof().begin() + 52);
    set_word(out, 10, static_cast<u32>(segments.size()));
    for (const Bytes& segment : segments) append(out, segment);
    return out;
  };
  const std::vector<Bytes> good = cut(honest_proof());
  ASSERT_EQ(good.size(), 3u);
  EXPECT_TRUE(world().accepts(join(good)));
  EXPECT_FALSE(world().accepts(join({})));
  EXPECT_FALSE(world().accepts(join({good[0]})));
  EXPECT_FALSE(world().accepts(join({good[0], good[1]})));
  EXPECT_FALSE(world().accepts(join({good[1], good[2]})));
  EXPECT_FALSE(world().accepts(join({good[1], good[0], good[2]})));
  EXPECT_FALSE(world().accepts(join({good[0], good[1], good[2], good[2]})));
  EXPECT_FALSE(world().accepts(join({good[2], good[0], good[1]})));
  const auto other_witness = honest(40, 4);
  const std::vector<Bytes> other = cut(world().prove(other_witness));
  EXPECT_FALSE(world().accepts(join({other[0], good[1], good[2]})));
  EXPECT_FALSE(world().accepts(join({good[0], good[1], other[2]})));
}

// 9: the same proof of other public values.
TEST(Soundness, PublicValuesAreBound) {
  for (std::size_t i = 0; i < kPublicValues; ++i) {
    for (const u32 change : {1u, 2u, BabyBear::kModulus}) {
      Bytes proof = honest_proof();
      set_word(proof, 13 + i, word_at(proof, 13 + i) + change);
      EXPECT_FALSE(world().accepts(proof)) << i;
    }
  }
}

// 11, 13-17, 21, 24 and a column that lies: one cell changed, then everything proved as the protocol says.
TEST(Soundness, NoProofOfAFalseWitness) {
  struct Lie {
    std::size_t segment;
    unsigned chip;
    u32 row, column;
  };
  std::vector<Lie> lies;
  for (u32 column = 0; column < 8; ++column) lies.push_back({0, kFibonacci, 5, column});
  lies.push_back({0, kFibonacci, 63, 0});  // a padding row sends
  lies.push_back({0, kFibonacci, 63, 7});
  for (u32 column = 0; column < 7; ++column) lies.push_back({1, kCell, 2, column});
  lies.push_back({1, kCell, 31, 0});
  for (u32 column = 0; column < 5; ++column) lies.push_back({2, kImage, 3, column});
  lies.push_back({0, kByteTable, 0, 0});  // a multiplicity
  lies.push_back({0, kByteTable, 0, 1});  // the closed column
  lies.push_back({0, kMixingTable, 7, 0});
  lies.push_back({0, kMixingTable, 7, 1});  // the fixed column
  lies.push_back({0, kMixingTable, 7, 2});
  for (const Lie& lie : lies) {
    auto witness = honest();
    TraceTable& table = witness[lie.segment].tables[lie.chip];
    table.set(lie.row, lie.column, table.get(lie.row, lie.column) + BabyBear::one());
    EXPECT_FALSE(world().accepts(world().prove(witness)))
        << "segment " << lie.segment << " chip " << lie.chip << " row " << lie.row << " column " << lie.column;
  }
}

// 13: a message sent p/256 times 256 would balance by characteristic alone; the caps on heights make that unreachable.
TEST(Soundness, MultiplicitiesCannotWrap) {
  static constexpr ChipDescription kTall[] = {describe<Fibonacci>(1u << 30), kChipTable[1], kChipTable[2],
                                              describe<Cell>(1u << 30), kChipTable[4]};
  static constexpr Machine kWide{"wide", kTall, kPublicValues, public_messages, is_execution, {}};
  Parameters huge = world().parameters;
  huge.max_width = ~0u;
  const u32 many[] = {1u << 29, 256, 256, 0, 0};  // 4 messages a row: 2^31 > p
  EXPECT_EQ(make_layout(kWide, huge, many).error(), VerifyError::kTooManyMessages);
  const u32 boundary[] = {0, 256, 256, 1u << 28, 0};  // 2 boundary messages a row: 2^29 > p/4
  EXPECT_EQ(make_layout(kWide, huge, boundary).error(), VerifyError::kTooManyMessages);
}

// Proof bytes depend on nothing but the input: not on the instruction set, not on the number of threads.
TEST(Toy, AllInstructionSetsGiveTheSameBytes) {
  toy::Run run = start(2100);
  std::vector<SegmentWitness> witness;
  witness.push_back(segment(run, 1, 3000, world().parameters));
  witness.push_back(closing_segment(run, world().parameters));
  const Bytes best = world().prove(witness);
  EXPECT_EQ(world().verdict(best), "accepted");
  for (const Isa isa : field::kAllIsas) {
    if (!field::is_supported(isa)) continue;
    const ProvingKey key = make_proving_key(kMachine, world().tables, world().parameters, fixed_tables(), isa);
    EXPECT_EQ(prove_execution(key, witness, isa), best) << field::name_of(isa);
  }
}

}  // namespace
}  // namespace atlas::stark::toy
