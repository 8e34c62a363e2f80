#include <zkvm/prover/execution_plan.hpp>

namespace atlas::zkvm {

ExecutionClaim ExecutionPlan::claim() const {
  std::vector<std::vector<u32>> values;
  for (const PlannedSegment& segment : segments) values.push_back(segment.public_values);
  return claim_of(values);
}

std::vector<u64> ExecutionPlan::rows() const {
  std::vector<u64> out;
  for (const PlannedSegment& segment : segments) {
    out.resize(segment.heights.size());
    for (std::size_t c = 0; c < out.size(); ++c) out[c] += segment.heights[c];
  }
  return out;
}

std::vector<stark::BoundaryStatement> ExecutionPlan::statements(const stark::Machine& machine) const {
  std::vector<stark::BoundaryStatement> out;
  for (const PlannedSegment& s : segments) {
    out.push_back({s.public_values, stark::boundary_heights(machine, s.heights), s.boundary_cap});
  }
  return out;
}

}  // namespace atlas::zkvm
