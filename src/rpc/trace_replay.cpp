#include <map>

#include <evm/evm.hpp>
#include <rpc/timed_environment.hpp>
#include <rpc/trace_replay.hpp>

namespace atlas::rpc {
namespace {

/// The state that a journal has come to, as the start of another execution.
class JournalView final : public StateView {
 public:
  explicit JournalView(Journal& journal) : journal_(journal) {}

  std::optional<Account> account(const Address& address) const override {
    if (!journal_.exists(address)) return std::nullopt;
    Account account;
    account.nonce = journal_.nonce(address);
    account.balance = journal_.balance(address);
    if (const ByteView code = journal_.code(address); !code.empty()) {
      account.code_hash = journal_.code_hash(address);
      code_.insert_or_assign(account.code_hash, code);
    }
    return account;
  }
  u256 storage(const Address& address, const u256& slot) const override { return journal_.storage(address, slot); }
  ByteView code(const Hash256& code_hash) const override {
    const auto it = code_.find(code_hash);
    return it == code_.end() ? ByteView{} : it->second;
  }
  bool has_storage(const Address& address) const override { return journal_.has_storage(address); }

 private:
  Journal& journal_;  // whose code stays in place as long as it lives
  mutable std::map<Hash256, ByteView> code_;
};

class ChainHashes final : public BlockHashes {
 public:
  explicit ChainHashes(const Backend& backend) : backend_(backend) {}
  Hash256 block_hash(u64 number) const override { return backend_.block_hash(number); }

 private:
  const Backend& backend_;
};

Err<RpcError> timeout(const Call& call) {
  return fail(ErrorCode::kServer,
              "execution aborted (timeout = " + std::to_string(call.config.call_time_ms_max) + "ms)");
}

/// What became of a traced run besides its result.
Reply check(const Call& call, const TimedEnvironment& environment, const Recorder& recorder) {
  if (environment.timed_out() || Clock::now() > call.deadline) return timeout(call);
  if (recorder.is_full()) {
    return fail(ErrorCode::kLimitExceeded, "trace is larger than " + std::to_string(call.config.response_bytes_max) +
                                               " bytes; use callTracer, limit, disableStack or disableStorage");
  }
  return {};
}

}  // namespace

struct Replay::Impl {
  Impl(Call& c, BlockPtr b, StatePtr s)
      : call(c),
        block(std::move(b)),
        state(std::move(s)),
        context(c.backend.context_of(block->header)),
        hashes(*state, block->header.number - 1, block->header.parent_hash),
        environment(c.machine(), c.deadline),
        executor(*state, context, hashes, environment) {
    executor.begin_block(block->header.parent_hash);
  }

  /// Execution must come to what the block's receipt says; otherwise something else changed the state.
  Reply expect_same(std::size_t index, const Result<Receipt, stf::TxError>& got) const {
    const Receipt& receipt = block->receipts[index];
    if (got.ok() && got->success == receipt.success && got->gas_used == receipt.gas_used) return {};
    return fail(ErrorCode::kInternal, "replay of transaction " + std::to_string(index) + " of block " +
                                          std::to_string(block->header.number) + " differs from its receipt" +
                                          (got.ok() ? "" : std::string(": ") + stf::describe(got.error())));
  }

  Call& call;
  BlockPtr block;
  StatePtr state;
  BlockContext context;
  stf::HistoryBlockHashes hashes;
  TimedEnvironment environment;
  stf::BlockExecutor executor;
  std::size_t next = 0;
};

Replay::Replay(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Replay::~Replay() = default;

Result<std::unique_ptr<Replay>, RpcError> Replay::make(Call& call, BlockPtr block) {
  if (block->header.number == 0) return fail(ErrorCode::kServer, "genesis is not traceable");
  auto state = find_state(call, BlockId{block->header.number - 1});
  if (!state.ok()) return Err(state.error());
  return std::unique_ptr<Replay>(new Replay(std::make_unique<Impl>(call, std::move(block), std::move(*state))));
}

Reply Replay::skip_to(std::size_t index) {
  Impl& x = *impl_;
  for (; x.next < index; ++x.next) {
    if (Clock::now() > x.call.deadline) return timeout(x.call);
    const auto receipt = x.executor.apply(x.block->transactions[x.next]);
    if (x.environment.timed_out()) return timeout(x.call);
    if (Reply same = x.expect_same(x.next, receipt); !same.ok()) return same;
  }
  return {};
}

Reply Replay::trace(std::size_t index, Recorder& recorder, const TraceUse& use) {
  Impl& x = *impl_;
  if (Reply reached = skip_to(index); !reached.ok()) return reached;
  const SignedTransaction& tx = x.block->transactions[index];
  evm::Evm machine;
  machine.set_tracer(&recorder);
  TimedEnvironment environment(machine, x.call.deadline);
  const JournalView before(x.executor.journal());
  stf::BlockExecutor executor(before, x.context, x.hashes, environment);
  const TraceSubject subject{before,   executor.journal(), x.context,           tx.sender,
                             tx.tx.to, tx.tx.gas_limit,    tx.tx.authorizations};
  recorder.begin(subject);
  executor.set_tracer(&recorder);
  const auto receipt = executor.apply(tx);
  if (Reply good = check(x.call, environment, recorder); !good.ok()) return good;
  if (Reply same = x.expect_same(index, receipt); !same.ok()) return same;
  return use(subject, executor.last_result());
}

Reply trace_message(Call& call, const Simulation& simulation, const stf::CallMessage& message, Recorder& recorder,
                    const TraceUse& use) {
  evm::Evm machine;
  machine.set_tracer(&recorder);
  TimedEnvironment environment(machine, call.deadline);
  const ChainHashes hashes(call.backend);
  stf::BlockExecutor executor(simulation.state(), simulation.block(), hashes, environment);
  const TraceSubject subject{simulation.state(), executor.journal(), simulation.block(),    message.from,
                             message.to,         message.gas_limit,  message.authorizations};
  recorder.begin(subject);
  executor.set_tracer(&recorder);
  const auto result = executor.call(message);
  if (!result.ok()) return fail(ErrorCode::kServer, describe_refusal(result.error()));
  if (Reply good = check(call, environment, recorder); !good.ok()) return good;
  return use(subject, *result);
}

Reply trace_transaction(Call& call, const Hash256& hash, Recorder& recorder, const TraceUse& use) {
  const auto mined = call.backend.mined(hash);
  if (!mined) return fail(ErrorCode::kServer, "transaction not found");
  const BlockPtr block = call.backend.block_by_hash(mined->block_hash);
  if (!block) return fail(ErrorCode::kServer, "transaction not found");
  const auto replay = Replay::make(call, block);
  if (!replay.ok()) return Err(replay.error());
  return (*replay)->trace(mined->index, recorder, use);
}

}  // namespace atlas::rpc
