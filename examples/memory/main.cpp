// Walks through memory: n rounds over 2^16 words, at a stride that visits them all, reading and writing words, halves
// and bytes; n is the first word of the hints.
#include <vector>

#include <atlas/guest.hpp>

using namespace atlas;

int main() {
  constexpr u32 kWords = 1U << 16, kStride = 40503;  // odd: every word is visited
  const u32 n = guest::hint_word();
  std::vector<u32> words(kWords);
  u32 at = 1, sum = 0;
  for (u32 round = 0; round < n; ++round) {
    for (u32 i = 0; i < kWords; ++i) {
      at = (at + kStride) % kWords;
      u8* const bytes = reinterpret_cast<u8*>(&words[at]);
      sum += words[at] ^ i;
      words[at] = sum;
      bytes[sum & 3] = static_cast<u8>(sum >> 7);
      sum += bytes[i & 3];
    }
  }
  Hash256 output;
  std::memcpy(output.data(), &sum, sizeof sum);
  guest::commit(output);
  return 0;
}
