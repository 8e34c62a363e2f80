#include <simdjson.h>

#include <node/genesis_alloc.hpp>
#include <rpc/accounts_json.hpp>

namespace atlas::node {

std::optional<ConfigError> parse_alloc(std::string_view json, const std::string& file_name,
                                       std::vector<stf::GenesisAccount>& out) {
  const auto wrong = [&](std::string message) { return ConfigError{file_name, 0, std::move(message)}; };
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  if (const auto error = parser.parse(json.data(), json.size()).get(root); error != simdjson::SUCCESS) {
    return wrong(std::string("not JSON: ") + simdjson::error_message(error));
  }
  simdjson::dom::element alloc;
  if (root["alloc"].get(alloc) != simdjson::SUCCESS) alloc = root;
  std::string why;
  if (!rpc::decode_accounts(alloc, out, why)) return wrong(std::move(why));
  return std::nullopt;
}

std::optional<ConfigError> load_alloc(const std::filesystem::path& file, std::vector<stf::GenesisAccount>& out) {
  std::error_code ignored;
  simdjson::padded_string text;
  if (!std::filesystem::is_regular_file(file, ignored) ||
      simdjson::padded_string::load(file.string()).get(text) != simdjson::SUCCESS) {
    return ConfigError{file.string(), 0, "cannot be read: no such file, or no permission"};
  }
  return parse_alloc(text, file.string(), out);
}

}  // namespace atlas::node
