#pragma once
#include <bit>

#include <zkvm/chips/blake3/chip.hpp>
#include <zkvm/chips/ecall/primitive_trace.hpp>

namespace atlas::zkvm::chips {

constexpr WordBytes<u32> bytes_of_word(u32 word) {
  return {{word & 255, word >> 8 & 255, word >> 16 & 255, word >> 24}};
}

/// Half a G on the state's words a, b, c, d, with its columns.
template <bool kSecond>
HalfMix<u32> half_mix_of(u32 x, u32& a, u32& b, u32& c, u32& d) {
  constexpr int kTurnD = kSecond ? 8 : 16, kTurnB = kSecond ? 7 : 12;
  constexpr u32 kLowBits = kSecond ? 7 : 4;
  HalfMix<u32> out{};
  a += b + x;
  out.a = bytes_of_word(a);
  out.both = bytes_of_word(a & d);
  d = std::rotr(d ^ a, kTurnD);
  c += d;
  out.c = bytes_of_word(c);
  b ^= c;
  for (unsigned i = 0; i < 4; ++i) {
    const u32 byte = b >> 8 * i & 255;
    out.low.byte[i] = byte & ((1u << kLowBits) - 1);
    out.high.byte[i] = byte >> kLowBits;
  }
  b = std::rotr(b, kTurnB);
  return out;
}

/// The rounds of a compression; `v` becomes the state after them. `rows` has append<Chip>(row).
template <class Rows>
void append_rounds(Rows& rows, const CompressionName<u32>& name, u32 (&v)[16], const u32 (&message)[16]) {
  for (u32 round = 0; round < kBlake3Rounds; ++round) {
    RowOf<Blake3Round> row{};
    row.real = 1;
    row.passes = round + 1 < kBlake3Rounds;
    row.name = name;
    row.round = round;
    for (unsigned i = 0; i < 4; ++i) {
      row.a[i] = limbs_of(v[i]);
      row.b[i] = bytes_of_word(v[4 + i]);
      row.c[i] = limbs_of(v[8 + i]);
      row.d[i] = bytes_of_word(v[12 + i]);
    }
    u32 x[16];
    for (unsigned i = 0; i < 16; ++i) x[i] = message[kBlake3Schedule.word[round][i]];
    for (unsigned i = 0; i < 16; ++i) row.message[i] = limbs_of(x[i]);
    for (unsigned g = 0; g < Blake3Round::kMixes; ++g) {
      const unsigned i = g % 4, turn = g / 4;
      u32 &a = v[i], &b = v[4 + (i + turn) % 4], &c = v[8 + (i + 2 * turn) % 4], &d = v[12 + (i + 3 * turn) % 4];
      row.first[g] = half_mix_of<false>(x[2 * g], a, b, c, d);
      row.second[g] = half_mix_of<true>(x[2 * g + 1], a, b, c, d);
    }
    rows.template append<Blake3Round>(row);
  }
}

/// A whole compression: its rounds' rows, its columns in the row that asks; `value` becomes the output.
template <class Rows>
Compression<u32> append_compression(Rows& rows, const CompressionName<u32>& name, u32 (&value)[8],
                                    const u32 (&message)[16], u32 counter, u32 length, u32 flags) {
  u32 v[16];
  for (unsigned i = 0; i < 8; ++i) v[i] = value[i];
  for (unsigned i = 0; i < 4; ++i) v[8 + i] = kBlake3Iv[i];
  v[12] = counter;
  v[13] = 0;
  v[14] = length;
  v[15] = flags;
  append_rounds(rows, name, v, message);
  Compression<u32> out{};
  for (unsigned i = 0; i < 16; ++i) out.state[i] = bytes_of_word(v[i]);
  for (unsigned i = 0; i < 8; ++i) {
    out.both[i] = bytes_of_word(v[i] & v[8 + i]);
    value[i] = v[i] ^ v[8 + i];
  }
  return out;
}

/// All rows of a call.
template <class Rows>
void append_blake3(Rows& rows, const EcallStep& s) {
  const auto& a = s.plan->arguments;
  const u32 count = a[2], length = a[4] & 255, counter = a[4] >> 8;
  RowOf<Blake3> call{};
  call.real = 1;
  call.call = primitive_call(s, 0, s.writes[0].word);
  call.blocks = address_of_index(s.reads[0].word);
  call.count_low = (count - 1) & 63;
  call.is_single = count == 1;
  call.inverse = count == 1 ? 0 : BabyBear(count - 1).inverse().canonical();
  call.length = length;
  call.counter1 = counter >> 8 & 255;
  if (count == 1) {
    const u32 both = a[3] & a[3] >> 16;
    call.first0 = a[3] & 255;
    call.last0 = a[3] >> 16 & 255;
    call.both0 = both & 255;
    call.both1 = both >> 8 & 255;
  }
  u32 value[8];
  for (unsigned i = 0; i < 8; ++i) {
    const EcallWord& w = s.writes[i];
    call.word[i] = memory_word(w.before, w.last, s.time + kTickEcallWrites);
    call.output[i] = limbs_of(w.after);
    value[i] = w.before;
  }
  rows.template append<Blake3>(call);
  u32 first_flags = (a[3] & 0xffff) - call.both0 - call.both1 * 256;
  for (u32 i = 0; i < count; ++i) {
    RowOf<Blake3Block> row{};
    row.is_last = i + 1 == count;
    row.is_inner = 1 - row.is_last;
    row.call = s.time;
    row.left = count - i;
    row.index = s.reads[0].word + kBlake3BlockWords * i;
    row.parameters = {limbs_of(counter), a[3] >> 16, length};
    row.first_flags = first_flags;
    row.length = row.is_last != 0 ? length : 64;
    row.flags = first_flags + row.is_last * (a[3] >> 16);
    first_flags = 0;
    u32 message[16];
    for (unsigned k = 0; k < kBlake3BlockWords; ++k) {
      const EcallWord& w = s.reads[kBlake3BlockWords * i + k];
      row.word[k] = memory_word(w.before, w.last, s.time + kTickEcallReads + 1);
      message[k] = w.before;
    }
    for (unsigned k = 0; k < 8; ++k) row.value[k] = limbs_of(value[k]);
    row.compression = append_compression(rows, {s.time, row.left}, value, message, counter, row.length, row.flags);
    rows.template append<Blake3Block>(row);
  }
}

}  // namespace atlas::zkvm::chips
