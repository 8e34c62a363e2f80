// Reads and writes words all over a region of memory, in no order: the hints are its MiB and how many times.
#include <atlas/guest.hpp>

using namespace atlas;

int main() {
  const u32 words = guest::hint_word() << 18, count = guest::hint_word();
  u32* const region = new u32[words];  // memory is zero at the begin
  u32 at = 1, sum = 0;
  for (u32 i = 0; i < count; ++i) {
    at = at * 1664525 + 1013904223;  // a generator of period 2^32; its high bits are the random ones
    u32& word = region[(at >> 4) % words];
    sum += word ^ i;
    word = sum;
  }
  Hash256 output;
  std::memcpy(output.data(), &sum, sizeof sum);
  guest::commit(output);
  return 0;
}
