// Whatever a configuration, a genesis file or its list of accounts holds: a value or errors with text, never a crash.
#include <node/config.hpp>
#include <node/genesis.hpp>
#include <node/genesis_alloc.hpp>

namespace {

/// The first byte chooses, so that a run parses once: a genesis begins with 'g', in a comment or not.
bool is_genesis(std::string_view text) {
  return text.starts_with("g") || text.starts_with("#g");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (is_genesis(text)) {
    const auto genesis = atlas::node::parse_genesis(text, "fuzz.toml");
    if (genesis.ok()) {
      const auto built = atlas::node::build_genesis(*genesis);
      ENSURE(built.ok() || !built.error().empty(), "a refused genesis has a reason");
    } else {
      ENSURE(!genesis.error().empty(), "a refused genesis has a reason");
    }
    return 0;
  }
  if (text.starts_with("{")) {
    std::vector<atlas::stf::GenesisAccount> accounts;
    const auto wrong = atlas::node::parse_alloc(text, "fuzz.json", accounts);
    ENSURE(!wrong || !wrong->message.empty(), "a refused list of accounts has a reason");
    return 0;
  }
  const auto config = atlas::node::parse_config(text, "fuzz.toml", "/");
  if (config) {
    // What is accepted prints as something that is accepted again, with the same meaning.
    const std::string printed = atlas::node::print_config(*config);
    const auto again = atlas::node::parse_config(printed, "again.toml", "/");
    ENSURE(again.ok() && atlas::node::print_config(*again) == printed, "a printed configuration reads back");
  } else {
    for (const auto& error : config.error()) ENSURE(!error.message.empty(), "an error says something");
  }
  return 0;
}
