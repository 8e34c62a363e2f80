#pragma once
#include <bit>

#include <zkvm/chips/ecall/primitive_trace.hpp>
#include <zkvm/chips/sha256/chip.hpp>

namespace atlas::zkvm::chips {

inline void set_bits(u32 (&out)[32], u32 word) {
  for (unsigned i = 0; i < 32; ++i) out[i] = word >> i & 1;
}
/// Carries of a sum of words by limbs, and the word.
template <class Carries>
u32 sum_of_words(std::initializer_list<u32> summands, Carries& carry) {
  u32 lo = 0, hi = 0;
  for (const u32 word : summands) {
    lo += word & 0xffff;
    hi += word >> 16;
  }
  hi += lo >> 16;
  for (unsigned i = 0; i < sizeof(carry.lo) / sizeof(u32); ++i) {
    carry.lo[i] = lo >> (16 + i) & 1;
    carry.hi[i] = hi >> (16 + i) & 1;
  }
  return (lo & 0xffff) | hi << 16;
}
constexpr u32 sha256_small_zero(u32 x) {
  return std::rotr(x, 7) ^ std::rotr(x, 18) ^ x >> 3;
}
constexpr u32 sha256_small_one(u32 x) {
  return std::rotr(x, 17) ^ std::rotr(x, 19) ^ x >> 10;
}

/// Sixteen steps on the working variables `v`, with the constants of quarter `q`; `now` points to the quarter's words,
/// before which stand the sixteen of the quarter before it, if there is one.
inline RowOf<Sha256Quarter> sha256_quarter(u32 call, u32 left, unsigned q, u32 (&v)[8], const u32* now) {
  RowOf<Sha256Quarter> row{};
  row.quarter[q] = 1;
  row.call = call;
  row.left = left;
  row.d = limbs_of(v[3]);
  row.h = limbs_of(v[7]);
  for (unsigned i = 0; i < 3; ++i) {
    set_bits(row.a[i], v[2 - i]);
    set_bits(row.e[i], v[6 - i]);
  }
  for (unsigned t = 0; t < kSha256Steps; ++t) {
    set_bits(row.word[t], now[t]);
    if (t + 1 < kSha256Steps) {
      row.small[t] = limbs_of(t + 2 < kSha256Steps ? sha256_small_one(now[t]) : sha256_small_zero(now[0]));
    }
    if (q == 0) {
      row.owed[t] = limbs_of(now[t]);
    } else {
      const u32* const last = now - kSha256Steps;
      Limbs<u32>& owed = row.owed[t];
      const auto owe = [&owed](u32 word) { owed = {owed.lo + (word & 0xffff), owed.hi + (word >> 16)}; };
      owe(last[t]);
      if (t + 1 < kSha256Steps) owe(sha256_small_zero(last[t + 1]));
      if (t < 7) owe(last[t + 9]);
      if (t < 2) owe(sha256_small_one(last[t + 14]));
      const u32* const at = now + t;
      sum_of_words({at[-16], sha256_small_zero(at[-15]), at[-7], sha256_small_one(at[-2])}, row.word_carry[t]);
    }
    const u32 a = v[0], b = v[1], c = v[2], e = v[4], f = v[5], g = v[6];
    const u32 sum1 = std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25), choice = (e & f) ^ (~e & g);
    const u32 sum0 = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22), majority = (a & b) ^ (a & c) ^ (b & c);
    const u32 constant = kSha256Constants[q * kSha256Steps + t];
    const u32 new_e = sum_of_words({v[3], v[7], sum1, choice, constant, now[t]}, row.e_carry[t]);
    const u32 new_a = sum_of_words({v[7], sum1, choice, constant, now[t], sum0, majority}, row.a_carry[t]);
    for (unsigned i = 7; i > 0; --i) v[i] = v[i - 1];
    v[0] = new_a;
    v[4] = new_e;
    set_bits(row.a[3 + t], new_a);
    set_bits(row.e[3 + t], new_e);
  }
  return row;
}

struct Sha256Words {
  u32 word[64];
  explicit Sha256Words(const u32 (&block)[16]) {
    for (unsigned t = 0; t < 16; ++t) word[t] = block[t];
    for (unsigned t = 16; t < 64; ++t) {
      word[t] = sha256_small_one(word[t - 2]) + word[t - 7] + sha256_small_zero(word[t - 15]) + word[t - 16];
    }
  }
};

/// All rows of a call. `rows` has append<Chip>(row).
template <class Rows>
void append_sha256(Rows& rows, const EcallStep& s) {
  const u32 count = s.plan->arguments[2];
  RowOf<Sha256> call{};
  call.real = 1;
  call.call = primitive_call(s, 0, s.writes[0].word);
  call.blocks = address_of_index(s.reads[0].word);
  call.count_low = (count - 1) & 63;
  u32 value[8];
  for (unsigned i = 0; i < 8; ++i) {
    const EcallWord& w = s.writes[i];
    call.word[i] = memory_word(w.before, w.last, s.time + kTickEcallWrites);
    call.output[i] = limbs_of(w.after);
    value[i] = w.before;
  }
  rows.template append<Sha256>(call);
  for (u32 i = 0; i < count; ++i) {
    RowOf<Sha256Block> row{};
    row.real = 1;
    row.call = s.time;
    row.left = count - i;
    row.index = s.reads[0].word + kSha256Steps * i;
    u32 block[16], v[8];
    for (unsigned k = 0; k < kSha256Steps; ++k) {
      const EcallWord& w = s.reads[kSha256Steps * i + k];
      row.word[k] = memory_word(w.before, w.last, s.time + kTickEcallReads + 1);
      row.byte0[k] = w.before & 255;
      row.byte2[k] = w.before >> 16 & 255;
      block[k] = __builtin_bswap32(w.before);
    }
    for (unsigned k = 0; k < 8; ++k) {
      row.value[k] = limbs_of(value[k]);
      v[k] = value[k];
    }
    const Sha256Words words(block);
    for (unsigned q = 0; q < kSha256Quarters; ++q) {
      rows.template append<Sha256Quarter>(sha256_quarter(s.time, row.left, q, v, words.word + kSha256Steps * q));
    }
    for (unsigned k = 0; k < 8; ++k) {
      row.mixed[k] = limbs_of(v[k]);
      value[k] += v[k];
      row.output[k] = limbs_of(value[k]);
    }
    rows.template append<Sha256Block>(row);
  }
}

}  // namespace atlas::zkvm::chips
