#include <random>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <base/test_vectors.hpp>
#include <crypto/keccak.hpp>
#include <crypto/secp256k1.hpp>
#include <types/transaction.hpp>

namespace atlas {
namespace {

using nlohmann::json;
using test::hex_bytes;

Hash256 test_key() {
  return crypto::keccak256(as_bytes("cow"));
}

Transaction sign(Transaction tx) {
  const auto signature = crypto::sign(signing_hash(tx), test_key());
  EXPECT_TRUE(signature);
  tx.r = signature->r;
  tx.s = signature->s;
  tx.y_parity = signature->y_parity;
  return tx;
}

// Every field in use, so that an order or a width that is wrong shows.
Transaction sample(TxType type) {
  Transaction tx;
  tx.type = type;
  tx.chain_id = 0x1234567890;
  tx.nonce = 0x80;
  tx.gas_limit = 21'000;
  tx.max_fee_per_gas = u256(1'000'000'007);
  tx.max_priority_fee_per_gas = type == TxType::kLegacy || type == TxType::kAccessList ? tx.max_fee_per_gas : u256(3);
  tx.to = Address{{1, 2, 3}};
  tx.value = u256(5, 6, 7, 8);
  tx.data = Bytes(60, 0xab);
  if (type != TxType::kLegacy) {
    tx.access_list = {{Address{{9}}, {u256(), u256::max()}}, {Address{}, {}}};
  }
  if (type == TxType::kSetCode) {
    tx.authorizations.push_back({u256(1), Address{{7}}, 0, 1, u256(11), u256::max()});
    tx.authorizations.push_back({u256(), Address{}, ~u64{0}, 255, u256(), u256()});
  }
  if (type == TxType::kBlob) {
    tx.max_fee_per_blob_gas = u256(99);
    tx.blob_hashes = {Hash256{{1, 2}}, Hash256{}};
  }
  return sign(tx);
}

constexpr TxType kTypes[] = {TxType::kLegacy, TxType::kAccessList, TxType::kDynamicFee, TxType::kBlob,
                             TxType::kSetCode};

TEST(Transaction, EveryTypeRoundTrips) {
  const auto signer = crypto::address_of_private_key(test_key());
  for (const TxType type : kTypes) {
    const Transaction tx = sample(type);
    const Bytes encoded = encode_transaction(tx);
    const auto decoded = decode_transaction(encoded, true);
    ASSERT_TRUE(decoded) << int(type);
    EXPECT_EQ(decoded->type, type);
    EXPECT_EQ(decoded->chain_id, tx.chain_id);
    EXPECT_EQ(decoded->nonce, tx.nonce);
    EXPECT_EQ(decoded->gas_limit, tx.gas_limit);
    EXPECT_EQ(decoded->max_fee_per_gas, tx.max_fee_per_gas);
    EXPECT_EQ(decoded->max_priority_fee_per_gas, tx.max_priority_fee_per_gas);
    EXPECT_EQ(decoded->to, tx.to);
    EXPECT_EQ(decoded->value, tx.value);
    EXPECT_EQ(decoded->data, tx.data);
    EXPECT_EQ(decoded->access_list, tx.access_list);
    EXPECT_EQ(decoded->authorizations, tx.authorizations);
    EXPECT_EQ(decoded->blob_hashes, tx.blob_hashes);
    EXPECT_EQ(encode_transaction(*decoded), encoded);
    const auto sender = recover_sender(*decoded);
    ASSERT_TRUE(sender);
    EXPECT_EQ(*sender, *signer);
    if (type == TxType::kBlob) continue;
    const auto whole = decode_signed_transaction(encoded);
    ASSERT_TRUE(whole);
    EXPECT_EQ(whole->sender, *signer);
    EXPECT_EQ(whole->encoded, encoded);
    EXPECT_EQ(whole->hash, crypto::keccak256(encoded));
  }
}

TEST(Transaction, LargeDataUsesTheHeap) {
  Transaction tx = sample(TxType::kDynamicFee);
  tx.data = Bytes(100'000, 0x01);
  tx = sign(tx);
  const auto whole = decode_signed_transaction(encode_transaction(tx));
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->sender, *crypto::address_of_private_key(test_key()));
}

TEST(Transaction, BeforeEip155) {
  Transaction tx = sample(TxType::kLegacy);
  tx.chain_id.reset();
  tx.to.reset();
  tx = sign(tx);
  const auto whole = decode_signed_transaction(encode_transaction(tx));
  ASSERT_TRUE(whole);
  EXPECT_FALSE(whole->tx.chain_id);
  EXPECT_FALSE(whole->tx.to);
  EXPECT_EQ(whole->sender, *crypto::address_of_private_key(test_key()));
}

// EIP-155, the example of the specification.
TEST(Transaction, Eip155Example) {
  const Bytes encoded = hex_bytes(
      "f86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a76400008025a028ef61340bd939bc2195fe"
      "537567866003e1a15d3c71ff63e1590620aa636276a067cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83");
  const auto tx = decode_signed_transaction(encoded);
  ASSERT_TRUE(tx);
  EXPECT_EQ(tx->tx.chain_id, 1u);
  EXPECT_EQ(to_hex(signing_hash(tx->tx)), "0xdaf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db92e4c8e53");
  EXPECT_EQ(to_hex(tx->sender), "0x9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f");
}

TEST(Transaction, RefusesTypes) {
  const auto error_of = [](std::initializer_list<u8> bytes) {
    const Bytes encoded(bytes);
    return decode_signed_transaction(encoded).error();
  };
  EXPECT_EQ(decode_signed_transaction({}).error(), TxDecodeError::kEmpty);
  EXPECT_EQ(error_of({0x00, 0xc0}), TxDecodeError::kUnsupportedType);
  EXPECT_EQ(error_of({0x03, 0xc0}), TxDecodeError::kBlobType);
  EXPECT_EQ(error_of({0x05, 0xc0}), TxDecodeError::kUnsupportedType);
  EXPECT_EQ(error_of({0x71, 0xc0}), TxDecodeError::kUnsupportedType);
  EXPECT_EQ(error_of({0x7f, 0xc0}), TxDecodeError::kUnsupportedType);
  EXPECT_EQ(error_of({0x80}), TxDecodeError::kUnsupportedType);
  EXPECT_EQ(error_of({0xc0}), TxDecodeError::kMalformedRlp);
  EXPECT_EQ(error_of({0x02}), TxDecodeError::kMalformedRlp);
}

TEST(Transaction, RefusesHighS) {
  Transaction tx = sample(TxType::kDynamicFee);
  tx.s = crypto::kSecp256k1Order - tx.s;  // the other signature of the same message
  tx.y_parity ^= 1;
  EXPECT_TRUE(crypto::ecrecover(signing_hash(tx), tx.y_parity, tx.r, tx.s));
  EXPECT_EQ(recover_sender(tx).error(), TxDecodeError::kInvalidSignature);
  EXPECT_EQ(decode_signed_transaction(encode_transaction(tx)).error(), TxDecodeError::kInvalidSignature);
}

TEST(Transaction, RefusesZeroAndTooLargeSignatures) {
  Transaction tx = sample(TxType::kDynamicFee);
  for (const auto& [r, s] : {std::pair{u256(), tx.s}, {tx.r, u256()}, {crypto::kSecp256k1Order, tx.s}}) {
    Transaction bad = tx;
    bad.r = r;
    bad.s = s;
    EXPECT_EQ(recover_sender(bad).error(), TxDecodeError::kInvalidSignature);
  }
}

// EIP-2's bound itself: with s = n/2 the rule holds, with the next s it does not.
TEST(Transaction, HalfOrderIsTheBound) {
  Transaction tx = sample(TxType::kDynamicFee);
  tx.s = crypto::kSecp256k1Order >> 1;
  EXPECT_EQ(recover_sender(tx).ok(), crypto::ecrecover(signing_hash(tx), tx.y_parity, tx.r, tx.s).has_value());
  EXPECT_TRUE(recover_sender(tx));
  tx.s += u256(1);
  EXPECT_TRUE(crypto::ecrecover(signing_hash(tx), tx.y_parity, tx.r, tx.s));
  EXPECT_FALSE(recover_sender(tx));
}

// Each byte of a valid transaction changed in turn: never a crash, never two encodings of one transaction.
TEST(Transaction, MutationsStayCanonical) {
  std::mt19937_64 random(1);
  for (const TxType type : kTypes) {
    const Bytes good = encode_transaction(sample(type));
    for (std::size_t i = 0; i < good.size(); ++i) {
      for (unsigned round = 0; round < 8; ++round) {
        Bytes bad = good;
        bad[i] ^= static_cast<u8>(1 + random() % 255);
        if (round % 4 == 3) bad.resize(i);
        const auto decoded = decode_transaction(bad, true);
        if (decoded) {
          EXPECT_EQ(encode_transaction(*decoded), bad);
        }
      }
    }
  }
}

TEST(Transaction, Authority) {
  Authorization a;
  a.chain_id = u256(1);
  a.address = Address{{0xaa}};
  a.nonce = 300;
  // keccak256(0x05 ‖ rlp([1, address, 300])), assembled by hand.
  Bytes message = {0x05, 0xd9, 0x01, 0x94};
  append(message, a.address);
  append(message, Bytes{0x82, 0x01, 0x2c});
  const auto signature = crypto::sign(crypto::keccak256(message), test_key());
  a.r = signature->r;
  a.s = signature->s;
  a.y_parity = signature->y_parity;
  EXPECT_EQ(recover_authority(a), crypto::address_of_private_key(test_key()));
  Authorization high = a;
  high.s = crypto::kSecp256k1Order - a.s;
  high.y_parity ^= 1;
  EXPECT_FALSE(recover_authority(high));
  a.y_parity += 2;
  EXPECT_FALSE(recover_authority(a));
}

// Signatures of 2014: those with a high s are no longer valid (EIP-2), but the transaction in them still reads.
TEST(Transaction, EthereumTestsBasic) {
  ATLAS_VECTORS_OR_SKIP(path, "units/units/BasicTests/txtest.json");
  const json tests = json::parse(test::read_text(path));
  unsigned recovered = 0;
  for (const json& test : tests) {
    const Bytes encoded = hex_bytes(test.at("signed").get<std::string>());
    const auto tx = decode_transaction(encoded);
    ASSERT_TRUE(tx);
    EXPECT_EQ(tx->nonce, test.at("nonce").get<u64>());
    EXPECT_EQ(tx->gas_limit, test.at("startgas").get<u64>());
    EXPECT_EQ(tx->data, hex_bytes(test.at("data").get<std::string>()));
    const auto key = fixed_from_hex<32>(test.at("key").get<std::string>());
    const auto sender = recover_sender(*tx);
    if (tx->s > (crypto::kSecp256k1Order >> 1)) {
      EXPECT_FALSE(sender);
      continue;
    }
    ASSERT_TRUE(sender);
    EXPECT_EQ(*sender, *crypto::address_of_private_key(*key));
    ++recovered;
  }
  EXPECT_EQ(recovered, 1u);
}

}  // namespace
}  // namespace atlas
