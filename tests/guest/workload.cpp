#include "workload.hpp"

#include <fstream>
#include <stdexcept>

#include <load/contracts.hpp>
#include <nlohmann/json.hpp>

#include <crypto/keccak.hpp>
#include <crypto/secp256k1.hpp>

namespace atlas::guest_test {
namespace {

constexpr u64 kSenders = 1'000;
constexpr std::size_t kBlock = 250;  ///< transactions a block
constexpr u64 kDeployer = 999'999;
constexpr Address kToken{{0x20}};
constexpr u64 kStride = 37;  ///< between receivers, so that they lie anywhere among the accounts

Hash256 key(u64 i) {
  return u256(1'000'000 + i).to_be();
}
Address address_of(u64 i) {
  return *crypto::address_of_private_key(key(i));
}
// Spread like real addresses, without paying for a hash a million times over.
Address filler(u64 i) {
  const u256 word =
      u256(i + 1) * u256(0x9e3779b97f4a7c15ULL, 0xbf58476d1ce4e5b9ULL, 0x94d049bb133111ebULL, 0x2545f491ULL);
  return Address::from_right((word ^ (word >> 64)).to_be().view());
}
Address receiver(u64 i, u64 accounts) {
  return filler(i * kStride % accounts);
}

Bytes sign(u64 sender, u64 nonce, std::optional<Address> to, const u256& value, Bytes data, u64 gas) {
  Transaction tx;
  tx.type = TxType::kDynamicFee;
  tx.chain_id = stf::ChainRules{}.chain_id;
  tx.nonce = nonce;
  tx.gas_limit = gas;
  tx.max_fee_per_gas = u256(1'000'000'000);
  tx.max_priority_fee_per_gas = u256(1'000'000);
  tx.to = to;
  tx.value = value;
  tx.data = std::move(data);
  const auto signature = crypto::sign(signing_hash(tx), key(sender));
  tx.r = signature->r;
  tx.s = signature->s;
  tx.y_parity = signature->y_parity;
  return encode_transaction(tx);
}

/// tests/data/erc20.json: OpenZeppelin's token with balances in slot 0.
stf::GenesisAccount token(u64 accounts) {
  const std::string path = ATLAS_SOURCE_DIR "/tests/data/erc20.json";
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  const auto json = nlohmann::json::parse(file);
  stf::GenesisAccount out;
  out.address = kToken;
  out.nonce = 1;
  out.code = *from_hex(json.at("runtime").get<std::string>());
  const auto give = [&](const Address& holder) {
    u8 preimage[64] = {};
    u256::from_address(holder).to_be(preimage);
    out.storage.emplace_back(u256::from_be(crypto::keccak256(preimage)), u256(1) << 80);
  };
  for (u64 i = 0; i < kSenders; ++i) give(address_of(i));
  for (u64 i = 0; i < kSenders; ++i) give(receiver(i, accounts));
  return out;
}

stf::GenesisConfig genesis(Case which, u64 accounts) {
  stf::GenesisConfig config;
  config.gas_limit = config.rules.gas_limit;
  config.base_fee = u256(config.rules.base_fee_floor_wei);
  config.rules.da = stf::DaScheme::kBlobs;
  config.alloc.push_back({address_of(kDeployer), 0, u256(1) << 90, {}, {}});
  for (u64 i = 0; i < kSenders; ++i) config.alloc.push_back({address_of(i), 0, u256(1) << 90, {}, {}});
  for (u64 i = 0; i < accounts; ++i) config.alloc.push_back({filler(i), 0, u256(1) << 60, {}, {}});
  if (which == Case::kErc20Transfer) config.alloc.push_back(token(accounts));
  return config;
}

stf::BatchInput batch_of(const World& world, std::span<const Bytes> transactions) {
  stf::BatchInput input = world.next_batch();
  for (std::size_t first = 0; first < transactions.size(); first += kBlock) {
    stf::BlockInput block;
    block.timestamp = world.head.timestamp + 1;
    block.coinbase = Address{{0xc0}};
    const auto part = transactions.subspan(first, std::min(kBlock, transactions.size() - first));
    block.transactions.assign(part.begin(), part.end());
    input.blocks.push_back(std::move(block));
  }
  // One blob holds all that these batches publish; what it is called is the same to the program.
  input.blob_hashes = {Hash256{{1}}};
  return input;
}

// Each step is a batch of its own, so that the next one can be made on the state after it.
load::SwapContracts deploy_swap(World& world, const std::string& artifacts) {
  constexpr u64 kGas = 10'000'000;
  u64 nonce = 0;
  const auto send = [&](const std::optional<Address>& to, const u256& value, Bytes data, const char* what) {
    const std::vector<Bytes> one{sign(kDeployer, nonce++, to, value, std::move(data), kGas)};
    const NativeBatch done = run_native(world, batch_of(world, one));
    if (!done.blocks[0].receipts[0].success) throw std::runtime_error(std::string("cannot deploy ") + what);
    return done.blocks[0].receipts[0].contract_address;
  };
  return load::deploy_swap(
      artifacts, address_of(kDeployer),
      [&](Bytes code, const char* what) { return send(std::nullopt, {}, std::move(code), what).value(); },
      [&](const Address& to, const u256& value, Bytes data, const char* what) {
        send(to, value, std::move(data), what);
      });
}

}  // namespace

const char* name_of(Case which) {
  switch (which) {
    case Case::kEthTransfer:
      return "eth_transfer";
    case Case::kErc20Transfer:
      return "erc20_transfer";
    case Case::kUniswapSwap:
      return "uniswap_v2_swap";
  }
  return "?";
}

std::unique_ptr<Workload> make_workload(Case which, u64 accounts, const std::string& artifacts) {
  auto out = std::make_unique<Workload>(Workload{World(genesis(which, accounts)), {}, {}});
  std::vector<Bytes>& txs = out->transactions;
  switch (which) {
    case Case::kEthTransfer:
      for (u64 i = 0; i < kSenders; ++i) {
        txs.push_back(sign(i, 0, receiver(i, accounts), u256(1'000'000'000'000'000 + 7 * i), {}, 21'000));
      }
      break;
    case Case::kErc20Transfer:
      for (u64 i = 0; i < kSenders; ++i) {
        const u256 amount(1'000'000'000'000 + 7 * i);
        txs.push_back(sign(i, 0, kToken, {}, load::abi::transfer(receiver(i, accounts), amount), 100'000));
      }
      break;
    case Case::kUniswapSwap: {
      constexpr u64 kSwaps = 100;
      const load::SwapContracts swap = deploy_swap(out->world, artifacts);
      for (u64 i = 0; i < kSwaps; ++i) {
        Bytes data = load::abi::swap_exact_eth_for_tokens(swap, address_of(i));
        txs.push_back(sign(i, 0, swap.router, u256(1'000'000'000'000), std::move(data), 300'000));
      }
      break;
    }
  }
  out->input = batch_of(out->world, txs);
  return out;
}

}  // namespace atlas::guest_test
