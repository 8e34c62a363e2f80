#pragma once
// Reads a TOML document against the keys that the program knows, and collects every mistake with its line.
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <toml++/toml.h>

#include <base/u256.hpp>

namespace atlas::node {

/// A mistake in a file that a person wrote.
struct ConfigError {
  std::string file;
  u64 line = 0;  ///< 1 is the first; 0: the file as a whole
  std::string message;
  /// "atlas.toml:12: unknown key rpc.prot; did you mean port?"
  std::string text() const;
};

/// The name among `known` with the smallest edit distance to `name`; nullopt if none is near.
std::optional<std::string> nearest_name(std::string_view name, const std::vector<std::string>& known);

/// A visitor over one table at a time: open a table, name its keys with type, range and place; close() reports the keys
/// that nobody named. A key that is absent leaves its value as it is.
class TomlReader {
 public:
  /// `folder` is what relative paths in the document are relative to.
  TomlReader(std::string file, std::filesystem::path folder) : file_(std::move(file)), folder_(std::move(folder)) {}

  /// Parses; nullopt with an error recorded if it is not TOML.
  std::optional<toml::table> parse(std::string_view text);

  void open(const toml::table& table, std::string path);
  void close();

  template <class T>
  void integer(std::string_view key, T& value, u64 min, u64 max, std::string_view /*doc*/) {
    u64 wide = static_cast<u64>(value);
    read_integer(key, wide, min, max);
    value = static_cast<T>(wide);
  }
  void boolean(std::string_view key, bool& value, std::string_view doc);
  void text(std::string_view key, std::string& value, std::string_view doc);
  void texts(std::string_view key, std::vector<std::string>& value, std::string_view doc);
  void path(std::string_view key, std::filesystem::path& value, std::string_view doc);
  void address(std::string_view key, Address& value, std::string_view doc);
  void bytes(std::string_view key, Bytes& value, std::string_view doc);
  /// A number of up to 256 bits: an integer, or text in decimal or 0x-hex.
  void number(std::string_view key, u256& value, std::string_view doc);
  template <class E>
  void choice(std::string_view key, E& value, const std::vector<std::pair<std::string, E>>& names,
              std::string_view /*doc*/) {
    std::vector<std::string> known;
    for (const auto& [name, option] : names) known.push_back(name);
    if (const auto chosen = read_choice(key, known)) value = names[*chosen].second;
  }
  /// The sub-table `key`, if there is one.
  const toml::table* table(std::string_view key);
  /// The tables of the array `key`; empty if there is none.
  std::vector<const toml::table*> tables(std::string_view key);
  /// Names a key that is read elsewhere.
  const toml::node* raw(std::string_view key);

  void fail(const toml::node* where, std::string message);
  const std::vector<ConfigError>& errors() const { return errors_; }

 private:
  struct Level {
    const toml::table* table = nullptr;
    std::string path;
    std::vector<std::string> known;
  };

  void read_integer(std::string_view key, u64& value, u64 min, u64 max);
  std::optional<std::size_t> read_choice(std::string_view key, const std::vector<std::string>& known);
  std::optional<std::string> read_text(std::string_view key);
  std::string name_of(std::string_view key) const;

  std::string file_;
  std::filesystem::path folder_;
  std::vector<Level> levels_;
  std::vector<ConfigError> errors_;
};

}  // namespace atlas::node
