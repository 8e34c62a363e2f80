#pragma once
// The batches of the benchmark: 1,000 plain transfers, 1,000 ERC-20 transfers, 100 Uniswap v2 swaps, over a tree of as
// many accounts as asked for.
#include "harness.hpp"

namespace atlas::guest_test {

enum class Case : u8 { kEthTransfer, kErc20Transfer, kUniswapSwap };
inline constexpr Case kCases[] = {Case::kEthTransfer, Case::kErc20Transfer, Case::kUniswapSwap};
const char* name_of(Case which);

struct Workload {
  World world;  ///< before the batch
  std::vector<Bytes> transactions;
  stf::BatchInput input;  ///< views of `transactions`
};

/// `artifacts` holds the compiled contracts of Uniswap (./dev build contracts). Throws if what it needs is missing.
std::unique_ptr<Workload> make_workload(Case which, u64 accounts, const std::string& artifacts);

}  // namespace atlas::guest_test
