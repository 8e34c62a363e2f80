// Rows that a forger of hash calls would write. The numbers are those of the list of attacks in docs/proof-system.md.
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <zkvm/chips/blake3/trace.hpp>
#include <zkvm/chips/keccak/trace.hpp>
#include <zkvm/chips/merkle/trace.hpp>
#include <zkvm/chips/sha256/trace.hpp>
#include <zkvm/executor/primitives.hpp>
#include <zkvm/prover/call_judge.hpp>

namespace atlas::zkvm {
namespace {

using namespace test;
using abi::Ecall;

constexpr u32 kP = BabyBear::kModulus;

/// Rows on their way to the judge: each may be changed, and left out by returning false.
template <class Chip>
using Change = std::function<bool(RowOf<Chip>& row, u64 index)>;

template <class Chip>
class ForgedRows {
 public:
  explicit ForgedRows(Change<Chip> change) : change_(std::move(change)) {}
  template <class Other>
  void append(RowOf<Other> row) {
    if constexpr (std::is_same_v<Other, Chip>) {
      if (!change_(row, index_++)) return;
    }
    judge_.append<Other>(row);
  }
  /// What a verifier would see: a row that does not hold, messages that nothing answers, or other accesses of memory
  /// than the honest call's.
  bool is_caught(const CallJudge& honest) const {
    return !judge_.problems().empty() || judge_.left_over() != honest.left_over();
  }
  u64 changed() const { return index_; }

 private:
  Change<Chip> change_;
  CallJudge judge_;
  u64 index_ = 0;
};

template <class Append>
CallJudge honest_rows(const Append& append) {
  CallJudge judge;
  append(judge);
  EXPECT_THAT(judge.problems(), testing::IsEmpty());
  EXPECT_EQ(judge.unanswered(), 0u);
  return judge;
}
template <class Chip, class Append>
void expect_caught(const char* what, const Append& append, Change<Chip> change) {
  const CallJudge honest = honest_rows(append);
  ForgedRows<Chip> forged(std::move(change));
  append(forged);
  ASSERT_NE(forged.changed(), 0u);
  EXPECT_TRUE(forged.is_caught(honest)) << what;
}

struct KeccakCall {
  TestCall call{Ecall::kKeccakF, std::vector<u32>(60, 0x01234567)};
  const EcallStep& step =
      call.argument(0, TestCall::address_of(7)).write(7, 50).finish([](u32* w) { primitives::keccak_f(w + 7); });
  template <class Rows>
  void operator()(Rows& rows) const {
    chips::append_keccak(rows, step);
  }
};

// 23: round constants; rounds left out, doubled or in another order.
TEST(HashForgery, KeccakRounds) {
  const KeccakCall call;
  using Round = chips::KeccakRound;
  for (u32 j = 0; j < chips::kKeccakConstantBits; ++j) {
    expect_caught<Round>("a constant's bit, and what follows from it", call, [j](RowOf<Round>& row, u64 i) {
      if (i == 5) row.constant[j] ^= 1;
      return true;
    });
  }
  expect_caught<Round>("the constants of another round", call, [](RowOf<Round>& row, u64 i) {
    for (u32 j = 0; i == 9 && j < chips::kKeccakConstantBits; ++j) row.constant[j] = chips::kKeccakConstants.bit[10][j];
    return true;
  });
  expect_caught<Round>("a round left out", call, [](RowOf<Round>& row, u64 i) {
    if (i > 3) row.round -= 1;
    return i != 3;
  });
  expect_caught<Round>("rounds of another call", call, [](RowOf<Round>& row, u64) {
    row.call += kTicksPerEcall;
    return true;
  });
  // θ with D = 0: parities that agree with the bits after, as if nothing had changed.
  expect_caught<Round>("no diffusion", call, [](RowOf<Round>& row, u64 i) {
    for (u32 x = 0; i == 0 && x < 5; ++x) {
      for (u32 z = 0; z < 64; ++z) row.parity_after[x][z] = row.parity[x][z];
    }
    return true;
  });
}

// 23: a bit of the state that is neither 0 nor 1, its limb made to fit.
TEST(HashForgery, KeccakBitsAreBits) {
  expect_caught<chips::KeccakRound>("two halves", KeccakCall(), [](RowOf<chips::KeccakRound>& row, u64 i) {
    if (i == 0) {
      row.bits[3][4] += 2;
      row.bits[3][5] = field_of(i64{row.bits[3][5]} - 1);
    }
    return true;
  });
}

template <unsigned kDigests>
struct TreeCall {
  std::vector<u32> siblings;
  TestCall call;
  const EcallStep& step;
  TreeCall(u32 index, u32 levels)
      : siblings(make(levels)),
        call(kDigests == 1 ? Ecall::kMerklePath : Ecall::kMerkleUpdate, std::vector<u32>(20, 0x89abcdef), siblings),
        step(
            call.argument(0, TestCall::address_of(3))
                .argument(1, index)
                .argument(2, levels)
                .argument(3, 4)
                .write(3, 8 * kDigests)
                .finish([&](u32* w) { primitives::merkle_path(w + 3, kDigests, index, levels, 4, siblings.data()); })) {
  }
  static std::vector<u32> make(u32 levels) {
    std::vector<u32> out(8 * std::size_t{levels});
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<u32>(i * 0x9e3779b9);
    return out;
  }
  template <class Rows>
  void operator()(Rows& rows) const {
    chips::append_merkle<kDigests>(rows, step);
  }
};

/// Writes the level as if the digest stood on the other side. The compression is another one, so the rest of the path
/// is what it was only if nobody looks.
void turn_over(RowOf<chips::MerkleLevel>& row) {
  row.bit ^= 1;
  std::swap(row.digest, row.sibling);
}

// 23, 25: which side, how many levels, whose sibling.
TEST(HashForgery, MerklePaths) {
  using Level = chips::MerkleLevel;
  expect_caught<Level>("the other side", TreeCall<1>(5, 6), [](RowOf<Level>& row, u64 i) {
    if (i == 2) turn_over(row);
    return true;
  });
  // Digest and sibling change places and the bit does too: the compression is the same, its input a stranger's.
  expect_caught<Level>("a digest from nowhere", TreeCall<1>(0, 1), [](RowOf<Level>& row, u64) {
    turn_over(row);
    row.bits = 1;
    return true;
  });
  expect_caught<Level>("a level left out", TreeCall<1>(0, 6), [](RowOf<Level>& row, u64 i) {
    if (i > 2) row.level -= 1;
    return i != 2;
  });
  expect_caught<Level>("another sibling for the new digest", TreeCall<2>(5, 4), [](RowOf<Level>& row, u64 i) {
    if (i == 5) row.sibling[3].lo ^= 1;
    return true;
  });
  // 16: the rows of an update as those of two paths, each with siblings of its own. A path's row for time + 1 would
  // have the new digest's name, but nothing hands a path's level to it.
  for (const u32 call_of_new : {0u, 1u}) {
    expect_caught<Level>("two paths", TreeCall<2>(5, 4), [call_of_new](RowOf<Level>& row, u64) {
      row.call += row.is_new * call_of_new;
      row.is_path = 1;
      row.is_old = row.is_new = 0;
      return true;
    });
  }
  expect_caught<Level>("new rows alone", TreeCall<2>(5, 4), [](RowOf<Level>& row, u64) {
    row.call -= row.is_old;
    row.is_old = 0;
    row.is_new = 1;
    return true;
  });
}

// 23: bits of the index plus p, which the field takes for the index.
TEST(HashForgery, MerkleIndexHasNoAlias) {
  using Level = chips::MerkleLevel;
  constexpr u32 kIndex = 77, kLevels = 32;
  const TreeCall<1> call(kIndex, kLevels);
  const u32 alias = kIndex + kP;
  for (const bool turns : {false, true}) {
    for (const u32 inverse : {0u, 1u}) {
      const CallJudge honest = honest_rows(call);
      ForgedRows<Level> forged([&](RowOf<Level>& row, u64 i) {
        row.bit = alias >> i & 1;
        // What is left of index + p after i bits, as the field halves it.
        row.bits = alias >> i;
        row.next = 0;
        if (i == Level::kLimbBits - 1) row.is_turn = turns, row.inverse = inverse;
        return true;
      });
      call(forged);
      EXPECT_TRUE(forged.is_caught(honest));
    }
  }
}

/// A path's rows for another index, of which the levels see the same bits.
struct OtherIndex {
  u32 index;
  CallJudge judge;
  template <class Chip>
  void append(RowOf<Chip> row) {
    const u32 low = index & 0xffff, high = index >> 16;
    if constexpr (std::is_same_v<Chip, chips::MerklePath>) row.call.argument[0] = {low, high};
    if constexpr (std::is_same_v<Chip, chips::MerkleLevel>) {
      const bool is_low = row.level < Chip::kLimbBits;
      row.bits = is_low ? low >> row.level : high >> (row.level - Chip::kLimbBits);
      row.next = is_low ? high : 0;
    }
    judge.append<Chip>(row);
  }
};
// 23: an index with bits beyond its levels, in either limb: the chain ends with none left.
TEST(HashForgery, MerkleIndexHasNoMoreBitsThanLevels) {
  constexpr std::pair<u32, u32> kCases[] = {{3, 8}, {3, 1 << 16}, {15, 1u << 31}, {16, 1 << 16}, {17, 2 << 16}};
  for (const auto& [levels, index] : kCases) {
    const TreeCall<1> call(0, levels);
    OtherIndex honest{0, {}}, forged{index, {}};
    call(honest);
    call(forged);
    EXPECT_EQ(honest.judge.problems().size() + honest.judge.unanswered(), 0u);
    EXPECT_NE(forged.judge.problems().size() + forged.judge.unanswered(), 0u) << levels << ' ' << index;
  }
}

struct BlockCall {
  u32 flags, tail;
  TestCall call;
  const EcallStep& step;
  BlockCall(u32 count, u32 f, u32 t)
      : flags(f),
        tail(t),
        call(Ecall::kBlake3, std::vector<u32>(16 * count + 8, 0x76543210)),
        step(call.argument(0, TestCall::address_of(0))
                 .argument(1, TestCall::address_of(8))
                 .argument(2, count)
                 .argument(3, flags)
                 .argument(4, tail)
                 .read(1, 8, 16 * count)
                 .write(0, 8)
                 .finish([&](u32* w) { primitives::blake3(w, w + 8, count, f, t); })) {}
  template <class Rows>
  void operator()(Rows& rows) const {
    chips::append_blake3(rows, step);
  }
};

// 23: flags, lengths, counters and blocks of a run.
TEST(HashForgery, Blake3Runs) {
  using Call = chips::Blake3;
  using Block = chips::Blake3Block;
  expect_caught<Call>("common flags twice", BlockCall(1, 0x00030001, 64), [](RowOf<Call>& row, u64) {
    row.is_single = 0;
    row.first0 = row.last0 = row.both0 = 0;
    return true;
  });
  expect_caught<Call>("a conjunction where there are two blocks", BlockCall(2, 0x00030001, 64),
                      [](RowOf<Call>& row, u64) {
                        row.is_single = 1;
                        row.inverse = 0;
                        row.first0 = 1;
                        row.last0 = 3;
                        row.both0 = 1;
                        return true;
                      });
  for (const u32 length : {65u, 255u, 256u + 64u, kP - 1}) {
    expect_caught<Call>("a longer block", BlockCall(1, 0, 64), [length](RowOf<Call>& row, u64) {
      row.length = length;
      return true;
    });
  }
  expect_caught<Call>("the counter's middle byte", BlockCall(1, 0, 0x12345640), [](RowOf<Call>& row, u64) {
    row.counter1 = field_of(i64{row.counter1} - 256);
    return true;
  });
  expect_caught<Block>("an end before the last block", BlockCall(3, 1, 64), [](RowOf<Block>& row, u64 i) {
    if (i == 1) row.is_last = 1, row.is_inner = 0, row.length = 64;
    return i < 2;
  });
  expect_caught<Block>("a last block that goes on", BlockCall(2, 1, 64), [](RowOf<Block>& row, u64 i) {
    if (i == 1) row.is_last = 0, row.is_inner = 1, row.length = 64, row.flags = row.first_flags;
    return true;
  });
  expect_caught<Block>("the blocks in another order", BlockCall(2, 1, 64), [](RowOf<Block>& row, u64 i) {
    row.index = i == 0 ? row.index + 16 : row.index - 16;
    return true;
  });
}

// 16, 23: rounds that nobody asked for, or with a message of their own.
TEST(HashForgery, Blake3Rounds) {
  using Round = chips::Blake3Round;
  const BlockCall call(1, 0x000b0001, 64);
  expect_caught<Round>("a round left out", call, [](RowOf<Round>& row, u64 i) {
    if (i > 2) row.round -= 1;
    return i != 2;
  });
  // Rounds a quarter, a half, three quarters further on, whose parts are named as others' are.
  for (const u32 part : {1u, 2u, 3u}) {
    expect_caught<Round>("rounds between rounds", call, [part](RowOf<Round>& row, u64) {
      row.round = (BabyBear(row.round) + BabyBear(part) * BabyBear(4u).inverse()).canonical();
      return true;
    });
  }
  expect_caught<Round>("a message that a dead row sends", call, [](RowOf<Round>& row, u64 i) {
    if (i == 3) row.real = 0;
    return true;
  });
  expect_caught<Round>("a message dropped", call, [](RowOf<Round>& row, u64 i) {
    if (i == 3) row.passes = 0;
    return true;
  });
  expect_caught<Round>("a message of another size", call, [](RowOf<Round>& row, u64 i) {
    if (i == 3) row.message[5].lo += 1;
    return true;
  });
  // A carry of −1 or 3: a sum's bytes moved by 2^16 and its neighbour's back.
  for (const u32 by : {1u, kP - 1, 65536u, kP - 65536}) {
    expect_caught<Round>("a carry out of range", call, [by](RowOf<Round>& row, u64 i) {
      if (i == 0) row.first[0].a.byte[0] = (BabyBear(row.first[0].a.byte[0]) + BabyBear(by)).canonical();
      return true;
    });
  }
}

struct Sha256Call {
  TestCall call;
  const EcallStep& step;
  explicit Sha256Call(u32 count)
      : call(Ecall::kSha256, std::vector<u32>(16 * count + 8, 0x5a5a1234)),
        step(call.argument(0, TestCall::address_of(0))
                 .argument(1, TestCall::address_of(8))
                 .argument(2, count)
                 .read(1, 8, 16 * count)
                 .write(0, 8)
                 .finish([&](u32* w) { primitives::sha256(w, w + 8, count); })) {}
  template <class Rows>
  void operator()(Rows& rows) const {
    chips::append_sha256(rows, step);
  }
};

// 23: constants of another quarter, words without their schedule, carries, blocks.
TEST(HashForgery, Sha256) {
  using Quarter = chips::Sha256Quarter;
  using Block = chips::Sha256Block;
  const Sha256Call call(2);
  expect_caught<Quarter>("no schedule", call, [](RowOf<Quarter>& row, u64 i) {
    for (u32 t = 0; i == 1 && t < chips::kSha256Steps; ++t) row.small[t % 15] = {0, 0};
    return true;
  });
  expect_caught<Quarter>("a word of another size", call, [](RowOf<Quarter>& row, u64 i) {
    if (i == 0) row.word[3][0] += 2, row.word[3][1] = field_of(i64{row.word[3][1]} - 1);
    return true;
  });
  expect_caught<Quarter>("a carry that is no number of bits", call, [](RowOf<Quarter>& row, u64 i) {
    if (i == 0) row.e_carry[0].lo[0] = (BabyBear(row.e_carry[0].lo[0]) - BabyBear(kInverse16)).canonical();
    if (i == 0) row.e[3][0] ^= 1;
    return true;
  });
  expect_caught<Block>("a byte of two", call, [](RowOf<Block>& row, u64 i) {
    if (i == 0) row.byte0[0] += 256;
    return true;
  });
  expect_caught<Block>("a block left out", call, [](RowOf<Block>& row, u64 i) {
    if (i == 0) row.left = 1;
    return i == 0;
  });
  expect_caught<Block>("a sum beyond 2^16", call, [](RowOf<Block>& row, u64 i) {
    if (i == 0) row.output[2].lo += 65536, row.output[2].hi = field_of(i64{row.output[2].hi} - 1);
    return true;
  });
}

/// A call's rows with quarters of the forger's own, and the block's output as they make it.
struct ForgedQuarters {
  using Quarter = chips::Sha256Quarter;
  CallJudge judge;
  std::vector<RowOf<Quarter>> quarters;
  u32 mixed[8] = {};
  const EcallStep* step = nullptr;
  std::size_t next = 0;

  template <class Chip>
  void append(RowOf<Chip> row) {
    if constexpr (std::is_same_v<Chip, Quarter>) row = quarters[next++];
    if constexpr (std::is_same_v<Chip, chips::Sha256Block>) {
      for (u32 i = 0; i < 8; ++i) {
        row.mixed[i] = limbs_of(mixed[i]);
        row.output[i] = limbs_of(step->writes[i].after);
      }
    }
    judge.append<Chip>(row);
  }
};

// 23: a quarter with the constants of another, everything after it worked out from that, and its place moved by a
// fraction of a block: where place and quarter shared a field, this row would have the honest one's name.
TEST(HashForgery, Sha256ConstantsAreTheQuarters) {
  constexpr u32 kWord = 0x11223344;
  constexpr unsigned kIs = 1;
  for (const unsigned as : {1u, 2u, 3u}) {
    for (const u32 weight : {1u, 2u, 4u, 8u, 16u}) {
      TestCall call(Ecall::kSha256, std::vector<u32>(24, kWord));
      call.argument(0, TestCall::address_of(0)).argument(1, TestCall::address_of(8)).argument(2, 1);
      call.read(1, 8, 16).write(0, 8);
      ForgedQuarters rows;
      u32 block[16];
      for (u32& word : block) word = __builtin_bswap32(kWord);
      for (u32& word : rows.mixed) word = kWord;
      const chips::Sha256Words words(block);
      for (unsigned q = 0; q < chips::kSha256Quarters; ++q) {
        rows.quarters.push_back(
            chips::sha256_quarter(TestCall::kTime, 1, q == kIs ? as : q, rows.mixed, words.word + 16 * q));
      }
      const BabyBear fraction = BabyBear(field_of(i64{kIs} - i64{as})) * BabyBear(weight).inverse();
      rows.quarters[kIs].left = (BabyBear::one() + fraction).canonical();
      const EcallStep& step = call.finish([&](u32* memory) {
        for (u32 i = 0; i < 8; ++i) memory[i] += rows.mixed[i];
      });
      rows.step = &step;
      chips::append_sha256(rows, step);
      const bool holds = rows.judge.problems().empty() && rows.judge.unanswered() == 0;
      EXPECT_EQ(holds, as == kIs) << "quarter 1 as " << as << ", a fraction over " << weight;
    }
  }
}

}  // namespace
}  // namespace atlas::zkvm
