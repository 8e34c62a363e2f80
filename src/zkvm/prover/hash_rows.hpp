#pragma once
// The rows of hash primitives, for call_rows.
#include <zkvm/prover/segment_rows.hpp>

namespace atlas::zkvm {

void count_hash_rows(const EcallPlan& plan, RowCounts& counts);
void append_hash_rows(const EcallStep& s, SegmentRows& rows);

}  // namespace atlas::zkvm
