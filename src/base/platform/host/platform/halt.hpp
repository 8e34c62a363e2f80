#pragma once
// How the program ends when an invariant is broken. Host: message and backtrace to stderr, then abort.
// Guest: halt(fault) through ecall, which no proof can cover.

namespace atlas::platform {
[[noreturn]] void halt(const char* condition, const char* message, const char* file, int line);
}  // namespace atlas::platform
