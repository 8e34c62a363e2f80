#pragma once
// Multiplicities of the fixed tables: eval() itself is asked what a row looks up, so that they cannot disagree.
#include <stark/prover/segment_prover.hpp>
#include <zkvm/machine/chips.hpp>
#include <zkvm/prover/step_view.hpp>

namespace atlas::zkvm {

/// Writes the multiplicity columns of all tables of a segment whose other chips are done.
void count_lookups(const std::vector<ImageWord>& image, std::vector<stark::TraceTable>& tables);

/// The chip's columns that are formulas, and its fixed ones, which `fixed` holds by chip.
void fill_tables(std::span<const stark::TraceTable> fixed, const MachineShape& shape,
                 std::vector<stark::TraceTable>& tables);

}  // namespace atlas::zkvm
