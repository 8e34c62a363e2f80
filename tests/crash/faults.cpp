#include "faults.hpp"
namespace atlas::crash {
std::vector<FaultCase> run_faults(const Setup&, const std::function<void(const FaultCase&)>&) {
  return {};
}
}  // namespace atlas::crash
