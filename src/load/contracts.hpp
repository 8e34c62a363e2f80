#pragma once
// The contracts that the mixes call, from compiled artefacts of solc, Hardhat, Foundry or the Uniswap packages: JSON
// with "bytecode" (hex, or an object with "object").
#include <functional>
#include <string>

#include <base/u256.hpp>

namespace atlas::load {

namespace abi {
/// ERC-20 transfer(address,uint256).
Bytes transfer(const Address& to, const u256& amount);
}  // namespace abi

/// Uniswap v2 with one pair of WETH and a token.
struct SwapContracts {
  Address weth;
  Address token;
  Address router;
};

namespace abi {
/// Router02 swapExactETHForTokens(uint256,address[],address,uint256): no least amount, no deadline.
Bytes swap_exact_eth_for_tokens(const SwapContracts& contracts, const Address& to);
}  // namespace abi

/// Init code of DIR/Token.json: an ERC-20 whose constructor takes name, symbol and supply, which it mints to its
/// deployer.
Bytes token_init_code(const std::string& dir);

using Deploy = std::function<Address(Bytes init_code, const char* what)>;
using Send = std::function<void(const Address& to, const u256& value, Bytes data, const char* what)>;
/// Deploys DIR/{WETH9,UniswapV2Factory,UniswapV2Router02,Token}.json and gives the pair liquidity.
SwapContracts deploy_swap(const std::string& dir, const Address& deployer, const Deploy& deploy, const Send& send);

}  // namespace atlas::load
