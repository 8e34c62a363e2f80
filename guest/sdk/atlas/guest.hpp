#pragma once
// What a guest program talks to: hints in, 32 bytes out, a log and marks for the report. docs/guest.md walks through
// it.
#include <string_view>
#include <type_traits>

#include <base/bytes.hpp>
#include <base/ensure.hpp>
#include <platform/ecall.hpp>

namespace atlas::guest {

/// The next word of the hints. Hints are untrusted: the program must check what it concludes from them.
inline u32 hint_word() {
  u32 word;
  platform::read_hints(&word, 1);
  return word;
}
/// A value of a trivial type, as it lies in little-endian memory, padded to words.
template <class T>
T hint() {
  static_assert(std::is_trivially_copyable_v<T>);
  alignas(4) u8 buffer[(sizeof(T) + 3) / 4 * 4];
  platform::read_hints(reinterpret_cast<u32*>(buffer), sizeof buffer / 4);
  T value;
  std::memcpy(&value, buffer, sizeof value);
  return value;
}
/// A length in bytes (one word), then so many bytes padded to words. Halts above `maximum`.
inline Bytes hint_bytes(u32 maximum) {
  const u32 size = hint_word();
  ENSURE(size <= maximum, "the hint is longer than this program takes");
  Bytes out((size + 3) / 4 * 4);
  platform::read_hints(reinterpret_cast<u32*>(out.data()), out.size() / 4);
  out.resize(size);
  return out;
}

/// The public output; exactly once, before main returns 0.
inline void commit(const Hash256& output) {
  u32 words[8];
  std::memcpy(words, output.data(), sizeof words);
  platform::commit(words);
}

/// Shown by the executor; no part of the proof.
inline void log(std::string_view text) {
  platform::write_log(text.data(), text.size());
}

/// Cycles until its end count for this phase in `atlas execute --report`. Phases nest; the innermost counts.
class Phase {
 public:
  explicit Phase(std::string_view name) {
    platform::ecall(abi::Ecall::kPhase, platform::word_of(name.data()), static_cast<u32>(name.size()));
  }
  ~Phase() { platform::ecall(abi::Ecall::kPhase); }
  Phase(const Phase&) = delete;
  Phase& operator=(const Phase&) = delete;
};

}  // namespace atlas::guest
