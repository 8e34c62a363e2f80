#include "commands.hpp"
#include <fmt/core.h>

namespace atlas::apps {

void add_version(CLI::App& app, Outcome&) {
  auto* command = app.add_subcommand("version", "Print the version");
  auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "Print one JSON object");
  command->footer("Example:\n  atlas version --json");
  command->callback([json] {
    if (*json) {
      fmt::print("{{\"name\":\"atlas\",\"version\":\"{}\",\"compiler\":\"{}\"}}\n", ATLAS_VERSION, __VERSION__);
    } else {
      fmt::print("atlas {} ({})\n", ATLAS_VERSION, __VERSION__);
    }
  });
}

}  // namespace atlas::apps
