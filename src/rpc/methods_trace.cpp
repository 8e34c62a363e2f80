// trace_…: Parity's view of executions, which indexers and Otterscan ask for.
#include <rpc/execution.hpp>
#include <rpc/method.hpp>
#include <rpc/trace_flat.hpp>
#include <rpc/trace_replay.hpp>
#include <rpc/trace_vm.hpp>

namespace atlas::rpc {
namespace {

Err<RpcError> too_large(const Call& call) {
  return fail(ErrorCode::kLimitExceeded,
              "traces are larger than " + std::to_string(call.config.response_bytes_max) + " bytes; ask for fewer");
}

/// What an answer that began at `start` may still grow by.
std::size_t room(const Call& call, std::size_t start) {
  const std::size_t used = call.out.size() - start;
  return call.config.response_bytes_max - std::min(used, call.config.response_bytes_max);
}

/// Runs transaction `index` and hands its frames to `use`, which returns false to stop.
template <class Use>
Reply with_frames(Call& call, Replay& replay, const Block& block, std::size_t index, std::size_t bytes_max, Use&& use) {
  CallRecorder recorder(false, false, bytes_max);
  const Fork fork = call.backend.context_of(block.header).fork;
  return replay.trace(index, recorder, [&](const TraceSubject&, const stf::ExecutionResult&) -> Reply {
    recorder.settle();
    return use(FlatTrace(recorder.calls(), fork));
  });
}

/// The flat traces of transaction `index`, appended to the open array.
Reply write_frames(Call& call, Replay& replay, const Block& block, std::size_t index, std::size_t start) {
  return with_frames(call, replay, block, index, room(call, start), [&](const FlatTrace& trace) -> Reply {
    const FlatPlace place{block, index};
    for (std::size_t i = 0; i < trace.size(); ++i) {
      if (room(call, start) == 0) return too_large(call);
      trace.write(i, &place, call.out);
    }
    return {};
  });
}

/// A transaction's block and a replay of it; null if no block has it, as elsewhere.
struct Found {
  BlockPtr block;
  std::size_t index = 0;
  std::unique_ptr<Replay> replay;
};
Result<Found, RpcError> find_transaction(Call& call, const Hash256& hash) {
  Found found;
  const auto mined = call.backend.mined(hash);
  if (mined) found.block = call.backend.block_by_hash(mined->block_hash);
  if (!found.block) return found;
  found.index = mined->index;
  auto replay = Replay::make(call, found.block);
  if (!replay.ok()) return Err(replay.error());
  found.replay = std::move(*replay);
  return found;
}

Reply trace_transaction_flat(Call& call, const Hash256& hash) {
  const auto found = find_transaction(call, hash);
  if (!found.ok()) return Err(found.error());
  if (!found->block) {
    call.out.null();
    return {};
  }
  const std::size_t start = call.out.size();
  call.out.begin_array();
  if (Reply done = write_frames(call, *found->replay, *found->block, found->index, start); !done.ok()) return done;
  call.out.end_array();
  return {};
}

Reply trace_get(Call& call, const Hash256& hash, const TraceAddress& wanted) {
  const auto found = find_transaction(call, hash);
  if (!found.ok()) return Err(found.error());
  bool written = false;
  if (found->block) {
    const auto pick = [&](const FlatTrace& trace) -> Reply {
      const FlatPlace place{*found->block, found->index};
      for (std::size_t i = 0; i < trace.size() && !written; ++i) {
        if (trace.address(i) != wanted.path) continue;
        trace.write(i, &place, call.out);
        written = true;
      }
      return {};
    };
    const Reply done =
        with_frames(call, *found->replay, *found->block, found->index, call.config.response_bytes_max, pick);
    if (!done.ok()) return done;
  }
  if (!written) call.out.null();
  return {};
}

/// An array with what `write(replay, block, index)` makes of each transaction of a block.
template <class Write>
Reply for_each_transaction(Call& call, const BlockId& id, Write&& write) {
  const auto block = find_block(call, id);
  if (!block.ok()) return Err(block.error());
  call.out.begin_array();
  if (const std::size_t count = (*block)->transactions.size(); count != 0) {
    const auto replay = Replay::make(call, *block);
    if (!replay.ok()) return Err(replay.error());
    for (std::size_t i = 0; i < count; ++i) {
      if (Reply done = write(**replay, **block, i); !done.ok()) return done;
    }
  }
  call.out.end_array();
  return {};
}

Reply trace_block_flat(Call& call, const BlockId& id) {
  const std::size_t start = call.out.size();
  return for_each_transaction(call, id, [&](Replay& replay, const Block& block, std::size_t index) {
    return write_frames(call, replay, block, index, start);
  });
}

Reply trace_filter(Call& call, const FlatFilter& filter) {
  const auto first = find_block(call, filter.from_block.value_or(BlockId{}));
  if (!first.ok()) return Err(first.error());
  const auto last = find_block(call, filter.to_block.value_or(BlockId{}));
  if (!last.ok()) return Err(last.error());
  const std::size_t start = call.out.size();
  const u64 to = (*last)->header.number;
  u64 skipped = 0;
  u64 written = 0;
  const auto is_complete = [&] { return filter.count && written >= *filter.count; };
  call.out.begin_array();
  for (u64 number = (*first)->header.number; number <= to && !is_complete(); ++number) {
    if (Clock::now() > call.deadline) {
      return fail(ErrorCode::kLimitExceeded, "stopped before block " + std::to_string(number) + " after " +
                                                 std::to_string(call.config.call_time_ms_max) +
                                                 " ms; ask for fewer blocks at a time");
    }
    const auto block = find_block(call, BlockId{number});
    if (!block.ok()) return Err(block.error());
    if ((*block)->transactions.empty()) continue;
    const auto replay = Replay::make(call, *block);
    if (!replay.ok()) return Err(replay.error());
    for (std::size_t i = 0; i < (*block)->transactions.size() && !is_complete(); ++i) {
      const auto pick = [&](const FlatTrace& trace) -> Reply {
        const FlatPlace place{**block, i};
        for (std::size_t k = 0; k < trace.size() && !is_complete(); ++k) {
          if (!filter.matches(trace.call(k)) || skipped++ < filter.after) continue;
          if (room(call, start) == 0) return too_large(call);
          trace.write(k, &place, call.out);
          ++written;
        }
        return {};
      };
      const Reply done = with_frames(call, **replay, **block, i, room(call, start), pick);
      if (!done.ok()) return done;
    }
  }
  call.out.end_array();
  return {};
}

// ---- Replays: the same execution once for each kind of answer.

/// Runs with a recorder and hands subject and result to a TraceUse.
using Run = std::function<Reply(Recorder&, const TraceUse&)>;

/// The object of trace_replay… and trace_call.
Reply write_replay(Call& call, const TraceTypes& types, const Hash256* hash, Fork fork, std::size_t start,
                   const Run& run) {
  JsonWriter& out = call.out;
  CallRecorder calls(false, !types.trace, room(call, start));
  const Reply framed = run(calls, [&](const TraceSubject&, const stf::ExecutionResult& result) -> Reply {
    calls.settle();
    const FlatTrace trace(calls.calls(), fork);
    out.begin_object();
    out.field("output", ByteView(result.output));
    out.key("trace");
    out.begin_array();
    for (std::size_t i = 0; types.trace && i < trace.size(); ++i) {
      if (room(call, start) == 0) return too_large(call);
      trace.write(i, nullptr, out);
    }
    out.end_array();
    return {};
  });
  if (!framed.ok()) return framed;
  if (hash != nullptr) out.field("transactionHash", *hash);

  const auto part = [&](const char* name, bool wanted, const auto& make) -> Reply {
    out.key(name);
    if (!wanted) {
      out.null();
      return {};
    }
    const std::unique_ptr<Recorder> recorder = make(room(call, start));
    return run(*recorder, [&](const TraceSubject& subject, const stf::ExecutionResult& result) -> Reply {
      recorder->write(subject, result, out);
      return {};
    });
  };
  if (Reply done = part("stateDiff", types.state_diff, make_state_diff_recorder); !done.ok()) return done;
  if (Reply done = part("vmTrace", types.vm_trace, make_vm_recorder); !done.ok()) return done;
  out.end_object();
  return {};
}

Reply replay_one(Call& call, Replay& replay, const Block& block, std::size_t index, const TraceTypes& types,
                 bool with_hash, std::size_t start) {
  const Fork fork = call.backend.context_of(block.header).fork;
  return write_replay(call, types, with_hash ? &block.transactions[index].hash : nullptr, fork, start,
                      [&](Recorder& recorder, const TraceUse& use) { return replay.trace(index, recorder, use); });
}

Reply replay_transaction(Call& call, const Hash256& hash, const TraceTypes& types) {
  const auto found = find_transaction(call, hash);
  if (!found.ok()) return Err(found.error());
  if (!found->block) return fail(ErrorCode::kServer, "transaction not found");
  return replay_one(call, *found->replay, *found->block, found->index, types, false, call.out.size());
}

Reply replay_block(Call& call, const BlockId& id, const TraceTypes& types) {
  const std::size_t start = call.out.size();
  return for_each_transaction(call, id, [&](Replay& replay, const Block& block, std::size_t index) {
    return replay_one(call, replay, block, index, types, true, start);
  });
}

Reply trace_call_flat(Call& call, const CallArgs& args, const TraceTypes& types, const std::optional<BlockId>& id) {
  const auto simulation = Simulation::make(call, id, nullptr, nullptr);
  if (!simulation.ok()) return Err(simulation.error());
  const auto message = to_message(call, args, (*simulation)->block());
  if (!message.ok()) return Err(message.error());
  return write_replay(call, types, nullptr, (*simulation)->block().fork, call.out.size(),
                      [&](Recorder& recorder, const TraceUse& use) {
                        return trace_message(call, **simulation, *message, recorder, use);
                      });
}

constexpr Method kMethods[] = {
    {"trace_transaction", Cost::kHeavy, bind<trace_transaction_flat>(), {"hash"}},
    {"trace_get", Cost::kHeavy, bind<trace_get>(), {"hash", "traceAddress"}},
    {"trace_block", Cost::kHeavy, bind<trace_block_flat>(), {"block"}},
    {"trace_filter", Cost::kHeavy, bind<trace_filter>(), {"filter"}},
    {"trace_replayTransaction", Cost::kHeavy, bind<replay_transaction>(), {"hash", "types"}},
    {"trace_replayBlockTransactions", Cost::kHeavy, bind<replay_block>(), {"block", "types"}},
    {"trace_call", Cost::kHeavy, bind<trace_call_flat>(), {"transaction", "types", "block"}},
};

}  // namespace

MethodTable trace_methods() {
  return kMethods;
}

}  // namespace atlas::rpc
