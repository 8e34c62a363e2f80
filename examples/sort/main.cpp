// Sorts n pseudo-random words, n from the hints, and commits a checksum of their order.
#include <algorithm>
#include <vector>

#include <atlas/guest.hpp>

using namespace atlas;

int main() {
  constexpr u32 kWordsMax = 1U << 20;
  const u32 n = guest::hint_word();
  ENSURE(n <= kWordsMax, "more words than this program sorts");
  std::vector<u32> words(n);
  u32 x = 0x9e3779b9;
  for (u32& word : words) {
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    word = x;
  }
  // libc++ would call its sort of machine words, which no guest links; a comparator of our own keeps it here.
  std::sort(words.begin(), words.end(), [](u32 a, u32 b) { return a < b; });
  u32 sum = 0, is_sorted = 1;
  for (u32 i = 0; i < n; ++i) {
    sum = sum * 31 + words[i];
    if (i != 0 && words[i - 1] > words[i]) is_sorted = 0;
  }
  Hash256 output;
  std::memcpy(output.data(), &sum, sizeof sum);
  std::memcpy(output.data() + 4, &is_sorted, sizeof is_sorted);
  guest::commit(output);
  return 0;
}
