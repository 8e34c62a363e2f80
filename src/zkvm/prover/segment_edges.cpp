#include <zkvm/prover/row_buffer.hpp>
#include <zkvm/prover/segment_edges.hpp>
#include <zkvm/prover/step_view.hpp>

namespace atlas::zkvm {

void SegmentEdges::begin(const State& state) {
  slot_in_ = slot_of(state.pc);
  calls_ = 0;
  is_halted_ = is_committed_ = false;
}

void SegmentEdges::ecall(const EcallPlan& plan) {
  ++calls_;
  is_halted_ = is_halted_ || plan.function == abi::Ecall::kHalt;
  is_committed_ = is_committed_ || plan.function == abi::Ecall::kCommit;
}

PublicValues SegmentEdges::values(const Executor& executor, const AccessClock& clock) const {
  PublicValues out;
  out.number = clock.segment();
  out.slot_in = slot_in_;
  out.slot_out = is_halted_ ? kHaltSlot : slot_of(executor.state().pc);
  out.time_out = clock.time();
  out.calls = calls_;
  out.commits = is_committed_;
  for (u32 k = 0; is_committed_ && k < executor.state().output.size(); ++k) {
    out.output[2 * k] = executor.state().output[k] & 0xffff;
    out.output[2 * k + 1] = executor.state().output[k] >> 16;
  }
  return out;
}

stark::TraceTable boundary_table(const Executor& executor, const AccessClock& clock,
                                 const stark::Parameters& parameters) {
  const u64 touched = clock.registers_touched().size() + clock.touched().size();
  RowBuffer rows(sizeof(RowOf<chips::BoundaryRow>) / sizeof(u32), height_for(touched, parameters));
  const auto add = [&](u32 space, const BoundaryWord& w, u32 value, u32 time) {
    const RowOf<chips::BoundaryRow> row{
        1, space, w.index, limbs_of(w.value_in), w.segment_in, limbs_of(value), clock.segment(), time};
    rows.append(reinterpret_cast<const u32*>(&row));
  };
  for (const BoundaryWord& w : clock.registers_touched()) {
    add(kRegisterSpace, w, executor.state().x[w.index], clock.last_time_of_register(w.index));
  }
  for (const BoundaryWord& w : clock.touched()) {
    add(kMemorySpace, w, *executor.memory().word(w.index), clock.last_time(w.index));
  }
  return rows.take();
}

}  // namespace atlas::zkvm
