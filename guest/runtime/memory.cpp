// Copies and fills by words: on this machine a byte costs as much as a word, so the C library's byte loops would cost
// four times the cycles. No source names these functions; the compiler calls them.
#include <base/types.hpp>

#define ATLAS_RUNTIME __attribute__((no_builtin, used))

using atlas::u32;
using atlas::u8;

namespace {

constexpr u32 kWord = 4;

u32 misalignment(const void* p) {
  return static_cast<u32>(reinterpret_cast<std::uintptr_t>(p)) % kWord;
}

// The words that come from `source` when it is `offset` bytes into a word: two neighbours, shifted. Reads no word that
// holds none of the bytes asked for.
ATLAS_RUNTIME void copy_shifted(u32* to, const u8* from, std::size_t words) {
  const u32 offset = misalignment(from);
  const auto* source = reinterpret_cast<const u32*>(from - offset);
  const u32 down = 8 * offset;
  const u32 up = 32 - down;
  u32 low = *source++;
  for (; words >= 4; words -= 4, to += 4, source += 4) {
    const u32 a = source[0], b = source[1], c = source[2], d = source[3];
    to[0] = low >> down | a << up;
    to[1] = a >> down | b << up;
    to[2] = b >> down | c << up;
    to[3] = c >> down | d << up;
    low = d;
  }
  for (; words > 0; --words) {
    const u32 high = *source++;
    *to++ = low >> down | high << up;
    low = high;
  }
}

ATLAS_RUNTIME inline __attribute__((always_inline)) void copy_words(u32* word, const u32* source, std::size_t words) {
  for (; words >= 8; words -= 8, word += 8, source += 8) {
    const u32 a = source[0], b = source[1], c = source[2], d = source[3];
    const u32 e = source[4], f = source[5], g = source[6], h = source[7];
    word[0] = a, word[1] = b, word[2] = c, word[3] = d;
    word[4] = e, word[5] = f, word[6] = g, word[7] = h;
  }
  for (; words > 0; --words) *word++ = *source++;
}

}  // namespace

extern "C" {

ATLAS_RUNTIME void* memcpy(void* destination, const void* origin, std::size_t size) {
  auto* to = static_cast<u8*>(destination);
  const auto* from = static_cast<const u8*>(origin);
  if ((misalignment(to) | misalignment(from) | size % kWord) == 0) {  // whole words: most copies
    auto* word = reinterpret_cast<u32*>(to);
    const auto* source = reinterpret_cast<const u32*>(from);
    copy_words(word, source, size / kWord);
    return destination;
  }
  if (size >= 16) {
    for (; misalignment(to) != 0; --size) *to++ = *from++;
    std::size_t words = size / kWord;
    size %= kWord;
    auto* word = reinterpret_cast<u32*>(to);
    to += words * kWord;
    if (misalignment(from) == 0) {
      const auto* source = reinterpret_cast<const u32*>(from);
      from += words * kWord;
      copy_words(word, source, words);
    } else {
      copy_shifted(word, from, words);
      from += words * kWord;
    }
  }
  for (; size > 0; --size) *to++ = *from++;
  return destination;
}

ATLAS_RUNTIME void* memmove(void* destination, const void* origin, std::size_t size) {
  auto* to = static_cast<u8*>(destination);
  const auto* from = static_cast<const u8*>(origin);
  // Forward is right unless the destination begins inside the source. memcpy reads eight words before it writes them,
  // which is right for any destination below the source.
  if (static_cast<std::size_t>(to - from) >= size) return memcpy(destination, origin, size);
  to += size;
  from += size;
  if (misalignment(to) == misalignment(from)) {
    for (; size > 0 && misalignment(to) != 0; --size) *--to = *--from;
    for (; size >= kWord; size -= kWord) {
      to -= kWord;
      from -= kWord;
      *reinterpret_cast<u32*>(to) = *reinterpret_cast<const u32*>(from);
    }
  }
  for (; size > 0; --size) *--to = *--from;
  return destination;
}

ATLAS_RUNTIME void* memset(void* destination, int value, std::size_t size) {
  auto* to = static_cast<u8*>(destination);
  const auto byte = static_cast<u8>(value);
  if (size >= 16) {
    for (; misalignment(to) != 0; --size) *to++ = byte;
    const u32 filled = byte * u32{0x01010101};
    auto* word = reinterpret_cast<u32*>(to);
    std::size_t words = size / kWord;
    size %= kWord;
    to += words * kWord;
    for (; words >= 8; words -= 8, word += 8) {
      word[0] = filled, word[1] = filled, word[2] = filled, word[3] = filled;
      word[4] = filled, word[5] = filled, word[6] = filled, word[7] = filled;
    }
    for (; words > 0; --words) *word++ = filled;
  }
  for (; size > 0; --size) *to++ = byte;
  return destination;
}

ATLAS_RUNTIME int memcmp(const void* left, const void* right, std::size_t size) {
  const auto* a = static_cast<const u8*>(left);
  const auto* b = static_cast<const u8*>(right);
  if ((misalignment(a) | misalignment(b)) == 0) {
    for (; size >= kWord; size -= kWord, a += kWord, b += kWord) {
      if (*reinterpret_cast<const u32*>(a) != *reinterpret_cast<const u32*>(b)) break;
    }
  }
  for (; size > 0; --size, ++a, ++b) {
    if (*a != *b) return *a < *b ? -1 : 1;
  }
  return 0;
}
}
