#pragma once
// The rows of an ecall besides its own in the ecall chip: words that it moves, primitives. The first pass counts them
// before the call is executed, the second writes them; a test holds the two together (call_rows_test.cpp). Each family
// of functions has a file of its own, and a line in both functions below.
#include <zkvm/prover/segment_rows.hpp>

namespace atlas::zkvm {

/// False if no chip proves the function.
bool count_call_rows(const EcallPlan& plan, RowCounts& counts);
void append_call_rows(const EcallStep& s, SegmentRows& rows);

}  // namespace atlas::zkvm
