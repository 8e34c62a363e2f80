#include <zkvm/prover/call_rows.hpp>
#include <zkvm/prover/segment_meter.hpp>
#include <zkvm/prover/step_chips.hpp>

namespace atlas::zkvm {
namespace {

// Steps that are looked ahead: room for fewer than the least ends the segment.
constexpr u64 kAheadMax = u64{1} << 20, kAheadMin = 64;
// Words that a step touches: three registers, a word of memory.
constexpr u64 kTouchedByStep = 4;
constexpr u64 kEcallRegisters = 7;  // a0 to a5, a7

}  // namespace

SegmentLimits segment_limits(const stark::Machine& machine, const stark::Parameters& parameters, u64 messages,
                             u64 cycles) {
  SegmentLimits out;
  // Three trees, each rounded up to whole tiles.
  u64 fixed = 0;
  out.rows = ~u64{0};
  for (const stark::ChipDescription& chip : machine.chips) {
    fixed += u64{chip.fixed_height} * chip.shape.committed();
    if (chip.fixed_height == 0) out.rows = std::min<u64>(out.rows, chip.max_height);
  }
  const u64 total = u64{parameters.max_width - 3 * stark::kTileColumns} << parameters.stack_log;
  out.cells = total - std::min(total, fixed);
  out.messages = std::min<u64>(messages, BabyBear::kModulus - 1);
  out.cycles = cycles;
  return out;
}

SegmentMeter::SegmentMeter(const Program& program, const stark::Machine& machine, const stark::Parameters& parameters,
                           const SegmentLimits& limits, AccessClock& clock)
    : machine_(machine), parameters_(parameters), limits_(limits), clock_(clock), edges_(program) {
  static_assert(kChips <= 256);
  for (unsigned op = 0; op <= kOps; ++op) {
    visit_step_chip(static_cast<Op>(op),
                    [&]<class Chip>(std::type_identity<Chip>) { chip_of_[op] = static_cast<u8>(kIndexOf<Chip>); });
  }
}

void SegmentMeter::begin_segment(const State& state) {
  clock_.begin_segment();
  edges_.begin(state);
  counts_ = {};
  find_room();
  sure_ = std::max<u64>(sure_, 1);  // a segment is never empty, however small its limits
}

u64 SegmentMeter::cycles_left() const {
  const u64 done = (clock_.time() - kFirstTick) / kTicksPerStep - edges_.calls();  // an ecall takes twice the ticks
  return limits_.cycles - std::min(limits_.cycles, done);
}

bool SegmentMeter::fits(const RowCounts& counts, u64 boundary_rows, u64 ticks) const {
  if (clock_.time() + ticks >= kTimeMax) return false;
  u64 cells = 0, messages = 0;
  for (std::size_t c = 0; c < kChips; ++c) {
    const stark::ChipDescription& chip = machine_.chips[c];
    const u64 used = c == kIndexOf<chips::BoundaryRow> ? boundary_rows : counts.of_chip[c];
    if (used > limits_.rows) return false;
    const u64 height = chip.fixed_height != 0 ? chip.fixed_height : height_for(used, parameters_);
    if (chip.fixed_height == 0) cells += height * chip.shape.committed();
    messages += height * chip.shape.messages_on(stark::Bus::kLocal);
  }
  return cells <= limits_.cells && messages <= limits_.messages;
}

// Each step chip may be the one of all steps. That is more than can come, so the last steps before a segment's end are
// found by looking less and less far ahead.
bool SegmentMeter::fits_steps(u64 steps) const {
  RowCounts ahead = counts_;
  for (std::size_t c = 0; c < StepChips::kCount; ++c) ahead.of_chip[c] += steps;
  return fits(ahead, touched() + kTouchedByStep * steps, kTicksPerStep * steps);
}

bool SegmentMeter::find_room() {
  const u64 left = cycles_left();
  for (sure_ = std::min(kAheadMax, left); sure_ >= std::min(kAheadMin, left) && sure_ != 0; sure_ /= 2) {
    if (fits_steps(sure_)) return true;
  }
  sure_ = 0;
  return false;
}

bool SegmentMeter::before(const EcallPlan& plan) {
  call_counts_ = counts_;
  call_counts_.add<chips::Ecall>(1);
  if (!count_call_rows(plan, call_counts_)) {
    unproved_ = plan.function;
    return false;
  }
  u64 words = kEcallRegisters;
  for (const WordSpan& span : plan.read_spans()) words += span.count;
  words += plan.write.count;
  // A call that fills a segment alone is tried alone; whether the key allows it is seen there.
  return clock_.time() == kFirstTick || fits(call_counts_, touched() + words, kTicksPerEcall);
}

bool SegmentMeter::ecall(const EcallStep& s) {
  counts_ = call_counts_;
  edges_.ecall(*s.plan);
  sure_ = std::min(sure_, cycles_left());
  return (sure_ != 0 && fits_steps(sure_)) || find_room();
}

}  // namespace atlas::zkvm
