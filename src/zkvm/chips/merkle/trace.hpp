#pragma once
#include <zkvm/chips/blake3/trace.hpp>
#include <zkvm/chips/merkle/chip.hpp>

namespace atlas::zkvm::chips {

/// All rows of a call with one digest (merkle_path) or two (merkle_update).
template <unsigned kDigests, class Rows>
void append_merkle(Rows& rows, const EcallStep& s) {
  const auto& a = s.plan->arguments;
  const u32 index = a[1], levels = a[2], flags = a[3];
  RowOf<MerkleCall<kDigests>> call{};
  call.real = 1;
  call.call = primitive_call(s, 0, s.writes[0].word);
  for (unsigned k = 0; k < kDigests * kDigestWords; ++k) {
    call.word[k] = memory_word(s.writes[k].before, s.writes[k].last, s.time + kTickEcallWrites);
    call.root[k] = limbs_of(s.writes[k].after);
  }
  rows.template append<MerkleCall<kDigests>>(call);
  for (unsigned d = 0; d < kDigests; ++d) {
    u32 digest[kDigestWords];
    for (unsigned i = 0; i < kDigestWords; ++i) digest[i] = s.writes[d * kDigestWords + i].before;
    for (u32 level = 0; level < levels; ++level) {
      constexpr u32 kLastOfLimb = MerkleLevel::kLimbBits - 1;
      RowOf<MerkleLevel> row{};
      row.is_path = kDigests == 1;
      row.is_old = kDigests == 2 && d == 0;
      row.is_new = d == 1;
      row.call = s.time;
      row.level = level;
      row.bits = level <= kLastOfLimb ? (index & 0xffff) >> level : index >> level;
      row.next = level <= kLastOfLimb ? index >> 16 : 0;
      row.flags = flags;
      row.bit = index >> level & 1;
      row.is_turn = level == kLastOfLimb;
      row.inverse = row.is_turn != 0 ? 0 : BabyBear(field_of(i64{level} - kLastOfLimb)).inverse().canonical();
      u32 message[16], value[kDigestWords];
      for (unsigned i = 0; i < kDigestWords; ++i) {
        const u32 sibling = s.hints[kDigestWords * level + i];
        row.digest[i] = limbs_of(digest[i]);
        row.sibling[i] = limbs_of(sibling);
        message[i] = row.bit != 0 ? sibling : digest[i];
        message[kDigestWords + i] = row.bit != 0 ? digest[i] : sibling;
        value[i] = kBlake3Iv[i];
      }
      row.compression = append_compression(rows, {s.time + d, level}, value, message, 0, 64, flags);
      for (unsigned i = 0; i < kDigestWords; ++i) digest[i] = value[i];
      rows.template append<MerkleLevel>(row);
    }
  }
}

}  // namespace atlas::zkvm::chips
