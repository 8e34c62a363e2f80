#include "commands.hpp"

#include <node/run.hpp>

namespace atlas::apps {

void add_dev(CLI::App& app, Outcome& outcome) {
  auto options = std::make_shared<node::DevOptions>();
  auto* command = app.add_subcommand("dev", "Run a development chain with funded accounts");
  command->add_option("--host", options->host, "Address to listen on")->capture_default_str();
  command->add_option("--port", options->port, "Port for HTTP and WebSocket; 0: any free one")->capture_default_str();
  command->add_option("--chain-id", options->chain_id, "Chain id")
      ->check(CLI::Range(u64{1}, (u64{1} << 53) - 1))
      ->capture_default_str();
  command->add_option("--block-time", options->block_time_ms, "Milliseconds between blocks under load")
      ->check(CLI::Range(u64{10}, u64{3'600'000}))
      ->capture_default_str();
  command->add_option("--native-price", options->prices.native, "Wei a cycle of proving; 0: free and not counted")
      ->capture_default_str();
  command->add_option("--pubdata-price", options->prices.pubdata, "Wei a byte of pubdata; 0: free")
      ->capture_default_str();
  command->add_option("--accounts", options->accounts, "How many accounts to fund")
      ->check(CLI::Range(1u, 1'000u))
      ->capture_default_str();
  command->add_option("--balance", options->balance_ether, "ETH for each account")
      ->check(CLI::Range(u64{0}, u64{1'000'000'000'000}))
      ->capture_default_str();
  command->add_option("--mnemonic", options->mnemonic, "BIP-39 phrase of the accounts (default: anvil's)");
  auto* data = command->add_option("--data", options->data_dir, "Directory of the chain")->capture_default_str();
  command->add_flag("--fresh", options->fresh, "Remove the chain in the data directory and start anew");
  command->add_flag("--ephemeral", options->ephemeral, "Keep nothing: a temporary directory")->excludes(data);
  command->add_flag("--provable", options->provable,
                    "Keep each batch's witness for `atlas execute` and provers; refuse to change state by hand");
  command->add_flag("-q,--quiet", options->quiet, "No banner");
  command->add_flag("--json", options->json, "Banner and logs as JSON, one object a line");
  auto verbose = std::make_shared<bool>(false);
  command->add_flag("-v,--verbose", *verbose, "Log every block");
  command->footer(
      "The chain is kept: started again with the same options it goes on where it was.\n"
      "\nExamples:\n"
      "  atlas dev                               chain 31337 on http://127.0.0.1:8545, kept in data/dev\n"
      "  atlas dev --ephemeral --port 0 --json   for tests: any port, nothing kept, address on stdout\n"
      "  atlas dev --fresh --block-time 1000     from block 0, a block a second at most\n"
      "  cast send --rpc-url http://127.0.0.1:8545 --private-key KEY TO --value 1ether");
  command->callback([options, verbose, &outcome] {
    if (const auto checked = node::check_mnemonic(options->mnemonic); !checked) {
      throw UsageError("dev: --mnemonic: " + checked.error());
    }
    if (*verbose) options->level = node::LogSeverity::kDebug;
    outcome.code = node::run_dev(*options);
  });
}

}  // namespace atlas::apps
