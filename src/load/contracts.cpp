#include <fstream>

#include <load/contracts.hpp>
#include <load/rpc_client.hpp>
#include <nlohmann/json.hpp>

#include <crypto/keccak.hpp>

namespace atlas::load {
namespace {

/// Selector followed by words (Solidity ABI; callers lay out dynamic types themselves).
Bytes encode(std::string_view signature, std::initializer_list<u256> words) {
  const Hash256 hash = crypto::keccak256(as_bytes(signature));
  Bytes out(hash.begin(), hash.begin() + 4);
  for (const u256& w : words) append(out, w.to_be().view());
  return out;
}
u256 word(const Address& a) {
  return u256::from_address(a);
}

Bytes bytecode(const std::string& dir, const std::string& name) {
  const std::string path = dir + "/" + name + ".json";
  std::ifstream file(path);
  if (!file) throw RpcFailure("cannot read " + path + "; --artifacts must name a folder that holds it");
  const auto json = nlohmann::json::parse(file, nullptr, /*allow_exceptions=*/false);
  std::string hex;
  if (json.is_object() && json.contains("bytecode")) {
    const auto& code = json["bytecode"];
    if (code.is_string()) hex = code.get<std::string>();
    if (code.is_object()) hex = code.value("object", "");
  }
  auto bytes = from_hex(hex);
  if (!bytes || bytes->empty()) throw RpcFailure(path + " has no \"bytecode\" in hex (linked, for deployment)");
  return std::move(*bytes);
}

Bytes with_arguments(Bytes code, std::initializer_list<u256> words) {
  for (const u256& w : words) append(code, w.to_be().view());
  return code;
}

}  // namespace

Bytes abi::transfer(const Address& to, const u256& amount) {
  return encode("transfer(address,uint256)", {word(to), amount});
}

Bytes abi::swap_exact_eth_for_tokens(const SwapContracts& contracts, const Address& to) {
  // The path is the only dynamic argument: its offset is four words, then its length and two entries.
  return encode("swapExactETHForTokens(uint256,address[],address,uint256)",
                {u256(), u256(4 * 32), word(to), u256::max(), u256(2), word(contracts.weth), word(contracts.token)});
}

Bytes token_init_code(const std::string& dir) {
  // Two strings of up to 32 bytes and the supply: offsets of the strings, the supply, then length and bytes of each.
  const auto text = [](std::string_view s) {
    Bytes padded(s.begin(), s.end());
    padded.resize(32);
    return u256::from_be(padded.data());
  };
  constexpr std::string_view kName = "Load";
  constexpr std::string_view kSymbol = "LOAD";
  const u256 supply = u256(1'000'000'000) * u256(1'000'000'000'000'000'000);
  return with_arguments(bytecode(dir, "Token"), {u256(3 * 32), u256(5 * 32), supply, u256(kName.size()), text(kName),
                                                 u256(kSymbol.size()), text(kSymbol)});
}

SwapContracts deploy_swap(const std::string& dir, const Address& deployer, const Deploy& deploy, const Send& send) {
  SwapContracts out;
  out.weth = deploy(bytecode(dir, "WETH9"), "deploying WETH9");
  const Address factory =
      deploy(with_arguments(bytecode(dir, "UniswapV2Factory"), {word(deployer)}), "deploying UniswapV2Factory");
  out.router = deploy(with_arguments(bytecode(dir, "UniswapV2Router02"), {word(factory), word(out.weth)}),
                      "deploying UniswapV2Router02");
  out.token = deploy(token_init_code(dir), "deploying the token");
  const u256 ether(1'000'000'000'000'000'000);
  send(out.token, u256(), encode("approve(address,uint256)", {word(out.router), u256::max()}), "approving the router");
  send(out.router, ether,
       encode("addLiquidityETH(address,uint256,uint256,uint256,address,uint256)",
              {word(out.token), ether * u256(1000), u256(), u256(), word(deployer), u256::max()}),
       "adding liquidity");
  return out;
}

}  // namespace atlas::load
