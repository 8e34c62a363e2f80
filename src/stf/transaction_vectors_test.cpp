#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <base/test_vectors.hpp>
#include <stf/fees.hpp>

namespace atlas::stf {
namespace {

using nlohmann::json;

// Newest rules that the suite (ethereum/tests, October 2024) has a result for.
const json& newest_result(const json& results) {
  for (const char* fork : {"Prague", "Cancun", "Shanghai", "Paris", "London"}) {
    if (results.contains(fork)) return results.at(fork);
  }
  throw std::runtime_error("no result for a known fork");
}

// Everything that makes a transaction valid in itself, whatever the state.
std::string refusal(const Bytes& encoded, Address& sender, Hash256& hash, u64& intrinsic) {
  const auto tx = decode_signed_transaction(encoded);
  if (!tx) return describe(tx.error());
  BlockContext block;
  block.fork = Fork::kCancun;
  block.gas_limit = ~u64{0};
  const auto valid = check_static(tx->tx, block, {});
  if (!valid) return describe(valid.error());
  bool overflow = false;
  checked_mul(tx->tx.max_fee_per_gas, u256(tx->tx.gas_limit), overflow);
  if (overflow) return describe(TxError::kValueOverflow);
  sender = tx->sender;
  hash = tx->hash;
  intrinsic = intrinsic_gas(tx->tx, block.fork).intrinsic;
  return {};
}

TEST(TransactionVectors, EthereumTests) {
  ATLAS_VECTORS_OR_SKIP(root, "units/units/TransactionTests");
  std::size_t valid = 0;
  std::size_t invalid = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (entry.path().extension() != ".json") continue;
    const json tests = json::parse(test::read_text(entry.path()));
    for (const auto& [name, test] : tests.items()) {
      SCOPED_TRACE(entry.path().string() + " " + name);
      const json& result = newest_result(test.at("result"));
      Address sender;
      Hash256 hash;
      u64 intrinsic = 0;
      const std::string error =
          refusal(test::hex_bytes(test.at("txbytes").get<std::string>()), sender, hash, intrinsic);
      if (result.contains("exception")) {
        EXPECT_NE(error, "") << result.at("exception");
        ++invalid;
        continue;
      }
      ASSERT_EQ(error, "");
      EXPECT_EQ(to_hex(sender), result.at("sender").get<std::string>());
      EXPECT_EQ(to_hex(hash), result.at("hash").get<std::string>());
      EXPECT_EQ(u256(intrinsic), *parse_u256(result.at("intrinsicGas").get<std::string>()));
      ++valid;
    }
  }
  EXPECT_GE(valid, 50u);
  EXPECT_GT(invalid, 100u);
}

}  // namespace
}  // namespace atlas::stf
