#pragma once
// A node's configuration: what `atlas node --config FILE` reads and `--print-config` writes.
#include <batch/batch_stage.hpp>

#include <node/toml_reader.hpp>
#include <rpc/config.hpp>
#include <sequencer/sequencer.hpp>
#include <storage/chain_store.hpp>

namespace atlas::node {

enum class LogFormat : u8 { kText, kJson };
enum class LogSeverity : u8 { kTrace, kDebug, kInfo, kWarn, kError };

struct LogConfig {
  LogSeverity level = LogSeverity::kInfo;
  LogFormat format = LogFormat::kText;
};

struct Config {
  std::filesystem::path data_dir = "atlas-data";
  std::filesystem::path genesis;  ///< of the chain; a node does not start without it
  rpc::RpcConfig rpc;
  sequencer::SequencerConfig sequencer;
  sequencer::PoolLimits mempool;
  bool allow_unprotected = false;
  u64 mempool_journal_bytes_max = u64{256} << 20;  ///< 0: what waits is forgotten at a restart
  storage::StorageConfig storage;                  ///< `directory` is data_dir's business
  batch::BatchConfig batch;                        ///< `directory` is data_dir's business
  LogConfig log;
};

/// Checks every key: unknown ones, types and ranges. All mistakes at once, in the order of the file's sections.
Result<Config, std::vector<ConfigError>> parse_config(std::string_view text, const std::string& file_name,
                                                      const std::filesystem::path& folder);
/// From a file; relative paths in it are relative to its folder. A file that cannot be read is an error like any other.
Result<Config, std::vector<ConfigError>> load_config(const std::filesystem::path& file);
/// The whole configuration as TOML with every key explained; load_config reads it back to the same values.
std::string print_config(const Config& config);

}  // namespace atlas::node
