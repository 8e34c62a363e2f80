#pragma once
// What the first pass of a proof comes to: where the segments of an execution lie, and what they have said to each
// other. With a segment's snapshot and the hints, it is all that proving the segment takes.
#include <stark/verifier/execution.hpp>
#include <zkvm/machine/machine.hpp>

namespace atlas::zkvm {

struct PlannedSegment {
  u64 cycles = 0;  ///< of the program; 0: an initialisation segment
  std::vector<u32> public_values;
  std::vector<u32> heights;  ///< [chip]
  stark::MerkleCap boundary_cap;
  friend bool operator==(const PlannedSegment&, const PlannedSegment&) = default;
};

struct ExecutionPlan {
  std::vector<PlannedSegment> segments;  ///< execution, then initialisation
  u32 executions = 0;                    ///< of them, execution segments

  ExecutionClaim claim() const;
  std::vector<u64> rows() const;  ///< [chip] over all segments
  std::vector<stark::BoundaryStatement> statements(const stark::Machine& machine) const;
  /// Snapshot k is the machine before the k-th execution segment, from 0; the last is the machine after all of them.
  u32 snapshot_of(std::size_t segment) const { return segment < executions ? static_cast<u32>(segment) : executions; }
  friend bool operator==(const ExecutionPlan&, const ExecutionPlan&) = default;
};

}  // namespace atlas::zkvm
