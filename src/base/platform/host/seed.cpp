#include <random>

#include <platform/seed.hpp>

namespace atlas::platform {

std::uint64_t hash_seed() {
  static const std::uint64_t seed = [] {
    std::random_device device;
    return static_cast<std::uint64_t>(device()) << 32 | device();
  }();
  return seed;
}

void set_hash_seed(std::uint64_t) {}

}  // namespace atlas::platform
