#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <base/test_vectors.hpp>
#include <types/block.hpp>

namespace atlas {
namespace {

using nlohmann::json;
using test::hex_bytes;

BlockHeader distinct_header() {
  BlockHeader h;
  h.parent_hash = Hash256{{1}};
  h.ommers_hash = Hash256{{2}};
  h.beneficiary = Address{{3}};
  h.state_root = Hash256{{4}};
  h.transactions_root = Hash256{{5}};
  h.receipts_root = Hash256{{6}};
  h.logs_bloom[255] = 7;
  h.difficulty = u256(8);
  h.number = 9;
  h.gas_limit = 10;
  h.gas_used = 11;
  h.timestamp = 12;
  h.extra_data = {13};
  h.mix_hash = Hash256{{14}};
  h.nonce[0] = 15;
  h.base_fee_per_gas = u256(16);
  h.withdrawals_root = Hash256{{17}};
  h.blob_gas_used = 18;
  h.excess_blob_gas = 19;
  h.parent_beacon_block_root = Hash256{{20}};
  h.requests_hash = Hash256{{21}};
  return h;
}

TEST(Header, RoundTrips) {
  const Bytes encoded = encode_header(distinct_header());
  const auto decoded = decode_header(encoded);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(encode_header(*decoded), encoded);
  EXPECT_EQ(decoded->requests_hash, distinct_header().requests_hash);
  EXPECT_EQ(decoded->number, 9u);
  for (std::size_t i = 0; i < encoded.size(); ++i) {
    EXPECT_FALSE(decode_header(ByteView(encoded).first(i)));
  }
  BlockHeader large = distinct_header();
  large.extra_data.resize(33);
  EXPECT_EQ(decode_header(encode_header(large)).error(), rlp::Error::kWrongLength);
}

// Real Osaka headers, transactions and receipts of execution-spec-tests: hash, roots and encodings must all agree.
void check_block(const json& block) {
  const json& want = block.at("blockHeader");
  Bytes raw = hex_bytes(block.at("rlp").get<std::string>());
  ByteView rest = raw;
  const auto whole = rlp::split(rest);
  ASSERT_TRUE(whole);
  std::optional<rlp::Error> error;
  rlp::Reader body(whole->payload, error);
  const ByteView header_bytes = body.raw();
  const auto header = decode_header(header_bytes);
  ASSERT_TRUE(header);
  EXPECT_EQ(to_hex(hash_header(*header)), want.at("hash").get<std::string>());

  std::vector<Bytes> transactions;
  for (rlp::Reader list = body.list(); !list.done();) {
    const ByteView item = list.next_is_list() ? list.raw() : list.string();
    transactions.emplace_back(item.begin(), item.end());
    const auto tx = decode_transaction(transactions.back(), true);
    ASSERT_TRUE(tx);
    EXPECT_EQ(encode_transaction(*tx), transactions.back());
  }
  ASSERT_FALSE(error);
  EXPECT_EQ(ordered_trie_root(transactions), header->transactions_root);

  std::vector<Bytes> receipts;
  Bloom block_bloom;
  for (const json& r : block.at("receipts")) {
    Receipt receipt;
    receipt.type = static_cast<TxType>(std::stoul(r.at("type").get<std::string>(), nullptr, 16));
    receipt.success = r.at("status").get<bool>();
    receipt.cumulative_gas_used = parse_u256(r.at("cumulativeGasUsed").get<std::string>())->low_u64();
    for (const json& l : r.at("logs")) {
      Log log;
      log.address = *fixed_from_hex<20>(l.at("address").get<std::string>());
      for (const json& topic : l.at("topics")) log.topics.push_back(*fixed_from_hex<32>(topic.get<std::string>()));
      log.data = hex_bytes(l.at("data").get<std::string>());
      add_to_bloom(receipt.bloom, log);
      receipt.logs.push_back(std::move(log));
    }
    EXPECT_EQ(to_hex(receipt.bloom), r.at("bloom").get<std::string>());
    merge(block_bloom, receipt.bloom);
    receipts.push_back(encode_receipt(receipt));
  }
  EXPECT_EQ(ordered_trie_root(receipts), header->receipts_root);
  EXPECT_EQ(block_bloom, header->logs_bloom);
}

TEST(Block, ExecutionSpecTestsHeadersAndRoots) {
  ATLAS_VECTORS_OR_SKIP(root, "dev-blockchain-osaka/blockchain-osaka");
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (entry.path().extension() == ".json" && entry.file_size() < 400'000) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::size_t blocks = 0;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const json tests = json::parse(test::read_text(files[i]));
    for (const auto& [name, test] : tests.items()) {
      SCOPED_TRACE(files[i].string() + " " + name);
      if (test.at("network") != "Osaka") continue;
      for (const json& block : test.at("blocks")) {
        if (!block.contains("blockHeader") || !block.contains("receipts")) continue;
        check_block(block);
        ++blocks;
      }
    }
  }
  EXPECT_GT(blocks, 300u);
}

}  // namespace
}  // namespace atlas
