#include <cstdio>
#include <cstdlib>

#include <execinfo.h>
#include <unistd.h>

#include <platform/halt.hpp>

namespace atlas::platform {

void halt(const char* condition, const char* message, const char* file, int line) {
  std::fprintf(stderr, "atlas: broken invariant: %s (%s) at %s:%d\n", message, condition, file, line);
  void* frames[64];
  const int depth = backtrace(frames, 64);
  backtrace_symbols_fd(frames, depth, STDERR_FILENO);
  std::abort();
}

}  // namespace atlas::platform
