#pragma once
#include <optional>
#include <string_view>

#include <base/types.hpp>

namespace atlas {

/// Rule sets, oldest first, so that `fork >= Fork::kPrague` asks "is the EIP in force". The chain runs kOsaka; the
/// older two exist for conformance tests.
enum class Fork : u8 { kCancun, kPrague, kOsaka };

constexpr std::string_view name_of(Fork fork) {
  switch (fork) {
    case Fork::kCancun:
      return "Cancun";
    case Fork::kPrague:
      return "Prague";
    case Fork::kOsaka:
      return "Osaka";
  }
  return "?";
}

constexpr std::optional<Fork> fork_from_name(std::string_view name) {
  for (const Fork f : {Fork::kCancun, Fork::kPrague, Fork::kOsaka}) {
    if (name == name_of(f)) return f;
  }
  return std::nullopt;
}

}  // namespace atlas
