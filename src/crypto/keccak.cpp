#include <algorithm>
#include <bit>

#include <crypto/keccak.hpp>
#include <platform/accel.hpp>

namespace atlas::crypto {
namespace {

constexpr std::size_t kLanes = 25;
constexpr std::size_t kRate = 136;
constexpr std::size_t kRateLanes = kRate / 8;

constexpr u64 kRoundConstants[24] = {0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000,
                                     0x000000000000808b, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
                                     0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
                                     0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003,
                                     0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
                                     0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008};

#define ATLAS_INLINE inline __attribute__((always_inline))

// chi on one row; iota is the round constant for row 0.
ATLAS_INLINE void chi_row(u64* out, u64 b0, u64 b1, u64 b2, u64 b3, u64 b4, u64 iota) {
  out[0] = b0 ^ (~b1 & b2) ^ iota;
  out[1] = b1 ^ (~b2 & b3);
  out[2] = b2 ^ (~b3 & b4);
  out[3] = b3 ^ (~b4 & b0);
  out[4] = b4 ^ (~b0 & b1);
}

// One round from `a` into `e`. Every index is a constant, so that after inlining all lanes are locals: in registers as
// far as they go, and on rv32 in about half the instructions of the loop form.
ATLAS_INLINE void round(const u64 (&a)[kLanes], u64 (&e)[kLanes], u64 iota) {
  const u64 c0 = a[0] ^ a[5] ^ a[10] ^ a[15] ^ a[20];
  const u64 c1 = a[1] ^ a[6] ^ a[11] ^ a[16] ^ a[21];
  const u64 c2 = a[2] ^ a[7] ^ a[12] ^ a[17] ^ a[22];
  const u64 c3 = a[3] ^ a[8] ^ a[13] ^ a[18] ^ a[23];
  const u64 c4 = a[4] ^ a[9] ^ a[14] ^ a[19] ^ a[24];
  const u64 d0 = c4 ^ std::rotl(c1, 1);
  const u64 d1 = c0 ^ std::rotl(c2, 1);
  const u64 d2 = c1 ^ std::rotl(c3, 1);
  const u64 d3 = c2 ^ std::rotl(c4, 1);
  const u64 d4 = c3 ^ std::rotl(c0, 1);
  // theta, rho and pi read the lanes of each new row; the numbers are FIPS 202's offsets (table 2).
  chi_row(&e[0], a[0] ^ d0, std::rotl(a[6] ^ d1, 44), std::rotl(a[12] ^ d2, 43), std::rotl(a[18] ^ d3, 21),
          std::rotl(a[24] ^ d4, 14), iota);
  chi_row(&e[5], std::rotl(a[3] ^ d3, 28), std::rotl(a[9] ^ d4, 20), std::rotl(a[10] ^ d0, 3),
          std::rotl(a[16] ^ d1, 45), std::rotl(a[22] ^ d2, 61), 0);
  chi_row(&e[10], std::rotl(a[1] ^ d1, 1), std::rotl(a[7] ^ d2, 6), std::rotl(a[13] ^ d3, 25), std::rotl(a[19] ^ d4, 8),
          std::rotl(a[20] ^ d0, 18), 0);
  chi_row(&e[15], std::rotl(a[4] ^ d4, 27), std::rotl(a[5] ^ d0, 36), std::rotl(a[11] ^ d1, 10),
          std::rotl(a[17] ^ d2, 15), std::rotl(a[23] ^ d3, 56), 0);
  chi_row(&e[20], std::rotl(a[2] ^ d2, 62), std::rotl(a[8] ^ d3, 55), std::rotl(a[14] ^ d4, 39),
          std::rotl(a[15] ^ d0, 41), std::rotl(a[21] ^ d1, 2), 0);
}

u64 load_lane(const u8* bytes) {
  u64 lane;
  std::memcpy(&lane, bytes, sizeof lane);
  return lane;
}

// Xors `lanes` lanes of input into the state. Where loads must be aligned (the guest), words are read as words if they
// can be.
void absorb(u64 state[kLanes], const u8* data, std::size_t lanes) {
  if constexpr (kLimbBits == 32) {
    if (reinterpret_cast<std::uintptr_t>(data) % sizeof(u32) == 0) {
      auto* to = reinterpret_cast<u32*>(state);
      const auto* from = reinterpret_cast<const u32*>(data);
      for (std::size_t i = 0; i < 2 * lanes; ++i) to[i] ^= from[i];
      return;
    }
  }
  for (std::size_t i = 0; i < lanes; ++i) state[i] ^= load_lane(data + 8 * i);
}

}  // namespace

void portable::keccak_f1600(u64 state[kLanes]) {
  u64 a[kLanes];
  u64 e[kLanes];
  std::memcpy(a, state, sizeof a);
  for (unsigned r = 0; r < 24; r += 2) {
    round(a, e, kRoundConstants[r]);
    round(e, a, kRoundConstants[r + 1]);
  }
  std::memcpy(state, a, sizeof a);
}

void keccak_f1600(u64 state[kLanes]) {
  if (!platform::accel::keccak_f1600(state)) portable::keccak_f1600(state);
}

Hash256 keccak256(ByteView input) {
  u64 state[kLanes];
  const u8* data = input.data();
  std::size_t left = input.size();
  // The first block is copied, not xored to zeros: most inputs have no other.
  const std::size_t first = std::min(left, kRate);
  const std::size_t first_lanes = first / 8;
  if (first_lanes != 0) std::memcpy(state, data, first_lanes * 8);
  std::fill(state + first_lanes, state + kLanes, u64{0});
  bool absorbed = true;  // the whole lanes of the block at `data` are in the state
  for (; left >= kRate; left -= kRate, data += kRate) {
    if (!absorbed) absorb(state, data, kRateLanes);
    absorbed = false;
    keccak_f1600(state);
  }
  const std::size_t whole = left / 8;
  if (!absorbed) absorb(state, data, whole);
  u64 last = 0;
  const std::size_t tail = left % 8;
  for (std::size_t i = 0; i < tail; ++i) last |= static_cast<u64>(data[8 * whole + i]) << (8 * i);
  state[whole] ^= last | u64{1} << (8 * tail);
  state[kRateLanes - 1] ^= u64{1} << 63;
  keccak_f1600(state);
  Hash256 hash;
  std::memcpy(hash.data(), state, sizeof hash);
  return hash;
}

}  // namespace atlas::crypto
