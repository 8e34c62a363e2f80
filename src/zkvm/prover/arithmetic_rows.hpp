#pragma once
// The rows of arithmetic primitives, for call_rows.
#include <zkvm/prover/segment_rows.hpp>

namespace atlas::zkvm {

void count_arithmetic_rows(const EcallPlan& plan, RowCounts& counts);
void append_arithmetic_rows(const EcallStep& s, SegmentRows& rows);

}  // namespace atlas::zkvm
