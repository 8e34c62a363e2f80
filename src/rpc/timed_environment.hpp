#pragma once
// Execution within a time limit.
#include <rpc/method.hpp>

namespace atlas::rpc {

/// Ends every frame that starts or resumes after the deadline. One frame is bounded by its gas; this bounds their sum.
class TimedEnvironment final : public ExecutionEnvironment {
 public:
  TimedEnvironment(ExecutionEnvironment& inner, Clock::time_point deadline) : inner_(inner), deadline_(deadline) {}

  Frame* start(Host& host, const CallRequest& request, ByteView code, const Hash256* code_hash,
               StepOutcome& outcome) override {
    if (is_late()) {
      outcome.wants_call = false;
      outcome.result = failed();
      return nullptr;
    }
    return inner_.start(host, request, code, code_hash, outcome);
  }
  void resume(Host& host, Frame& frame, const CallResult& result, StepOutcome& outcome) override {
    if (is_late()) {
      inner_.drop(frame);
      outcome.wants_call = false;
      outcome.result = failed();
      return;
    }
    inner_.resume(host, frame, result, outcome);
  }
  void drop(Frame& frame) override { inner_.drop(frame); }
  bool timed_out() const { return timed_out_; }

 private:
  static CallResult failed() {
    CallResult result;
    result.status = FrameStatus::kFailure;
    result.halt = HaltReason::kOutOfGas;
    return result;
  }
  bool is_late() {
    constexpr unsigned kFramesPerLook = 16;  // a clock read costs as much as a small frame
    if (timed_out_) return true;
    if (++frames_ % kFramesPerLook != 0) return false;
    timed_out_ = Clock::now() > deadline_;
    return timed_out_;
  }

  ExecutionEnvironment& inner_;
  Clock::time_point deadline_;
  unsigned frames_ = 0;
  bool timed_out_ = false;
};

}  // namespace atlas::rpc
