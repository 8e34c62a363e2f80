#pragma once
#include <array>

#include <base/bytes.hpp>

namespace atlas::zkvm {

/// Everything of a running machine but its memory.
struct State {
  u32 pc = 0;
  u64 cycle = 0;            ///< instructions executed
  std::array<u32, 32> x{};  ///< registers; x[0] is 0
  u64 hint_position = 0;    ///< words of the hints consumed
  bool committed = false;
  std::array<u32, 8> output{};  ///< what was committed
  friend bool operator==(const State&, const State&) = default;

  /// The public output as bytes: words little-endian, in order.
  Hash256 public_output() const {
    Hash256 out;
    std::memcpy(out.data(), output.data(), out.size());
    return out;
  }
};

}  // namespace atlas::zkvm
