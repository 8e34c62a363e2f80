#pragma once
// Movements of ether as logs, in their place among the real ones (eth_simulateV1, traceTransfers).
#include <evm/opcodes.hpp>
#include <evm/tracer.hpp>
#include <state/journal.hpp>

namespace atlas::rpc {

class TransferRecorder final : public evm::Tracer {
 public:
  explicit TransferRecorder(Journal& journal) : journal_(journal) {}

  /// Before each transaction.
  void reset() {
    transfers_.clear();
    open_.clear();
    pending_.reset();
  }

  void enter(const CallRequest& request) override {
    open_.push_back(transfers_.size());
    if (request.kind == CallKind::kCallCode || request.kind == CallKind::kDelegateCall) return;
    if (!request.value.is_zero()) note(request.sender, request.recipient, request.value);
  }
  void exit(const CallResult& result) override {
    if (result.status != FrameStatus::kSuccess) transfers_.resize(open_.back());
    open_.pop_back();
  }
  void step(const evm::TraceStep& step) override {
    pending_.reset();
    if (static_cast<evm::Opcode>(step.opcode) != evm::Opcode::kSelfdestruct || step.stack.empty()) return;
    const Address& from = step.frame->recipient;
    const u256 balance = journal_.balance(from);
    if (!balance.is_zero()) pending_ = transfer_log(from, step.stack.back().to_address(), balance);
  }
  void step_done(u64, HaltReason halt) override {
    if (pending_ && halt == HaltReason::kNone) transfers_.push_back({journal_.logs().size(), std::move(*pending_)});
    pending_.reset();
  }
  void storage(const Address&, const u256&, const u256&) override {}

  /// `logs` of the transaction with the transfers among them.
  std::vector<Log> merged(const std::vector<Log>& logs) const {
    std::vector<Log> out;
    auto next = transfers_.begin();
    for (std::size_t i = 0; i <= logs.size(); ++i) {
      for (; next != transfers_.end() && next->position <= i; ++next) out.push_back(next->log);
      if (i < logs.size()) out.push_back(logs[i]);
    }
    return out;
  }

 private:
  struct Transfer {
    std::size_t position = 0;  ///< real logs before it; what a failing frame takes back lies behind
    Log log;
  };

  static Log transfer_log(const Address& from, const Address& to, const u256& value) {
    // ERC-7528's address of ether, and keccak256("Transfer(address,address,uint256)").
    constexpr Address kEther{{0xee, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee,
                              0xee, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee}};
    constexpr Hash256 kTransfer{{0xdd, 0xf2, 0x52, 0xad, 0x1b, 0xe2, 0xc8, 0x9b, 0x69, 0xc2, 0xb0,
                                 0x68, 0xfc, 0x37, 0x8d, 0xaa, 0x95, 0x2b, 0xa7, 0xf1, 0x63, 0xc4,
                                 0xa1, 0x16, 0x28, 0xf5, 0x5a, 0x4d, 0xf5, 0x23, 0xb3, 0xef}};
    const Hash256 amount = value.to_be();
    return {kEther,
            {kTransfer, u256::from_address(from).to_be(), u256::from_address(to).to_be()},
            {amount.begin(), amount.end()}};
  }
  void note(const Address& from, const Address& to, const u256& value) {
    transfers_.push_back({journal_.logs().size(), transfer_log(from, to, value)});
  }

  Journal& journal_;
  std::vector<Transfer> transfers_;
  std::vector<std::size_t> open_;  ///< transfers before each open frame
  std::optional<Log> pending_;     ///< of a SELFDESTRUCT that is running
};

}  // namespace atlas::rpc
