#include <bit>
#include <chrono>

#include <zkvm/executor/observe.hpp>
#include <zkvm/prover/initial_segment.hpp>
#include <zkvm/prover/kernels.hpp>
#include <zkvm/prover/next_traces.hpp>
#include <zkvm/prover/recorder.hpp>
#include <zkvm/prover/segment_progress.hpp>

namespace atlas::zkvm {

ProgramProver::ProgramProver(const Program& program, const stark::Parameters& parameters, stark::Isa isa)
    : program_(program), tables_(program) {
  // The machine has to exist before the key that points to it knows the fixed columns' root.
  const MachineShape& shape = tables_.shape;
  const ProgramMachine machine(shape);
  std::vector<stark::TraceTable> fixed(kChips);
  for (std::size_t c = 0; c < kChips; ++c) {
    const stark::TraceTable& table = tables_.fixed[c];
    if (table.height == 0) continue;
    fixed[c] = stark::TraceTable(table.height, table.width);
    std::memcpy(fixed[c].words.data(), table.words.data(), table.words.size() * sizeof(u32));
  }
  proving_key_ = stark::make_proving_key(machine.machine(), machine_kernels(), parameters, std::move(fixed), isa);
  key_ = std::make_unique<ProgramKey>(shape, parameters, proving_key_.verifying.fixed_cap);
  proving_key_.verifying.machine = key_->verifying().machine;
}

namespace {

Err<ProveError> error(std::string text) {
  return Err(ProveError{{}, std::move(text)});
}

}  // namespace

/// The segment's part of the plan. `edges` has all heights, and the words of boundary tables.
Result<PlannedSegment, ProveError> ProgramProver::commit(const stark::SegmentWitness& edges, u64 cycles,
                                                         const ProveOptions& options) const {
  PlannedSegment out;
  out.cycles = cycles;
  out.public_values = edges.public_values;
  for (const stark::TraceTable& table : edges.tables) out.heights.push_back(table.height);
  const stark::VerifyingKey& key = proving_key_.verifying;
  if (const auto layout = stark::make_layout(*key.machine, key.parameters, out.heights); !layout) {
    return error(std::string("a segment does not fit the key (") + stark::name_of(layout.error()) +
                 "): the program's text and data, or one of its calls, leave too little room");
  }
  out.boundary_cap = stark::commit_boundary(proving_key_, edges, options.isa).cap();
  return out;
}

/// A height, so that a full segment has as many rows as its height says (see trace()).
u64 ProgramProver::initial_rows_max(const SegmentLimits& limits) const {
  const stark::Machine& machine = *proving_key_.verifying.machine;
  u64 fixed = 0;
  for (const stark::ChipDescription& chip : machine.chips) {
    fixed += u64{chip.fixed_height} * chip.shape.messages_on(stark::Bus::kLocal);
  }
  const stark::ChipShape& shape = machine.chips[kIndexOf<chips::InitialRow>].shape;
  const u64 rows =
      std::min({limits.rows, limits.cycles, limits.cells / shape.committed(),
                (limits.messages - std::min(limits.messages, fixed)) / shape.messages_on(stark::Bus::kLocal)});
  const u64 block = u64{1} << proving_key_.verifying.parameters.block_log;
  return std::max<u64>(rows >= block ? rows / block * block : std::bit_floor(rows), stark::kSkip);
}

Result<ExecutionPlan, ProveError> ProgramProver::plan(ByteView hints, const ProveOptions& options,
                                                      const KeepSnapshot& keep) const {
  const stark::Machine& machine = *proving_key_.verifying.machine;
  const stark::Parameters& parameters = proving_key_.verifying.parameters;
  const SegmentLimits limits = segment_limits(machine, parameters, options.segment_messages, options.segment_cycles);
  Executor executor(program_, hints, {options.budget, options.memory_limit, options.listener});
  AccessClock clock(executor.memory());
  SegmentMeter meter(program_, machine, parameters, limits, clock);
  ExecutionPlan out;
  u64 boundary_messages = 0;
  const auto add = [&](const stark::SegmentWitness& edges, u64 cycles) -> Result<void, ProveError> {
    auto planned = commit(edges, cycles, options);
    if (!planned) return Err(planned.error());
    for (std::size_t c = 0; c < kChips; ++c) {
      boundary_messages += u64{planned->heights[c]} * machine.chips[c].shape.messages_on(stark::Bus::kBoundary);
    }
    if (boundary_messages >= BabyBear::kModulus / 4 || out.segments.size() == stark::kMaxSegments) {
      return error("the execution is too long for one proof: its segments touch too many words");
    }
    out.segments.push_back(std::move(*planned));
    return {};
  };

  Snapshot snapshot;
  keep(0, snapshot);
  for (Stop stop = Stop::kPaused; stop != Stop::kHalted;) {
    const u64 begin = executor.state().cycle;
    meter.begin_segment(executor.state());
    stop = executor.observe(meter);
    if (stop == Stop::kFault) {
      return Err(ProveError{executor.fault(), "the program faulted: " + to_text(executor.fault(), program_)});
    }
    if (meter.unproved()) {
      return error(std::string("the program calls ") + name_of(*meter.unproved()) +
                   ", which this machine cannot prove; build it with --portable");
    }
    stark::SegmentWitness edges;
    edges.public_values = meter.edges().values(executor, clock).to_words();
    edges.tables.resize(kChips);
    for (std::size_t c = 0; c < kChips; ++c) {
      const u32 fixed = machine.chips[c].fixed_height;
      edges.tables[c].height = fixed != 0 ? fixed : height_for(meter.counts().of_chip[c], parameters);
    }
    edges.tables[kIndexOf<chips::BoundaryRow>] = boundary_table(executor, clock, parameters);
    if (auto added = add(edges, executor.state().cycle - begin); !added) return Err(added.error());
    snapshot = Snapshot(snapshot, executor, clock);
    keep(++out.executions, snapshot);
    if (options.progress) options.progress({0, executor.state().cycle, "executing"});
  }

  const u64 rows_max = initial_rows_max(limits);
  for (OrderPoint at = kOrderBegin; !is_order_end(tables_, at);) {
    InitialWords words = initial_words(tables_, snapshot, at, rows_max, parameters);
    at = words.out;
    stark::SegmentWitness edges;
    edges.public_values = initial_values(words).to_words();
    edges.tables.resize(kChips);
    for (std::size_t c = 0; c < kChips; ++c) edges.tables[c].height = machine.chips[c].fixed_height;
    edges.tables[kIndexOf<chips::InitialRow>] = words.rows.take();
    if (auto added = add(edges, 0); !added) return Err(added.error());
  }
  return out;
}

Result<stark::SegmentWitness, ProveError> ProgramProver::trace(const ExecutionPlan& plan, std::size_t segment,
                                                               const Snapshot& snapshot, ByteView hints,
                                                               const ProveOptions& options) const {
  const PlannedSegment& planned = plan.segments[segment];
  const stark::Parameters& parameters = proving_key_.verifying.parameters;
  stark::SegmentWitness out;
  if (segment < plan.executions) {
    Executor executor(program_, hints, {.memory_limit = options.memory_limit});
    AccessClock clock(executor.memory());
    snapshot.restore(executor, clock);
    Recorder recorder(program_, tables_, clock, planned.heights);
    recorder.begin_segment(executor.state());
    if (executor.observe(recorder, planned.cycles) != Stop::kFault) out = recorder.end_segment(executor, parameters);
  } else {
    // The words that fit its height: all but the last initialisation segment are full.
    const PublicValues values = PublicValues::from_words(planned.public_values);
    const u32 zone = values.order_in.zone;
    if (zone >= kFirstZone && zone < tables_.shape.last_zone) {
      const u32 height = planned.heights[kIndexOf<chips::InitialRow>];
      out = initial_segment(tables_, initial_words(tables_, snapshot, values.order_in, height, parameters));
    }
  }
  bool is_planned = out.public_values == planned.public_values;
  for (std::size_t c = 0; is_planned && c < kChips; ++c) is_planned = out.tables[c].height == planned.heights[c];
  if (!is_planned) return error("segment " + std::to_string(segment) + " does not follow from its snapshot");
  return out;
}

Result<std::vector<u32>, ProveError> ProgramProver::prove_traced(
    const PlannedSegment& planned, const stark::SegmentWitness& traces, const stark::BusChallenge& challenge,
    const ProveOptions& options, const stark::ProverProgress& progress, stark::ProverTimes* times) const {
  const stark::BoundaryCommitment boundary = stark::commit_boundary(proving_key_, traces, options.isa);
  if (boundary.cap() != planned.boundary_cap) return error("a segment's boundary words are not those of the plan");
  return stark::prove_segment(proving_key_, traces, boundary, challenge, options.isa, times, progress);
}

Result<Witness, ProveError> ProgramProver::witness(ByteView hints, const ProveOptions& options) const {
  std::vector<Snapshot> snapshots;
  const auto planned = plan(hints, options, [&](u32, const Snapshot& snapshot) { snapshots.push_back(snapshot); });
  if (!planned) return Err(planned.error());
  Witness out;
  out.claim = planned->claim();
  for (std::size_t s = 0; s < planned->segments.size(); ++s) {
    auto traces = trace(*planned, s, snapshots[planned->snapshot_of(s)], hints, options);
    if (!traces) return Err(traces.error());
    out.segments.push_back(std::move(*traces));
  }
  return out;
}

Result<Proved, ProveError> ProgramProver::prove(ByteView hints, const ProveOptions& options) const {
  const auto begin = std::chrono::steady_clock::now();
  if (options.progress) options.progress({0, 0, "executing"});
  std::vector<Snapshot> snapshots;
  const auto planned = plan(hints, options, [&](u32, const Snapshot& snapshot) { snapshots.push_back(snapshot); });
  if (!planned) return Err(planned.error());
  Proved out;
  out.claim = planned->claim();
  out.execution_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();

  const std::size_t count = planned->segments.size();
  out.segments = static_cast<u32>(count);
  out.rows = planned->rows();
  stark::ExecutionHead head =
      stark::make_head(proving_key_, planned->statements(*proving_key_.verifying.machine), options.isa);
  SegmentProgress progress(*planned, *proving_key_.verifying.machine, options.progress);
  NextTraces next;
  for (std::size_t s = 0; s < count; ++s) {
    const auto trace_of = [&, this](std::size_t k) {
      return trace(*planned, k, snapshots[planned->snapshot_of(k)], hints, options);
    };
    const auto traces = next.take([&] { return trace_of(s); });
    if (!traces) return Err(traces.error());
    if (s + 1 < count) next.start([&trace_of, s] { return trace_of(s + 1); });
    out.times.emplace_back();
    const auto proof = prove_traced(
        planned->segments[s], *traces, head.challenge, options,
        [&](stark::ProverPhase phase) { progress.begin(s, phase); }, &out.times.back());
    next.wait();
    if (!proof) return Err(proof.error());
    progress.done(s);
    stark::append_segment(head.words, planned->segments[s].public_values, *proof);
  }
  out.bytes = stark::bytes_of(head.words);
  return out;
}

}  // namespace atlas::zkvm
