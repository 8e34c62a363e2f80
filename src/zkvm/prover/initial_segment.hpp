#pragma once
// Initialisation segments: first and last value of every word that the execution touched, by rising zone and index.
#include <zkvm/executor/snapshot.hpp>
#include <zkvm/prover/program_tables.hpp>
#include <zkvm/prover/row_buffer.hpp>

namespace atlas::zkvm {

/// Where the first initialisation segment begins.
inline constexpr OrderPoint kOrderBegin{kFirstZone, kRegisterSpace, 0, 0};

/// The words of one such segment.
struct InitialWords {
  struct ZoneEnd {
    u32 zone = 0;  ///< from 0
    u32 low = 0;
  };
  RowBuffer rows;  ///< of the initial chip, for a table that they fill as a height allows
  std::vector<ZoneEnd> ends;
  OrderPoint in, out;
};

/// The words that follow `in`, at most `rows_max` ≥ 1 rows. `end` is the machine after the last execution segment.
InitialWords initial_words(const ProgramTables& tables, const Snapshot& end, const OrderPoint& in, u64 rows_max,
                           const stark::Parameters& parameters);

/// Does it reach the end of all zones?
bool is_order_end(const ProgramTables& tables, const OrderPoint& point);
PublicValues initial_values(const InitialWords& words);
/// The traces. Takes the rows.
stark::SegmentWitness initial_segment(const ProgramTables& tables, InitialWords words);

}  // namespace atlas::zkvm
