#include <utility>

#include <crypto/keccak.hpp>
#include <evm/native_costs.hpp>
#include <evm/precompile.hpp>
#include <evm/tracer.hpp>
#include <stf/delegation.hpp>
#include <stf/driver.hpp>
#include <stf/stf.hpp>
#include <types/rlp.hpp>

namespace atlas::stf {
namespace {

constexpr u16 kMaxDepth = 1024;              // Yellow Paper 9.1: frames below the transaction's own
constexpr std::size_t kMaxCodeSize = 24576;  // EIP-170
constexpr u64 kCodeDepositGas = 200;         // a byte; Yellow Paper, G_codedeposit
constexpr u8 kReservedCodePrefix = 0xef;     // EIP-3541

bool is_creation(CallKind kind) {
  return kind == CallKind::kCreate || kind == CallKind::kCreate2;
}

}  // namespace

Address create_address(const Address& sender, u64 nonce) {
  u8 encoded[1 + 1 + Address::size() + 1 + sizeof nonce];
  rlp::Writer writer(encoded);
  writer.list([&](auto& out) {
    out.string(sender);
    out.integer(nonce);
  });
  return Address::from_right(
      crypto::keccak256({encoded, static_cast<std::size_t>(writer.position() - encoded)}).view());
}

Address create2_address(const Address& sender, const u256& salt, ByteView init_code) {
  constexpr std::size_t kSenderAt = 1;
  constexpr std::size_t kSaltAt = kSenderAt + Address::size();
  constexpr std::size_t kHashAt = kSaltAt + 32;
  u8 message[kHashAt + Hash256::size()];
  message[0] = 0xff;
  std::copy(sender.begin(), sender.end(), message + kSenderAt);
  salt.to_be(message + kSaltAt);
  const Hash256 hash = crypto::keccak256(init_code);
  std::copy(hash.begin(), hash.end(), message + kHashAt);
  return Address::from_right(crypto::keccak256(message).view());
}

const CallResult& FrameDriver::run(const CallRequest& request) {
  levels_.clear();
  outcome_.call = request;
  outcome_.wants_call = true;
  for (;;) {
    if (outcome_.wants_call) {
      begin();
    } else if (levels_.empty()) {
      return outcome_.result;
    } else {
      environment_.resume(host_, *levels_.back().frame, outcome_.result, outcome_);
      if (!outcome_.wants_call) {
        end(levels_.back());
        levels_.pop_back();
        trace_exit();
      }
    }
  }
}

// Starts outcome_.call. Afterwards outcome_ holds its result, or its first call and levels_ its frame.
void FrameDriver::begin() {
  if (forbidden()) return finish_at_once(FrameStatus::kRevert, outcome_.call.gas);
  Level level;
  level.creation = is_creation(outcome_.call.kind);
  level.creation ? begin_creation(level) : begin_call(level);
  level.frame != nullptr ? levels_.push_back(level) : trace_exit();
}

void FrameDriver::meter(u64 cycles) {
  if (host_.native != nullptr) host_.native->use(cycles);
}

void FrameDriver::meter_code(AccountRef account, ByteView code) {
  if (host_.native == nullptr || code.empty() || !host_.journal.first_use_of_code(account)) return;
  meter(evm::native::kCodeLoad + evm::native::kCodeByte * code.size());
}

void FrameDriver::trace_exit() {
  if (tracer_ != nullptr) tracer_->exit(outcome_.result);
}

// Calls that fail without cost (Yellow Paper, CREATE and CALL; EIP-2681). The EVM does not ask for such calls, but the
// rule belongs to every environment.
bool FrameDriver::forbidden() {
  const CallRequest& call = outcome_.call;
  if (call.depth > kMaxDepth) return true;
  const bool creation = is_creation(call.kind);
  if (creation && host_.journal.nonce(call.sender) == ~u64{0}) return true;
  const bool transfers = creation || call.kind == CallKind::kCall;
  return transfers && !call.value.is_zero() && host_.journal.balance(call.sender) < call.value;
}

void FrameDriver::finish_at_once(FrameStatus status, u64 gas_left, HaltReason halt, ByteView output) {
  outcome_.wants_call = false;
  outcome_.result = CallResult{};
  outcome_.result.status = status;
  outcome_.result.halt = halt;
  outcome_.result.gas_left = gas_left;
  outcome_.result.output = output;
}

void FrameDriver::begin_creation(Level& level) {
  CallRequest& call = outcome_.call;
  Journal& journal = host_.journal;
  const u64 nonce = journal.nonce(call.sender);
  journal.set_nonce(call.sender, nonce + 1);
  level.created = call.kind == CallKind::kCreate ? create_address(call.sender, nonce)
                                                 : create2_address(call.sender, call.salt, call.input);
  const Address& created = level.created;
  journal.access_account(created);
  call.recipient = call.code_address = created;
  if (tracer_ != nullptr) tracer_->enter(call);
  const AccountRef target = journal.ref(created);
  if (journal.nonce(target) != 0 || !journal.code(target).empty() || journal.has_storage(created)) {
    return finish_at_once(FrameStatus::kFailure, 0, HaltReason::kAddressCollision);
  }
  const ByteView init_code = std::exchange(call.input, {});  // a creation has no call data
  meter(evm::native::kCreatedAccount + evm::native::kCodeByte * init_code.size());
  level.checkpoint = journal.checkpoint();
  journal.create_contract(created);
  if (!call.value.is_zero()) {
    journal.sub_balance(call.sender, call.value);
    journal.add_balance(created, call.value);
  }
  level.frame = environment_.start(host_, call, init_code, nullptr, outcome_);
  if (level.frame == nullptr) end(level);
}

void FrameDriver::begin_call(Level& level) {
  const CallRequest& call = outcome_.call;
  Journal& journal = host_.journal;
  if (tracer_ != nullptr) tracer_->enter(call);
  level.checkpoint = journal.checkpoint();
  meter(evm::native::kFrame);
  if (call.kind == CallKind::kCall) {
    if (!call.value.is_zero()) {
      journal.sub_balance(call.sender, call.value);
      journal.add_balance(call.recipient, call.value);
    } else if (journal.exists(call.recipient) && journal.is_empty(call.recipient)) {
      journal.touch(call.recipient);  // EIP-161; what does not exist need not be created to be deleted again
    }
  }
  if (const evm::Precompile* precompile = evm::find_precompile(call.code_address, host_.block.fork)) {
    const u64 cost = precompile->gas(call.input, host_.block.fork);
    if (cost <= call.gas) meter(cost * precompile->native_per_gas);
    if (cost > call.gas) {
      finish_at_once(FrameStatus::kFailure, 0, HaltReason::kOutOfGas);
    } else if (is_spent()) {
      finish_at_once(FrameStatus::kFailure, 0, HaltReason::kOutOfNative);
    } else if (!precompile->run(call.input, precompile_output_)) {
      finish_at_once(FrameStatus::kFailure, 0, HaltReason::kPrecompileFailed);
    } else {
      finish_at_once(FrameStatus::kSuccess, call.gas - cost, HaltReason::kNone, precompile_output_);
    }
    return end(level);
  }
  AccountRef account = journal.ref(call.code_address);
  ByteView code = journal.code(account);
  meter_code(account, code);
  if (const auto target = delegation_target(code)) {
    account = journal.ref(*target);
    code = journal.code(account);  // one step only; a precompile has no code (EIP-7702)
    meter_code(account, code);
  }
  if (code.empty()) return finish_at_once(FrameStatus::kSuccess, call.gas);
  const Hash256 code_hash = journal.code_hash(account);
  level.frame = environment_.start(host_, call, code, &code_hash, outcome_);
  if (level.frame == nullptr) end(level);
}

void FrameDriver::end(const Level& level) {
  CallResult& result = outcome_.result;
  if (level.creation && result.status == FrameStatus::kSuccess) deposit_code(level);
  if (result.status == FrameStatus::kSuccess) return;
  host_.journal.revert_to(level.checkpoint);
  result.gas_refund = 0;
  if (result.status == FrameStatus::kFailure) {
    result.gas_left = 0;
    result.output = {};
  }
}

void FrameDriver::deposit_code(const Level& level) {
  CallResult& result = outcome_.result;
  const auto fail = [&](HaltReason reason) {
    result.status = FrameStatus::kFailure;
    result.halt = reason;
  };
  const ByteView code = result.output;
  const u64 cost = kCodeDepositGas * code.size();
  if (!code.empty() && code[0] == kReservedCodePrefix) return fail(HaltReason::kInvalidCodePrefix);
  if (code.size() > kMaxCodeSize) return fail(HaltReason::kCodeTooLarge);
  if (cost > result.gas_left) return fail(HaltReason::kOutOfGas);
  meter(evm::native::kCreatedCodeByte * code.size());
  result.gas_left -= cost;
  result.created = level.created;
  host_.journal.set_code(level.created, Bytes(code.begin(), code.end()));
}

}  // namespace atlas::stf
