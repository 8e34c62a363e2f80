#include <random>

#include <gtest/gtest.h>

#include <state/tree/reference_tree.hpp>

namespace atlas::tree {
namespace {

using test::ReferenceTree;

/// Keys of which many share long prefixes, as an attacker would grind them.
Digest random_key(std::mt19937_64& random) {
  Digest key;
  for (u32& w : key.word) w = static_cast<u32>(random());
  switch (random() % 4) {
    case 0:
      key.word[0] = 0;
      key.word[1] &= 0x03000000;
      break;
    case 1:
      for (unsigned i = 0; i < 7; ++i) key.word[i] = 0x5a5a5a5a;
      key.word[7] &= 0x07000000;
      break;
    default:
      break;
  }
  return key;
}
Digest random_value(std::mt19937_64& random) {
  Digest value;
  if (random() % 5 != 0) {
    for (u32& w : value.word) w = static_cast<u32>(random());
  }
  return value;
}

struct Batch {
  std::vector<Digest> keys;          // ascending
  std::map<Digest, Digest> written;  // some of them
};

Batch random_batch(std::mt19937_64& random, const ReferenceTree& tree, std::size_t size) {
  Batch batch;
  for (std::size_t i = 0; i < size; ++i) {
    Digest key = random_key(random);
    if (!tree.leaves.empty() && random() % 2 == 0) {
      auto it = tree.leaves.lower_bound(key);
      key = it == tree.leaves.end() ? tree.leaves.begin()->first : it->first;
    }
    batch.keys.push_back(key);
    if (random() % 3 != 0) batch.written[key] = random_value(random);
  }
  std::sort(batch.keys.begin(), batch.keys.end());
  batch.keys.erase(std::unique(batch.keys.begin(), batch.keys.end()), batch.keys.end());
  return batch;
}

/// What the guest does with a proof: reads, writes, and computes both roots.
Result<TreeState, ProofError> run(std::span<const u32> words, const Batch& batch, const TreeState& before) {
  auto proof = parse_multiproof(words);
  if (!proof) return Err(proof.error());
  for (const Digest& key : batch.keys) {
    // The guest halts at once on a key that its witness lacks; here any error does.
    TouchedLeaf* leaf = touch(proof->leaves, key);
    if (leaf == nullptr) return Err(ProofError::kUntouchedLeaf);
    const auto write = batch.written.find(key);
    if (write != batch.written.end()) leaf->after = write->second;
  }
  return update(proof->leaves, proof->paths, before);
}

TEST(Multiproof, random_batches_lead_to_the_reference_root) {
  for (u64 seed = 0; seed < 60; ++seed) {
    std::mt19937_64 random(seed);
    ReferenceTree tree;
    for (unsigned round = 0; round < 12; ++round) {
      const Batch batch = random_batch(random, tree, random() % (round < 6 ? 6 : 60));
      const std::vector<u32> words = tree.prove(batch.keys);
      const auto proof = parse_multiproof(words);
      ASSERT_TRUE(proof.ok());
      ASSERT_EQ(proof->leaves.size(), batch.keys.size());
      for (const TouchedLeaf& leaf : proof->leaves) ASSERT_EQ(leaf.before, tree.value(leaf.key));
      const TreeState before = tree.state();
      tree.apply(batch.written);
      const auto after = run(words, batch, before);
      ASSERT_TRUE(after.ok()) << "seed " << seed << ", round " << round << ": " << describe(after.error());
      ASSERT_EQ(*after, tree.state()) << "seed " << seed << ", round " << round;
    }
  }
}

TEST(Multiproof, an_empty_batch_proves_nothing_and_changes_nothing) {
  const TreeState before{random_key(*std::make_unique<std::mt19937_64>(1)), 5};
  const std::vector<u32> words = ReferenceTree{}.prove({});
  const auto after = run(words, {}, before);
  ASSERT_TRUE(after.ok());
  EXPECT_EQ(*after, before);
}

TEST(Multiproof, new_indices_follow_the_order_of_keys) {
  ReferenceTree tree;
  Batch batch;
  std::mt19937_64 random(7);
  for (unsigned i = 0; i < 40; ++i) batch.written[random_key(random)] = Digest{{1}};
  for (const auto& [key, value] : batch.written) batch.keys.push_back(key);
  const auto after = run(tree.prove(batch.keys), batch, tree.state());
  tree.apply(batch.written);
  ASSERT_TRUE(after.ok());
  EXPECT_EQ(after->next_index, 1 + batch.keys.size());
  EXPECT_EQ(*after, tree.state());
  u64 index = kFirstIndex;
  for (const auto& [key, leaf] : tree.leaves) EXPECT_EQ(leaf.index, index++);
}

TEST(Multiproof, a_zeroed_leaf_keeps_its_index) {
  ReferenceTree tree;
  const Digest key{{9}};
  tree.apply({{key, Digest{{1}}}});
  tree.apply({{key, Digest{}}});
  const Batch batch{{key}, {{key, Digest{{2}}}}};
  const auto words = tree.prove(batch.keys);
  EXPECT_EQ(parse_multiproof(words)->leaves[0].index, 1u);
  const auto after = run(words, batch, tree.state());
  tree.apply(batch.written);
  ASSERT_TRUE(after.ok());
  EXPECT_EQ(*after, tree.state());
  EXPECT_EQ(after->next_index, 2u);
}

// ---- Every rule, broken.

/// A tree of two leaves that part at the fourth bit, and keys of every kind of absence.
struct Forgery : ::testing::Test {
  static Digest key(u8 first, u8 last = 0) {
    Hash256 h;
    h[0] = first;
    h[31] = last;
    return Digest::from(h);
  }
  static constexpr u8 kLeft = 0x00, kRight = 0x10, kElsewhere = 0x80;

  ReferenceTree tree;
  Forgery() { tree.apply({{key(kLeft), Digest{{1}}}, {key(kRight), Digest{{2}}}}); }

  static constexpr std::size_t kHeader = 2, kPresent = 18, kAbsent = 10;

  /// Everything that the proof has is read, as far as it can be parsed.
  static Result<TreeState, ProofError> read_all(const std::vector<u32>& words, const TreeState& before) {
    Batch batch;
    if (const auto proof = parse_multiproof(words)) {
      for (const TouchedLeaf& leaf : proof->leaves) batch.keys.push_back(leaf.key);
    }
    return run(words, batch, before);
  }
  ProofError outcome(const std::vector<u32>& words) const {
    const auto result = read_all(words, tree.state());
    EXPECT_FALSE(result.ok());
    return result.ok() ? ProofError{255} : result.error();
  }
  std::vector<u32> prove(std::vector<Digest> keys) const {
    std::sort(keys.begin(), keys.end());
    return tree.prove(keys);
  }
};

TEST_F(Forgery, version) {
  auto words = prove({key(kLeft)});
  words[0] = 2;
  EXPECT_EQ(outcome(words), ProofError::kUnknownVersion);
}

TEST_F(Forgery, every_truncation) {
  for (const auto& keys : {std::vector{key(kLeft)}, {key(kLeft), key(kRight)}, {key(kLeft, 1), key(kElsewhere)}}) {
    const auto words = prove(keys);
    ASSERT_TRUE(read_all(words, tree.state()).ok());
    for (std::size_t n = 0; n < words.size(); ++n) {
      EXPECT_EQ(outcome({words.begin(), words.begin() + static_cast<std::ptrdiff_t>(n)}), ProofError::kTruncated) << n;
    }
  }
}

TEST_F(Forgery, surplus_words) {
  auto words = prove({key(kLeft)});
  words.push_back(0);
  EXPECT_EQ(outcome(words), ProofError::kSurplus);
  EXPECT_EQ(outcome({kMultiproofVersion, 0, 0}), ProofError::kSurplus);
}

TEST_F(Forgery, a_count_beyond_the_words_takes_no_memory) {
  EXPECT_EQ(outcome({kMultiproofVersion, ~u32{0}, 0, 0}), ProofError::kTruncated);
}

TEST_F(Forgery, order_of_keys_and_duplicates) {
  const auto words = prove({key(kLeft), key(kRight)});
  auto swapped = words;
  std::swap_ranges(swapped.begin() + kHeader, swapped.begin() + kHeader + kPresent,
                   swapped.begin() + kHeader + kPresent);
  EXPECT_EQ(outcome(swapped), ProofError::kUnorderedKeys);
  auto twice = words;
  std::copy_n(words.begin() + kHeader, kPresent, twice.begin() + kHeader + kPresent);
  EXPECT_EQ(outcome(twice), ProofError::kUnorderedKeys);
  // update() checks for itself.
  std::vector<TouchedLeaf> leaves = parse_multiproof(words)->leaves;
  for (TouchedLeaf& leaf : leaves) leaf.touched = true;
  std::swap(leaves[0], leaves[1]);
  EXPECT_EQ(update(leaves, parse_multiproof(words)->paths, tree.state()).error(), ProofError::kUnorderedKeys);
}

TEST_F(Forgery, a_leaf_that_nothing_touched) {
  const auto words = prove({key(kLeft), key(kRight)});
  EXPECT_EQ(run(words, {{key(kLeft)}, {}}, tree.state()).error(), ProofError::kUntouchedLeaf);
  auto proof = parse_multiproof(words);
  EXPECT_EQ(touch(proof->leaves, key(kElsewhere)), nullptr);
}

TEST_F(Forgery, wrong_value_index_or_sibling) {
  const auto words = prove({key(kLeft)});
  for (std::size_t at = kHeader + 8; at < words.size(); ++at) {
    if (at == kHeader + kPresent) continue;  // the step's head
    auto forged = words;
    forged[at] ^= 0x100;
    const ProofError error = outcome(forged);
    const bool is_index = at == kHeader + 8 || at == kHeader + 9;
    EXPECT_EQ(error, is_index ? ProofError::kBadIndex : ProofError::kWrongRoot) << at;
  }
  auto forged = words;
  forged[kHeader + 8] = 2;  // the other leaf's index
  EXPECT_EQ(outcome(forged), ProofError::kWrongRoot);
}

TEST_F(Forgery, a_stale_root) {
  const auto words = prove({key(kLeft)});
  const TreeState stale = tree.state();
  tree.apply({{key(kRight), Digest{{3}}}});
  EXPECT_EQ(outcome(words), ProofError::kWrongRoot);
  EXPECT_TRUE(read_all(words, stale).ok());
}

TEST_F(Forgery, absence_of_a_leaf_that_is_there) {
  // As an empty place: the root betrays it.
  std::vector<u32> words = prove({key(kLeft)});
  std::vector<u32> absent(words.begin(), words.begin() + kHeader + 8);
  absent.insert(absent.end(), {0, 0});
  absent.insert(absent.end(), words.begin() + kHeader + kPresent, words.end());
  EXPECT_EQ(outcome(absent), ProofError::kWrongRoot);
  // As the place of another leaf, which is itself.
  auto foreign = absent;
  foreign[kHeader + kAbsent] |= static_cast<u32>(StepKind::kForeign) << kStepLengthBits;
  foreign.insert(foreign.end(), words.begin() + kHeader, words.begin() + kHeader + kPresent);
  EXPECT_EQ(outcome(foreign), ProofError::kTouchedAsForeign);
}

TEST_F(Forgery, absence_by_a_leaf_of_another_path) {
  std::vector<u32> words = prove({key(kLeft, 1)});  // absent: the left leaf is foreign to it
  ASSERT_TRUE(read_all(words, tree.state()).ok());
  words[words.size() - 18] = key(kRight).word[0];
  EXPECT_EQ(outcome(words), ProofError::kForeignLeaf);
}

TEST_F(Forgery, a_foreign_leaf_beside_a_touched_one) {
  auto words = prove({key(kLeft)});
  words[kHeader + kPresent] |= static_cast<u32>(StepKind::kForeign) << kStepLengthBits;
  words.insert(words.end(), words.begin() + kHeader, words.begin() + kHeader + kPresent);
  EXPECT_EQ(outcome(words), ProofError::kCrowdedPlace);
}

TEST_F(Forgery, two_touched_leaves_in_one_place) {
  auto words = prove({key(kLeft), key(kRight)});
  words.resize(kHeader + 2 * kPresent);
  words.push_back(0);  // one place at the root
  EXPECT_EQ(outcome(words), ProofError::kCrowdedPlace);
}

TEST_F(Forgery, splits_where_keys_do_not_part) {
  const auto words = prove({key(kLeft), key(kRight)});
  const std::size_t head = kHeader + 2 * kPresent;
  ASSERT_EQ(words[head], 3u | static_cast<u32>(StepKind::kSplit) << kStepLengthBits);
  auto higher = words;
  higher[head] -= 1;  // and one sibling less
  higher.erase(higher.begin() + static_cast<std::ptrdiff_t>(head) + 1,
               higher.begin() + static_cast<std::ptrdiff_t>(head) + 9);
  EXPECT_EQ(outcome(higher), ProofError::kBadSplit);
  auto single = prove({key(kLeft)});
  single[kHeader + kPresent] |= static_cast<u32>(StepKind::kSplit) << kStepLengthBits;
  EXPECT_EQ(outcome(single), ProofError::kBadSplit);
}

TEST_F(Forgery, paths_beyond_the_keys_common_bits) {
  auto words = prove({key(kLeft), key(kRight)});
  const std::size_t head = kHeader + 2 * kPresent;
  words[head] += 1;
  EXPECT_EQ(outcome(words), ProofError::kPathTooLong);
  auto single = prove({key(kLeft)});
  single[kHeader + kPresent] = kKeyBits + 1;
  EXPECT_EQ(outcome(single), ProofError::kPathTooLong);
}

TEST_F(Forgery, unknown_kinds) {
  auto words = prove({key(kLeft)});
  words[kHeader + kPresent] |= 3u << kStepLengthBits;
  EXPECT_EQ(outcome(words), ProofError::kUnknownKind);
  words[kHeader + kPresent] |= 1u << 31;
  EXPECT_EQ(outcome(words), ProofError::kUnknownKind);
}

TEST_F(Forgery, a_value_before_without_a_leaf) {
  const auto words = prove({key(kElsewhere)});
  auto leaves = parse_multiproof(words)->leaves;
  leaves[0].touched = true;
  leaves[0].before.word[0] = 1;
  EXPECT_EQ(update(leaves, parse_multiproof(words)->paths, tree.state()).error(), ProofError::kAbsentWithValue);
}

TEST_F(Forgery, indices_that_would_wrap) {
  const auto words = prove({key(kElsewhere)});
  TreeState last = tree.state();
  last.next_index = ~u64{0};
  auto leaves = parse_multiproof(words)->leaves;
  leaves[0].touched = true;
  EXPECT_EQ(update(leaves, parse_multiproof(words)->paths, last).error(), ProofError::kIndexOverflow);
}

TEST(Multiproof, every_flipped_word_is_refused) {
  std::mt19937_64 random(3);
  ReferenceTree tree;
  tree.apply(random_batch(random, tree, 50).written);
  const Batch batch = random_batch(random, tree, 12);
  const auto words = tree.prove(batch.keys);
  ASSERT_TRUE(run(words, batch, tree.state()).ok());
  for (std::size_t at = 0; at < words.size(); ++at) {
    for (const u32 flip : {1u, 0x10000u, 0x80000000u}) {
      auto forged = words;
      forged[at] ^= flip;
      EXPECT_FALSE(run(forged, batch, tree.state()).ok()) << at << " ^ " << flip;
    }
  }
}

}  // namespace
}  // namespace atlas::tree
