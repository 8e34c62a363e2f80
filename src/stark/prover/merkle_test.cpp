#include <algorithm>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include <stark/prover/merkle_tree.hpp>
#include <stark/transcript/channel.hpp>

namespace atlas::stark {
namespace {

std::vector<Digest> random_digests(std::size_t n, u64 seed) {
  std::mt19937_64 random(seed);
  std::vector<Digest> out(n);
  for (Digest& d : out) {
    for (u32& w : d.word) w = static_cast<u32>(random());
  }
  return out;
}

TEST(Merkle, KernelsEqualTheScalarHash) {
  for (const Isa isa : field::kAllIsas) {
    if (!field::is_supported(isa)) continue;
    for (const std::size_t n : {1u, 2u, 7u, 16u, 33u, 100u}) {
      const auto children = random_digests(2 * n, n);
      std::vector<Digest> parents(n);
      hash_kernels(isa).hash_nodes(children.data(), n, parents.data());
      for (std::size_t i = 0; i < n; ++i) ASSERT_EQ(parents[i], hash_node(children[2 * i], children[2 * i + 1]));
    }
  }
}

struct Opening {
  MerkleCap cap;
  std::vector<u32> indices;
  std::vector<Digest> leaves, siblings;
  bool verify(unsigned log) const { return verify_openings(cap, log, indices, leaves, siblings); }
};

Opening make_opening(unsigned log, unsigned cap_log, std::size_t count, u64 seed) {
  const auto leaves = random_digests(std::size_t{1} << log, seed);
  DigestBuffer buffer(leaves.size());
  std::ranges::copy(leaves, buffer.data());
  const MerkleTree tree(std::move(buffer), cap_log, Isa::kPortable);
  std::mt19937_64 random(seed);
  std::set<u32> chosen;
  while (chosen.size() < count) chosen.insert(static_cast<u32>(random()) & ((1u << log) - 1));
  Opening out{tree.cap(), {chosen.begin(), chosen.end()}, {}, {}};
  for (const u32 i : out.indices) out.leaves.push_back(leaves[i]);
  out.siblings = tree.open(out.indices);
  return out;
}

TEST(Merkle, OpensAndCounts) {
  for (unsigned log = 0; log < 9; ++log) {
    for (const unsigned cap_log : {0u, 2u, 12u}) {
      for (const std::size_t count : {1u, 2u, 5u, 64u}) {
        if (count > 1u << log) continue;
        const Opening o = make_opening(log, cap_log, count, log * 100 + count);
        EXPECT_TRUE(o.verify(log)) << log << ' ' << cap_log << ' ' << count;
        EXPECT_EQ(o.siblings.size(), count_siblings(o.indices, log, cap_log));
      }
    }
  }
}

TEST(Merkle, EveryFlippedByteIsRejected) {
  const Opening good = make_opening(6, 1, 9, 3);
  ASSERT_TRUE(good.verify(6));
  const auto flip_all = [&good](std::vector<Digest> Opening::* part, const char* what) {
    Opening bad = good;
    auto* bytes = reinterpret_cast<u8*>((bad.*part).data());
    for (std::size_t i = 0; i < (bad.*part).size() * sizeof(Digest); ++i) {
      bytes[i] ^= 0x10;
      EXPECT_FALSE(bad.verify(6)) << what << " byte " << i;
      bytes[i] ^= 0x10;
    }
  };
  flip_all(&Opening::cap, "cap");
  flip_all(&Opening::leaves, "leaf");
  flip_all(&Opening::siblings, "sibling");
  for (std::size_t i = 0; i < good.indices.size(); ++i) {
    Opening bad = good;
    bad.indices[i] ^= 1;
    EXPECT_FALSE(bad.verify(6)) << "index " << i;
  }
  Opening more = good;
  more.siblings.push_back(good.siblings[0]);
  EXPECT_FALSE(more.verify(6)) << "a sibling too many";
  Opening fewer = good;
  fewer.siblings.pop_back();
  EXPECT_FALSE(fewer.verify(6)) << "a sibling too few";
  EXPECT_FALSE(good.verify(5)) << "a tree of another height";
  EXPECT_FALSE(good.verify(7)) << "a tree of another height";
}

TEST(Merkle, LeavesAndNodesDiffer) {
  u32 words[16] = {};
  EXPECT_FALSE(hash_leaf(words) == hash_node(Digest{}, Digest{}));
}

TEST(Transcript, OrderLabelsAndTypesMatter) {
  const Ext one = Ext::one(), two = one + one;
  const auto run = [&](auto&& steps) {
    Transcript t("test");
    steps(t);
    return t.draw(Label::kQueries);
  };
  const Ext base = run([&](Transcript& t) {
    t.absorb(Label::kHeights, one);
    t.absorb(Label::kKey, two);
  });
  EXPECT_EQ(base, run([&](Transcript& t) {
              t.absorb(Label::kHeights, one);
              t.absorb(Label::kKey, two);
            }));
  const Ext others[] = {
      run([&](Transcript& t) {  // order
        t.absorb(Label::kKey, two);
        t.absorb(Label::kHeights, one);
      }),
      run([&](Transcript& t) {  // values
        t.absorb(Label::kHeights, two);
        t.absorb(Label::kKey, one);
      }),
      run([&](Transcript& t) {  // labels
        t.absorb(Label::kKey, one);
        t.absorb(Label::kHeights, two);
      }),
      run([&](Transcript& t) {  // how values are grouped
        const Ext both[] = {one, two};
        t.absorb(Label::kHeights, both);
      }),
      run([&](Transcript& t) {  // type
        t.absorb(Label::kHeights, one);
        u32 raw[5];
        for (unsigned i = 0; i < 5; ++i) raw[i] = two.c[i].raw;
        t.absorb(Label::kKey, raw);
      }),
      run([&](Transcript& t) {  // something more
        t.absorb(Label::kHeights, one);
        t.absorb(Label::kKey, two);
        t.absorb(Label::kKey, u64{0});
      }),
      run([&](Transcript&) {}),
  };
  for (std::size_t i = 0; i < std::size(others); ++i) {
    EXPECT_FALSE(base == others[i]) << i;
    for (std::size_t j = 0; j < i; ++j) EXPECT_FALSE(others[j] == others[i]) << i << ' ' << j;
  }
  Transcript a("one"), b("two");
  EXPECT_FALSE(a.draw(Label::kKey) == b.draw(Label::kKey));
  Transcript c("one");
  EXPECT_FALSE(c.draw(Label::kHeights) == Transcript("one").draw(Label::kKey));
  Ext pair[2];
  Transcript d("one");
  d.draw(Label::kKey, pair);
  EXPECT_FALSE(pair[0] == pair[1]);
}

TEST(Transcript, GrindingFindsTheSmallestNonce) {
  for (const Isa isa : field::kAllIsas) {
    if (!field::is_supported(isa)) continue;
    Transcript t("grind");
    t.absorb(Label::kKey, u64{7});
    Transcript verifier = t;
    const Digest state = t.grinding_state(Label::kQueryGrinding);
    const u64 nonce = hash_kernels(isa).grind(state, 0, 1 << 16, 10);
    ASSERT_LT(nonce, 1u << 16);
    for (u64 n = 0; n <= nonce; ++n) ASSERT_EQ(Transcript::is_proof_of_work(state, n, 10), n == nonce) << n;
    EXPECT_EQ(hash_kernels(isa).grind(state, 0, nonce / 16 * 16, 10), nonce / 16 * 16);
    Transcript other = verifier, third = verifier;
    EXPECT_TRUE(verifier.check_grinding(Label::kQueryGrinding, nonce, 10));
    EXPECT_FALSE(other.check_grinding(Label::kQueryGrinding, nonce + 1, 10));
    EXPECT_FALSE(third.check_grinding(Label::kLocalGrinding, nonce, 10));
    EXPECT_FALSE(verifier.draw(Label::kQueries) == other.draw(Label::kQueries)) << "the nonce is absorbed";
  }
  Transcript none("grind");
  EXPECT_TRUE(none.check_grinding(Label::kQueryGrinding, 0, 0));
  EXPECT_FALSE(none.check_grinding(Label::kQueryGrinding, 1, 0));
}

TEST(Channel, RefusesWhatIsNotCanonical) {
  std::vector<u32> words(5, 1);
  Ext out;
  EXPECT_TRUE(VerifierChannel(Transcript("c"), words).receive(Label::kKey, out));
  for (unsigned i = 0; i < 5; ++i) {
    words[i] = BabyBear::kModulus;
    EXPECT_FALSE(VerifierChannel(Transcript("c"), words).receive(Label::kKey, out)) << i;
    words[i] = BabyBear::kModulus - 1;
    EXPECT_TRUE(VerifierChannel(Transcript("c"), words).receive(Label::kKey, out)) << i;
  }
  words.pop_back();
  EXPECT_FALSE(VerifierChannel(Transcript("c"), words).receive(Label::kKey, out));
}

}  // namespace
}  // namespace atlas::stark
