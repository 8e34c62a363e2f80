// The tree's keys, values and hashes against tests/data/state_tree.json, which a second implementation wrote.
#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <base/test_vectors.hpp>
#include <crypto/blake3.hpp>
#include <state/tree/account_leaf.hpp>
#include <state/tree/commitment.hpp>
#include <state/tree/reference_tree.hpp>

namespace atlas::tree {
namespace {

using nlohmann::json;

const json& vectors() {
  static const json kVectors = json::parse(atlas::test::read_text("tests/data/state_tree.json"));
  return kVectors;
}
Digest digest(const json& text) {
  return Digest::from(atlas::test::hex_bytes(text.get<std::string>()));
}
Hash256 hash(const json& text) {
  return digest(text).bytes();
}
u64 number(const json& text) {
  return parse_u256(text.get<std::string>())->low_u64();
}

TEST(StateTree, keys_are_those_of_the_vectors) {
  ASSERT_FALSE(vectors()["keys"].empty());
  for (const json& v : vectors()["keys"]) {
    const Address address = Address::from(atlas::test::hex_bytes(v["address"].get<std::string>()));
    const auto domain = static_cast<Domain>(v["domain"].get<int>());
    const Digest key = domain == Domain::kStorage ? storage_key(address, *parse_u256(v["slot"].get<std::string>()))
                                                  : address_key(domain, address);
    EXPECT_EQ(key, digest(v["key"])) << v.dump();
  }
}

TEST(StateTree, account_values_are_those_of_the_vectors) {
  ASSERT_FALSE(vectors()["accounts"].empty());
  for (const json& v : vectors()["accounts"]) {
    const AccountLeaf account{v["codeSize"].get<u32>(), number(v["nonce"]),
                              *parse_u256(v["balance"].get<std::string>())};
    EXPECT_EQ(encode_account(account), digest(v["value"])) << v.dump();
    EXPECT_EQ(decode_account(digest(v["value"])), account) << v.dump();
  }
}

TEST(StateTree, unknown_account_versions_and_reserved_bytes_are_refused) {
  for (unsigned i = 0; i < 5; ++i) {
    Hash256 value = encode_account({1, 2, 3}).bytes();
    value[i] = 1;
    EXPECT_FALSE(decode_account(Digest::from(value))) << i;
  }
}

TEST(StateTree, hashes_are_those_of_the_vectors) {
  ASSERT_FALSE(vectors()["hashes"].empty());
  for (const json& v : vectors()["hashes"]) {
    const Digest h = v["kind"] == "leaf" ? leaf_hash(digest(v["key"]), digest(v["value"]), number(v["index"]))
                                         : node_hash(digest(v["left"]), digest(v["right"]));
    EXPECT_EQ(h, digest(v["hash"])) << v.dump();
  }
  for (const json& v : vectors()["codeCommitments"]) {
    EXPECT_EQ(code_commitment(atlas::test::hex_bytes(v["code"].get<std::string>())), digest(v["commitment"]));
  }
}

TEST(StateTree, batches_lead_to_the_roots_of_the_vectors) {
  test::ReferenceTree tree;
  EXPECT_EQ(tree.state(), TreeState{});
  ASSERT_FALSE(vectors()["batches"].empty());
  for (const json& batch : vectors()["batches"]) {
    std::map<Digest, Digest> values;
    for (const json& write : batch["writes"]) values[digest(write["key"])] = digest(write["value"]);
    tree.apply(values);
    EXPECT_EQ(tree.state().root, digest(batch["root"]));
    EXPECT_EQ(tree.next_index, number(batch["nextIndex"]));
  }
}

TEST(StateTree, the_commitment_is_that_of_the_vectors) {
  const json& v = vectors()["commitment"];
  const BatchState state{{digest(v["root"]), number(v["nextIndex"])},
                         number(v["lastBlockNumber"]),
                         hash(v["lastBlockHash"]),
                         number(v["lastTimestamp"])};
  EXPECT_EQ(to_hex(encode_batch_state(state).view()), v["preimage"].get<std::string>());
  EXPECT_EQ(state_commitment(state), hash(v["commitment"]));
  Bytes encoded = atlas::test::hex_bytes(v["preimage"].get<std::string>());
  EXPECT_EQ(decode_batch_state(encoded), state);
  encoded[0] = 2;
  EXPECT_FALSE(decode_batch_state(encoded));
  encoded[0] = kCommitmentVersion;
  encoded.pop_back();
  EXPECT_FALSE(decode_batch_state(encoded));
}

TEST(Digest, order_and_bits_are_those_of_the_bytes) {
  const Hash256 low = Hash256::from(crypto::blake3({}).view());
  for (unsigned i = 0; i < kKeyBits; ++i) {
    Hash256 other = low;
    other[i / 8] = static_cast<u8>(other[i / 8] ^ (0x80u >> (i % 8)));
    const Digest a = Digest::from(low);
    const Digest b = Digest::from(other);
    EXPECT_EQ(a < b, low < other) << i;
    EXPECT_EQ(b < a, other < low) << i;
    EXPECT_EQ(common_prefix(a, b), i);
    EXPECT_EQ(a.bit(i), (low[i / 8] >> (7 - i % 8)) & 1u) << i;
    EXPECT_NE(a.bit(i), b.bit(i)) << i;
  }
  EXPECT_EQ(common_prefix(Digest::from(low), Digest::from(low)), kKeyBits);
}

}  // namespace
}  // namespace atlas::tree
