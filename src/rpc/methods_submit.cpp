// Transactions on their way in, and the pool they wait in.
#include <algorithm>

#include <rpc/events.hpp>
#include <rpc/method.hpp>
#include <rpc/serialize.hpp>
#include <rpc/submit.hpp>

namespace atlas::rpc {

Err<RpcError> submit_failed(const SubmitError& error) {
  std::string text(describe(error.code));
  if (!error.detail.empty()) text += ": " + error.detail;
  return fail(error.code == SubmitCode::kInternal ? ErrorCode::kInternal : ErrorCode::kServer, std::move(text));
}

namespace {

Reply send_raw(Call& call, const Bytes& raw) {
  call.submit = {raw};
  return {};
}

/// EIP-7966: the receipt instead of the hash.
Reply send_raw_sync(Call& call, const Bytes& raw, const std::optional<u64>& timeout_ms) {
  const auto timeout = std::chrono::milliseconds(
      std::min(timeout_ms.value_or(call.config.sync_timeout_ms), call.config.sync_timeout_ms_max));
  call.submit = {raw, [&hub = call.hub, timeout](const Hash256& hash, const Completion& done) {
                   if (hub.wait_for_receipt(hash, timeout, done)) return;
                   done(fail(ErrorCode::kReceiptTimeout,
                             "too many requests wait for receipts; the transaction is in the mempool, poll "
                             "eth_getTransactionReceipt",
                             '"' + to_hex(hash) + '"'));
                 }};
  return {};
}

Reply pool_status(Call& call) {
  const PoolCount count = call.backend.pool_count();
  call.out.begin_object();
  call.out.field("pending", count.pending);
  call.out.field("queued", count.queued);
  call.out.end_object();
  return {};
}

/// geth's line for a transaction in txpool_inspect.
std::string summary(const Transaction& tx) {
  return (tx.to ? to_hex(*tx.to) : std::string("contract creation")) + ": " + to_decimal(tx.value) + " wei + " +
         std::to_string(tx.gas_limit) + " gas × " + to_decimal(tx.max_fee_per_gas) + " wei";
}

void write_entry(JsonWriter& out, const SignedTransaction& tx, bool as_text) {
  out.key(std::to_string(tx.tx.nonce));
  if (as_text) {
    out.string(summary(tx.tx));
  } else {
    write_pending_transaction(out, tx);
  }
}

/// {"pending": {sender: {nonce: …}}, "queued": {…}}; entries come by sender and nonce.
void write_pool(JsonWriter& out, const std::vector<PoolEntry>& entries, bool by_sender, bool as_text) {
  out.begin_object();
  for (const bool queued : {false, true}) {
    out.key(queued ? "queued" : "pending");
    out.begin_object();
    const Address* sender = nullptr;
    for (const PoolEntry& entry : entries) {
      if (entry.queued != queued) continue;
      if (by_sender && (sender == nullptr || *sender != entry.tx->sender)) {
        if (sender != nullptr) out.end_object();
        out.key(to_hex(entry.tx->sender));
        out.begin_object();
      }
      sender = &entry.tx->sender;
      write_entry(out, *entry.tx, as_text);
    }
    if (by_sender && sender != nullptr) out.end_object();
    out.end_object();
  }
  out.end_object();
}

Reply pool_content(Call& call) {
  write_pool(call.out, call.backend.pool_content(nullptr, call.config.pool_content_max), true, false);
  return {};
}

Reply pool_content_from(Call& call, const Address& sender) {
  write_pool(call.out, call.backend.pool_content(&sender, call.config.pool_content_max), false, false);
  return {};
}

Reply pool_inspect(Call& call) {
  write_pool(call.out, call.backend.pool_content(nullptr, call.config.pool_content_max), true, true);
  return {};
}

constexpr Method kMethods[] = {
    {"eth_sendRawTransaction", Cost::kSubmit, bind<send_raw>(), {"transaction"}},
    {"eth_sendRawTransactionSync", Cost::kSubmit, bind<send_raw_sync>(), {"transaction", "timeout"}},
    {"txpool_status", Cost::kCheap, bind<pool_status>(), {}},
    {"txpool_content", Cost::kHeavy, bind<pool_content>(), {}},
    {"txpool_contentFrom", Cost::kHeavy, bind<pool_content_from>(), {"address"}},
    {"txpool_inspect", Cost::kHeavy, bind<pool_inspect>(), {}},
};

}  // namespace

MethodTable submit_methods() {
  return kMethods;
}

}  // namespace atlas::rpc
