// `atlas dev`: a chain for one developer, with funded accounts that everybody knows.
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <node/run.hpp>

namespace atlas::node {
namespace {

constexpr u64 kWeiPerEther = 1'000'000'000'000'000'000;
/// Wallets warn of a legacy transaction without chain id; deployers of well-known contracts need it (Nick's method).
constexpr bool kDevAllowsUnprotected = true;

/// A developer who waits for a proof waits for its batch.
constexpr u64 kDevBatchTimeMs = 1'000;
constexpr u64 kDevTreeCacheBytes = u64{64} << 20;
/// Of --provable: an hour and more of batches.
constexpr u64 kDevWitnesses = 4'096;

struct Style {
  const char* bold = "";
  const char* dim = "";
  const char* colour = "";
  const char* off = "";
};

std::string banner_text(const DevOptions& options, const std::vector<DevAccount>& accounts, Node& node,
                        const std::string& data) {
  const Style style = ::isatty(STDOUT_FILENO) == 1 ? Style{"\033[1m", "\033[2m", "\033[36m", "\033[0m"} : Style{};
  std::string out = fmt::format("\n{}{}  Atlas{} {}  {}development chain{}\n\n", style.bold, style.colour, style.off,
                                ATLAS_VERSION, style.dim, style.off);
  out += fmt::format("{}Accounts{} ({} ETH each)\n", style.bold, style.off, options.balance_ether);
  for (std::size_t i = 0; i < accounts.size(); ++i) {
    out += fmt::format("  ({}) {}\n", i, checksum_address(accounts[i].address));
  }
  out += fmt::format("\n{}Private keys{}\n", style.bold, style.off);
  for (std::size_t i = 0; i < accounts.size(); ++i) {
    out += fmt::format("  ({}) {}\n", i, to_hex(accounts[i].private_key.view()));
  }
  out += fmt::format("\n  Mnemonic     {}\n  Derivation   m/44'/60'/0'/0/\n", options.mnemonic);
  out += fmt::format(
      "\n{}Chain{}\n  Chain ID     {}\n  Block time   {} ms\n  Gas limit    {}\n  Base fee     {} wei or more\n",
      style.bold, style.off, options.chain_id, options.block_time_ms, node.genesis().rules.gas_limit,
      node.genesis().rules.base_fee_floor_wei);
  out += fmt::format("  Data         {}\n", data);
  if (options.provable) {
    out += fmt::format("  Witnesses    {}\n", (options.data_dir / "batches/witness/batch-N.bin").string());
  }
  out += fmt::format("\nListening on {}http://{}:{}{} (HTTP and WebSocket; /health, /metrics)\n\n", style.bold,
                     options.host, node.port(), style.off);
  return out;
}

std::string banner_json(const DevOptions& options, const std::vector<DevAccount>& accounts, Node& node) {
  nlohmann::ordered_json body;
  body["event"] = "ready";
  body["url"] = fmt::format("http://{}:{}", options.host, node.port());
  body["chain_id"] = options.chain_id;
  body["data"] = node.config().data_dir.string();
  body["mnemonic"] = options.mnemonic;
  for (const DevAccount& account : accounts) {
    body["accounts"].push_back(
        {{"address", checksum_address(account.address)}, {"private_key", to_hex(account.private_key.view())}});
  }
  return body.dump() + "\n";
}

/// Text on stdout; a closed one is the reader's business.
void print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

/// A directory under the system's temporary one that goes when this does.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "atlas-dev-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) {
      throw std::runtime_error("cannot make a temporary directory like " + pattern + ": " + std::strerror(errno));
    }
    path_ = pattern;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Written into a data directory by `atlas dev`, so that --fresh never removes anything else.
constexpr const char* kDevMarker = ".atlas-dev";
/// Besides, if every block of it came by the chain's rules.
constexpr const char* kProvableMarker = ".atlas-dev-provable";

void touch(const std::filesystem::path& file) {
  std::FILE* marker = std::fopen(file.c_str(), "ae");
  if (marker == nullptr) {
    throw std::runtime_error("cannot write in " + file.parent_path().string() + ": " + std::strerror(errno));
  }
  std::fclose(marker);
}

void prepare_directory(const DevOptions& options) {
  namespace fs = std::filesystem;
  const fs::path& dir = options.data_dir;
  if (fs::exists(dir) && !fs::is_directory(dir)) {
    throw std::runtime_error(dir.string() + " is not a directory: choose another with --data");
  }
  if (options.fresh && fs::exists(dir) && !fs::is_empty(dir)) {
    if (!fs::exists(dir / kDevMarker)) {
      throw std::runtime_error("--fresh would remove " + dir.string() +
                               ", which `atlas dev` did not make: remove it yourself or choose another with --data");
    }
    fs::remove_all(dir);
  }
  const bool is_new = !fs::exists(dir / kDevMarker);
  const bool was_provable = fs::exists(dir / kProvableMarker);
  if (!is_new && was_provable != options.provable) {
    throw std::runtime_error(
        dir.string() +
        (was_provable ? " was made with --provable: give it again, " : " may hold blocks that nothing can prove: ") +
        "start anew with --fresh or choose another with --data");
  }
  fs::create_directories(dir);
  if (options.provable) touch(dir / kProvableMarker);
  touch(dir / kDevMarker);
}

}  // namespace

int run_dev(const DevOptions& given) {
  DevOptions options = given;
  std::optional<TemporaryDirectory> temporary;
  if (options.ephemeral) {
    temporary.emplace();
    options.data_dir = temporary->path();
  }
  prepare_directory(options);

  Config config;
  config.data_dir = options.data_dir;
  config.rpc.host = options.host;
  config.rpc.port = options.port;
  config.sequencer.block_time_ms = options.block_time_ms;
  config.sequencer.prices = options.prices;
  config.allow_unprotected = kDevAllowsUnprotected;
  config.batch.time_ms = kDevBatchTimeMs;
  config.batch.cache_bytes_max = kDevTreeCacheBytes;
  config.batch.witness_batches = options.provable ? kDevWitnesses : 0;
  config.log.level = options.level;
  config.log.format = options.json ? LogFormat::kJson : LogFormat::kText;

  DevSetup setup{derive_accounts(options.mnemonic, options.accounts), options.provable};
  DevFunding funding;
  for (const DevAccount& account : setup.accounts) funding.accounts.push_back(account.address);
  funding.balance_wei = u256(options.balance_ether) * u256(kWeiPerEther);

  Log log(config.log);
  Node node(config, dev_genesis(options.chain_id, funding, options.provable), log, setup);
  const std::string data = options.ephemeral ? "kept until the node stops (--ephemeral)"
                                             : options.data_dir.string() + " (--fresh starts anew)";
  return run_until_signal(
      node, log,
      [&] {
        if (options.json) {
          print(banner_json(options, setup.accounts, node));
        } else if (!options.quiet) {
          print(banner_text(options, setup.accounts, node, data));
        }
      },
      " (for `atlas dev`: --fresh starts anew, --data DIR takes another directory)");
}

}  // namespace atlas::node
