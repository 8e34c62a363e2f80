#pragma once
// The access list of an execution (EIP-2930), as eth_createAccessList answers it.
#include <map>
#include <set>

#include <evm/tracer.hpp>
#include <types/transaction.hpp>

namespace atlas::rpc {

/// Listens to one execution: slots that it loads or stores, accounts whose code, balance or value it asks for. What is
/// warm anyway and has no slots stays out: sender, recipient or created contract, coinbase, precompiles, and contracts
/// created on the way.
class AccessListRecorder final : public evm::Tracer {
 public:
  AccessListRecorder(const BlockContext& block, const Address& from, const std::vector<AccessListEntry>& given);

  void enter(const CallRequest& request) override;
  void exit(const CallResult&) override {}
  void step(const evm::TraceStep& step) override;
  void step_done(u64 cost, HaltReason halt) override;
  void storage(const Address& account, const u256& slot, const u256& value) override;

  /// By address, slots ascending.
  std::vector<AccessListEntry> list() const;

 private:
  const BlockContext& block_;
  std::set<Address> warm_;
  std::map<Address, std::set<u256>> touched_;
  std::optional<Address> asked_;  ///< by the running instruction
};

}  // namespace atlas::rpc
