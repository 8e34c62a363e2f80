#pragma once
#include <bit>

#include <zkvm/chips/ecall/primitive_trace.hpp>
#include <zkvm/chips/keccak/chip.hpp>

namespace atlas::zkvm::chips {

/// All rows of a call. `rows` has append<Chip>(row).
template <class Rows>
void append_keccak(Rows& rows, const EcallStep& s) {
  RowOf<Keccak> call{};
  call.real = 1;
  call.call = primitive_call(s, 0, s.writes[0].word);
  u64 a[kKeccakLanes] = {};
  for (unsigned i = 0; i < kKeccakWords; ++i) {
    const EcallWord& w = s.writes[i];
    call.word[i] = memory_word(w.before, w.last, s.time + kTickEcallWrites);
    call.after[i] = limbs_of(w.after);
    a[i / 2] |= u64{w.before} << 32 * (i % 2);
  }
  rows.template append<Keccak>(call);

  const auto bit_of = [](u64 lane, unsigned z) { return static_cast<u32>(lane >> z & 1); };
  for (unsigned round = 0; round < kKeccakRounds; ++round) {
    RowOf<KeccakRound> row{};
    row.real = 1;
    row.call = s.time;
    row.round = round;
    u64 parity[5] = {}, turned[kKeccakLanes];
    for (unsigned lane = 0; lane < kKeccakLanes; ++lane) {
      parity[lane % 5] ^= a[lane];
      for (unsigned limb = 0; limb < 4; ++limb) row.before[4 * lane + limb] = a[lane] >> 16 * limb & 0xffff;
    }
    for (unsigned x = 0; x < 5; ++x) {
      const u64 change = parity[(x + 4) % 5] ^ std::rotl(parity[(x + 1) % 5], 1);
      for (unsigned y = 0; y < 5; ++y) a[x + 5 * y] ^= change;
      for (unsigned z = 0; z < 64; ++z) {
        row.parity[x][z] = bit_of(parity[x], z);
        row.parity_after[x][z] = bit_of(parity[x] ^ change, z);
      }
    }
    for (unsigned lane = 0; lane < kKeccakLanes; ++lane) {
      for (unsigned z = 0; z < 64; ++z) row.bits[lane][z] = bit_of(a[lane], z);
    }
    for (unsigned lane = 0; lane < kKeccakLanes; ++lane) {
      const unsigned x = lane % 5, y = lane / 5, from = (x + 3 * y) % 5 + 5 * x;
      turned[lane] = std::rotl(a[from], kKeccakConstants.turn[from]);
    }
    for (unsigned lane = 0; lane < kKeccakLanes; ++lane) {
      const unsigned x = lane % 5, y5 = lane - x;
      a[lane] = turned[lane] ^ (~turned[(x + 1) % 5 + y5] & turned[(x + 2) % 5 + y5]);
    }
    for (unsigned j = 0; j < kKeccakConstantBits; ++j) {
      const unsigned z = (1u << j) - 1;
      row.first[j] = bit_of(a[0], z);
      row.constant[j] = kKeccakConstants.bit[round][j];
      a[0] ^= u64{row.constant[j]} << z;
    }
    rows.template append<KeccakRound>(row);
  }
}

}  // namespace atlas::zkvm::chips
