#include <algorithm>

#include <node/toml_reader.hpp>

namespace atlas::node {
namespace {

/// Levenshtein's distance, two rows.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitute = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({substitute, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

std::string_view type_name(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::string:
      return "text";
    case toml::node_type::integer:
      return "an integer";
    case toml::node_type::floating_point:
      return "a floating-point number";
    case toml::node_type::boolean:
      return "true or false";
    case toml::node_type::array:
      return "a list";
    case toml::node_type::table:
      return "a table";
    default:
      return "a date or time";
  }
}

std::string expected(std::string_view what, const toml::node& node) {
  return "expected " + std::string(what) + ", found " + std::string(type_name(node));
}

}  // namespace

std::string ConfigError::text() const {
  return line == 0 ? file + ": " + message : file + ":" + std::to_string(line) + ": " + message;
}

std::optional<std::string> nearest_name(std::string_view name, const std::vector<std::string>& known) {
  constexpr std::size_t kLongestName = 64;  // longer ones are no slip of the finger, and the search is quadratic
  if (name.size() > kLongestName) return std::nullopt;
  const std::string* best = nullptr;
  // A third of the letters may be wrong: "prot" finds "port", "xyz" finds nothing.
  std::size_t best_distance = std::max<std::size_t>(2, name.size() / 3) + 1;
  for (const std::string& candidate : known) {
    const std::size_t distance = edit_distance(name, candidate);
    if (distance < best_distance) {
      best = &candidate;
      best_distance = distance;
    }
  }
  return best == nullptr ? std::nullopt : std::optional(*best);
}

std::optional<toml::table> TomlReader::parse(std::string_view text) {
  try {
    return toml::parse(text, file_);
  } catch (const toml::parse_error& error) {
    errors_.push_back({file_, error.source().begin.line, std::string(error.description())});
    return std::nullopt;
  }
}

void TomlReader::open(const toml::table& table, std::string path) {
  levels_.push_back({&table, std::move(path), {}});
}

void TomlReader::close() {
  const Level& level = levels_.back();
  for (const auto& [key, node] : *level.table) {
    const std::string name(key.str());
    if (std::find(level.known.begin(), level.known.end(), name) != level.known.end()) continue;
    const auto near = nearest_name(name, level.known);
    const std::string kind = node.is_table() ? "unknown section [" : "unknown key ";
    fail(&node, kind + name_of(name) + (node.is_table() ? "]" : "") + (near ? "; did you mean " + *near + "?" : ""));
  }
  levels_.pop_back();
}

std::string TomlReader::name_of(std::string_view key) const {
  const std::string& path = levels_.back().path;
  return path.empty() ? std::string(key) : path + "." + std::string(key);
}

const toml::node* TomlReader::raw(std::string_view key) {
  levels_.back().known.emplace_back(key);
  return levels_.back().table->get(key);
}

void TomlReader::fail(const toml::node* where, std::string message) {
  errors_.push_back({file_, where == nullptr ? 0 : where->source().begin.line, std::move(message)});
}

void TomlReader::read_integer(std::string_view key, u64& value, u64 min, u64 max) {
  const toml::node* node = raw(key);
  if (node == nullptr) return;
  const auto* integer = node->as_integer();
  if (integer == nullptr) return fail(node, name_of(key) + ": " + expected("an integer", *node));
  const i64 given = integer->get();
  if (given < 0 || static_cast<u64>(given) < min || static_cast<u64>(given) > max) {
    return fail(node, name_of(key) + " = " + std::to_string(given) + " is out of range: " + std::to_string(min) +
                          " to " + std::to_string(max));
  }
  value = static_cast<u64>(given);
}

std::optional<std::string> TomlReader::read_text(std::string_view key) {
  const toml::node* node = raw(key);
  if (node == nullptr) return std::nullopt;
  const auto* text = node->as_string();
  if (text == nullptr) {
    fail(node, name_of(key) + ": " + expected("text in quotes", *node));
    return std::nullopt;
  }
  return text->get();
}

void TomlReader::boolean(std::string_view key, bool& value, std::string_view) {
  const toml::node* node = raw(key);
  if (node == nullptr) return;
  const auto* flag = node->as_boolean();
  if (flag == nullptr) return fail(node, name_of(key) + ": " + expected("true or false", *node));
  value = flag->get();
}

void TomlReader::text(std::string_view key, std::string& value, std::string_view) {
  if (auto given = read_text(key)) value = *given;
}

void TomlReader::texts(std::string_view key, std::vector<std::string>& value, std::string_view) {
  const toml::node* node = raw(key);
  if (node == nullptr) return;
  const auto* list = node->as_array();
  if (list == nullptr) return fail(node, name_of(key) + ": " + expected("a list of texts", *node));
  std::vector<std::string> given;
  for (const toml::node& item : *list) {
    const auto* text = item.as_string();
    if (text == nullptr) return fail(&item, name_of(key) + ": " + expected("text in quotes", item));
    given.push_back(text->get());
  }
  value = std::move(given);
}

void TomlReader::path(std::string_view key, std::filesystem::path& value, std::string_view) {
  const auto given = read_text(key);
  if (!given) return;
  if (given->empty() || given->find('\0') != std::string::npos) {
    return fail(levels_.back().table->get(key), name_of(key) + ": not a path");
  }
  value = folder_ / *given;
}

void TomlReader::address(std::string_view key, Address& value, std::string_view) {
  const auto given = read_text(key);
  if (!given) return;
  const auto parsed = fixed_from_hex<20>(*given);
  if (!parsed) {
    return fail(levels_.back().table->get(key), name_of(key) + " = \"" + *given +
                                                    "\" is not an address: 20 bytes of hex, as in \"0x" +
                                                    std::string(39, '0') + "1\"");
  }
  value = *parsed;
}

void TomlReader::bytes(std::string_view key, Bytes& value, std::string_view) {
  const auto given = read_text(key);
  if (!given) return;
  auto parsed = from_hex(*given);
  if (!parsed) return fail(levels_.back().table->get(key), name_of(key) + ": not hex with an even number of digits");
  value = std::move(*parsed);
}

void TomlReader::number(std::string_view key, u256& value, std::string_view) {
  const toml::node* node = raw(key);
  if (node == nullptr) return;
  if (const auto* integer = node->as_integer()) {
    if (integer->get() < 0) return fail(node, name_of(key) + " is negative");
    value = static_cast<u64>(integer->get());
    return;
  }
  const auto* text = node->as_string();
  if (text == nullptr) return fail(node, name_of(key) + ": " + expected("a number, or one in quotes", *node));
  const auto parsed = parse_u256(text->get());
  if (!parsed) {
    return fail(node, name_of(key) + " = \"" + text->get() + "\" is not a number below 2^256 (decimal or 0x-hex)");
  }
  value = *parsed;
}

std::optional<std::size_t> TomlReader::read_choice(std::string_view key, const std::vector<std::string>& known) {
  const auto given = read_text(key);
  if (!given) return std::nullopt;
  const auto found = std::find(known.begin(), known.end(), *given);
  if (found != known.end()) return static_cast<std::size_t>(found - known.begin());
  std::string options;
  for (const std::string& name : known) options += (options.empty() ? "" : ", ") + name;
  fail(levels_.back().table->get(key), name_of(key) + " = \"" + *given + "\" is none of: " + options);
  return std::nullopt;
}

const toml::table* TomlReader::table(std::string_view key) {
  const toml::node* node = raw(key);
  if (node == nullptr) return nullptr;
  if (const auto* found = node->as_table()) return found;
  fail(node, name_of(key) + ": " + expected("a table", *node));
  return nullptr;
}

std::vector<const toml::table*> TomlReader::tables(std::string_view key) {
  std::vector<const toml::table*> out;
  const toml::node* node = raw(key);
  if (node == nullptr) return out;
  const auto* list = node->as_array();
  if (list == nullptr) {
    fail(node, name_of(key) + ": " + expected("a list of tables, [[" + name_of(key) + "]]", *node));
    return out;
  }
  for (const toml::node& item : *list) {
    if (const auto* found = item.as_table()) {
      out.push_back(found);
    } else {
      fail(&item, name_of(key) + ": " + expected("a table", item));
    }
  }
  return out;
}

}  // namespace atlas::node
