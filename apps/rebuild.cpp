#include <algorithm>
#include <fstream>

#include "commands.hpp"
#include <tree/rebuild.hpp>

#include <crypto/keccak.hpp>
#include <node/genesis.hpp>

namespace atlas::apps {
namespace {

namespace fs = std::filesystem;

struct Options {
  fs::path genesis;
  fs::path out;
  fs::path code;
  std::vector<fs::path> paths;
  bool json = false;
};

/// Bytes 1 to 8 of pubdata (docs/pubdata.md); files too short for them come first and fail with a reason.
u64 batch_number(const fs::path& file) {
  u8 head[9] = {};
  std::ifstream(file, std::ios::binary).read(reinterpret_cast<char*>(head), sizeof head);
  u64 number = 0;
  for (unsigned i = 1; i < sizeof head; ++i) number = number << 8 | head[i];
  return number;
}

/// The files, those of folders included, by batch.
std::vector<fs::path> files_of(const std::vector<fs::path>& paths) {
  std::vector<fs::path> files;
  for (const fs::path& path : paths) {
    if (!fs::exists(path)) throw UsageError("rebuild: there is no file or folder " + path.string());
    if (!fs::is_directory(path)) {
      files.push_back(path);
      continue;
    }
    for (const auto& entry : fs::directory_iterator(path)) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end(), [](const fs::path& a, const fs::path& b) {
    return std::pair(batch_number(a), a) < std::pair(batch_number(b), b);
  });
  return files;
}

void write_genesis(tree::StateTree& tree, const fs::path& file) {
  const auto chain = node::load_genesis(file);
  if (!chain) {
    std::string text = "genesis:";
    for (const node::ConfigError& error : chain.error()) text += "\n  " + error.text();
    throw UsageError(text);
  }
  const auto genesis = node::build_genesis(*chain);
  if (!genesis) throw UsageError(file.string() + ": " + genesis.error());
  const Block& block = genesis->block;
  tree.apply(0, tree::genesis_writes(genesis->state), {0, block.hash, block.header.timestamp});
}

void print(const Options& options, u64 batch, const tree::BatchState& state) {
  const std::string root = to_hex(state.tree.root.view());
  const std::string commitment = to_hex(tree::state_commitment(state).view());
  std::printf(options.json
                  ? "{\"batch\":%llu,\"root\":\"%s\",\"leaves\":%llu,\"last_block\":%llu,\"commitment\":\"%s\"}\n"
                  : "batch %llu: root %s, %llu leaves, last block %llu, state commitment %s\n",
              static_cast<unsigned long long>(batch), root.c_str(),
              static_cast<unsigned long long>(state.tree.next_index - tree::kFirstIndex),
              static_cast<unsigned long long>(state.last_block_number), commitment.c_str());
}

int run(const Options& options) {
  const std::vector<fs::path> files = files_of(options.paths);
  tree::TreeConfig config;
  config.directory = options.out;
  tree::StateTree tree(config);
  if (!tree.latest()) write_genesis(tree, options.genesis);
  const auto keep_code = [&](ByteView code) {
    const fs::path file = options.code / to_hex(crypto::keccak256(code).view());
    std::ofstream out(file, std::ios::binary);
    out.write(reinterpret_cast<const char*>(code.data()), static_cast<std::streamsize>(code.size()));
    if (!out.flush()) throw UsageError("rebuild: cannot write " + file.string());
  };
  if (!options.code.empty()) fs::create_directories(options.code);
  for (const fs::path& file : files) {
    if (batch_number(file) != 0 && batch_number(file) <= *tree.latest()) continue;  // applied by an earlier run
    const auto state =
        tree::rebuild(tree, std::span(&file, 1), options.code.empty() ? tree::CodeSink() : tree::CodeSink(keep_code));
    if (!state) {
      std::fprintf(stderr, "atlas: rebuild: %s: %s\n", file.c_str(), describe(state.error()).c_str());
      return kBad;
    }
    if (options.json) print(options, *tree.latest(), *state);
  }
  if (!options.json) print(options, *tree.latest(), *tree.state_at(*tree.latest()));
  return kGood;
}

}  // namespace

void add_rebuild(CLI::App& app, Outcome& outcome) {
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("rebuild", "The state tree from published data alone");
  command->add_option("PATH", options->paths, "Pubdata, a file a batch, or folders of them, in any order")->required();
  command->add_option("--genesis", options->genesis, "The chain's genesis file, as in node.genesis")->required();
  command->add_option("--out", options->out, "Folder of the tree; goes on from what is there")->required();
  command->add_option("--code", options->code, "Folder for published code, a file each, named by Keccak hash");
  command->add_flag("--json", options->json, "One JSON object a batch");
  command->footer(
      "Example:\n"
      "  atlas rebuild --genesis genesis.toml --out rebuilt pubdata/\n"
      "\nCompare the state commitment with the one that L1 executed for the batch. Exit code 1 if a batch is not what\n"
      "follows on the one before it.");
  command->callback([options, &outcome] { outcome.code = run(*options); });
}

}  // namespace atlas::apps
