// ots_…: what Otterscan asks beyond eth_, and the one erigon_ method by which it knows its nodes.
#include <rpc/execution.hpp>
#include <rpc/method.hpp>
#include <rpc/ots_pages.hpp>
#include <rpc/serialize.hpp>
#include <rpc/trace_calls.hpp>
#include <rpc/trace_replay.hpp>

namespace atlas::rpc {
namespace {

constexpr u64 kApiLevel = 8;

Reply api_level(Call& call) {
  call.out.number(kApiLevel);
  return {};
}

Reply has_code(Call& call, const Address& address, const std::optional<BlockId>& id) {
  const auto state = find_state(call, id);
  if (!state.ok()) return Err(state.error());
  const auto account = (*state)->account(address);
  call.out.boolean(account && account->has_code());
  return {};
}

Reply erigon_header(Call& call, const BlockId& id) {
  const auto block = lookup_block(call, id);
  if (!block.ok()) return Err(block.error());
  if (*block) {
    write_header(call.out, **block);
  } else {
    call.out.null();
  }
  return {};
}

/// Hands the frames of a transaction, complete, to `use`.
template <class Use>
Reply with_calls(Call& call, const Hash256& hash, const Use& use) {
  CallRecorder recorder(false, false, call.config.response_bytes_max);
  return trace_transaction(call, hash, recorder,
                           [&](const TraceSubject& subject, const stf::ExecutionResult& result) -> Reply {
                             recorder.finish(subject, result);
                             use(recorder.calls(), result);
                             return {};
                           });
}

Reply trace_flat(Call& call, const Hash256& hash) {
  return with_calls(call, hash, [&](const std::vector<TracedCall>& calls, const stf::ExecutionResult&) {
    JsonWriter& out = call.out;
    out.begin_array();
    for (const TracedCall& frame : calls) {
      out.begin_object();
      out.field_string("type", frame.type);
      out.key("depth");
      out.number(frame.depth);
      out.field("from", frame.from);
      out.field("to", frame.to);
      out.key("value");
      frame.value&& frame.type != "DELEGATECALL" ? out.quantity(*frame.value) : out.null();
      out.field("input", frame.input);
      out.field("output", frame.output);
      out.end_object();
    }
    out.end_array();
  });
}

/// Otterscan's number for what a frame did: a transfer, a self-destruction, a creation; nullopt for a plain call.
std::optional<u64> operation_of(const TracedCall& frame) {
  if (frame.type == "CREATE") return 2;
  if (frame.type == "CREATE2") return 3;
  if (frame.type == "SELFDESTRUCT") return 1;
  if (frame.type == "CALL" && !frame.value->is_zero()) return 0;
  return std::nullopt;
}

Reply internal_operations(Call& call, const Hash256& hash) {
  return with_calls(call, hash, [&](const std::vector<TracedCall>& calls, const stf::ExecutionResult&) {
    JsonWriter& out = call.out;
    out.begin_array();
    for (const TracedCall& frame : calls) {
      const auto operation = operation_of(frame);
      if (!operation || frame.undone || frame.depth == 0) continue;
      out.begin_object();
      out.key("type");
      out.number(*operation);
      out.field("from", frame.from);
      out.field("to", frame.to);
      out.field("value", *frame.value);
      out.end_object();
    }
    out.end_array();
  });
}

Reply transaction_error(Call& call, const Hash256& hash) {
  return with_calls(call, hash, [&](const std::vector<TracedCall>&, const stf::ExecutionResult& result) {
    call.out.hex(result.status == FrameStatus::kRevert ? ByteView(result.output) : ByteView{});
  });
}

constexpr Method kMethods[] = {
    {"ots_getApiLevel", Cost::kCheap, bind<api_level>(), {}},
    {"ots_hasCode", Cost::kCheap, bind<has_code>(), {"address", "block"}},
    {"ots_traceTransaction", Cost::kHeavy, bind<trace_flat>(), {"hash"}},
    {"ots_getInternalOperations", Cost::kHeavy, bind<internal_operations>(), {"hash"}},
    {"ots_getTransactionError", Cost::kHeavy, bind<transaction_error>(), {"hash"}},
    {"ots_getBlockDetails", Cost::kHeavy, bind<block_details>(), {"block"}},
    {"ots_getBlockDetailsByHash", Cost::kHeavy, bind<block_details_by_hash>(), {"hash"}},
    {"ots_getBlockTransactions", Cost::kHeavy, bind<block_page>(), {"block", "page", "pageSize"}},
    {"ots_searchTransactionsBefore", Cost::kHeavy, bind<search_before>(), {"address", "block", "pageSize"}},
    {"ots_searchTransactionsAfter", Cost::kHeavy, bind<search_after>(), {"address", "block", "pageSize"}},
    {"ots_getTransactionBySenderAndNonce", Cost::kHeavy, bind<by_sender_and_nonce>(), {"address", "nonce"}},
    {"ots_getContractCreator", Cost::kHeavy, bind<contract_creator>(), {"address"}},
    {"erigon_getHeaderByNumber", Cost::kCheap, bind<erigon_header>(), {"block"}},
};

}  // namespace

MethodTable ots_methods() {
  return kMethods;
}

}  // namespace atlas::rpc
