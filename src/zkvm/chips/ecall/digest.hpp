#pragma once
#include <zkvm/machine/parts.hpp>

namespace atlas::zkvm::chips {

inline constexpr unsigned kDigestWords = 8;

/// Sends or receives a digest in two halves: (name, 2·step + half, eight limbs).
template <class Builder, class T>
constexpr void hand_digest(Builder& b, const Tag& tag, bool is_send, const T& when, const T& name, const T& step,
                           const Limbs<T> (&digest)[kDigestWords]) {
  for (u32 half = 0; half < 2; ++half) {
    const Limbs<T>* const v = digest + std::size_t{kDigestWords / 2} * half;
    const T fields[2 + kDigestWords] = {name,    step * 2 + half, v[0].lo, v[0].hi, v[1].lo,
                                        v[1].hi, v[2].lo,         v[2].hi, v[3].lo, v[3].hi};
    if (is_send) {
      b.send(tag, when, fields);
    } else {
      b.receive(tag, when, fields);
    }
  }
}

}  // namespace atlas::zkvm::chips
