#include <map>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <base/test_vectors.hpp>
#include <crypto/keccak.hpp>
#include <types/block.hpp>
#include <types/trie.hpp>

namespace atlas {
namespace {

using nlohmann::json;

Bytes literal(const std::string& text) {
  if (text.starts_with("0x")) return test::hex_bytes(text);
  const ByteView view = as_bytes(text);
  return {view.begin(), view.end()};
}

Hash256 root_of(const std::map<Bytes, Bytes>& contents) {
  std::vector<TrieEntry> entries;
  for (const auto& [key, value] : contents) entries.push_back({key, value});
  return trie_root(entries);
}

void check_file(const char* name, bool secure) {
  const auto path = test::find_vectors(std::string("units/units/TrieTests/") + name);
  if (path.empty()) GTEST_SKIP() << "left out: " << name << " is not under ATLAS_VECTORS";
  const json tests = json::parse(test::read_text(path));
  EXPECT_FALSE(tests.empty());
  for (const auto& [title, test] : tests.items()) {
    std::map<Bytes, Bytes> contents;
    const auto put = [&](const std::string& key, const json& value) {
      Bytes k = literal(key);
      if (secure) {
        const Hash256 hash = crypto::keccak256(k);
        k.assign(hash.begin(), hash.end());
      }
      if (value.is_null()) {
        contents.erase(k);
      } else {
        contents[k] = literal(value.get<std::string>());
      }
    };
    if (test.at("in").is_array()) {
      for (const json& pair : test.at("in")) put(pair.at(0).get<std::string>(), pair.at(1));
    } else {
      for (const auto& [key, value] : test.at("in").items()) put(key, value);
    }
    EXPECT_EQ(to_hex(root_of(contents)), test.at("root").get<std::string>()) << name << ' ' << title;
  }
}

TEST(Trie, EthereumTestsAnyOrder) {
  check_file("trieanyorder.json", false);
}
TEST(Trie, EthereumTestsSequences) {
  check_file("trietest.json", false);
}
TEST(Trie, EthereumTestsSecureAnyOrder) {
  check_file("trieanyorder_secureTrie.json", true);
}
TEST(Trie, EthereumTestsSecureSequences) {
  check_file("trietest_secureTrie.json", true);
}
TEST(Trie, EthereumTestsSecureHex) {
  check_file("hex_encoded_securetrie_test.json", true);
}

TEST(Trie, Empty) {
  EXPECT_EQ(trie_root({}), kEmptyTrieRoot);
  const u8 empty_string = 0x80;
  EXPECT_EQ(kEmptyTrieRoot, crypto::keccak256({&empty_string, 1}));
}

// The order in which ordered_trie_root() emits keys is a claim about RLP; sorting checks it.
TEST(Trie, OrderedRootEqualsSortedRoot) {
  for (const std::size_t count : {0u, 1u, 2u, 16u, 127u, 128u, 129u, 255u, 256u, 257u, 1000u, 66'000u}) {
    std::vector<Bytes> values;
    std::map<Bytes, Bytes> contents;
    for (std::size_t i = 0; i < count; ++i) {
      values.push_back(Bytes(1 + i % 70, static_cast<u8>(i * 31 + 1)));
      contents[rlp::encode([&](auto& out) { out.integer(static_cast<u64>(i)); })] = values.back();
    }
    EXPECT_EQ(ordered_trie_root(values), root_of(contents)) << count;
  }
}

TEST(Trie, RefusesUnsortedEntries) {
  const Bytes a = {1};
  const Bytes b = {2};
  const TrieEntry entries[] = {{b, a}, {a, b}};
  EXPECT_DEATH(static_cast<void>(trie_root(entries)), "ascending order");
}

}  // namespace
}  // namespace atlas
