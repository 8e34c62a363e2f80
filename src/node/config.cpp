#include <fstream>
#include <iterator>

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <node/config.hpp>

namespace atlas::node {
namespace {

constexpr u64 kMiB = u64{1} << 20;
constexpr u64 kGiB = u64{1} << 30;
constexpr u64 kHourMs = 3'600'000;
constexpr u64 kMillion = 1'000'000;

/// Names every key once; readers, printers and documentation are visitors.
template <class Visitor>
void visit(Visitor& v, Config& c) {
  v.section("node", "Where the chain lives.");
  v.path("data_dir", c.data_dir, "Block log, snapshots and history; relative to this file.");
  v.path("genesis", c.genesis, "The chain's genesis file (TOML); needed to start.");

  v.section("sequencer", "When blocks are sealed.");
  v.integer("block_time_ms", c.sequencer.block_time_ms, 10, kHourMs, "Time between blocks under load.");
  v.integer("heartbeat_ms", c.sequencer.heartbeat_ms, 0, 24 * kHourMs, "An empty block after so long; 0: never.");
  v.integer("transactions_per_block_max", c.sequencer.max_transactions_per_block, 1, kMillion,
            "A block is sealed early at this many.");
  v.address("coinbase", c.sequencer.coinbase, "Receives all fees.");
  v.integer("native_price_wei", c.sequencer.prices.native, 0, u64{1} << 60,
            "Price of a cycle of proving, within genesis's cap; 0: free and not counted.");
  v.integer("pubdata_price_wei", c.sequencer.prices.pubdata, 0, u64{1} << 60,
            "Price of a byte of pubdata, within genesis's cap; 0: free.");

  v.section("mempool", "What may wait for a block.");
  v.integer("transactions_max", c.mempool.max_transactions, 1, 10 * kMillion, "Then better paying ones evict.");
  v.integer("bytes_max", c.mempool.max_bytes, kMiB, 64 * kGiB, "Memory of waiting transactions.");
  v.integer("per_sender_max", c.mempool.max_per_sender, 1, kMillion, "Transactions of one sender.");
  v.integer("nonce_gap_max", c.mempool.max_nonce_gap, 0, kMillion, "How far ahead a nonce may be.");
  v.integer("transaction_bytes_max", c.mempool.max_transaction_bytes, 1'024, 16 * kMiB, "Encoded size.");
  v.integer("price_bump_percent", c.mempool.price_bump_percent, 0, 1'000, "A replacement raises both fees by this.");
  v.integer("tip_min_wei", c.mempool.min_tip_wei, 0, u64{1} << 62, "Smallest tip, per gas.");
  v.integer("journal_bytes_max", c.mempool_journal_bytes_max, 0, 64 * kGiB,
            "File that keeps what waits across a restart; 0: none.");
  v.boolean("allow_unprotected", c.allow_unprotected, "Take legacy transactions without a chain id (EIP-155).");

  v.section("rpc", "JSON-RPC over HTTP and WebSocket, /health and /metrics, all on one port.");
  v.text("host", c.rpc.host, "Address to listen on; 0.0.0.0: all.");
  v.integer("port", c.rpc.port, 0, 65'535, "0: any free one.");
  v.integer("io_threads", c.rpc.io_threads, 0, 256,
            "Sockets, cheap methods, signatures of submitted transactions; 0: one for every four cores.");
  v.integer("workers", c.rpc.workers, 1, 256, "Calls, estimates, log queries.");
  v.texts("cors_origins", c.rpc.cors_origins, "Web pages that may call, WebSocket included; \"*\": any.");
  v.texts("allowed_hosts", c.rpc.allowed_hosts, "Host headers besides IP addresses; \"*\": any.");
  v.integer("connections_max", c.rpc.connections_max, 1, kMillion, "Open connections.");
  v.integer("connections_per_client", c.rpc.connections_per_client, 0, kMillion, "… of one IP address; 0: any number.");
  v.integer("requests_per_client_s", c.rpc.requests_per_client_s, 0, 1'000 * kMillion,
            "Requests a second of one IP address; 0: any number.");
  v.integer("bytes_per_client_s", c.rpc.bytes_per_client_s, 0, 1'024 * kGiB,
            "Bytes a second from and to one IP address; 0: any number.");
  v.texts("trusted_clients", c.rpc.trusted_clients, "Addresses without the three limits above, such as a proxy.");
  v.integer("body_bytes_max", c.rpc.body_bytes_max, 1'024, kGiB, "A request's body.");
  v.integer("header_bytes_max", c.rpc.header_bytes_max, 1'024, kMiB, "A request's header.");
  v.integer("json_depth_max", c.rpc.json_depth_max, 8, 1'024, "Nesting of a request.");
  v.integer("batch_items_max", c.rpc.batch_items_max, 1, kMillion, "Requests in one batch.");
  v.integer("response_bytes_max", c.rpc.response_bytes_max, 1'024, kGiB, "Answer to one batch.");
  v.integer("heavy_queue_max", c.rpc.heavy_queue_max, 1, kMillion, "Requests waiting for a worker.");
  v.integer("submit_queue_max", c.rpc.submit_queue_max, 1, kMillion,
            "Transactions of one io thread waiting for signature recovery.");
  v.integer("idle_timeout_ms", c.rpc.idle_timeout_ms, 100, 24 * kHourMs, "Keep-alive without a request.");
  v.integer("request_timeout_ms", c.rpc.request_timeout_ms, 100, kHourMs, "A request's first byte to its last.");
  v.integer("call_gas_max", c.rpc.call_gas_max, 21'000, u64{1} << 40, "eth_call and eth_estimateGas.");
  v.integer("call_time_ms_max", c.rpc.call_time_ms_max, 10, kHourMs, "eth_call and eth_estimateGas.");
  v.integer("log_blocks_max", c.rpc.log_blocks_max, 1, 1'000 * kMillion, "eth_getLogs: range without a filter.");
  v.integer("log_results_max", c.rpc.log_results_max, 1, 10 * kMillion, "eth_getLogs: logs in one answer.");
  v.integer("fee_history_blocks_max", c.rpc.fee_history_blocks_max, 1, 10'240, "eth_feeHistory.");
  v.integer("sync_timeout_ms", c.rpc.sync_timeout_ms, 1, kHourMs, "eth_sendRawTransactionSync's default.");
  v.integer("sync_timeout_ms_max", c.rpc.sync_timeout_ms_max, 1, kHourMs, "… and the most a caller may ask for.");
  v.integer("sync_waiters_max", c.rpc.sync_waiters_max, 1, kMillion, "Callers waiting for a receipt.");
  v.integer("pool_content_max", c.rpc.pool_content_max, 1, kMillion, "txpool_content: transactions in an answer.");
  v.integer("filters_per_client", c.rpc.filters_per_client, 1, kMillion, "Filters of one IP address.");
  v.integer("filters_max", c.rpc.filters_max, 1, 10 * kMillion, "Filters of all.");
  v.integer("filter_expiry_ms", c.rpc.filter_expiry_ms, 1'000, 24 * kHourMs, "A filter that nobody asks.");
  v.integer("subscriptions_per_connection", c.rpc.subscriptions_per_connection, 1, kMillion, "eth_subscribe.");
  v.integer("ws_queue_bytes_max", c.rpc.ws_queue_bytes_max, 64 * 1'024, kGiB, "Unsent; slower ones are dropped.");
  v.integer("ws_in_flight_max", c.rpc.ws_in_flight_max, 1, 65'536, "Requests of one WebSocket at a time.");

  v.section("storage", "The block log and what is kept in memory.");
  v.integer("view_window_blocks", c.storage.view_window_blocks, 1, kMillion, "Historical state: blocks back.");
  v.integer("undo_bytes_max", c.storage.undo_bytes_max, kMiB, 1'024 * kGiB, "… as long as it takes no more than this.");
  v.integer("segment_bytes", c.storage.segment_bytes, kMiB, 16 * kGiB, "Size of a log file.");
  v.integer("snapshot_log_bytes", c.storage.snapshot_log_bytes, kMiB, 1'024 * kGiB, "A snapshot after so much log.");
  v.integer("snapshots_kept", c.storage.snapshots_kept, 1, 100, "Old snapshots to keep.");
  v.integer("history_blocks", c.storage.history_blocks, 0, u64{1} << 40, "Blocks that lookups know; 0: all.");
  v.boolean("sync", c.storage.sync, "fdatasync before a block is acknowledged; false may lose blocks on power loss.");

  v.section("batch", "Blocks collected into batches behind the chain: state tree, pubdata, proofs.");
  v.boolean("enabled", c.batch.enabled, "false: no batches, no atlas_getProof, nothing to settle.");
  v.integer("time_ms", c.batch.time_ms, 10, 24 * kHourMs, "A batch is sealed so long after its first block …");
  v.integer("blocks_max", c.batch.blocks_max, 1, kMillion, "… or at so many blocks …");
  v.integer("pubdata_bytes_max", c.batch.pubdata_bytes_max, 1'024, kGiB, "… or when the next would not fit …");
  v.integer("native_max", c.batch.native_max, kMillion, u64{1} << 60,
            "… or would take more cycles of proving (counted where native_price_wei is not 0).");
  v.integer("lag_blocks_max", c.batch.lag_blocks_max, 16, kMillion, "Farther behind the head the chain waits.");
  v.integer("pubdata_batches", c.batch.pubdata_batches, 0, u64{1} << 40, "Batches whose pubdata are kept; 0: all.");
  v.integer("witness_batches", c.batch.witness_batches, 0, u64{1} << 40,
            "Batches whose witnesses are kept, for provers; 0: none are made.");
  v.integer("cache_bytes_max", c.batch.cache_bytes_max, 64 * kMiB, 1'024 * kGiB, "Memory of the state tree.");
  v.integer("tree_threads", c.batch.tree_threads, 0, 256, "That hash and read the tree; 0: all cores.");

  v.section("log", "What is written to stderr.");
  v.template choice<LogSeverity>("level", c.log.level,
                                 {{"trace", LogSeverity::kTrace},
                                  {"debug", LogSeverity::kDebug},
                                  {"info", LogSeverity::kInfo},
                                  {"warn", LogSeverity::kWarn},
                                  {"error", LogSeverity::kError}},
                                 "trace, debug, info, warn or error.");
  v.template choice<LogFormat>("format", c.log.format, {{"text", LogFormat::kText}, {"json", LogFormat::kJson}},
                               "text for people, json for machines (one object a line).");
  v.end();
}

/// Opens the section's table when the schema names it; an absent one reads as empty.
class Reader {
 public:
  Reader(TomlReader& toml, const toml::table& root) : toml_(toml) { toml_.open(root, ""); }
  void section(const char* name, std::string_view) {
    leave();
    const toml::table* table = toml_.table(name);
    toml_.open(table == nullptr ? empty_ : *table, name);
    inside_ = true;
  }
  void end() {
    leave();
    toml_.close();
  }
  template <class T>
  void integer(const char* key, T& value, u64 min, u64 max, std::string_view doc) {
    toml_.integer(key, value, min, max, doc);
  }
  void boolean(const char* key, bool& value, std::string_view doc) { toml_.boolean(key, value, doc); }
  void text(const char* key, std::string& value, std::string_view doc) { toml_.text(key, value, doc); }
  void texts(const char* key, std::vector<std::string>& value, std::string_view doc) { toml_.texts(key, value, doc); }
  void path(const char* key, std::filesystem::path& value, std::string_view doc) { toml_.path(key, value, doc); }
  void address(const char* key, Address& value, std::string_view doc) { toml_.address(key, value, doc); }
  template <class E>
  void choice(const char* key, E& value, const std::vector<std::pair<std::string, E>>& names, std::string_view doc) {
    toml_.choice(key, value, names, doc);
  }

 private:
  void leave() {
    if (inside_) toml_.close();
    inside_ = false;
  }

  TomlReader& toml_;
  toml::table empty_;
  bool inside_ = false;
};

std::string toml_text(const std::string& text) {
  return fmt::format("{}", fmt::streamed(toml::value<std::string>(text)));
}

class Printer {
 public:
  void section(const char* name, std::string_view doc) { out_ += fmt::format("\n# {}\n[{}]\n", doc, name); }
  void end() {}
  template <class T>
  void integer(const char* key, T& value, u64 min, u64 max, std::string_view doc) {
    line(key, std::to_string(value), fmt::format("{} ({} to {})", doc, min, max));
  }
  void boolean(const char* key, bool& value, std::string_view doc) { line(key, value ? "true" : "false", doc); }
  void text(const char* key, std::string& value, std::string_view doc) { line(key, toml_text(value), doc); }
  void texts(const char* key, std::vector<std::string>& value, std::string_view doc) {
    std::string list;
    for (const std::string& item : value) list += (list.empty() ? "" : ", ") + toml_text(item);
    line(key, "[" + list + "]", doc);
  }
  void path(const char* key, std::filesystem::path& value, std::string_view doc) {
    if (value.empty()) {
      out_ += fmt::format("# {}\n# {} = \"…\"\n", doc, key);
    } else {
      line(key, toml_text(value.string()), doc);
    }
  }
  void address(const char* key, Address& value, std::string_view doc) { line(key, toml_text(to_hex(value)), doc); }
  template <class E>
  void choice(const char* key, E& value, const std::vector<std::pair<std::string, E>>& names, std::string_view doc) {
    for (const auto& [name, option] : names) {
      if (option == value) line(key, toml_text(name), doc);
    }
  }
  std::string take() { return std::move(out_); }

 private:
  void line(const char* key, const std::string& value, std::string_view doc) {
    out_ += fmt::format("# {}\n{} = {}\n", doc, key, value);
  }
  std::string out_ = "# Atlas node configuration. Every key with its value; a key left out has its default.\n";
};

}  // namespace

Result<Config, std::vector<ConfigError>> parse_config(std::string_view text, const std::string& file_name,
                                                      const std::filesystem::path& folder) {
  TomlReader toml(file_name, folder);
  Config config;
  config.data_dir = folder / config.data_dir;  // as if the default stood in the file
  if (const auto root = toml.parse(text)) {
    Reader reader(toml, *root);
    visit(reader, config);
  }
  if (!toml.errors().empty()) return Err(toml.errors());
  return config;
}

Result<Config, std::vector<ConfigError>> load_config(const std::filesystem::path& file) {
  std::error_code ignored;
  std::ifstream in(file, std::ios::binary);
  if (!in || std::filesystem::is_directory(file, ignored)) {
    return Err(std::vector<ConfigError>{{file.string(), 0, "cannot be read: no such file, or no permission"}});
  }
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  return parse_config(text, file.string(), file.parent_path());
}

std::string print_config(const Config& config) {
  Printer printer;
  Config copy = config;
  visit(printer, copy);
  return printer.take();
}

}  // namespace atlas::node
