#pragma once
// A small chain, every kind of its files spoilt in turn: the node must recover or refuse with words that help.
#include <functional>

#include "round.hpp"

namespace atlas::crash {

struct FaultCase {
  std::string name;
  std::string failure;  ///< empty: as it should be
  std::string skipped;  ///< why it could not be tried
};

/// Those whose name holds `only`; empty: all.
std::vector<FaultCase> run_faults(const Setup& setup, const std::string& only,
                                  const std::function<void(const FaultCase&)>& report);

}  // namespace atlas::crash
