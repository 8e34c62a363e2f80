#pragma once
// Frames of one execution as a tree, for callTracer and the ots_ methods, and 4byteTracer.
#include <map>

#include <rpc/trace.hpp>

namespace atlas::rpc {

struct TracedLog {
  Log log;
  u32 position = 0;  ///< calls of the frame that were made before it
  u32 index = 0;     ///< in the transaction
};

/// One frame. SELFDESTRUCT counts as one too, as geth has it.
struct TracedCall {
  std::string_view type;
  u32 parent = 0;  ///< index; its own for the transaction's frame
  u16 depth = 0;
  Address from;
  Address to;
  std::optional<u256> value;  ///< none for STATICCALL
  u64 gas = 0;
  u64 gas_used = 0;
  Bytes input;
  Bytes output;
  FrameStatus status = FrameStatus::kSuccess;
  bool undone = false;  ///< it or a frame around it failed
  std::string error;
  std::vector<TracedLog> logs;
  std::vector<u32> children;

  bool is_creation() const { return type == "CREATE" || type == "CREATE2"; }
};

class CallRecorder final : public Recorder {
 public:
  CallRecorder(bool with_log, bool only_top_call, std::size_t bytes_max)
      : Recorder(bytes_max), with_log_(with_log), only_top_call_(only_top_call) {}

  void begin(const TraceSubject& subject) override;
  void enter(const CallRequest& request) override;
  void exit(const CallResult& result) override;
  void step(const evm::TraceStep& step) override;
  void step_done(u64 cost, HaltReason halt) override;
  void write(const TraceSubject& subject, const stf::ExecutionResult& result, JsonWriter& out) override;

  /// In order of entry, the transaction's own first. Complete after settle() or finish().
  const std::vector<TracedCall>& calls() const { return calls_; }
  /// Marks what was undone. The first frame's gas is its own, without what the transaction paid before.
  void settle();
  /// Marks what was undone and puts the transaction's gas in place of its first frame's.
  void finish(const TraceSubject& subject, const stf::ExecutionResult& result);

 private:
  struct Open {
    u32 call = 0;  ///< index in calls_
    bool recorded = false;
    LastStep last;
    bool stepped = false;
  };
  u32 append(TracedCall call);
  void note_refusal(const evm::TraceStep& step);
  void write_call(u32 index, JsonWriter& out) const;

  bool with_log_;
  bool only_top_call_;
  Journal* journal_ = nullptr;
  std::vector<TracedCall> calls_;
  std::vector<Open> open_;
  // What the running instruction turns into if it does not halt.
  std::optional<Refusal> refusal_;
  u64 gas_before_ = 0;
  std::optional<TracedCall> pending_;  ///< of a refusal or a SELFDESTRUCT
};

/// How often each selector was called with how many bytes behind it.
class FourByteRecorder final : public Recorder {
 public:
  using Recorder::Recorder;
  void begin(const TraceSubject& subject) override { fork_ = subject.block.fork; }
  void enter(const CallRequest& request) override;
  void write(const TraceSubject& subject, const stf::ExecutionResult& result, JsonWriter& out) override;

 private:
  Fork fork_ = Fork::kOsaka;
  std::map<std::string, u64> counts_;
};

}  // namespace atlas::rpc
