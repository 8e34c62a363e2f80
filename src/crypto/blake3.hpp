#pragma once
#include <base/blake3_tables.hpp>
#include <base/bytes.hpp>

namespace atlas::crypto {

inline constexpr std::size_t kBlake3BlockSize = 64;
inline constexpr std::size_t kBlake3ChunkSize = 1024;

/// Domain separation flags (BLAKE3 specification, table 3).
enum Blake3Flag : u32 {
  kBlake3ChunkStart = 1,
  kBlake3ChunkEnd = 2,
  kBlake3Parent = 4,
  kBlake3Root = 8,
  kBlake3KeyedHash = 16,
};

using atlas::kBlake3Iv;

/// The compression function (specification, 2.2), first half of its output: the new chaining value. `block_length` is
/// 0 to 64 bytes; words are little-endian.
void blake3_compress(const u32 chaining_value[8], const u32 block[16], u64 counter, u32 block_length, u32 flags,
                     u32 out[8]);

/// BLAKE3, unkeyed, 32 bytes of output.
Hash256 blake3(ByteView input);

/// The portable code, the same on host and guest.
namespace portable {
void blake3_compress(const u32 chaining_value[8], const u32 block[16], u64 counter, u32 block_length, u32 flags,
                     u32 out[8]);
}  // namespace portable

}  // namespace atlas::crypto
