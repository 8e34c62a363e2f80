#include <algorithm>

#include <crypto/keccak.hpp>
#include <evm/evm.hpp>
#include <rpc/execution.hpp>
#include <rpc/overlay_state.hpp>
#include <rpc/serialize.hpp>
#include <rpc/simulate.hpp>
#include <rpc/timed_environment.hpp>
#include <rpc/transfer_recorder.hpp>
#include <stf/stf.hpp>

namespace atlas::rpc {
namespace {

constexpr u64 kBlocksMax = 256;
constexpr u64 kSecondsBetweenBlocks = 12;  // geth's default
constexpr int kVmError = -32'015;          // geth's code for a call that ended in an exceptional halt

RpcError refusal(const CallArgs& args, const Transaction& tx, stf::TxError error, const u256& balance) {
  using enum stf::TxError;
  const Address from = args.from.value_or(Address{});
  std::string text = describe_refusal(error) + ": address " + to_hex(from);
  switch (error) {
    case kNonceTooLow:
      return {ErrorCode::kSimNonceTooLow, std::move(text), {}};
    case kNonceTooHigh:
      return {ErrorCode::kSimNonceTooHigh, std::move(text), {}};
    case kIntrinsicGasTooLow:
    case kFloorGasTooLow:
      return {ErrorCode::kSimIntrinsicGas, text + ", gas " + std::to_string(tx.gas_limit), {}};
    case kInsufficientFunds:
    case kValueOverflow:
      return {ErrorCode::kSimInsufficientFunds,
              text + " have " + to_decimal(balance) + " want " +
                  to_decimal(tx.max_fee_per_gas * u256(tx.gas_limit) + tx.value),
              {}};
    case kInitCodeTooLarge:
      return {ErrorCode::kSimInitCodeTooLarge, text + ", " + std::to_string(tx.data.size()) + " bytes", {}};
    case kMaxFeeBelowBaseFee:
      return {ErrorCode::kSimBaseFeeTooLow, text + ", maxFeePerGas " + to_decimal(tx.max_fee_per_gas), {}};
    default:
      return {ErrorCode::kInvalidParams, std::move(text), {}};
  }
}

/// A call's outcome beside its receipt.
struct Outcome {
  stf::ExecutionResult result;
  std::vector<Log> logs;  ///< as answered: with transfers if asked for
};

class Simulator {
 public:
  Simulator(Call& call, const SimulationArgs& args, BlockPtr base, StatePtr state)
      : call_(call),
        args_(args),
        parent_(std::move(base)),
        state_(std::move(state)),
        gas_left_(call.config.call_gas_max),
        start_(call.out.size()) {
    if (args.trace_transfers) tracing_machine_.emplace();
  }

  /// Every block has its number and time, gaps are filled; or why the list makes no chain.
  Result<std::vector<SimulatedBlock>, RpcError> chain() const {
    std::vector<SimulatedBlock> out;
    const u64 first = parent_->header.number;
    u64 number = first;
    u64 time = parent_->header.timestamp;
    const auto put = [&](SimulatedBlock block) -> Reply {
      number = *block.block.number;
      const u64 previous = time;
      time = block.block.timestamp.value_or(time + kSecondsBetweenBlocks);
      if (time <= previous) {
        return fail(ErrorCode::kSimBlockTimestamp,
                    "block timestamps must be in order: " + std::to_string(time) + " <= " + std::to_string(previous));
      }
      block.block.timestamp = time;
      out.push_back(std::move(block));
      return {};
    };
    for (const SimulatedBlock& given : args_.blocks) {
      const u64 wanted = given.block.number.value_or(number + 1);
      if (wanted <= number) {
        return fail(ErrorCode::kSimBlockNumber,
                    "block numbers must be in order: " + std::to_string(wanted) + " <= " + std::to_string(number));
      }
      if (wanted - first > kBlocksMax) {
        return fail(ErrorCode::kSimTooLarge, "too many blocks: up to " + std::to_string(kBlocksMax) +
                                                 " after the one that the simulation starts from");
      }
      while (number + 1 < wanted) {
        SimulatedBlock empty;
        empty.block.number = number + 1;
        if (Reply good = put(std::move(empty)); !good.ok()) return Err(good.error());
      }
      SimulatedBlock block = given;
      block.block.number = wanted;
      if (Reply good = put(std::move(block)); !good.ok()) return Err(good.error());
    }
    return out;
  }

  /// Executes one block and writes it.
  Reply run(const SimulatedBlock& plan) {
    state_.apply(plan.state);
    auto block = std::make_shared<Block>();
    const BlockContext context = begin(plan.block, *block);
    const stf::HistoryBlockHashes hashes(state_, parent_->header.number, parent_->hash);
    TimedEnvironment environment(tracing_machine_ ? *tracing_machine_ : call_.machine(), call_.deadline);
    stf::StfConfig config;
    config.simulated = true;
    stf::BlockExecutor executor(state_, context, hashes, environment, config);
    executor.begin_block(parent_->hash);
    TransferRecorder transfers(executor.journal());
    if (tracing_machine_) {
      tracing_machine_->set_tracer(&transfers);
      executor.set_tracer(&transfers);
    }
    std::vector<Outcome> outcomes;
    held_ = 0;
    Reply good;
    for (const CallArgs& args : plan.calls) {
      if (Clock::now() > call_.deadline || environment.timed_out()) good = timeout();
      if (good.ok()) good = execute(executor, context, args, transfers, *block, outcomes);
      if (!good.ok()) break;
    }
    if (tracing_machine_) tracing_machine_->set_tracer(nullptr);
    if (good.ok() && (environment.timed_out() || Clock::now() > call_.deadline)) good = timeout();
    if (!good.ok()) return good;
    stf::seal_header(*block);
    block->header.mix_hash = context.prev_randao;
    block->hash = hash_header(block->header);
    state_.apply(executor.diff());
    write(block, outcomes);
    parent_ = std::move(block);
    return {};
  }

 private:
  Reply timeout() const {
    return fail(ErrorCode::kServer,
                "execution aborted (timeout = " + std::to_string(call_.config.call_time_ms_max) + "ms)");
  }

  BlockContext begin(const BlockOverrides& overrides, Block& block) const {
    const BlockHeader& parent = parent_->header;
    BlockHeader& header = block.header;
    header.parent_hash = parent_->hash;
    header.number = *overrides.number;
    header.timestamp = *overrides.timestamp;
    header.beneficiary = overrides.coinbase.value_or(parent.beneficiary);
    header.gas_limit = overrides.gas_limit.value_or(parent.gas_limit);
    // Without validation gas costs nothing unless somebody says so.
    header.base_fee_per_gas =
        overrides.base_fee.value_or(args_.validation ? call_.backend.base_fee_after(parent) : u256());
    BlockContext context = call_.backend.context_of(header);
    context.prev_randao = overrides.prev_randao.value_or(Hash256{});
    if (overrides.blob_base_fee) context.blob_base_fee = *overrides.blob_base_fee;
    return context;
  }

  /// The transaction that a call stands for; its gas is bounded by what the whole simulation may use.
  Result<Transaction, RpcError> transaction_of(const CallArgs& args, const BlockContext& context, u64 nonce,
                                               u64 gas_used) const {
    if (args.chain_id && *args.chain_id != context.chain_id) {
      return fail(ErrorCode::kInvalidParams, "chainId does not match node's (have=" + std::to_string(*args.chain_id) +
                                                 ", want=" + std::to_string(context.chain_id) + ")");
    }
    if (args.type && (*args.type > 4 || *args.type == 3)) {
      return fail(ErrorCode::kInvalidParams,
                  "transaction type not supported: type " + std::to_string(*args.type) + "; use 0x0, 0x1, 0x2 or 0x4");
    }
    const u64 room = context.gas_limit - std::min(gas_used, context.gas_limit);
    if (args.gas.value_or(0) > room) {
      return fail(ErrorCode::kSimBlockGasLimit, "block gas limit reached: the call wants " + std::to_string(*args.gas) +
                                                    ", block " + std::to_string(context.number) + " has " +
                                                    std::to_string(room) + " left");
    }
    Transaction tx;
    tx.type = !args.authorizations.empty() ? TxType::kSetCode
              : args.type                  ? static_cast<TxType>(*args.type)
              : args.gas_price             ? (args.access_list ? TxType::kAccessList : TxType::kLegacy)
                                           : TxType::kDynamicFee;
    tx.chain_id = context.chain_id;
    tx.nonce = args.nonce.value_or(nonce);
    tx.gas_limit = std::min(args.gas.value_or(room), gas_left_);
    tx.to = args.to;
    tx.value = args.value.value_or(u256());
    tx.data = args.data;
    if (args.access_list) tx.access_list = *args.access_list;
    tx.authorizations = args.authorizations;
    tx.max_fee_per_gas = args.gas_price.value_or(args.max_fee_per_gas.value_or(u256()));
    tx.max_priority_fee_per_gas = args.gas_price.value_or(args.max_priority_fee_per_gas.value_or(u256()));
    return tx;
  }

  Reply execute(stf::BlockExecutor& executor, const BlockContext& context, const CallArgs& args,
                TransferRecorder& transfers, Block& block, std::vector<Outcome>& outcomes) {
    const Address from = args.from.value_or(Address{});
    const u64 nonce = executor.journal().nonce(from);
    auto tx = transaction_of(args, context, nonce, executor.gas_used());
    if (!tx.ok()) return Err(tx.error());
    SignedTransaction made;
    made.tx = std::move(*tx);
    made.sender = from;
    made.encoded = encode_transaction(made.tx);
    made.hash = crypto::keccak256(made.encoded);
    if (args_.validation && made.tx.max_fee_per_gas < context.base_fee) {
      return Err(refusal(args, made.tx, stf::TxError::kMaxFeeBelowBaseFee, {}));
    }
    const u64 shown_nonce = made.tx.nonce;
    if (!args_.validation) made.tx.nonce = nonce;  // any nonce will do
    transfers.reset();
    auto receipt = executor.apply(made);
    if (!receipt.ok()) {
      return Err(refusal(args, made.tx, receipt.error(), executor.journal().balance(from)));
    }
    made.tx.nonce = shown_nonce;
    gas_left_ -= receipt->gas_used;
    Outcome& outcome = outcomes.emplace_back();
    outcome.result = executor.last_result();
    outcome.logs = args_.trace_transfers ? transfers.merged(receipt->logs) : receipt->logs;
    if (Reply good = check_size(outcome); !good.ok()) return good;
    block.transactions.push_back(std::move(made));
    block.receipts.push_back(std::move(*receipt));
    return {};
  }

  /// Data cost little gas for their size: what is answered is bounded while it is made, and with it the memory.
  Reply check_size(const Outcome& outcome) {
    constexpr std::size_t kLogBytes = 512;  // in JSON, beside its data
    held_ += 2 * outcome.result.output.size();
    for (const Log& log : outcome.logs) held_ += kLogBytes + 2 * log.data.size();
    const std::size_t most = call_.config.response_bytes_max;
    if (call_.out.size() - start_ + held_ <= most) return {};
    return fail(ErrorCode::kLimitExceeded,
                "the simulation's answer is larger than " + std::to_string(most) + " bytes; simulate fewer calls");
  }

  void write(const BlockPtr& block, const std::vector<Outcome>& outcomes) {
    JsonWriter& out = call_.out;
    out.begin_object();
    write_block_fields(out, block, args_.full_transactions);
    out.key("calls");
    out.begin_array();
    LogRecord record;
    record.block_hash = &block->hash;
    record.block_number = block->header.number;
    record.block_timestamp = block->header.timestamp;
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
      const Outcome& outcome = outcomes[i];
      const bool good = outcome.result.status == FrameStatus::kSuccess;
      record.tx_hash = &block->transactions[i].hash;
      record.tx_index = static_cast<u32>(i);
      out.begin_object();
      out.field("returnData", good ? ByteView(outcome.result.output) : ByteView{});
      out.key("logs");
      out.begin_array();
      for (const Log& log : outcome.logs) {
        record.log = &log;
        write_log(out, record);
        ++record.log_index;
      }
      out.end_array();
      out.field("gasUsed", outcome.result.gas_used);
      out.field("status", u64{good});
      if (!good) write_failure(outcome.result);
      out.end_object();
    }
    out.end_array();
    out.end_object();
  }

  void write_failure(const stf::ExecutionResult& result) {
    const RpcError error = execution_failed(result).error;
    JsonWriter& out = call_.out;
    out.key("error");
    out.begin_object();
    out.field_string("message", error.message);
    out.key("code");
    out.raw(std::to_string(result.status == FrameStatus::kRevert ? static_cast<int>(error.code) : kVmError));
    if (!error.data_json.empty()) {
      out.key("data");
      out.raw(error.data_json);
    }
    out.end_object();
  }

  Call& call_;
  const SimulationArgs& args_;
  BlockPtr parent_;
  OverlayState state_;
  u64 gas_left_;
  const std::size_t start_;  ///< of the answer
  std::size_t held_ = 0;     ///< bytes that the open block's outcomes will add to it, about
  std::optional<evm::Evm> tracing_machine_;
};

}  // namespace

Reply simulate(Call& call, const SimulationArgs& args, const std::optional<BlockId>& id) {
  if (args.blocks.empty()) return fail(ErrorCode::kInvalidParams, "empty input: blockStateCalls has no block");
  if (args.blocks.size() > kBlocksMax) {
    return fail(ErrorCode::kSimTooLarge, "too many blocks: at most " + std::to_string(kBlocksMax));
  }
  const auto base = find_block(call, id.value_or(BlockId{}));
  if (!base.ok()) return Err(base.error());
  auto state = find_state(call, BlockId{(*base)->header.number});  // by number: the head may have moved meanwhile
  if (!state.ok()) return Err(state.error());
  Simulator simulator(call, args, *base, std::move(*state));
  const auto chain = simulator.chain();
  if (!chain.ok()) return Err(chain.error());
  call.out.begin_array();
  for (const SimulatedBlock& block : *chain) {
    if (Reply good = simulator.run(block); !good.ok()) return good;
  }
  call.out.end_array();
  return {};
}

}  // namespace atlas::rpc
