#pragma once
// `atlas node` and `atlas dev` from their options to their exit code.
#include <node/node.hpp>

namespace atlas::node {

/// Runs until SIGINT or SIGTERM, or until a stage fails. Draws the status line in a terminal. Returns the exit code:
/// 0 stopped on request, 1 a stage failed, 2 the environment refused (disk full, damaged files, port, other chain's
/// data).
/// `wrong_chain_advice` is added to the message when the data directory holds another chain.
int run_until_signal(Node& node, Log& log, const std::function<void()>& on_started,
                     const std::string& wrong_chain_advice = {});

struct DevOptions {
  std::filesystem::path data_dir = "data/dev";
  bool fresh = false;      ///< remove what data_dir holds first
  bool ephemeral = false;  ///< a temporary directory, removed at the end
  u64 chain_id = 31'337;
  std::string mnemonic{kDevMnemonic};
  u32 accounts = 10;
  u64 balance_ether = 10'000;
  std::string host = "127.0.0.1";
  u16 port = 8'545;
  u64 block_time_ms = 250;
  stf::BlockPrices prices;
  bool provable = false;  ///< keep every batch's witness, and refuse what no proof can cover
  bool quiet = false;     ///< no banner
  bool json = false;      ///< banner and logs as JSON
  LogSeverity level = LogSeverity::kInfo;
};
int run_dev(const DevOptions& options);

}  // namespace atlas::node
