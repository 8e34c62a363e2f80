#include "commands.hpp"
#include <load/load.hpp>

namespace atlas::apps {
namespace {

// The first account of the development mnemonic that anvil, Hardhat and `atlas dev` fund.
constexpr const char* kDevKey = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

struct Arguments {
  load::Options options;
  std::string mix = "transfer";
  std::string key = kDevKey;
  double max_fee_gwei = 0;
  double tip_gwei = 1;
};

u256 wei(double gwei) {
  return u256(static_cast<u64>(gwei * 1e9));
}

void fill(Arguments& a) {
  auto& w = a.options.workload;
  w.mix = a.mix == "erc20" ? load::Mix::kErc20 : a.mix == "swap" ? load::Mix::kSwap : load::Mix::kTransfer;
  const auto key = fixed_from_hex<32>(a.key);
  if (!key) throw UsageError("--key must be 32 bytes of hex, as in 0xac09…ff80");
  if (w.mix != load::Mix::kTransfer && w.artifacts.empty()) {
    throw UsageError("--mix " + a.mix +
                     " needs --artifacts DIR with compiled contracts (`./dev build contracts` makes one)");
  }
  w.funder_key = *key;
  w.max_fee_per_gas = wei(a.max_fee_gwei);
  w.max_priority_fee_per_gas = wei(a.tip_gwei);
}

}  // namespace

void add_load(CLI::App& app, Outcome& outcome) {
  auto a = std::make_shared<Arguments>();
  CLI::App* cmd = app.add_subcommand("load", "Send signed transactions to any Ethereum RPC and measure it");
  auto& o = a->options;
  cmd->add_option("--url", o.url, "RPC of the node")->capture_default_str();
  cmd->add_option("--mix", a->mix, "What to send")
      ->check(CLI::IsMember({"transfer", "erc20", "swap"}))
      ->capture_default_str();
  cmd->add_option("--transactions", o.workload.transactions, "How many")
      ->check(CLI::Range(1, 20'000'000))
      ->capture_default_str();
  cmd->add_option("--senders", o.workload.senders, "Accounts that take turns")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  cmd->add_option("--connections", o.drive.connections, "HTTP connections")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  cmd->add_option("--batch", o.drive.batch, "Transactions a JSON-RPC batch")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  cmd->add_option("--pipeline", o.drive.pipeline, "HTTP requests sent before answers are read")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  cmd->add_option("--rate", o.drive.rate, "Open loop: transactions a second (0: closed loop)")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  cmd->add_option("--timeout", o.drive.timeout_seconds, "Seconds to wait for the last confirmation")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  cmd->add_option("--artifacts", o.workload.artifacts, "Folder with Token.json, WETH9.json, UniswapV2*.json");
  cmd->add_option("--key", a->key, "Private key that pays (default: the first development account)");
  cmd->add_option("--max-fee", a->max_fee_gwei, "Fee cap in gwei (0: four times the base fee, plus the tip)")
      ->check(CLI::NonNegativeNumber);
  cmd->add_option("--tip", a->tip_gwei, "Priority fee in gwei")->check(CLI::NonNegativeNumber)->capture_default_str();
  cmd->add_option("--seed", o.workload.seed, "Seed of the senders' keys")->capture_default_str();
  cmd->add_option("--threads", o.workload.threads, "Signing threads")->check(CLI::Range(1, 256))->capture_default_str();
  cmd->add_option("--node-pid", o.drive.node_pid, "The node's process on this machine, to report its CPU time")
      ->check(CLI::PositiveNumber);
  cmd->add_flag("--json", o.json, "One JSON object");
  cmd->footer(
      "Funds --senders accounts from --key, signs everything, and only then starts the clock. Examples:\n"
      "  atlas load                                           8 connections, each as fast as it is answered\n"
      "  atlas load --rate 5000 --transactions 50000          open loop: latency counts from the scheduled time\n"
      "  atlas load --batch 100                               JSON-RPC batches\n"
      "  ./dev build contracts && atlas load --mix swap --artifacts build/contracts\n"
      "  atlas load --url http://HOST:8545 --key 0x...        any Ethereum node (anvil, geth); --key pays\n"
      "Latencies: to the RPC answer, and to the block in which the transaction is served. Afterwards the receipt of "
      "every\n"
      "transaction is asked for. Exit code 0: every accepted one has status 1; 1: some have not; 2: node or option "
      "unusable.");
  cmd->callback([a, &outcome] {
    fill(*a);
    outcome.code = load::run(a->options);
  });
}

}  // namespace atlas::apps
