// Whatever a configuration or genesis file holds: a value or errors with text, never a crash.
#include <node/config.hpp>
#include <node/genesis.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto config = atlas::node::parse_config(text, "fuzz.toml", "/");
  if (config) {
    // What is accepted prints as something that is accepted again, with the same meaning.
    const std::string printed = atlas::node::print_config(*config);
    const auto again = atlas::node::parse_config(printed, "again.toml", "/");
    ENSURE(again.ok() && atlas::node::print_config(*again) == printed, "a printed configuration reads back");
  } else {
    for (const auto& error : config.error()) ENSURE(!error.message.empty(), "an error says something");
  }
  const auto genesis = atlas::node::parse_genesis(text, "fuzz.toml");
  ENSURE(genesis.ok() || !genesis.error().empty(), "a refused genesis has a reason");
  return 0;
}
