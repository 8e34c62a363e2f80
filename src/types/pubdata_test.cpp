// Pubdata against tests/data/pubdata.json, which a second implementation wrote, and against itself.
#include <random>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <base/test_vectors.hpp>
#include <types/pubdata.hpp>

namespace atlas {
namespace {

using nlohmann::json;

const json& vectors() {
  static const json kVectors = json::parse(test::read_text("tests/data/pubdata.json"));
  return kVectors;
}
Bytes bytes(const json& text) {
  return test::hex_bytes(text.get<std::string>());
}
Hash256 hash(const json& text) {
  return *fixed_from_hex<32>(text.get<std::string>());
}
u64 number(const json& text) {
  return parse_u256(text.get<std::string>())->low_u64();
}
LeafKind kind(const json& text) {
  return text == "account" ? LeafKind::kAccount : LeafKind::kWord;
}

Pubdata batch_of(const json& v) {
  Pubdata p;
  p.header = {number(v["batchNumber"]), number(v["firstBlock"]), number(v["lastBlock"]), hash(v["lastBlockHash"]),
              number(v["lastTimestamp"])};
  for (const json& leaf : v["newLeaves"]) p.new_leaves.push_back({hash(leaf["key"]), hash(leaf["value"])});
  for (const json& leaf : v["knownLeaves"]) {
    p.known_leaves.push_back(
        {number(leaf["index"]), leaf_change(kind(leaf["kind"]), hash(leaf["before"]), hash(leaf["after"]))});
  }
  for (const json& log : v["logs"]) p.logs.push_back(EncodedL2ToL1Log::from(bytes(log)));
  for (const json& message : v["messages"]) p.messages.push_back(bytes(message));
  for (const json& code : v["bytecodes"]) p.bytecodes.push_back(bytes(code));
  return p;
}

TEST(LeafChange, is_that_of_the_vectors) {
  ASSERT_FALSE(vectors()["changes"].empty());
  for (const json& v : vectors()["changes"]) {
    const LeafChange change = leaf_change(kind(v["kind"]), hash(v["before"]), hash(v["after"]));
    Bytes out;
    append_change(out, change);
    EXPECT_EQ(to_hex(out), v["encoded"].get<std::string>()) << v.dump();
    EXPECT_EQ(out.size(), encoded_size(change));
    EXPECT_EQ(apply_change(change, hash(v["before"])), hash(v["after"])) << v.dump();
    ByteView in = out;
    EXPECT_EQ(take_change(in), change);
    EXPECT_TRUE(in.empty());
  }
}

TEST(LeafChange, random_values_come_back) {
  std::mt19937_64 random(2);
  const auto value = [&] {
    u256 v(random(), random(), random(), random());
    return (v >> static_cast<unsigned>(random() % 257)).to_be();
  };
  for (unsigned i = 0; i < 20'000; ++i) {
    const Hash256 before = value();
    Hash256 after = value();
    if (random() % 2 == 0) {  // near each other
      const u256 step = u256(random()) >> static_cast<unsigned>(random() % 64);
      after = (random() % 2 == 0 ? u256::from_be(before) + step : u256::from_be(before) - step).to_be();
    }
    if (before == after) continue;
    const LeafKind leaf_kind = random() % 2 == 0 ? LeafKind::kAccount : LeafKind::kWord;
    Bytes out;
    append_change(out, leaf_change(leaf_kind, before, after));
    ASSERT_LE(out.size(), 33u);
    ByteView in = out;
    const auto change = take_change(in);
    ASSERT_TRUE(change);
    ASSERT_EQ(apply_change(*change, before), after) << to_hex(before.view()) << " " << to_hex(after.view());
  }
}

TEST(LeafChange, that_leaves_the_range_does_not_apply) {
  const Hash256 full = u256(0, 0, ~u64{0}, ~u64{0}).to_be();
  LeafChange change{.form = LeafChange::Form::kAccount, .amount = u256(1)};
  EXPECT_FALSE(apply_change(change, full));  // balance past 2^128 − 1
  change.is_decrease = true;
  EXPECT_FALSE(apply_change(change, Hash256{}));  // below zero
  EXPECT_TRUE(apply_change(change, full));
  Hash256 last_nonce;
  std::fill(last_nonce.begin() + 8, last_nonce.begin() + 16, u8{0xff});
  change = {.form = LeafChange::Form::kAccount, .amount = {}, .nonce_increase = 1};
  EXPECT_FALSE(apply_change(change, last_nonce));
}

TEST(Pubdata, batches_are_those_of_the_vectors) {
  ASSERT_FALSE(vectors()["batches"].empty());
  for (const json& v : vectors()["batches"]) {
    const Pubdata batch = batch_of(v);
    EXPECT_EQ(to_hex(encode_pubdata(batch)), v["encoded"].get<std::string>());
    const auto decoded = decode_pubdata(bytes(v["encoded"]));
    ASSERT_TRUE(decoded.ok()) << describe(decoded.error());
    EXPECT_EQ(*decoded, batch);
  }
}

TEST(Pubdata, what_the_vectors_refuse_is_refused) {
  const std::map<std::string, PubdataError> names = {
      {"kTruncated", PubdataError::kTruncated},         {"kUnknownVersion", PubdataError::kUnknownVersion},
      {"kBadIndexWidth", PubdataError::kBadIndexWidth}, {"kZeroIndex", PubdataError::kZeroIndex},
      {"kBadChange", PubdataError::kBadChange},         {"kBadNewLeaf", PubdataError::kBadNewLeaf},
      {"kUnorderedKeys", PubdataError::kUnorderedKeys}, {"kSurplus", PubdataError::kSurplus}};
  std::map<PubdataError, unsigned> met;
  for (const json& v : vectors()["refused"]) {
    const auto decoded = decode_pubdata(bytes(v["encoded"]));
    ASSERT_FALSE(decoded.ok()) << v.dump();
    EXPECT_EQ(decoded.error(), names.at(v["why"].get<std::string>())) << v.dump() << describe(decoded.error());
    ++met[decoded.error()];
  }
  EXPECT_EQ(met.size(), names.size());
}

TEST(Pubdata, every_truncation_is_refused) {
  for (const json& v : vectors()["batches"]) {
    const Bytes encoded = bytes(v["encoded"]);
    for (std::size_t n = 0; n < encoded.size(); ++n) EXPECT_FALSE(decode_pubdata(ByteView(encoded).first(n)).ok()) << n;
  }
}

// 4,000 transfers between accounts that meet once, on a chain of ten million leaves: amounts of up to 100 ETH with all
// digits, fees of 21,000 gas at odd prices; one in twenty goes to an account that the chain does not know.
TEST(Pubdata, an_eth_transfer_takes_at_most_30_bytes) {
  constexpr u64 kTransfers = 4'000;
  constexpr u64 kLeaves = 10'000'000;
  std::mt19937_64 random(8);
  const auto account = [](u64 nonce, const u256& balance) {
    Hash256 leaf = balance.to_be();
    for (unsigned i = 0; i < 8; ++i) leaf[8 + i] = static_cast<u8>(nonce >> (8 * (7 - i)));
    return leaf;
  };
  const u256 ether(1'000'000'000'000'000'000u);
  Pubdata batch;
  batch.header = {1, 1, 1, Hash256{}, 1'700'000'000};
  u256 fees;
  std::map<Hash256, Hash256> fresh;
  for (u64 i = 0; i < kTransfers; ++i) {
    const u256 amount = u256(random() % 100) * ether + u256(random() % 1'000'000'000'000'000'000u);
    const u256 fee = u256(21'000 * (1'000'000'000 + random() % 1'000'000'000));
    fees = fees + fee;
    const u64 nonce = random() % 1'000;
    const u256 rich = u256(1'000) * ether + u256(random());
    const auto known = [&](const Hash256& before, const Hash256& after) {
      batch.known_leaves.push_back({1 + random() % kLeaves, leaf_change(LeafKind::kAccount, before, after)});
    };
    known(account(nonce, rich), account(nonce + 1, rich - amount - fee));
    if (i % 20 == 0) {
      fresh[u256(random(), random(), random(), random()).to_be()] = account(0, amount);
    } else {
      known(account(nonce, rich), account(nonce, rich + amount));
    }
  }
  for (const auto& [key, value] : fresh) batch.new_leaves.push_back({key, value});
  batch.known_leaves.push_back({1, leaf_change(LeafKind::kAccount, account(0, ether), account(0, ether + fees))});
  const double per_transfer = static_cast<double>(encode_pubdata(batch).size()) / kTransfers;
  RecordProperty("bytes_per_transfer", std::to_string(per_transfer));
  std::cout << per_transfer << " bytes a transfer\n";
  EXPECT_LE(per_transfer, 30);
  EXPECT_GE(per_transfer, 20);  // less would mean that something is left out
}

}  // namespace
}  // namespace atlas
