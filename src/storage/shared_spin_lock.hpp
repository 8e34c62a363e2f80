#pragma once
#include <atomic>
#include <thread>

#include <base/types.hpp>

namespace atlas::storage {

/// A lock of four bytes for sections of tens of nanoseconds: many readers, one writer thread. A waiting writer keeps
/// new readers out, so readers on a hot key cannot starve sealing. Fits std::unique_lock and std::shared_lock.
class SharedSpinLock {
 public:
  void lock() {
    while ((state_.fetch_or(kWriter, std::memory_order_acquire) & kWriter) != 0) pause_until_writer_left();
    for (unsigned spins = 0; state_.load(std::memory_order_acquire) != kWriter; ++spins) pause(spins);
  }
  void unlock() { state_.fetch_and(~kWriter, std::memory_order_release); }
  void lock_shared() {
    while ((state_.fetch_add(1, std::memory_order_acquire) & kWriter) != 0) {
      state_.fetch_sub(1, std::memory_order_relaxed);
      pause_until_writer_left();
    }
  }
  void unlock_shared() { state_.fetch_sub(1, std::memory_order_release); }

 private:
  static constexpr u32 kWriter = u32{1} << 31;
  /// Spins first; then gives the core away, because the holder may have been descheduled.
  static void pause(unsigned spins) {
    if (spins < 64) {
#if defined(__x86_64__)
      __builtin_ia32_pause();
#endif
    } else {
      std::this_thread::yield();
    }
  }
  void pause_until_writer_left() const {
    for (unsigned spins = 0; (state_.load(std::memory_order_relaxed) & kWriter) != 0; ++spins) pause(spins);
  }

  std::atomic<u32> state_{0};
};

}  // namespace atlas::storage
