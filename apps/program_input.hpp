#pragma once
// What execute, prove, verify and vk have in common: files, programs, parameter sets.
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "commands.hpp"

#include <base/bytes.hpp>
#include <stark/verifier/parameters.hpp>
#include <zkvm/executor/ecall.hpp>
#include <zkvm/isa/elf.hpp>

namespace atlas::apps {

inline Bytes read_input(const char* command, const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  Bytes bytes((std::istreambuf_iterator<char>(in)), {});
  if (!in.good() && !in.eof()) throw UsageError(std::string(command) + ": cannot read " + path.string());
  return bytes;
}

inline zkvm::Program read_program(const char* command, const std::filesystem::path& path) {
  auto loaded = zkvm::load_elf(read_input(command, path));
  if (!loaded) throw UsageError(std::string(command) + ": " + path.string() + ": " + loaded.error().text);
  return std::move(*loaded);
}

/// Passes the program's own words on.
struct ProgramLog final : zkvm::EcallListener {
  void log(const std::string& text) override { std::fwrite(text.data(), 1, text.size(), stderr); }
};

inline stark::Parameters parameter_set(const std::string& name) {
  return name == "100" ? stark::hundred_bit_parameters() : stark::shipped_parameters();
}

inline void add_set_option(CLI::App& command, std::string& set) {
  command.add_option("--set", set, "Parameter set: 128 (shipped) or 100 proven bits; part of the key")
      ->check(CLI::IsMember({"128", "100"}))
      ->capture_default_str();
}

}  // namespace atlas::apps
