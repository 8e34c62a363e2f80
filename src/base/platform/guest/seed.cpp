#include <platform/seed.hpp>

namespace atlas::platform {

std::uint64_t hash_seed() {
  return 0x9e3779b97f4a7c15ULL;
}

}  // namespace atlas::platform
