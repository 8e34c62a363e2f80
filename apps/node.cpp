#include "commands.hpp"

#include <node/run.hpp>

namespace atlas::apps {
namespace {

struct Options {
  std::filesystem::path config;
  std::string log_format;
  bool print_config = false;
  bool json = false;
};

/// The value, or all mistakes as one message with a line each.
template <class T>
T or_usage_error(Result<T, std::vector<node::ConfigError>>&& result) {
  if (result) return std::move(result).value();
  std::string text = "configuration:";
  for (const node::ConfigError& error : result.error()) text += "\n  " + error.text();
  throw UsageError(text);
}

int run(const Options& options) {
  node::Config config;
  if (!options.config.empty()) config = or_usage_error(node::load_config(options.config));
  if (options.print_config) {
    const std::string text = node::print_config(config);
    std::fwrite(text.data(), 1, text.size(), stdout);
    return kGood;
  }
  if (options.config.empty()) {
    throw UsageError("node: --config FILE is missing; `atlas node --print-config` writes one to start from");
  }
  if (options.json || options.log_format == "json") config.log.format = node::LogFormat::kJson;
  if (options.log_format == "text") config.log.format = node::LogFormat::kText;
  if (config.genesis.empty()) {
    throw UsageError(options.config.string() + ": node.genesis is missing: a node needs its chain's genesis file " +
                     "(for a chain of your own to develop on: atlas dev)");
  }
  const node::ChainGenesis genesis = or_usage_error(node::load_genesis(config.genesis));
  node::Log log(config.log);
  node::Node node(config, genesis, log);
  return node::run_until_signal(node, log, [] {});
}

}  // namespace

void add_node(CLI::App& app, Outcome& outcome) {
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("node", "Run a node as its configuration file says");
  command->add_option("--config", options->config, "Configuration (TOML)");
  command->add_flag("--print-config", options->print_config, "Print every key with its value, then end");
  command->add_option("--log-format", options->log_format, "Overrides log.format")
      ->check(CLI::IsMember({"text", "json"}));
  command->add_flag("--json", options->json, "The same as --log-format json");
  command->footer(
      "Examples:\n"
      "  atlas node --print-config > atlas.toml        a configuration to start from\n"
      "  atlas node --config atlas.toml\n"
      "  atlas node --config atlas.toml --print-config  what the file comes to\n"
      "\nGenesis file (node.genesis):\n"
      "  chain_id = 4242\n"
      "  [[accounts]]\n"
      "  address = \"0x…\"\n"
      "  balance = \"1000000000000000000\"   # wei");
  command->callback([options, &outcome] { outcome.code = run(*options); });
}

}  // namespace atlas::apps
