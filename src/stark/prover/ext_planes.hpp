#pragma once
#include <algorithm>

#include <stark/config.hpp>
#include <stark/prover/word_buffer.hpp>

namespace atlas::stark {

/// A vector of extension elements, coefficient by coefficient: what the vector kernels read and write.
class ExtPlanes {
 public:
  ExtPlanes() = default;
  /// Uninitialised.
  explicit ExtPlanes(std::size_t size)
      : stride_((size + 15) / 16 * 16), size_(size), words_(kExtensionDegree * stride_) {}

  u32* data() { return words_.data(); }
  const u32* data() const { return words_.data(); }
  std::size_t stride() const { return stride_; }
  std::size_t size() const { return size_; }
  Ext get(std::size_t i) const {
    Ext out;
    for (unsigned k = 0; k < kExtensionDegree; ++k) out.c[k] = BabyBear::from_raw(words_.data()[k * stride_ + i]);
    return out;
  }
  void set(std::size_t i, const Ext& value) {
    for (unsigned k = 0; k < kExtensionDegree; ++k) words_.data()[k * stride_ + i] = value.c[k].raw;
  }
  void fill(std::size_t from, std::size_t to, const Ext& value) {
    for (unsigned k = 0; k < kExtensionDegree; ++k) {
      std::fill(words_.data() + k * stride_ + from, words_.data() + k * stride_ + to, value.c[k].raw);
    }
  }

 private:
  std::size_t stride_ = 0;
  std::size_t size_ = 0;
  WordBuffer words_;
};

}  // namespace atlas::stark
