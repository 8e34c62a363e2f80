#pragma once
#include <cstdint>

namespace atlas::platform {
/// Seed of in-memory hash tables. Host: random, one value a process, so that nobody can prepare keys that collide.
/// Guest: a constant, since a proof must not depend on chance. Iteration order of a table never depends on it.
std::uint64_t hash_seed();
}  // namespace atlas::platform
