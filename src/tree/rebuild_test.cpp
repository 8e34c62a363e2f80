#include <fstream>
#include <random>

#include <gtest/gtest.h>
#include <tree/prefetcher.hpp>
#include <tree/rebuild.hpp>
#include <tree/test_folder.hpp>

#include <state/tree/account_leaf.hpp>

namespace atlas::tree {
namespace {

using test::Folder;

TreeConfig config_in(const std::filesystem::path& directory) {
  TreeConfig config;
  config.directory = directory;
  config.threads = 1;
  return config;
}
Address address(u64 n) {
  Address a;
  std::memcpy(a.data(), &n, sizeof n);
  return a;
}
AccountLeaf account_of(const StateTree& tree, u64 n) {
  const auto leaf = tree.leaf(address_key(Domain::kAccount, address(n)));
  return leaf ? *decode_account(leaf->value) : AccountLeaf{};
}

/// A chain over a tree: random writes to accounts and slots, published batch by batch.
class Chain {
 public:
  explicit Chain(StateTree& tree) : tree_(tree) {
    std::vector<LeafWrite> genesis;
    for (u64 i = 0; i < 50; ++i) genesis.push_back(account(i, {0, 0, u256(1'000'000 + i)}));
    apply(genesis);
  }

  /// The next batch's pubdata.
  Bytes next() {
    std::map<Digest, LeafWrite> writes;
    for (unsigned i = 0; i < 60; ++i) {
      LeafWrite write;
      const u64 who = random_() % 120;
      if (random_() % 2 == 0) {
        AccountLeaf leaf = account_of(tree_, who);
        leaf.nonce += random_() % 3;
        leaf.balance = random_() % 8 == 0 ? u256() : leaf.balance + u256(random_() % 1'000'000'000);
        write = account(who, leaf);
      } else {
        const u256 value = u256(random_(), random_(), random_(), random_()) >> static_cast<unsigned>(random_() % 257);
        write = {storage_key(address(who), u256(random_() % 10)), storage_value(value), Domain::kStorage};
      }
      writes[write.key] = write;
    }
    Pubdata pubdata;
    pubdata.header = {version_, version_ * 3, version_ * 3 + 2, Digest{{static_cast<u32>(version_)}}.bytes(),
                      1'000 + version_};
    std::vector<LeafWrite> ordered;
    for (const auto& [key, write] : writes) {
      const auto leaf = tree_.leaf(key);
      publish({key, leaf ? leaf->value : Digest{}, write.value, leaf ? leaf->index : 0}, write.domain, pubdata);
      ordered.push_back(write);
    }
    if (version_ % 2 == 0) pubdata.bytecodes.push_back(Bytes(version_, 0xfe));
    apply(ordered);
    return encode_pubdata(pubdata);
  }
  void apply(std::vector<LeafWrite> writes) {
    std::sort(writes.begin(), writes.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
    state = tree_.apply(
        version_, writes,
        version_ == 0 ? BatchEnd{}
                      : BatchEnd{version_ * 3 + 2, Digest{{static_cast<u32>(version_)}}.bytes(), 1'000 + version_});
    ++version_;
  }
  BatchState state;

 private:
  static LeafWrite account(u64 n, const AccountLeaf& leaf) {
    return {address_key(Domain::kAccount, address(n)), encode_account(leaf), Domain::kAccount};
  }
  StateTree& tree_;
  u64 version_ = 0;
  std::mt19937_64 random_{4};
};

struct Rebuild : ::testing::Test {
  Folder folder;
  StateTree original{config_in(folder.path() / "original")};
  StateTree copy{config_in(folder.path() / "copy")};
  Chain chain{original};
  Rebuild() { (void)Chain(copy); }

  RebuildFailure failure(const Bytes& pubdata) {
    const auto latest = copy.latest();
    const auto result = apply_pubdata(copy, pubdata);
    EXPECT_FALSE(result.ok());
    EXPECT_EQ(copy.latest(), latest);
    return result.ok() ? RebuildFailure{} : result.error();
  }
  template <class Edit>
  static Bytes edited(const Bytes& encoded, const Edit& edit) {
    Pubdata pubdata = *decode_pubdata(encoded);
    edit(pubdata);
    return encode_pubdata(pubdata);
  }
};

TEST_F(Rebuild, files_lead_to_the_same_commitment) {
  std::vector<std::filesystem::path> files;
  for (unsigned batch = 1; batch <= 20; ++batch) {
    const Bytes pubdata = chain.next();
    files.push_back(folder.path() / ("batch-" + std::to_string(batch)));
    std::ofstream(files.back(), std::ios::binary)
        .write(reinterpret_cast<const char*>(pubdata.data()), static_cast<std::streamsize>(pubdata.size()));
  }
  std::vector<std::size_t> codes;
  const auto state = rebuild(copy, files, [&](ByteView code) { codes.push_back(code.size()); });
  ASSERT_TRUE(state.ok()) << describe(state.error());
  EXPECT_EQ(*state, chain.state);
  EXPECT_EQ(state_commitment(*state), state_commitment(chain.state));
  EXPECT_EQ(codes, (std::vector<std::size_t>{2, 4, 6, 8, 10, 12, 14, 16, 18, 20}));
  EXPECT_EQ(copy.stats().leaves, original.stats().leaves);
  EXPECT_GT(copy.stats().leaves, 300u);
}

TEST_F(Rebuild, a_file_that_is_absent_is_named) {
  const std::filesystem::path absent = folder.path() / "absent";
  try {
    (void)rebuild(copy, std::span(&absent, 1));
    FAIL();
  } catch (const TreeError& error) {
    EXPECT_NE(std::string(error.what()).find("absent"), std::string::npos);
  }
}

TEST_F(Rebuild, what_does_not_follow_is_refused) {
  const Bytes first = chain.next();
  const Bytes second = chain.next();
  EXPECT_EQ(failure(second).error, RebuildError::kWrongBatch);
  EXPECT_EQ(failure(Bytes(10)).error, RebuildError::kBadPubdata);
  EXPECT_EQ(failure(edited(first, [](Pubdata& p) { p.known_leaves[0].index = 51; })).error,
            RebuildError::kUnknownIndex);
  EXPECT_EQ(failure(edited(first, [](Pubdata& p) { std::swap(p.known_leaves[0], p.known_leaves[1]); })).error,
            RebuildError::kUnorderedKeys);
  EXPECT_EQ(failure(edited(first, [](Pubdata& p) { p.known_leaves[1] = p.known_leaves[0]; })).error,
            RebuildError::kUnorderedKeys);
  const auto change_first = [&](const LeafChange& change) {
    return failure(edited(first, [&](Pubdata& p) { p.known_leaves[0].change = change; })).error;
  };
  LeafChange change{.form = LeafChange::Form::kAccount, .amount = u256(10'000'000), .is_decrease = true};
  EXPECT_EQ(change_first(change), RebuildError::kBadChange);
  const Digest key = *copy.key_of(decode_pubdata(first)->known_leaves[0].index);
  change = {.form = LeafChange::Form::kSet, .amount = u256::from_be(copy.leaf(key)->value.bytes())};
  EXPECT_EQ(change_first(change), RebuildError::kBadChange);
  EXPECT_EQ(failure(edited(first, [&](Pubdata& p) { p.new_leaves = {{key.bytes(), key.bytes()}}; })).error,
            RebuildError::kNotNew);
  EXPECT_NE(describe(failure(second)).find("batch 2"), std::string::npos);
  // And the true ones still apply.
  ASSERT_TRUE(apply_pubdata(copy, first).ok());
  EXPECT_EQ(*apply_pubdata(copy, second), chain.state);
}

TEST_F(Rebuild, account_proofs_of_the_tree_verify) {
  for (unsigned i = 0; i < 5; ++i) (void)chain.next();
  std::vector<u256> slots;
  for (u64 s = 0; s < 12; ++s) slots.push_back(u256(s));
  for (u64 n = 0; n < 130; n += 3) {
    const auto account = verify_account(state_commitment(chain.state), original.prove_account(address(n), slots));
    ASSERT_TRUE(account.ok()) << describe(account.error());
    EXPECT_EQ(account->nonce, account_of(original, n).nonce);
    EXPECT_EQ(account->balance, account_of(original, n).balance);
    for (u64 s = 0; s < 12; ++s) {
      const auto leaf = original.leaf(storage_key(address(n), u256(s)));
      EXPECT_EQ(storage_value(account->values[s]), leaf ? leaf->value : Digest{});
    }
  }
}

TEST_F(Rebuild, a_prefetcher_fills_the_cache) {
  for (unsigned i = 0; i < 3; ++i) (void)chain.next();
  original.drop_cache();
  Prefetcher prefetcher(original);
  for (u64 n = 0; n < 50; ++n) prefetcher.want(address(n));
  prefetcher.want(address(60), u256(1));
  prefetcher.wait();
  EXPECT_EQ(prefetcher.error(), "");
  const TreeStats before = original.stats();
  EXPECT_GT(before.pages_cached, 0u);
  for (u64 n = 0; n < 50; ++n) EXPECT_TRUE(original.leaf(address_key(Domain::kAccount, address(n))));
  EXPECT_EQ(original.stats().pages_read, before.pages_read);
}

}  // namespace
}  // namespace atlas::tree
