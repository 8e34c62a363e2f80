#include <gtest/gtest.h>

#include <storage/codec.hpp>
#include <storage/test_chain.hpp>

namespace atlas::storage {
namespace {

using testing::ChainMaker;

Bytes encoded(const Block& block, const StateDiff& diff) {
  Bytes out;
  encode_block_record(out, block, diff);
  return out;
}

TEST(Codec, RoundTripIsByteExact) {
  ChainMaker chain(11, {.transactions = 8, .logs = 6, .native = u64{1} << 40});
  for (int i = 0; i < 100; ++i) {
    const auto sealed = chain.next();
    const Bytes bytes = encoded(*sealed.block, sealed.diff);
    const auto block = decode_block(bytes);
    const auto diff = decode_diff(bytes);
    ASSERT_TRUE(block.ok()) << block.error().what;
    ASSERT_TRUE(diff.ok()) << diff.error().what;
    ASSERT_EQ(encoded(block.value(), diff.value()), bytes);
    // Against the values themselves, so that a field that both directions forget is noticed.
    ASSERT_EQ(encode_header(block->header), encode_header(sealed.block->header));
    ASSERT_EQ(block->hash, sealed.block->hash);
    ASSERT_EQ(block->transactions.size(), sealed.block->transactions.size());
    for (std::size_t t = 0; t < block->transactions.size(); ++t) {
      const auto& a = block->transactions[t];
      const auto& b = sealed.block->transactions[t];
      ASSERT_EQ(a.encoded, b.encoded);
      ASSERT_EQ(encode_transaction(a.tx), b.encoded);
      ASSERT_EQ(a.hash, b.hash);
      ASSERT_EQ(a.sender, b.sender);
      const Receipt& ra = block->receipts[t];
      const Receipt& rb = sealed.block->receipts[t];
      ASSERT_EQ(encode_receipt(ra), encode_receipt(rb));
      ASSERT_EQ(ra.gas_used, rb.gas_used);
      ASSERT_EQ(ra.native, rb.native);
      ASSERT_EQ(ra.effective_gas_price, rb.effective_gas_price);
      ASSERT_EQ(ra.contract_address, rb.contract_address);
    }
    ASSERT_EQ(diff->accounts.size(), sealed.diff.accounts.size());
    for (std::size_t a = 0; a < diff->accounts.size(); ++a) {
      ASSERT_EQ(diff->accounts[a].address, sealed.diff.accounts[a].address);
      ASSERT_EQ(diff->accounts[a].account, sealed.diff.accounts[a].account);
      ASSERT_EQ(diff->accounts[a].storage, sealed.diff.accounts[a].storage);
    }
    ASSERT_EQ(diff->code, sealed.diff.code);
    const auto header = decode_sealed_header(bytes);
    ASSERT_TRUE(header.ok());
    ASSERT_EQ(header->hash, sealed.block->hash);
    ASSERT_EQ(header->transaction_count, sealed.block->transactions.size());
  }
}

TEST(Codec, FullHeaderAndDenseBloomSurvive) {
  Block block;
  BlockHeader& h = block.header;
  u8 next = 1;
  const auto fill = [&](auto& field) {
    for (u8& b : field.bytes) b = next++;
  };
  fill(h.parent_hash), fill(h.ommers_hash), fill(h.beneficiary), fill(h.state_root), fill(h.transactions_root);
  fill(h.receipts_root), fill(h.logs_bloom), fill(h.mix_hash), fill(h.nonce), fill(h.withdrawals_root);
  fill(h.parent_beacon_block_root), fill(h.requests_hash), fill(block.hash);
  h.difficulty = u256::max();
  h.number = 1, h.gas_limit = 2, h.gas_used = 3, h.timestamp = 4, h.blob_gas_used = 5, h.excess_blob_gas = 6;
  h.base_fee_per_gas = u256(7);
  h.extra_data = Bytes(17, 9);
  const auto decoded = decode_block(encoded(block, {}));
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(encode_header(decoded->header), encode_header(h));
  EXPECT_EQ(decoded->hash, block.hash);
}

TEST(Codec, EveryTruncationIsRefused) {
  ChainMaker chain(12, {.transactions = 4, .logs = 4});
  auto sealed = chain.next();
  while (sealed.block->transactions.empty()) sealed = chain.next();
  const Bytes bytes = encoded(*sealed.block, sealed.diff);
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    const ByteView cut = ByteView(bytes).first(n);
    EXPECT_FALSE(decode_block(cut).ok() && decode_diff(cut).ok()) << n;
  }
  Bytes longer = bytes;
  longer.push_back(0);
  EXPECT_FALSE(decode_diff(longer).ok());
}

TEST(Codec, CountsBeyondTheInputAllocateNothing) {
  // A diff that claims 2^32 − 1 accounts in four bytes.
  Bytes bytes = {kRecordVersion, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff};
  const auto diff = decode_diff(bytes);
  ASSERT_FALSE(diff.ok());
  EXPECT_STREQ(diff.error().what, "a count is larger than what follows");
  EXPECT_EQ(diff.error().offset, 9u);
  bytes[0] = 9;
  EXPECT_STREQ(decode_diff(bytes).error().what, "unknown record version");
}

}  // namespace
}  // namespace atlas::storage
