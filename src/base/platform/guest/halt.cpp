#include <platform/ecall.hpp>
#include <platform/halt.hpp>

namespace atlas::platform {
namespace {

void say(const char* text) {
  std::size_t size = 0;
  while (text[size] != 0) ++size;
  write_log(text, size);
}

}  // namespace

// The texts go to the executor's log; the code is the same for all, since only halt(0) is provable.
void halt(const char* condition, const char* message, const char* file, int) {
  constexpr u32 kBrokenInvariant = 1;
  say("broken invariant: ");
  say(message);
  say(" (");
  say(condition);
  say(") in ");
  say(file);
  say("\n");
  halt(kBrokenInvariant);
}

}  // namespace atlas::platform
