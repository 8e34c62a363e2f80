// Not a benchmark itself: the transactions that sequencer_bench.cpp measures.
#include <map>

#include <load/contracts.hpp>

#include <sequencer/bench_chain.hpp>

namespace atlas::sequencer::bench {
namespace {

/// Folder with the compiled contracts.
std::string artifacts() {
  return std::string(ATLAS_SOURCE_DIR) + "/build/contracts";
}

Workload make_workload(Mix mix, u64 each) {
  Workload out;
  MemoryChain chain(genesis());
  u64 nonce = 0;
  const auto run = [&](std::optional<Address> to, const u256& value, Bytes data, u64 gas) {
    Transaction tx;
    tx.nonce = nonce++;
    tx.gas_limit = gas;
    tx.to = to;
    tx.value = value;
    tx.data = std::move(data);
    out.setup.push_back(sign(std::move(tx), deployer_key()));
    chain.build({&out.setup.back(), 1});
    return chain.head().receipts.front();
  };
  constexpr u64 kSetupGas = 8'000'000;
  const auto deploy = [&](Bytes code, const char*) {
    return run(std::nullopt, u256(), std::move(code), kSetupGas).contract_address.value();
  };
  const auto send = [&](const Address& to, const u256& value, Bytes data, const char*) {
    run(to, value, std::move(data), kSetupGas);
  };
  Transaction shape;
  load::SwapContracts swap;
  try {
    if (mix == Mix::kErc20) {
      shape.to = deploy(load::token_init_code(artifacts()), "");
      shape.gas_limit = 100'000;
      for (u64 i = 0; i < kSenders; ++i) {
        send(*shape.to, u256(), load::abi::transfer(*crypto::address_of_private_key(key(i)), u256(each)), "");
      }
    } else if (mix == Mix::kSwap) {
      swap = load::deploy_swap(artifacts(), *crypto::address_of_private_key(deployer_key()), deploy, send);
      shape.to = swap.router;
      shape.gas_limit = 250'000;
      shape.value = u256(1'000'000);
    } else {
      shape.gas_limit = 21'000;
      shape.value = u256(1);
    }
  } catch (const std::exception& error) {
    out.problem = error.what();
    return out;
  }
  for (u64 n = 0; n < each; ++n) {
    for (u64 s = 0; s < kSenders; ++s) {
      Transaction tx = shape;
      tx.nonce = n;
      if (mix == Mix::kTransfer) tx.to = receiver(s);
      if (mix == Mix::kErc20) tx.data = load::abi::transfer(receiver(s), u256(1));
      if (mix == Mix::kSwap) tx.data = load::abi::swap_exact_eth_for_tokens(swap, receiver(s));
      out.measured.push_back(sign(std::move(tx), key(s)));
    }
  }
  return out;
}

}  // namespace

const Workload& workload(Mix mix) {
  static std::map<Mix, Workload> all;
  const auto found = all.find(mix);
  if (found != all.end()) return found->second;
  const u64 each = mix == Mix::kTransfer ? 50 : mix == Mix::kErc20 ? 30 : 10;
  return all.emplace(mix, make_workload(mix, each)).first->second;
}

}  // namespace atlas::sequencer::bench
