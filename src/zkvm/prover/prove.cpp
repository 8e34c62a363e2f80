#include <chrono>

#include <zkvm/prover/kernels.hpp>
#include <zkvm/prover/prove.hpp>

namespace atlas::zkvm {

ProgramProver::ProgramProver(const Program& program, const stark::Parameters& parameters, stark::Isa isa)
    : program_(program), tables_(program) {
  // The machine has to exist before the key that points to it knows the fixed columns' root.
  const MachineShape shape = shape_of_program(program);
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

Result<Witness, ProveError> ProgramProver::witness(ByteView hints, const ProveOptions& options) const {
  Executor executor(program_, hints, {options.budget, options.memory_limit, options.listener});
  AccessClock clock(executor.memory());
  Recorder recorder(program_, tables_, clock);
  const stark::Parameters& parameters = proving_key_.verifying.parameters;
  // Cells of all trees but the tables', and what rounding heights up to blocks may add.
  const u64 total = u64{parameters.max_width - 3 * stark::kTileColumns} << parameters.stack_log;
  u64 fixed = 0, widths = 0;
  for (const stark::ChipDescription& chip : key_->machine().machine().chips) {
    fixed += u64{chip.fixed_height} * chip.shape.committed();
    if (chip.fixed_height == 0) widths += chip.shape.committed();
  }
  const u64 reserved = fixed + (widths << parameters.block_log);
  if (reserved >= total) return Err(ProveError{{}, "the program's text and data leave no room for a trace"});
  recorder.set_limits(total - reserved);

  Witness out;
  for (;;) {
    recorder.begin_segment(executor.state());
    const Stop stop = executor.observe(recorder);
    if (stop == Stop::kFault) {
      return Err(ProveError{executor.fault(), "the program faulted: " + to_text(executor.fault(), program_)});
    }
    out.segments.push_back(recorder.end_segment(executor, parameters));
    if (stop == Stop::kHalted) break;
  }
  out.segments.push_back(
      initial_segment(tables_, key_->machine().shape(), recorder.first_values(), executor, clock, parameters));
  out.claim = {executor.state().public_output(), executor.state().cycle};
  return out;
}

Result<Proved, ProveError> ProgramProver::prove(ByteView hints, const ProveOptions& options) const {
  const auto say = [&options](const ProveProgress& p) {
    if (options.progress) options.progress(p);
  };
  say({0, 0, "executing"});
  const auto begin = std::chrono::steady_clock::now();
  auto traces = witness(hints, options);
  if (!traces) return Err(traces.error());
  Proved out;
  out.execution_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  out.claim = traces->claim;
  // Shares of the time, as measured: traces, then of each segment by its cells commitment, bus, constraints, opening.
  constexpr double kTraces = 0.06;
  constexpr double kBegins[] = {0, 0.2, 0.6, 0.85};
  constexpr const char* kPhases[] = {"committing", "balancing buses", "checking constraints", "opening"};
  std::vector<double> cells;
  double total = 0;
  for (const stark::SegmentWitness& segment : traces->segments) {
    cells.push_back(0);
    for (const stark::TraceTable& table : segment.tables)
      cells.back() += static_cast<double>(table.height) * table.width;
    total += cells.back();
  }
  std::size_t segment = 0;
  double before = 0;
  const auto progress = [&](stark::ProverPhase phase) {
    const auto k = static_cast<std::size_t>(phase);
    const double share = before + cells[segment] * kBegins[k];
    say({kTraces + (1 - kTraces) * share / total, out.claim.cycles, kPhases[k]});
    if (phase == stark::ProverPhase::kOpening) before += cells[segment++];
  };
  out.bytes = stark::prove_execution(proving_key_, traces->segments, options.isa, &out.times, progress);
  return out;
}

}  // namespace atlas::zkvm
