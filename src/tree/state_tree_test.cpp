#include <csignal>
#include <random>
#include <thread>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <tree/state_tree.hpp>
#include <tree/test_folder.hpp>
#include <unistd.h>

#include <state/tree/reference_tree.hpp>

namespace atlas::tree {
namespace {

using test::Folder;
using test::ReferenceTree;

TreeConfig config_of(const Folder& folder) {
  TreeConfig config;
  config.directory = folder.path();
  config.threads = 2;
  return config;
}

/// Random keys, with crowds that share a prefix of 20 or 250 bits, as someone might grind them.
Digest random_key(std::mt19937_64& random) {
  Digest key;
  for (u32& w : key.word) w = static_cast<u32>(random());
  switch (random() % 4) {
    case 0:
      key.word[0] = (key.word[0] & 0xf0000000) | 0xabcd;
      break;
    case 1:
      for (unsigned i = 0; i < 7; ++i) key.word[i] = 0x77777777;
      key.word[7] &= 0xff030000;
      break;
    default:
      break;
  }
  return key;
}

std::map<Digest, Digest> random_values(std::mt19937_64& random, const ReferenceTree& tree, std::size_t count) {
  std::map<Digest, Digest> values;
  for (std::size_t i = 0; i < count; ++i) {
    Digest key = random_key(random);
    if (!tree.leaves.empty() && random() % 2 == 0) {
      const auto it = tree.leaves.lower_bound(key);
      if (it != tree.leaves.end()) key = it->first;
    }
    Digest value;
    if (random() % 6 != 0) value.word[random() % 8] = static_cast<u32>(random() % 4);
    values[key] = value;
  }
  return values;
}
std::vector<LeafWrite> writes_of(const std::map<Digest, Digest>& values) {
  std::vector<LeafWrite> writes;
  for (const auto& [key, value] : values) writes.push_back({key, value});
  return writes;
}
BatchEnd end_of(u64 version) {
  return {version * 10, Digest{{static_cast<u32>(version), 5}}.bytes(), 1'000 + version};
}
BatchState state_of(const ReferenceTree& tree, u64 version) {
  const BatchEnd end = end_of(version);
  return {tree.state(), end.last_block_number, end.last_block_hash, end.last_timestamp};
}

/// Version v of a chain whose every version follows from the seed.
class Chain {
 public:
  explicit Chain(u64 seed, std::size_t largest = 400) : random_(seed), largest_(largest) {}
  std::map<Digest, Digest> next() {
    auto values = random_values(random_, reference, random_() % largest_);
    reference.apply(values);
    return values;
  }
  ReferenceTree reference;

 private:
  std::mt19937_64 random_;
  std::size_t largest_;
};

void expect_same_leaves(const StateTree& tree, const ReferenceTree& reference) {
  for (const auto& [key, leaf] : reference.leaves) {
    ASSERT_EQ(tree.leaf(key), leaf);
    ASSERT_EQ(tree.key_of(leaf.index), key);
  }
}

void run_random(u64 seed, TreeConfig config) {
  Chain chain(seed);
  std::mt19937_64 random(seed + 1000);
  auto tree = std::make_unique<StateTree>(config);
  EXPECT_FALSE(tree->latest());
  for (u64 version = 0; version < 25; ++version) {
    const ReferenceTree before = chain.reference;
    const auto values = chain.next();
    std::vector<Digest> keys;
    for (const auto& [key, value] : values) keys.push_back(key);
    for (unsigned i = 0; i < 20; ++i) keys.push_back(random_key(random));
    if (random() % 2 == 0) tree->prefetch(keys);
    if (version > 0) {
      const VersionedProof proof = tree->prove(keys);
      ASSERT_EQ(proof.version, version - 1);
      auto parsed = parse_multiproof(proof.words);
      ASSERT_TRUE(parsed.ok());
      for (const Digest& key : keys) {
        TouchedLeaf* leaf = touch(parsed->leaves, key);
        ASSERT_NE(leaf, nullptr);
        ASSERT_EQ(leaf->before, before.value(key));
        if (values.contains(key)) leaf->after = values.at(key);
      }
      const auto after = update(parsed->leaves, parsed->paths, proof.state.tree);
      ASSERT_TRUE(after.ok()) << describe(after.error());
      ASSERT_EQ(*after, chain.reference.state());
    }
    ASSERT_EQ(tree->apply(version, writes_of(values), end_of(version)), state_of(chain.reference, version))
        << "seed " << seed << ", version " << version;
    if (random() % 8 == 0) {
      tree.reset();
      tree = std::make_unique<StateTree>(config);
      ASSERT_EQ(tree->latest(), version);
    }
    ASSERT_EQ(tree->state_at(version), state_of(chain.reference, version));
  }
  expect_same_leaves(*tree, chain.reference);
  EXPECT_EQ(tree->stats().leaves, chain.reference.leaves.size());
}

TEST(HostTree, equals_the_reference) {
  for (u64 seed = 0; seed < 4; ++seed) {
    const Folder folder;
    run_random(seed, config_of(folder));
  }
}

TEST(HostTree, equals_the_reference_without_any_cache) {
  for (u64 seed = 10; seed < 13; ++seed) {
    const Folder folder;
    TreeConfig config = config_of(folder);
    config.cache_bytes_max = 0;
    config.threads = 1;
    run_random(seed, config);
  }
}

TEST(HostTree, the_cache_stays_within_its_budget) {
  const Folder folder;
  TreeConfig config = config_of(folder);
  config.cache_bytes_max = 100'000;
  StateTree tree(config);
  Chain chain(5, 3'000);
  for (u64 version = 0; version < 8; ++version) {
    const auto values = chain.next();
    std::vector<Digest> keys;
    for (const auto& [key, value] : values) keys.push_back(key);
    tree.prefetch(keys);
    EXPECT_LE(tree.stats().cached_bytes + tree.stats().upper_bytes, config.cache_bytes_max);
    tree.apply(version, writes_of(values), end_of(version));
    EXPECT_LE(tree.stats().cached_bytes + tree.stats().upper_bytes, config.cache_bytes_max);
  }
  EXPECT_GT(tree.stats().pages, tree.stats().pages_cached);
  EXPECT_GT(tree.stats().pages_read, 0u);
  expect_same_leaves(tree, chain.reference);
}

TEST(HostTree, an_unchanged_value_changes_nothing) {
  const Folder folder;
  StateTree tree(config_of(folder));
  const std::vector<LeafWrite> writes = {{Digest{{1}}, Digest{{1}}}, {Digest{{2}}, Digest{}}};
  const BatchState first = tree.apply(0, writes, {});
  EXPECT_EQ(first.tree.next_index, 2u);
  EXPECT_EQ(tree.apply(1, writes, {}).tree, first.tree);
  EXPECT_EQ(tree.apply(2, {}, {}).tree, first.tree);
  EXPECT_FALSE(tree.leaf(Digest{{2}}));
  EXPECT_FALSE(tree.leaf(Digest{{3}}));
  EXPECT_FALSE(tree.state_at(3));
}

TEST(HostTree, goes_back_to_any_kept_version) {
  const Folder folder;
  TreeConfig config = config_of(folder);
  config.versions_kept = 6;
  Chain chain(21);
  std::vector<ReferenceTree> versions;
  auto tree = std::make_unique<StateTree>(config);
  for (u64 version = 0; version < 12; ++version) {
    tree->apply(version, writes_of(chain.next()), end_of(version));
    versions.push_back(chain.reference);
  }
  EXPECT_FALSE(tree->rewind(4));  // forgotten: nothing happens
  EXPECT_EQ(tree->latest(), 11u);
  ASSERT_TRUE(tree->rewind(11));
  for (const u64 target : {9u, 8u, 5u}) {
    ASSERT_TRUE(tree->rewind(target));
    EXPECT_EQ(tree->latest(), target);
    EXPECT_FALSE(tree->state_at(target + 1));
    EXPECT_EQ(tree->state_at(target), state_of(versions[target], target));
    expect_same_leaves(*tree, versions[target]);
    for (const auto& [key, leaf] : versions[11].leaves) {
      if (!versions[target].leaves.contains(key)) {
        EXPECT_FALSE(tree->leaf(key));
      }
    }
  }
  // And forward again, on another way.
  tree.reset();
  tree = std::make_unique<StateTree>(config);
  ReferenceTree reference = versions[5];
  std::mt19937_64 random(77);
  for (u64 version = 6; version < 9; ++version) {
    const auto values = random_values(random, reference, 300);
    reference.apply(values);
    EXPECT_EQ(tree->apply(version, writes_of(values), end_of(version)), state_of(reference, version));
  }
}

TEST(HostTree, readers_run_beside_the_writer) {
  const Folder folder;
  TreeConfig config = config_of(folder);
  config.cache_bytes_max = 400'000;
  StateTree tree(config);
  Chain chain(31);
  tree.apply(0, writes_of(chain.next()), end_of(0));
  std::atomic<bool> stop{false};
  std::atomic<u64> proofs{0};
  std::vector<std::thread> readers;
  for (u64 r = 0; r < 2; ++r) {
    readers.emplace_back([&, r] {
      std::mt19937_64 random(r);
      while (!stop) {
        std::vector<Digest> keys;
        for (unsigned i = 0; i < 30; ++i) keys.push_back(random_key(random));
        tree.prefetch(keys);
        const VersionedProof proof = tree.prove(keys);
        auto parsed = parse_multiproof(proof.words);
        for (TouchedLeaf& leaf : parsed->leaves) leaf.touched = true;
        ASSERT_EQ(*update(parsed->leaves, parsed->paths, proof.state.tree), proof.state.tree);
        ++proofs;
      }
    });
  }
  u64 version = 0;
  while (version < 30 || proofs < 20) {
    ++version;
    ASSERT_EQ(tree.apply(version, writes_of(chain.next()), end_of(version)), state_of(chain.reference, version));
    if (version > 400) break;
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_GE(proofs, 20u);
}

TEST(HostTree, a_writer_waits_for_no_reader_that_comes_after_it) {
  WriterFirstMutex mutex;
  constexpr unsigned kRounds = 3'000;  // of each reader: seconds in which one of them always holds the mutex
  std::atomic<unsigned> begun{0};
  std::atomic<unsigned> reading{4};
  std::atomic<bool> stop{false};
  std::vector<std::thread> readers;
  for (unsigned r = 0; r < 4; ++r) {
    readers.emplace_back([&] {
      for (unsigned i = 0; i < kRounds && !stop; ++i) {
        const std::shared_lock lock(mutex);
        begun += i == 0 ? 1 : 0;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
      --reading;
    });
  }
  while (begun < 4) std::this_thread::yield();
  for (unsigned i = 0; i < 20; ++i) {
    const std::unique_lock lock(mutex);
    EXPECT_EQ(reading, 4u) << i;
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
}

TEST(HostTree, pages_of_proofs_are_given_back) {
  const Folder folder;
  TreeConfig config = config_of(folder);
  std::mt19937_64 random(3);
  {
    StateTree all(config);
    const auto values = random_values(random, {}, 20'000);
    all.apply(0, writes_of(values), end_of(0));
    config.cache_bytes_max = all.stats().upper_bytes + all.stats().cached_bytes / 4;
  }
  StateTree tree(config);
  const auto bytes = [&] { return tree.stats().cached_bytes + tree.stats().upper_bytes; };
  u64 most = 0;
  for (unsigned i = 0; i < 40; ++i) {
    std::vector<Digest> keys;
    for (unsigned k = 0; k < 2'000; ++k) keys.push_back(random_key(random));
    (void)tree.prove(keys);
    most = std::max(most, bytes());
    tree.trim();
    EXPECT_LE(bytes(), config.cache_bytes_max);
  }
  EXPECT_GT(most, config.cache_bytes_max) << "proofs brought nothing into memory";
}

// The child applies versions until it is killed; what is found is one whole version, and the tree goes on from there.
TEST(HostTree, a_kill_leaves_a_whole_version) {
  const Folder folder;
  const TreeConfig config = [&] {
    TreeConfig c = config_of(folder);
    c.threads = 1;
    return c;
  }();
  std::mt19937_64 random(99);
  std::optional<u64> seen;
  // On a slow machine a child needs longer to come anywhere: each has a little more time than the one before.
  for (unsigned kill = 0; kill < 8 || (seen < 4u && kill < 100); ++kill) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      StateTree tree(config);
      Chain chain(55, 200);
      for (u64 version = 0;; ++version) {
        const auto writes = writes_of(chain.next());
        if (tree.latest() && version <= *tree.latest()) continue;
        tree.apply(version, writes, end_of(version));
      }
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(40 + 10 * kill + random() % 120));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);

    const StateTree tree(config);
    const auto latest = tree.latest();
    ASSERT_GE(latest, seen);
    seen = latest;
    if (!latest) continue;
    Chain chain(55, 200);
    for (u64 version = 0; version <= *latest; ++version) chain.next();
    ASSERT_EQ(tree.state_at(*latest), state_of(chain.reference, *latest));
    expect_same_leaves(tree, chain.reference);
  }
  EXPECT_GT(seen, 3u);
}

TEST(HostTree, a_damaged_leaf_is_found_when_the_tree_is_opened) {
  const Folder folder;
  {
    StateTree(config_of(folder)).apply(0, std::vector<LeafWrite>{{Digest{{1}}, Digest{{1}}}}, {});
  }
  {
    LeafDatabase database(folder.path());
    LeafDatabase::Version version(database);
    version.put_changed({Digest{{1}}, Digest{{2}}, 1}, Digest{{1}});
    version.commit(0, *database.state_at(0), std::nullopt, false);
  }
  EXPECT_THROW(StateTree{config_of(folder)}, TreeError);
}

TEST(HostTree, an_unusable_folder_is_named) {
  TreeConfig config;
  config.directory = "/proc/no-such-folder";
  try {
    const StateTree tree(config);
    FAIL();
  } catch (const TreeError& error) {
    EXPECT_NE(std::string(error.what()).find("/proc/no-such-folder"), std::string::npos);
  }
}

}  // namespace
}  // namespace atlas::tree
