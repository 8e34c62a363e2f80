// Every instruction with the machine before it: geth's default tracer.
#include <map>

#include <rpc/json_writer.hpp>
#include <rpc/trace.hpp>

namespace atlas::rpc {
namespace {

constexpr u8 kPrevrandao = 0x44;  // struct logs keep its name from before the merge, in geth and in anvil

/// Writes the JSON of each instruction at once: the trace itself is what takes the room.
class StructLogger final : public Recorder {
 public:
  StructLogger(const TraceOptions& options, std::size_t bytes_max) : Recorder(bytes_max), options_(options) {}

  void begin(const TraceSubject& subject) override { journal_ = &subject.journal; }
  void enter(const CallRequest&) override { refunds_.push_back(0); }
  void exit(const CallResult&) override { refunds_.pop_back(); }

  void step(const evm::TraceStep& step) override {
    slot_.reset();
    const i64 refund = sum_refunds(step.refund);
    listed_ = (options_.limit == 0 || count_ < options_.limit) && take(size_of(step));
    if (!listed_) return;
    ++count_;
    gas_before_ = step.gas;
    refusal_ = find_refusal(step, *journal_);
    last_ = {step.opcode, step.stack.size(), false};
    logs_.begin_object();
    logs_.key("pc");
    logs_.number(step.pc);
    logs_.field_string("op", step.opcode == kPrevrandao ? "DIFFICULTY" : opcode_name(step.opcode));
    logs_.key("gas");
    logs_.number(step.gas);
    logs_.key("depth");
    logs_.number(u64{step.depth} + 1);
    if (!options_.disable_stack) {
      logs_.key("stack");
      logs_.begin_array();
      for (const u256& word : step.stack) logs_.quantity(word);
      logs_.end_array();
    }
    if (options_.enable_memory) {
      constexpr std::size_t kWord = 32;
      logs_.key("memory");
      logs_.begin_array();
      for (std::size_t at = 0; at + kWord <= step.memory.size(); at += kWord) logs_.hex(step.memory.subspan(at, kWord));
      logs_.end_array();
    }
    if (options_.enable_return_data) logs_.field("returnData", step.return_data);
    if (refund > 0) {
      logs_.key("refund");
      logs_.number(static_cast<u64>(refund));
    }
  }

  void storage(const Address& account, const u256& slot, const u256& value) override {
    auto& known = slots_[account];
    if (!known.contains(slot) && !take(kSlotBytes)) return;
    known[slot] = value;
    slot_ = account;
  }

  void step_done(u64 cost, HaltReason halt) override {
    if (!listed_) return;
    // geth counts what is passed to a callee into the cost even if the callee is refused.
    if (refusal_ && halt == HaltReason::kNone) {
      cost += refusal_->gas_passed(gas_before_, cost);
    }
    logs_.key("gasCost");
    logs_.number(cost);
    if (slot_ && !options_.disable_storage) {
      const auto& known = slots_[*slot_];
      if (take(known.size() * kSlotBytes)) {
        logs_.key("storage");
        logs_.begin_object();
        for (const auto& [slot, value] : known) {
          logs_.key(to_hex(slot.to_be()));
          logs_.word(value);
        }
        logs_.end_object();
      }
    }
    if (halt != HaltReason::kNone) {
      last_.halted = true;
      logs_.field_string("error", describe_end(FrameStatus::kFailure, halt, &last_, false));
    }
    logs_.end_object();
  }

  void write(const TraceSubject&, const stf::ExecutionResult& result, JsonWriter& out) override {
    out.begin_object();
    out.key("gas");
    out.number(result.gas_used);
    out.field_bool("failed", result.status != FrameStatus::kSuccess);
    out.field("returnValue", result.status == FrameStatus::kFailure ? ByteView{} : ByteView(result.output));
    out.key("structLogs");
    out.raw('[' + text_ + ']');
    out.end_object();
  }

 private:
  static constexpr std::size_t kSlotBytes = 2 * 66 + 6;

  std::size_t size_of(const evm::TraceStep& step) const {
    constexpr std::size_t kStepBytes = 120;
    constexpr std::size_t kWordBytes = 70;
    constexpr std::size_t kHexFactor = 2;
    constexpr std::size_t kStackBytes = 16;  // most words are small
    std::size_t n = kStepBytes;
    if (!options_.disable_stack) n += step.stack.size() * kStackBytes;
    if (options_.enable_memory) n += step.memory.size() / 32 * kWordBytes;
    if (options_.enable_return_data) n += kHexFactor * step.return_data.size();
    return n;
  }
  /// The transaction's refund counter: what frames around this one have gathered, and its own.
  i64 sum_refunds(i64 own) {
    refunds_.back() = own;
    i64 sum = 0;
    for (const i64 refund : refunds_) sum += refund;
    return sum;
  }

  const TraceOptions& options_;
  Journal* journal_ = nullptr;
  std::vector<i64> refunds_;
  std::string text_;
  JsonWriter logs_{text_};
  u64 count_ = 0;
  bool listed_ = false;
  u64 gas_before_ = 0;
  std::optional<Refusal> refusal_;
  LastStep last_;
  std::optional<Address> slot_;  ///< whose storage this instruction touched
  std::map<Address, std::map<u256, u256>> slots_;
};

}  // namespace

std::unique_ptr<Recorder> make_struct_logger(const TraceOptions& options, std::size_t bytes_max) {
  return std::make_unique<StructLogger>(options, bytes_max);
}

}  // namespace atlas::rpc
