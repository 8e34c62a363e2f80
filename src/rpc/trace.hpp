#pragma once
// What debug_trace… and ots_ record of one execution, and geth's JSON for it (geth: eth/tracers).
#include <chrono>
#include <memory>
#include <string>

#include <evm/tracer.hpp>
#include <rpc/params.hpp>
#include <stf/stf.hpp>

namespace atlas::rpc {

class JsonWriter;

enum class TracerKind : u8 {
  kStructLogs,  ///< no `tracer`: every instruction
  kCalls,       ///< callTracer
  kPrestate,    ///< prestateTracer
  kFourByte,    ///< 4byteTracer
  kNoop,        ///< noopTracer: {}
};

/// The configuration object of debug_trace….
struct TraceOptions {
  TracerKind kind = TracerKind::kStructLogs;
  // Struct logs.
  bool disable_storage = false;
  bool disable_stack = false;
  bool enable_memory = false;
  bool enable_return_data = false;
  u64 limit = 0;  ///< instructions that are listed; 0: all
  // tracerConfig.
  bool with_log = false;
  bool only_top_call = false;
  bool diff_mode = false;
  bool prestate_code = true;
  bool prestate_storage = true;
  bool parity_diff = false;  ///< not of debug_: the prestate recorder writes trace_replay…'s stateDiff
  std::optional<std::chrono::milliseconds> timeout;  ///< shortens the node's own
  // debug_traceCall only.
  std::optional<StateOverrides> state_overrides;
  std::optional<BlockOverrides> block_overrides;
};
bool decode(const Json& json, TraceOptions& out, std::string& why);

/// What is about to be traced. References outlive the recorder's use.
struct TraceSubject {
  const StateView& before;  ///< just before the transaction, fees not yet taken
  Journal& journal;         ///< that it runs on
  const BlockContext& block;
  Address from;
  std::optional<Address> to;
  u64 gas_limit = 0;
  const std::vector<Authorization>& authorizations;
};

/// Listens to one execution and writes what it heard. Keeps at most `bytes_max` and then says is_full().
class Recorder : public evm::Tracer {
 public:
  explicit Recorder(std::size_t bytes_max) : bytes_max_(bytes_max) {}
  void enter(const CallRequest&) override {}
  void exit(const CallResult&) override {}
  void step(const evm::TraceStep&) override {}
  void step_done(u64, HaltReason) override {}
  void storage(const Address&, const u256&, const u256&) override {}

  virtual void begin(const TraceSubject&) {}
  /// `result`: status, gas and output; its logs may be missing.
  virtual void write(const TraceSubject& subject, const stf::ExecutionResult& result, JsonWriter& out) = 0;

  bool is_full() const { return is_full_; }

 protected:
  /// Room for `n` more bytes; false, from then on always, when there is none.
  bool take(std::size_t n) {
    if (is_full_ || n > bytes_max_) is_full_ = true;
    if (is_full_) return false;
    bytes_max_ -= n;
    return true;
  }

 private:
  std::size_t bytes_max_;
  bool is_full_ = false;
};

/// The recorder that `options` ask for. They must outlive it.
std::unique_ptr<Recorder> make_recorder(const TraceOptions& options, std::size_t bytes_max);

std::unique_ptr<Recorder> make_struct_logger(const TraceOptions& options, std::size_t bytes_max);
std::unique_ptr<Recorder> make_prestate_recorder(const TraceOptions& options, std::size_t bytes_max);

/// A call or creation that fails without a frame and gives its gas back: too deep, or more value than there is.
struct Refusal {
  std::string_view why;
  bool is_creation = false;
  bool has_stipend = false;
  u64 gas_requested = 0;
  std::size_t input_at = 0;  ///< stack position of the input's offset, from the top
  /// The gas that the callee would have had (EIP-150: all but one 64th), stipend included. `cost`: what the
  /// instruction took in the end, negative as two's complement where the stipend exceeds it.
  u64 gas_passed(u64 gas_before, u64 cost) const;
};
std::optional<Refusal> find_refusal(const evm::TraceStep& step, Journal& journal);
inline constexpr u64 kCallStipend = 2'300;

/// The instruction that was about to run when a frame halted, for geth's sentences that name it.
struct LastStep {
  u8 opcode = 0;
  std::size_t stack_size = 0;
  bool halted = false;
};
/// geth's sentence for the end of a frame (core/vm/errors.go); empty for success. Without `last` no instruction ran.
std::string describe_end(FrameStatus status, HaltReason halt, const LastStep* last, bool is_creation);
/// The mnemonic, or "opcode 0x0c not defined" as geth prints it.
std::string opcode_name(u8 opcode);

}  // namespace atlas::rpc
