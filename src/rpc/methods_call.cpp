// eth_call, eth_estimateGas, eth_createAccessList.
#include <algorithm>

#include <rpc/access_list.hpp>
#include <rpc/execution.hpp>
#include <rpc/method.hpp>
#include <rpc/serialize.hpp>
#include <rpc/simulate.hpp>
#include <stf/stf.hpp>

namespace atlas::rpc {
namespace {

constexpr u64 kTransferGas = 21'000;
constexpr u64 kTransactionGasMax = u64{1} << 24;  // EIP-7825
constexpr u64 kCallStipend = 2'300;

Reply call_message(Call& call, const CallArgs& args, const std::optional<BlockId>& id,
                   const std::optional<StateOverrides>& state, const std::optional<BlockOverrides>& block) {
  auto simulation = Simulation::make(call, id, state ? &*state : nullptr, block ? &*block : nullptr);
  if (!simulation.ok()) return Err(simulation.error());
  const auto message = to_message(call, args, (*simulation)->block());
  if (!message.ok()) return Err(message.error());
  const auto result = (*simulation)->run(*message);
  if (!result.ok()) return Err(result.error());
  if (result->status != FrameStatus::kSuccess) return execution_failed(*result);
  call.out.hex(result->output);
  return {};
}

/// The most gas that the transaction could have: its own wish, the block, the caps, and what the sender can pay for.
Result<u64, RpcError> gas_ceiling(Call& call, const CallArgs& args, const Simulation& simulation,
                                  const stf::CallMessage& message) {
  u64 ceiling = args.gas && *args.gas >= kTransferGas ? *args.gas : simulation.block().gas_limit;
  ceiling = std::min({ceiling, call.config.call_gas_max, kTransactionGasMax});
  const u256 price = args.gas_price.value_or(args.max_fee_per_gas.value_or(u256()));
  if (price.is_zero()) return ceiling;
  const auto account = simulation.state().account(message.from);
  const u256 balance = account ? account->balance : u256();
  if (balance < message.value) return fail(ErrorCode::kServer, "insufficient funds for transfer");
  const u256 affordable = (balance - message.value) / price;
  if (affordable < u256(ceiling)) ceiling = affordable.low_u64();
  return ceiling;
}

/// Whether `message` succeeds with `gas`. Too little for its intrinsic cost is a failure like any other.
Result<bool, RpcError> succeeds(Simulation& simulation, stf::CallMessage& message, u64 gas,
                                stf::ExecutionResult* out = nullptr) {
  message.gas_limit = gas;
  auto result = simulation.run(message);
  if (!result.ok()) return Err(result.error());
  const bool good = result->status == FrameStatus::kSuccess;
  if (out != nullptr) *out = std::move(*result);
  return good;
}

}  // namespace

Result<u64, RpcError> estimate(Call& call, const CallArgs& args, const std::optional<BlockId>& id,
                               const StateOverrides* state, const BlockOverrides* block) {
  auto made = Simulation::make(call, id, state, block);
  if (!made.ok()) return Err(made.error());
  Simulation& simulation = **made;
  auto message = to_message(call, args, simulation.block());
  if (!message.ok()) return Err(message.error());
  message->skip_balance_check = true;  // gas_ceiling has seen to it
  const auto ceiling = gas_ceiling(call, args, simulation, *message);
  if (!ceiling.ok()) return Err(ceiling.error());

  Transaction shape;
  shape.type = message->authorizations.empty() ? TxType::kDynamicFee : TxType::kSetCode;
  shape.to = message->to;
  shape.data = message->data;
  shape.access_list = message->access_list;
  shape.authorizations = message->authorizations;
  const stf::IntrinsicGas intrinsic = stf::intrinsic_gas(shape, simulation.block().fork);
  const u64 least = std::max(intrinsic.intrinsic, intrinsic.floor);
  if (*ceiling < least) {
    return fail(ErrorCode::kServer, "gas required exceeds allowance (" + std::to_string(*ceiling) + ")");
  }

  stf::ExecutionResult first;
  const auto at_ceiling = succeeds(simulation, *message, *ceiling, &first);
  if (!at_ceiling.ok()) return Err(at_ceiling.error());
  if (!*at_ceiling) {
    if (first.status == FrameStatus::kRevert || first.halt != HaltReason::kOutOfGas) return execution_failed(first);
    return fail(ErrorCode::kServer, "gas required exceeds allowance (" + std::to_string(*ceiling) + ")");
  }
  // What was used is not always enough: refunds come at the end, and a callee gets at most 63/64 of what is left
  // (EIP-150). The smallest limit that succeeds lies between the two.
  u64 too_little = std::max(least, first.gas_used) - 1;
  u64 enough = *ceiling;
  const u64 guess = (first.gas_used + first.gas_refunded + kCallStipend) / 63 * 64 + 64;
  u64 next = std::max(least, first.gas_used);
  for (bool guessed = false; too_little + 1 < enough;) {
    const auto good = succeeds(simulation, *message, next);
    if (!good.ok()) return Err(good.error());
    (*good ? enough : too_little) = next;
    if (!guessed && !*good && guess > too_little && guess < enough) {
      next = guess;
    } else {
      next = too_little + (enough - too_little) / 2;
    }
    guessed = guessed || next == guess;
  }
  return enough;
}

namespace {

Reply estimate_gas(Call& call, const CallArgs& args, const std::optional<BlockId>& id,
                   const std::optional<StateOverrides>& state, const std::optional<BlockOverrides>& block) {
  const auto gas = estimate(call, args, id, state ? &*state : nullptr, block ? &*block : nullptr);
  if (!gas.ok()) return Err(gas.error());
  call.out.quantity(*gas);
  return {};
}

Reply create_access_list(Call& call, const CallArgs& args, const std::optional<BlockId>& id,
                         const std::optional<StateOverrides>& state) {
  auto made = Simulation::make(call, id, state ? &*state : nullptr, nullptr);
  if (!made.ok()) return Err(made.error());
  Simulation& simulation = **made;
  auto message = to_message(call, args, simulation.block());
  if (!message.ok()) return Err(message.error());
  const std::vector<AccessListEntry> given = message->access_list;

  // A list changes gas, and gas may change the path: repeat until the list stands.
  constexpr unsigned kRoundsMax = 16;
  stf::ExecutionResult result;
  for (unsigned round = 0; round < kRoundsMax; ++round) {
    AccessListRecorder recorder(simulation.block(), message->from, given);
    auto run = simulation.run(*message, &recorder);
    if (!run.ok()) return Err(run.error());
    result = std::move(*run);
    auto list = recorder.list();
    if (list == message->access_list) break;
    message->access_list = std::move(list);
  }
  JsonWriter& out = call.out;
  out.begin_object();
  out.key("accessList");
  write_access_list(out, message->access_list);
  if (result.status != FrameStatus::kSuccess) out.field_string("error", execution_failed(result).error.message);
  out.field("gasUsed", result.gas_used);
  out.end_object();
  return {};
}

constexpr Method kMethods[] = {
    {"eth_call", Cost::kHeavy, bind<call_message>(), {"transaction", "block", "stateOverrides", "blockOverrides"}},
    {"eth_estimateGas",
     Cost::kHeavy,
     bind<estimate_gas>(),
     {"transaction", "block", "stateOverrides", "blockOverrides"}},
    {"eth_simulateV1", Cost::kHeavy, bind<simulate>(), {"simulation", "block"}},
    {"eth_createAccessList", Cost::kHeavy, bind<create_access_list>(), {"transaction", "block", "stateOverrides"}},
};

}  // namespace

MethodTable call_methods() {
  return kMethods;
}

}  // namespace atlas::rpc
