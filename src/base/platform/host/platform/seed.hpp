#pragma once
#include <cstdint>

namespace atlas::platform {
/// Seed of in-memory hash tables, so that nobody can prepare keys that collide; iteration order never depends on it.
/// Host: random, one value a process. Guest: what the witness gives, a constant until then.
std::uint64_t hash_seed();
/// Guest: of the tables made from now on. Whoever proves chooses it, and harms nobody but himself. Host: no effect.
void set_hash_seed(std::uint64_t seed);
}  // namespace atlas::platform
