#include <map>
#include <sstream>

#include <storage/codec.hpp>
#include <storage/crc32c.hpp>
#include <storage/data_directory.hpp>

namespace atlas::storage {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFormat = "1";

/// Name → value, one a line.
using Fields = std::map<std::string, std::string>;

/// The genesis block's hash does not cover the state (its state root is zero), so the state has a checksum of its own:
/// against mistakes, not malice.
std::string state_checksum(const StateDiff& state) {
  Bytes encoded;
  ByteWriter w(encoded);
  put_diff(w, state);
  return std::to_string(state.accounts.size()) + "-accounts-" + std::to_string(crc32c(encoded));
}

Fields expected_fields(const Genesis& genesis) {
  return {{"format", kFormat},
          {"chain_id", std::to_string(genesis.chain_id)},
          {"genesis_hash", to_hex(genesis.block.hash)},
          {"genesis_state", state_checksum(genesis.state)}};
}

void write_fields(const fs::path& path, const Fields& fields) {
  std::string text;
  for (const auto& [name, value] : fields) text += name + " " + value + "\n";
  fs::path temporary = path;
  temporary += ".tmp";
  const File file = File::open(temporary, File::Mode::kReplace);
  file.write_at(0, as_bytes(text));
  file.sync();
  rename_file(temporary, path);
  sync_directory(path.parent_path());
}

Fields read_fields(const fs::path& path) {
  const File file = File::open(path, File::Mode::kRead);
  constexpr u64 kSizeMax = 4096;
  std::string text(std::min(file.size(), kSizeMax), '\0');
  file.read_at(0, std::span(reinterpret_cast<u8*>(text.data()), text.size()));
  Fields fields;
  std::istringstream in(text);
  for (std::string name, value; in >> name >> value;) fields[name] = value;
  return fields;
}

fs::path created(fs::path path) {
  make_directories(path);
  return path;
}

}  // namespace

DataDirectory::DataDirectory(fs::path path, const Genesis& genesis)
    : path_(created(std::move(path))), identity_{genesis.chain_id, genesis.block.hash}, lock_(path_) {
  const fs::path file = path_ / "CHAIN";
  const Fields expected = expected_fields(genesis);
  if (!fs::exists(file)) {
    if (fs::exists(log()) && !fs::is_empty(log())) {
      throw StorageError(StorageErrorKind::kCorrupt, file, "is missing, though the directory holds a block log",
                         "Restore the file from a backup, or give another data directory");
    }
    write_fields(file, expected);
  }
  Fields found = read_fields(file);
  for (const auto& [name, value] : expected) {
    if (found[name] == value) continue;
    const std::string what = name + " is \"" + found[name] + "\" where this node has \"" + value + "\"";
    if (name == "format") {
      throw StorageError(StorageErrorKind::kWrongChain, file, what, "Use the version of atlas that wrote it");
    }
    throw StorageError(StorageErrorKind::kWrongChain, file, what + ": the directory holds another chain",
                       "Use the genesis file that it was made with, or another data directory");
  }
  for (const auto& part : {log(), snapshots(), history()}) make_directories(part);
}

}  // namespace atlas::storage
