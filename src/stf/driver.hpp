#pragma once
// Runs a message and every call that comes of it, on a stack of frames that lives on the heap.
#include <state/environment.hpp>
#include <state/journal.hpp>

namespace atlas::evm {
class Tracer;
}

namespace atlas::stf {

class FrameDriver {
 public:
  /// `host` must outlive the driver; its contexts may change between runs.
  FrameDriver(Host& host, ExecutionEnvironment& environment) : host_(host), environment_(environment) {}

  void set_tracer(evm::Tracer* tracer) { tracer_ = tracer; }

  /// Runs `request` to its end. State changes of a frame that does not succeed are undone; a creation's sender has its
  /// nonce raised in any case, unless depth, balance or nonce forbid the creation (then: kRevert, all gas back).
  /// The result, output included, stays in place until the next run.
  const CallResult& run(const CallRequest& request);

 private:
  /// What the driver must remember of a frame that waits for a call.
  struct Level {
    Frame* frame = nullptr;
    Journal::Checkpoint checkpoint;
    bool creation = false;
    Address created;
  };

  void begin();
  void begin_creation(Level& level);
  void begin_call(Level& level);
  void end(const Level& level);
  void deposit_code(const Level& level);
  bool forbidden();
  void meter(u64 cycles);
  void meter_code(AccountRef account, ByteView code);
  bool is_spent() const { return host_.native != nullptr && host_.native->is_spent(); }
  void trace_exit();
  void finish_at_once(FrameStatus status, u64 gas_left, HaltReason halt = HaltReason::kNone, ByteView output = {});

  Host& host_;
  ExecutionEnvironment& environment_;
  evm::Tracer* tracer_ = nullptr;
  StepOutcome outcome_;
  std::vector<Level> levels_;
  Bytes precompile_output_;
};

}  // namespace atlas::stf
