#pragma once
#include <platform/halt.hpp>

/// Checks an invariant in every build type; a failure ends the process (guest: an unprovable halt).
/// Never for input: what a user, a peer or a file can cause is a Result.
#define ENSURE(condition, message)                                      \
  do {                                                                  \
    if (!(condition)) [[unlikely]]                                      \
      ::atlas::platform::halt(#condition, message, __FILE__, __LINE__); \
  } while (false)
