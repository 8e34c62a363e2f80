// The accounts and slots that execution looked at, before it and, in diff mode, after it (geth: prestateTracer).
#include <map>
#include <set>

#include <evm/opcodes.hpp>
#include <rpc/json_writer.hpp>
#include <rpc/trace.hpp>
#include <rpc/trace_vm.hpp>
#include <stf/delegation.hpp>

namespace atlas::rpc {
namespace {

struct AccountState {
  u256 balance;
  u64 nonce = 0;
  ByteView code;
  bool exists = false;
  bool is_empty() const { return nonce == 0 && balance.is_zero() && code.empty(); }
};

class PrestateRecorder final : public Recorder {
 public:
  PrestateRecorder(const TraceOptions& options, std::size_t bytes_max) : Recorder(bytes_max), options_(options) {}

  void begin(const TraceSubject& subject) override {
    before_ = &subject.before;
    touch(subject.from);
    touch(subject.block.coinbase);
    if (subject.to) {
      touch_code(*subject.to);
    } else {
      const u64 nonce = state_of(subject.from).nonce;
      const Address created = stf::create_address(subject.from, nonce);
      touch(created);
      created_.insert(created);
    }
    for (const Authorization& authorization : subject.authorizations) {
      if (const auto authority = recover_authority(authorization)) touch(*authority);
    }
  }

  void enter(const CallRequest& request) override {
    if (request.kind != CallKind::kCreate && request.kind != CallKind::kCreate2) return;
    touch(request.recipient);
    created_.insert(request.recipient);
  }

  void step(const evm::TraceStep& step) override {
    using evm::Opcode;
    account_.reset();
    slot_.reset();
    const std::size_t n = step.stack.size();
    if (n < evm::traits_of(step.opcode).pops) return;
    switch (static_cast<Opcode>(step.opcode)) {
      case Opcode::kSload:
      case Opcode::kSstore:
        account_ = step.frame->recipient;
        slot_ = step.stack[n - 1];
        break;
      case Opcode::kBalance:
      case Opcode::kExtcodesize:
      case Opcode::kExtcodecopy:
      case Opcode::kExtcodehash:
      case Opcode::kSelfdestruct:
        account_ = step.stack[n - 1].to_address();
        break;
      case Opcode::kCall:
      case Opcode::kCallcode:
      case Opcode::kDelegatecall:
      case Opcode::kStaticcall:
        account_ = step.stack[n - 2].to_address();
        break;
      default:
        break;
    }
    follows_ = traces_code(step.opcode);
  }

  void step_done(u64, HaltReason halt) override {
    if (!account_ || halt != HaltReason::kNone) return;
    follows_ ? touch_code(*account_) : touch(*account_);
    constexpr std::size_t kSlotBytes = 4 * 66;
    if (!slot_ || !options_.prestate_storage) return;
    auto& slots = touched_[*account_];
    if (!slots.contains(*slot_) && take(kSlotBytes)) slots.emplace(*slot_, before_->storage(*account_, *slot_));
  }

  void write(const TraceSubject& subject, const stf::ExecutionResult&, JsonWriter& out) override {
    if (options_.parity_diff) return write_parity(subject.journal, out);
    options_.diff_mode ? write_diff(subject.journal, out) : write_all(out);
  }

 private:
  using Slots = std::map<u256, u256>;

  static bool traces_code(u8 opcode) {
    return opcode >= static_cast<u8>(evm::Opcode::kCall) && opcode != static_cast<u8>(evm::Opcode::kSelfdestruct);
  }

  AccountState state_of(const Address& address) const {
    AccountState state;
    const auto account = before_->account(address);
    if (!account) return state;
    state.exists = true;
    state.balance = account->balance;
    state.nonce = account->nonce;
    if (account->has_code()) state.code = before_->code(account->code_hash);
    return state;
  }

  static AccountState state_after(Journal& journal, const Address& address) {
    AccountState state;
    state.exists = journal.exists(address);
    if (!state.exists) return state;
    state.balance = journal.balance(address);
    state.nonce = journal.nonce(address);
    state.code = journal.code(address);
    return state;
  }

  void touch(const Address& address) {
    constexpr std::size_t kAccountBytes = 300;
    constexpr std::size_t kHexFactor = 4;  // before and after
    if (touched_.contains(address)) return;
    if (take(kAccountBytes + (options_.prestate_code ? kHexFactor * state_of(address).code.size() : 0))) {
      touched_[address];
    }
  }
  /// Calls also read what the account delegates to (EIP-7702).
  void touch_code(const Address& address) {
    touch(address);
    if (const auto target = stf::delegation_target(state_of(address).code)) touch(*target);
  }

  bool is_new(const Address& address, const AccountState& before) const {
    return created_.contains(address) && before.is_empty();
  }

  void write_state(JsonWriter& out, const AccountState& state, const Slots& slots) const {
    out.begin_object();
    out.field("balance", state.balance);
    if (state.nonce != 0) {
      out.key("nonce");
      out.number(state.nonce);
    }
    if (!state.code.empty() && options_.prestate_code) out.field("code", state.code);
    write_slots(out, slots);
    out.end_object();
  }

  static void write_slots(JsonWriter& out, const Slots& slots) {
    if (slots.empty()) return;
    out.key("storage");
    out.begin_object();
    for (const auto& [slot, value] : slots) {
      out.key(to_hex(slot.to_be()));
      out.word(value);
    }
    out.end_object();
  }

  void write_all(JsonWriter& out) const {
    out.begin_object();
    for (const auto& [address, slots] : touched_) {
      const AccountState before = state_of(address);
      if (is_new(address, before)) continue;
      out.key(to_hex(address));
      write_state(out, before, slots);
    }
    out.end_object();
  }

  void write_diff(Journal& journal, JsonWriter& out) const {
    std::string pre_text;
    JsonWriter pre(pre_text);
    out.begin_object();
    out.key("post");
    out.begin_object();
    pre.begin_object();
    for (const auto& [address, slots] : touched_) {
      const AccountState before = state_of(address);
      const AccountState after = state_after(journal, address);
      const bool is_gone = before.exists && !after.exists;
      Slots old_slots;
      Slots new_slots;
      for (const auto& [slot, value] : slots) {
        const u256 now = journal.storage(address, slot);
        if (now == value && !is_gone) continue;
        if (!value.is_zero()) old_slots.emplace(slot, value);
        if (now != value && !now.is_zero()) new_slots.emplace(slot, now);
      }
      const bool code_changed = options_.prestate_code && !std::ranges::equal(before.code, after.code);
      const bool changed = is_gone || before.balance != after.balance || before.nonce != after.nonce || code_changed ||
                           !old_slots.empty() || !new_slots.empty();
      if (!changed) continue;
      if (!is_new(address, before)) {
        pre.key(to_hex(address));
        write_state(pre, before, old_slots);
      }
      if (!after.exists) continue;
      out.key(to_hex(address));
      out.begin_object();
      if (before.balance != after.balance) out.field("balance", after.balance);
      if (before.nonce != after.nonce) {
        out.key("nonce");
        out.number(after.nonce);
      }
      if (code_changed) out.field("code", after.code);
      write_slots(out, new_slots);
      out.end_object();
    }
    out.end_object();
    pre.end_object();
    out.key("pre");
    out.raw(pre_text);
    out.end_object();
  }

  /// "=", {"+": after}, {"-": before} or {"*": {from, to}}; `value` writes before (false) or after (true).
  template <class Value>
  static void write_change(JsonWriter& out, bool was, bool is, bool same, const Value& value) {
    if (was && is && same) return out.string("=");
    out.begin_object();
    if (was && is) {
      out.key("*");
      out.begin_object();
      out.key("from");
      value(false);
      out.key("to");
      value(true);
      out.end_object();
    } else {
      out.key(is ? "+" : "-");
      value(is);
    }
    out.end_object();
  }

  void write_parity(Journal& journal, JsonWriter& out) const {
    out.begin_object();
    for (const auto& [address, slots] : touched_) {
      const AccountState before = state_of(address);
      const AccountState after = state_after(journal, address);
      const bool was = before.exists && !before.is_empty();
      const bool is = after.exists && !after.is_empty();
      Slots changed;  // with the new values
      for (const auto& [slot, value] : slots) {
        const u256 now = is ? journal.storage(address, slot) : u256();
        if (now != value) changed.emplace(slot, now);
      }
      const bool same_code = std::ranges::equal(before.code, after.code);
      const bool same = before.balance == after.balance && before.nonce == after.nonce && same_code;
      if ((!was && !is) || (was && is && same && changed.empty())) continue;
      out.key(to_hex(address));
      out.begin_object();
      out.key("balance");
      write_change(out, was, is, before.balance == after.balance,
                   [&](bool now) { out.quantity(now ? after.balance : before.balance); });
      out.key("code");
      write_change(out, was, is, same_code, [&](bool now) { out.hex(now ? after.code : before.code); });
      out.key("nonce");
      write_change(out, was, is, before.nonce == after.nonce,
                   [&](bool now) { out.quantity(now ? after.nonce : before.nonce); });
      out.key("storage");
      out.begin_object();
      for (const auto& [slot, now] : changed) {
        out.key(to_hex(slot.to_be()));
        write_change(out, was, is, false, [&](bool later) { out.word(later ? now : slots.at(slot)); });
      }
      out.end_object();
      out.end_object();
    }
    out.end_object();
  }

  const TraceOptions& options_;
  const StateView* before_ = nullptr;
  std::map<Address, Slots> touched_;
  std::set<Address> created_;
  // What the running instruction looks at.
  std::optional<Address> account_;
  std::optional<u256> slot_;
  bool follows_ = false;
};

}  // namespace

std::unique_ptr<Recorder> make_prestate_recorder(const TraceOptions& options, std::size_t bytes_max) {
  return std::make_unique<PrestateRecorder>(options, bytes_max);
}

std::unique_ptr<Recorder> make_state_diff_recorder(std::size_t bytes_max) {
  static const TraceOptions kOptions = [] {
    TraceOptions options;
    options.parity_diff = true;
    return options;
  }();
  return std::make_unique<PrestateRecorder>(kOptions, bytes_max);
}

}  // namespace atlas::rpc
