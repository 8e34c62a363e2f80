// debug_trace…: executions again, with geth's tracers.
#include <rpc/execution.hpp>
#include <rpc/method.hpp>
#include <rpc/serialize.hpp>
#include <rpc/trace_replay.hpp>

namespace atlas::rpc {
namespace {

void shorten(Call& call, const TraceOptions& options) {
  if (options.timeout) call.deadline = std::min(call.deadline, Clock::now() + *options.timeout);
}

Reply trace_mined(Call& call, const Hash256& hash, const std::optional<TraceOptions>& given) {
  const TraceOptions options = given.value_or(TraceOptions{});
  shorten(call, options);
  const auto recorder = make_recorder(options, call.config.response_bytes_max);
  return trace_transaction(call, hash, *recorder,
                           [&](const TraceSubject& subject, const stf::ExecutionResult& result) -> Reply {
                             recorder->write(subject, result, call.out);
                             return {};
                           });
}

Reply trace_call(Call& call, const CallArgs& args, const std::optional<BlockId>& id,
                 const std::optional<TraceOptions>& given) {
  const TraceOptions options = given.value_or(TraceOptions{});
  shorten(call, options);
  const auto simulation = Simulation::make(call, id, options.state_overrides ? &*options.state_overrides : nullptr,
                                           options.block_overrides ? &*options.block_overrides : nullptr);
  if (!simulation.ok()) return Err(simulation.error());
  const auto message = to_message(call, args, (*simulation)->block());
  if (!message.ok()) return Err(message.error());
  const auto recorder = make_recorder(options, call.config.response_bytes_max);
  return trace_message(call, **simulation, *message, *recorder,
                       [&](const TraceSubject& subject, const stf::ExecutionResult& result) -> Reply {
                         recorder->write(subject, result, call.out);
                         return {};
                       });
}

Reply trace_block(Call& call, const BlockId& id, const std::optional<TraceOptions>& given) {
  const TraceOptions options = given.value_or(TraceOptions{});
  shorten(call, options);
  const auto block = find_block(call, id);
  if (!block.ok()) return Err(block.error());
  const auto replay = Replay::make(call, *block);
  if (!replay.ok()) return Err(replay.error());
  JsonWriter& out = call.out;
  const std::size_t start = out.size();
  out.begin_array();
  for (std::size_t i = 0; i < (*block)->transactions.size(); ++i) {
    const std::size_t used = out.size() - start;
    const std::size_t most = call.config.response_bytes_max;
    const auto recorder = make_recorder(options, used < most ? most - used : 0);
    const Reply done =
        (*replay)->trace(i, *recorder, [&](const TraceSubject& subject, const stf::ExecutionResult& result) -> Reply {
          out.begin_object();
          out.field("txHash", (*block)->transactions[i].hash);
          out.key("result");
          recorder->write(subject, result, out);
          out.end_object();
          return {};
        });
    if (!done.ok()) return done;
  }
  out.end_array();
  return {};
}

Reply trace_block_by_number(Call& call, const BlockId& id, const std::optional<TraceOptions>& options) {
  return trace_block(call, id, options);
}

Reply trace_block_by_hash(Call& call, const Hash256& hash, const std::optional<TraceOptions>& options) {
  return trace_block(call, BlockId{hash}, options);
}

// ---- Encodings.

Reply raw_header(Call& call, const BlockId& id) {
  const auto block = find_block(call, id);
  if (!block.ok()) return Err(block.error());
  call.out.hex(encode_header((*block)->header));
  return {};
}

Reply raw_block(Call& call, const BlockId& id) {
  const auto block = find_block(call, id);
  if (!block.ok()) return Err(block.error());
  call.out.hex(encode_block(**block));
  return {};
}

Reply raw_receipts(Call& call, const BlockId& id) {
  const auto block = find_block(call, id);
  if (!block.ok()) return Err(block.error());
  call.out.begin_array();
  for (const Receipt& receipt : (*block)->receipts) call.out.hex(encode_receipt(receipt));
  call.out.end_array();
  return {};
}

/// geth: empty bytes for an unknown one.
Reply raw_transaction(Call& call, const Hash256& hash) {
  const auto mined = call.backend.mined(hash);
  const TxPtr tx = mined ? mined->tx : call.backend.pool_transaction(hash);
  call.out.hex(tx ? ByteView(tx->encoded) : ByteView{});
  return {};
}

constexpr Method kMethods[] = {
    {"debug_getRawHeader", Cost::kCheap, bind<raw_header>(), {"block"}},
    {"debug_getRawBlock", Cost::kHeavy, bind<raw_block>(), {"block"}},
    {"debug_getRawReceipts", Cost::kHeavy, bind<raw_receipts>(), {"block"}},
    {"debug_getRawTransaction", Cost::kCheap, bind<raw_transaction>(), {"hash"}},
    {"debug_traceTransaction", Cost::kHeavy, bind<trace_mined>(), {"hash", "options"}},
    {"debug_traceCall", Cost::kHeavy, bind<trace_call>(), {"transaction", "block", "options"}},
    {"debug_traceBlockByNumber", Cost::kHeavy, bind<trace_block_by_number>(), {"block", "options"}},
    {"debug_traceBlockByHash", Cost::kHeavy, bind<trace_block_by_hash>(), {"hash", "options"}},
};

}  // namespace

MethodTable debug_methods() {
  return kMethods;
}

}  // namespace atlas::rpc
