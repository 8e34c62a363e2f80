#include <random>

#include <gtest/gtest.h>

#include <crypto/keccak.hpp>
#include <types/l1_transaction.hpp>

namespace atlas {
namespace {

Transaction sample(std::size_t data_size, std::size_t deps) {
  Transaction tx;
  tx.type = TxType::kPriority;
  tx.nonce = 7;
  tx.gas_limit = 2'000'000;
  tx.max_fee_per_gas = u256(250'000'000);
  tx.max_priority_fee_per_gas = u256(3);
  tx.to = Address{{0xaa, 1}};
  tx.value = u256(1, 2, 3, 4);
  for (std::size_t i = 0; i < data_size; ++i) tx.data.push_back(static_cast<u8>(i + 1));
  tx.l1 = L1Request{Address{{0x11, 2}}, u256(800), u256(9, 0, 0, 9), Address{{0x22, 3}}, {}};
  for (std::size_t i = 0; i < deps; ++i) tx.l1->factory_deps.push_back(u256(i, 1, 2, 3));
  return tx;
}

TEST(L1Transaction, RoundTrips) {
  for (const std::size_t data : {std::size_t{0}, std::size_t{1}, std::size_t{31}, std::size_t{32}, std::size_t{100}}) {
    for (const std::size_t deps : {0u, 1u, 3u}) {
      const Transaction tx = sample(data, deps);
      const Bytes encoded = encode_transaction(tx);
      const auto decoded = decode_block_transaction(encoded);
      ASSERT_TRUE(decoded.ok());
      EXPECT_EQ(decoded->tx.l1, tx.l1);
      EXPECT_EQ(decoded->tx.data, tx.data);
      EXPECT_EQ(decoded->tx.value, tx.value);
      EXPECT_EQ(decoded->tx.nonce, tx.nonce);
      EXPECT_EQ(decoded->tx.gas_limit, tx.gas_limit);
      EXPECT_EQ(decoded->tx.max_fee_per_gas, tx.max_fee_per_gas);
      EXPECT_EQ(decoded->tx.max_priority_fee_per_gas, tx.max_priority_fee_per_gas);
      EXPECT_EQ(decoded->tx.to, tx.to);
      EXPECT_EQ(decoded->sender, tx.l1->from);
      EXPECT_EQ(decoded->encoded, encoded);
      EXPECT_EQ(decoded->hash, crypto::keccak256(ByteView(encoded).subspan(1)));
    }
  }
}

// abi.encode of the struct, word by word as Solidity lays it out.
TEST(L1Transaction, IsSoliditysEncoding) {
  const Bytes encoded = encode_transaction(sample(33, 2));
  ASSERT_EQ(encoded[0], 0x7f);
  const auto word = [&](std::size_t i) { return u256::from_be(encoded.data() + 1 + 32 * i); };
  EXPECT_EQ(word(0), u256(32));
  EXPECT_EQ(word(1), u256(127));
  EXPECT_EQ(word(2), u256::from_address(Address{{0x11, 2}}));
  EXPECT_EQ(word(4), u256(2'000'000));
  EXPECT_EQ(word(5), u256(800));
  EXPECT_EQ(word(8), u256());   // paymaster
  EXPECT_EQ(word(9), u256(7));  // nonce: the priority id
  EXPECT_EQ(word(11), u256(9, 0, 0, 9));
  EXPECT_EQ(word(12), u256::from_address(Address{{0x22, 3}}));
  const std::size_t head = 19 * 32;
  EXPECT_EQ(word(15), u256(head));                       // data
  EXPECT_EQ(word(16), u256(head + 32 + 64));             // signature
  EXPECT_EQ(word(17), u256(head + 32 + 64 + 32));        // factoryDeps
  EXPECT_EQ(word(18), u256(head + 32 + 64 + 32 + 96));   // paymasterInput
  EXPECT_EQ(word(19), u256(head + 32 + 64 + 32 + 128));  // reservedDynamic
  EXPECT_EQ(word(20), u256(33));
  EXPECT_EQ(encoded.size(), 1 + 32 * std::size_t{1 + 19 + 3 + 1 + 3 + 1 + 1});
}

TEST(L1Transaction, UsersMayNotSendIt) {
  const Bytes encoded = encode_transaction(sample(5, 0));
  EXPECT_EQ(decode_transaction(encoded).error(), TxDecodeError::kUnsupportedType);
  EXPECT_EQ(decode_signed_transaction(encoded).error(), TxDecodeError::kUnsupportedType);
  Bytes upgrade = encoded;
  upgrade[0] = 0x7e;
  EXPECT_EQ(decode_signed_transaction(upgrade).error(), TxDecodeError::kUnsupportedType);
  EXPECT_EQ(decode_block_transaction(upgrade).error(), TxDecodeError::kMalformedL1);  // the struct says 0x7f
  upgrade[64] = 0x7e;
  EXPECT_TRUE(decode_block_transaction(upgrade).ok());
  Bytes service = encoded;
  service[0] = 0x7d;
  EXPECT_EQ(decode_block_transaction(service).error(), TxDecodeError::kUnsupportedType);
}

// Every byte that may not vary: padding, offsets, lengths, fields that L1 keeps zero, high bytes of addresses.
TEST(L1Transaction, HasOneEncoding) {
  const Bytes good = encode_transaction(sample(33, 2));
  for (std::size_t length = 0; length < good.size(); ++length) {
    EXPECT_FALSE(decode_block_transaction(ByteView(good).first(length)).ok());
  }
  Bytes longer = good;
  longer.resize(longer.size() + 32);
  EXPECT_FALSE(decode_block_transaction(longer).ok());
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const u8 flip : {u8{0x01}, u8{0x80}, u8{0xff}}) {
      Bytes changed = good;
      changed[at] ^= flip;
      const auto decoded = decode_block_transaction(changed);
      if (decoded.ok()) {
        EXPECT_EQ(encode_transaction(decoded->tx), changed);
      }
    }
  }
  const auto refused = [&](std::size_t word, std::size_t byte) {
    Bytes changed = good;
    changed[1 + 32 * word + byte] ^= 1;
    return !decode_block_transaction(changed).ok();
  };
  for (const unsigned word : {2u, 3u, 12u}) EXPECT_TRUE(refused(word, 11));  // addresses
  for (const unsigned word : {4u, 9u}) EXPECT_TRUE(refused(word, 23));       // 64 bits
  for (const unsigned word : {0u, 1u, 8u, 13u, 14u, 15u, 16u, 17u, 18u, 19u}) EXPECT_TRUE(refused(word, 31));
  EXPECT_TRUE(refused(22, 31));  // behind the data's end
}

}  // namespace
}  // namespace atlas
