#include <platform/seed.hpp>

namespace atlas::platform {
namespace {

std::uint64_t seed_of_tables = 0x9e3779b97f4a7c15ULL;

}  // namespace

std::uint64_t hash_seed() {
  return seed_of_tables;
}

void set_hash_seed(std::uint64_t seed) {
  seed_of_tables = seed;
}

}  // namespace atlas::platform
