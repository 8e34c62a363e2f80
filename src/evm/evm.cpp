#include <evm/evm.hpp>
#include <evm/interpreter.hpp>

namespace atlas::evm {
namespace {

// What the pool keeps from one transaction to the next: frames, and bytes in each.
constexpr std::size_t kPooledFrames = 64;
constexpr std::size_t kPooledBytes = std::size_t{1} << 18;

constexpr u64 kGasMax = static_cast<u64>(INT64_MAX);

}  // namespace

EvmFrame::EvmFrame() : stack_(static_cast<u256*>(::operator new((kStackLimit + 1) * sizeof(u256)))) {}

Evm::Evm(Mode mode) : mode_(mode) {}
Evm::~Evm() = default;

Frame* Evm::start(Host& host, const CallRequest& request, ByteView code, const Hash256* code_hash,
                  StepOutcome& outcome) {
  if (code.empty()) {
    const u64 gas = request.gas;
    outcome.wants_call = false;
    outcome.result = CallResult{};
    outcome.result.gas_left = gas;
    return nullptr;
  }
  if (trim_due_ && request.depth == 0) trim_pool();
  EvmFrame& f = acquire();
  f.request = request;
  f.host = &host;
  f.outcome = &outcome;
  f.mapping_hashes = &mapping_hashes_;
  f.heir_listener = heir_listener_;
  f.code = code;
  f.self = host.journal.ref(request.recipient);
  f.sp = f.bottom();
  f.gas = static_cast<i64>(std::min(request.gas, kGasMax));
  f.refund = 0;
  f.memory.clear();
  f.return_data.clear();
  const Fork fork = host.block.fork;
  const bool metered = host.native != nullptr;
  if (code_hash != nullptr) {
    f.program = &programs_.acquire(*code_hash, code.size(), fork, metered);
  } else {
    f.own_program.reset(code.size(), fork, metered);
    f.program = &f.own_program;
  }
  f.position = mode_ == Mode::kFast && tracer_ == nullptr ? f.program->entry(code) : 0;
  return run(f) ? &f : nullptr;
}

void Evm::resume(Host& host, Frame& frame, const CallResult& result, StepOutcome& outcome) {
  auto& f = static_cast<EvmFrame&>(frame);
  f.host = &host;
  f.outcome = &outcome;
  accept_result(f, result);
  run(f);
}

void Evm::drop(Frame& frame) {
  release(static_cast<EvmFrame&>(frame));
}

/// True if the frame is suspended; otherwise it went back to the pool, where its memory (the output) stays untouched
/// until the next start.
bool Evm::run(EvmFrame& f) {
  f.load_program_tables();
  if (mode_ == Mode::kFast && tracer_ == nullptr) {
    run_fast(f);
  } else {
    run_plain(f, tracer_);
  }
  if (f.outcome->wants_call) return true;
  release(f);
  return false;
}

EvmFrame& Evm::acquire() {
  if (free_.empty()) {
    frames_.push_back(std::make_unique<EvmFrame>());
    free_.push_back(frames_.back().get());
  }
  EvmFrame& f = *free_.back();
  free_.pop_back();
  f.idle = false;
  return f;
}

void Evm::release(EvmFrame& f) {
  if (f.program != &f.own_program) programs_.release(*f.program);
  f.program = nullptr;
  f.idle = true;
  free_.push_back(&f);
  if (f.memory.capacity() > kPooledBytes || f.return_data.capacity() > kPooledBytes ||
      f.own_program.footprint() > kPooledBytes || free_.size() > kPooledFrames) {
    trim_due_ = true;  // not now: the result still points into the memory
  }
}

void Evm::trim_pool() {
  trim_due_ = false;
  std::size_t kept = 0;
  std::erase_if(frames_, [&kept](const auto& f) { return f->idle && ++kept > kPooledFrames; });
  free_.clear();
  for (const auto& f : frames_) {
    if (!f->idle) continue;
    if (f->memory.capacity() > kPooledBytes) f->memory.release();
    if (f->return_data.capacity() > kPooledBytes) f->return_data.release();
    if (f->own_program.footprint() > kPooledBytes) f->own_program = Program();
    free_.push_back(f.get());
  }
}

}  // namespace atlas::evm
