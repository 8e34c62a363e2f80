#include <filesystem>
#include <fstream>

#include "commands.hpp"
#include <fmt/core.h>

namespace atlas::apps {
namespace {

constexpr const char* kMain = R"(// {0}: proves that it knows two proper factors of a number.
// Hints: the factors, a word each. Public output: their product, a 64-bit number in the first eight bytes.
#include <atlas/guest.hpp>

using namespace atlas;

int main() {{
  const u32 a = guest::hint_word();
  const u32 b = guest::hint_word();
  // Hints are untrusted: what is not checked here is not proved.
  ENSURE(a > 1 && b > 1, "both factors are proper");
  const u64 product = u64{{a}} * b;

  Hash256 output;
  std::memcpy(output.data(), &product, sizeof product);
  guest::commit(output);
  return 0;
}}
)";

constexpr const char* kBuild = R"SH(#!/usr/bin/env bash
# Makes {0}.elf. ATLAS_SDK is the folder of the Atlas sources.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
exec "${{ATLAS_SDK:-{1}}}/tools/guest" build "$here" -o "$here/{0}.elf" "$@"
)SH";

constexpr const char* kReadme = R"(# {0}

    ./build.sh                                              # {0}.elf
    printf '\x03\0\0\0\x05\0\0\0' > factors.bin             # the words 3 and 5
    atlas execute --elf {0}.elf --hint factors.bin --report

What a guest may do and what it costs: docs/guest.md and docs/guest-abi.md of the Atlas sources.
)";

void write(const std::filesystem::path& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary);
  out << text;
  if (!out.flush()) throw UsageError("new-guest: cannot write " + path.string());
}

void create(const std::string& path_text, const std::string& sdk) {
  const std::filesystem::path folder(path_text);
  const std::string name = folder.filename().string();
  const bool plain = !name.empty() && name.find_first_not_of(
                                          "abcdefghijklmnopqrstuvwxyz"
                                          "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == std::string::npos;
  if (!plain) throw UsageError("new-guest: '" + name + "' is no name: letters, digits, _ and - only");
  if (std::filesystem::exists(folder)) throw UsageError("new-guest: " + folder.string() + " exists already");
  if (!std::filesystem::exists(std::filesystem::path(sdk) / "tools/guest")) {
    throw UsageError("new-guest: no Atlas sources in '" + sdk + "'; name them with --sdk");
  }
  std::filesystem::create_directories(folder);
  write(folder / "main.cpp", fmt::format(fmt::runtime(kMain), name));
  write(folder / "build.sh",
        fmt::format(fmt::runtime(kBuild), name, std::filesystem::absolute(sdk).lexically_normal().string()));
  write(folder / "README.md", fmt::format(fmt::runtime(kReadme), name));
  std::filesystem::permissions(folder / "build.sh", std::filesystem::perms::owner_exec,
                               std::filesystem::perm_options::add);
  fmt::print("{}: main.cpp, build.sh, README.md. Next: {}/build.sh\n", folder.string(), folder.string());
}

}  // namespace

void add_new_guest(CLI::App& app, Outcome&) {
  auto* command =
      app.add_subcommand("new-guest", "Start a guest program: a folder with a program that builds and runs");
  auto name = std::make_shared<std::string>();
  auto sdk = std::make_shared<std::string>(ATLAS_SDK_DIR);
  command->add_option("NAME", *name, "Folder to create; its last part names the program")->required();
  command->add_option("--sdk", *sdk, "The Atlas sources")->capture_default_str();
  command->footer("Example:\n  atlas new-guest factors && factors/build.sh");
  command->callback([name, sdk] { create(*name, *sdk); });
}

}  // namespace atlas::apps
