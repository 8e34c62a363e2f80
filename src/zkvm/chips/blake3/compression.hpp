#pragma once
// BLAKE3's compression (specification 2.2), as the chips that need one ask for it: state and message go to the rounds
// (Blake3Round), the state after seven rounds comes back, and its halves are xor-ed here.
//
// A compression's name is (call, position). The call is its time, or a time up to seven ticks later, so names of
// different calls differ; within a call the asking chip gives each compression its own position. Every name is asked
// for once, and messages between rounds carry name and round, so there is one chain of rounds for it.
//
// Ranges. Bytes are looked up wherever they are xor-ed, and results of sums are xor-ed. What is only added (the first
// half of a state's words, constants, the message) is needed modulo 2^32 only: a limb beyond 16 bits changes the carry
// and nothing else, and a sum's equations leave it the one value that they fit.
#include <base/blake3_tables.hpp>
#include <zkvm/chips/ecall/digest.hpp>

namespace atlas::zkvm::chips {

inline constexpr u32 kBlake3Rounds = 7;
inline constexpr unsigned kBlake3StateWords = 16;

/// (call, position, 4·round + part, eleven limbs): the state before a round, and the message as the round takes it.
inline constexpr Tag kBlake3StateTag{"blake3 state", 20, 14, TagKind::kPermutation, Bus::kLocal};
inline constexpr Tag kBlake3WordsTag{"blake3 words", 21, 14, TagKind::kPermutation, Bus::kLocal};
inline constexpr u32 kBlake3Parts = 3, kBlake3PartLimbs = 11;
static_assert(kBlake3Parts * kBlake3PartLimbs >= 2 * kBlake3StateWords && kBlake3Parts < 4);

template <class T>
struct CompressionName {
  T call, position;
};

/// A word by its bytes, lowest first.
template <class T>
struct WordBytes {
  T byte[4];
  ATLAS_FORCE_INLINE constexpr Limbs<T> limbs() const { return {byte[0] + byte[1] * 256, byte[2] + byte[3] * 256}; }
};

/// Sends or receives sixteen words before `round`.
template <class Builder, class T>
constexpr void hand_words(Builder& b, const Tag& tag, bool is_send, const T& when, const CompressionName<T>& name,
                          const T& round, const Limbs<T> (&words)[kBlake3StateWords]) {
  for (u32 part = 0; part < kBlake3Parts; ++part) {
    T fields[3 + kBlake3PartLimbs] = {name.call, name.position, round * 4 + part};
    for (u32 i = 0; i < kBlake3PartLimbs; ++i) {
      const u32 limb = part * kBlake3PartLimbs + i;
      if (limb < 2 * kBlake3StateWords) {
        fields[3 + i] = limb % 2 == 0 ? words[limb / 2].lo : words[limb / 2].hi;
      } else {
        fields[3 + i] = b.constant(0);
      }
    }
    if (is_send) {
      b.send(tag, when, fields);
    } else {
      b.receive(tag, when, fields);
    }
  }
}

/// Columns of a compression in the row that asks for it.
template <class T>
struct Compression {
  WordBytes<T> state[kBlake3StateWords];  ///< after the rounds
  WordBytes<T> both[kDigestWords];        ///< of its halves, the conjunction
};
template <class T>
struct CompressionInput {
  Limbs<T> chaining_value[kDigestWords];
  Limbs<T> message[16];
  Limbs<T> counter;  ///< below 2^32
  T length, flags;   ///< below 2^16
};

/// Asks for the compression and gives its output, whose limbs are of bytes.
template <class Builder, class T>
constexpr void compress(Builder& b, const T& when, const CompressionName<T>& name, const CompressionInput<T>& input,
                        const Compression<T>& columns, Limbs<T> (&output)[kDigestWords]) {
  const T zero = b.constant(0);
  Limbs<T> words[kBlake3StateWords];
  for (unsigned i = 0; i < 8; ++i) words[i] = input.chaining_value[i];
  for (unsigned i = 0; i < 4; ++i) words[8 + i] = {b.constant(kBlake3Iv[i] & 0xffff), b.constant(kBlake3Iv[i] >> 16)};
  words[12] = input.counter;
  words[13] = {zero, zero};
  words[14] = {input.length, zero};
  words[15] = {input.flags, zero};
  hand_words(b, kBlake3StateTag, true, when, name, zero, words);
  hand_words(b, kBlake3WordsTag, true, when, name, zero, input.message);
  for (unsigned i = 0; i < kBlake3StateWords; ++i) words[i] = columns.state[i].limbs();
  hand_words(b, kBlake3StateTag, false, when, name, b.constant(kBlake3Rounds), words);
  for (unsigned i = 0; i < 8; ++i) {
    WordBytes<T> sum;
    for (unsigned k = 0; k < 4; ++k) {
      const T &x = columns.state[i].byte[k], &y = columns.state[8 + i].byte[k], &both = columns.both[i].byte[k];
      b.send(kAndTag, when, {x, y, both});
      sum.byte[k] = x + y - both * 2;
    }
    output[i] = sum.limbs();
  }
}

}  // namespace atlas::zkvm::chips
