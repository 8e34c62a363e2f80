#pragma once
// For tests only: runs go-ethereum's and the EIPs' JSON vectors through find_precompile.
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <base/test_vectors.hpp>
#include <evm/precompile.hpp>

namespace atlas::test {

inline Address precompile_address(unsigned number) {
  Address address;
  address[18] = static_cast<u8>(number >> 8);
  address[19] = static_cast<u8>(number);
  return address;
}

struct PrecompileOutcome {
  u64 gas = 0;
  bool success = false;
  Bytes output;
};

/// Calls the precompile, which must exist under `fork`.
inline PrecompileOutcome call_precompile(unsigned number, ByteView input, Fork fork = Fork::kOsaka) {
  const evm::Precompile* precompile = evm::find_precompile(precompile_address(number), fork);
  if (precompile == nullptr) throw std::runtime_error("no precompile at " + std::to_string(number));
  PrecompileOutcome outcome;
  outcome.gas = precompile->gas(input, fork);
  outcome.output = {0xee};  // what the call leaves behind must be its own
  outcome.success = precompile->run(input, outcome.output);
  return outcome;
}

/// Runs {Input, Expected, Gas, Name} and {Input, ExpectedError, Name} records. Returns how many. Files with outdated
/// prices are run with `check_gas` false.
inline std::size_t check_precompile_file(const std::filesystem::path& path, unsigned number, Fork fork = Fork::kOsaka,
                                         bool check_gas = true) {
  const auto cases = nlohmann::json::parse(read_text(path));
  for (const auto& c : cases) {
    const std::string where = path.filename().string() + ": " + c.at("Name").get<std::string>();
    const PrecompileOutcome outcome = call_precompile(number, hex_bytes(c.at("Input").get<std::string>()), fork);
    if (!c.contains("Expected")) {
      // A failure may already show in the price (EIP-7823: always too much).
      EXPECT_TRUE(!outcome.success || outcome.gas == ~u64{0}) << where;
      continue;
    }
    EXPECT_TRUE(outcome.success) << where;
    EXPECT_EQ(to_hex(outcome.output), "0x" + c.at("Expected").get<std::string>()) << where;
    if (check_gas) {
      EXPECT_EQ(outcome.gas, c.at("Gas").get<u64>()) << where;
    }
  }
  return cases.size();
}

}  // namespace atlas::test
