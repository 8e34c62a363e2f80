// Commits the n-th Fibonacci number modulo 2^32; n is the first word of the hints (default input: 20).
#include <atlas/guest.hpp>

using namespace atlas;

int main() {
  const u32 n = guest::hint_word();
  u32 a = 0;
  u32 b = 1;
  for (u32 i = 0; i < n; ++i) {
    const u32 next = a + b;
    a = b;
    b = next;
    asm volatile("" : "+r"(a), "+r"(b));  // a step a number: the loop stays a loop
  }
  Hash256 output;
  std::memcpy(output.data(), &n, sizeof n);
  std::memcpy(output.data() + 4, &a, sizeof a);
  guest::commit(output);
  return 0;
}
