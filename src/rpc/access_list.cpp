#include <evm/opcodes.hpp>
#include <evm/precompile.hpp>
#include <rpc/access_list.hpp>

namespace atlas::rpc {

AccessListRecorder::AccessListRecorder(const BlockContext& block, const Address& from,
                                       const std::vector<AccessListEntry>& given)
    : block_(block), warm_{from, block.coinbase} {
  for (const AccessListEntry& entry : given) touched_[entry.address].insert(entry.slots.begin(), entry.slots.end());
}

void AccessListRecorder::enter(const CallRequest& request) {
  const bool creates = request.kind == CallKind::kCreate || request.kind == CallKind::kCreate2;
  if (creates || request.depth == 0) warm_.insert(request.recipient);
}

void AccessListRecorder::step(const evm::TraceStep& step) {
  using evm::Opcode;
  asked_.reset();
  const std::size_t n = step.stack.size();
  if (n < evm::traits_of(step.opcode).pops) return;
  switch (static_cast<Opcode>(step.opcode)) {
    case Opcode::kBalance:
    case Opcode::kExtcodesize:
    case Opcode::kExtcodecopy:
    case Opcode::kExtcodehash:
    case Opcode::kSelfdestruct:
      asked_ = step.stack[n - 1].to_address();
      break;
    case Opcode::kCall:
    case Opcode::kCallcode:
    case Opcode::kDelegatecall:
    case Opcode::kStaticcall:
      asked_ = step.stack[n - 2].to_address();
      break;
    default:
      break;
  }
}

void AccessListRecorder::step_done(u64, HaltReason halt) {
  if (asked_ && halt == HaltReason::kNone) touched_[*asked_];
}

void AccessListRecorder::storage(const Address& account, const u256& slot, const u256&) {
  touched_[account].insert(slot);
}

std::vector<AccessListEntry> AccessListRecorder::list() const {
  std::vector<AccessListEntry> out;
  for (const auto& [address, slots] : touched_) {
    const bool is_warm = warm_.contains(address) || evm::find_precompile(address, block_.fork) != nullptr;
    if (!is_warm || !slots.empty()) out.push_back({address, {slots.begin(), slots.end()}});
  }
  return out;
}

}  // namespace atlas::rpc
