// Logs, filters that clients poll, and subscriptions.
#include <algorithm>

#include <rpc/events.hpp>
#include <rpc/execution.hpp>
#include <rpc/method.hpp>
#include <rpc/serialize.hpp>

namespace atlas::rpc {
namespace {

constexpr u64 kNoLimit = ~u64{0};
constexpr u64 kBlocksPerLook = 1'000;  // between two looks at the clock
constexpr u64 kSelectiveFactor = 10;   // how many more blocks a query with an address or a topic may cover

/// The block number an end of a range names: tags resolve, numbers stay as they are.
Result<u64, RpcError> number_of(Call& call, const std::optional<BlockId>& id) {
  const BlockId wanted = id.value_or(BlockId{});
  if (const u64* number = std::get_if<u64>(&wanted.id)) return *number;
  const auto block = find_block(call, wanted);
  if (!block.ok()) return Err(block.error());
  return (*block)->header.number;
}

/// The query with its range checked against the head and the limits.
Result<LogQuery, RpcError> to_query(Call& call, const LogFilter& filter) {
  LogQuery query;
  query.addresses = filter.addresses;
  query.topics = filter.topics;
  if (filter.block_hash) {
    const auto block = find_block(call, BlockId{*filter.block_hash});
    if (!block.ok()) return Err(block.error());
    query.from_block = query.to_block = (*block)->header.number;
    return query;
  }
  const auto from = number_of(call, filter.from_block);
  if (!from.ok()) return Err(from.error());
  const auto to = number_of(call, filter.to_block);
  if (!to.ok()) return Err(to.error());
  if (*from > *to) {
    return fail(ErrorCode::kInvalidParams, "invalid block range params: fromBlock " + std::to_string(*from) +
                                               " is after toBlock " + std::to_string(*to));
  }
  const u64 oldest = call.backend.oldest_block();
  const BlockId begin = filter.from_block.value_or(BlockId{});
  const BlockTag* tag = std::get_if<BlockTag>(&begin.id);
  if (*from < oldest && (tag == nullptr || *tag != BlockTag::kEarliest)) return Err(pruned_block(call, *from));
  query.from_block = std::max(*from, oldest);  // "earliest" is what there is
  query.to_block = std::min(*to, call.backend.head()->header.number);
  return query;
}

struct Walk {
  u64 results = 0;
  u64 last_block = 0;  ///< of the last result
  u64 next_block = 0;  ///< first one not looked at
};

/// Writes the matching logs as array items. Stops after the block in which `results_max` is reached.
Result<Walk, RpcError> write_logs(Call& call, const LogQuery& query, u64 results_max) {
  Walk walk;
  walk.next_block = query.to_block + 1;
  LogQuery part = query;
  for (u64 from = query.from_block; from <= query.to_block; from = part.to_block + 1) {
    if (Clock::now() > call.deadline) {
      return fail(ErrorCode::kLimitExceeded, "query took longer than " + std::to_string(call.config.call_time_ms_max) +
                                                 " ms; ask for fewer blocks, it got as far as block " +
                                                 std::to_string(from));
    }
    part.from_block = from;
    part.to_block = query.to_block - from < kBlocksPerLook ? query.to_block : from + kBlocksPerLook - 1;
    std::optional<u64> stopped_at;
    call.backend.for_each_log(part, [&](const LogRecord& record) {
      if (walk.results >= results_max && record.block_number != walk.last_block) {
        stopped_at = record.block_number;
        return false;
      }
      walk.last_block = record.block_number;
      write_log(call.out, record);
      ++walk.results;
      return true;
    });
    if (stopped_at) {
      walk.next_block = *stopped_at;
      break;
    }
  }
  return walk;
}

Reply answer_query(Call& call, const LogQuery& query) {
  const bool selective = !query.addresses.empty() || !query.topics.empty();
  const u64 blocks_max = call.config.log_blocks_max * (selective ? kSelectiveFactor : 1);
  if (query.from_block <= query.to_block && query.to_block - query.from_block >= blocks_max) {
    return fail(ErrorCode::kLimitExceeded, "block range " + std::to_string(query.from_block) + " to " +
                                               std::to_string(query.to_block) + " is longer than " +
                                               std::to_string(blocks_max) + " blocks; split it");
  }
  call.out.begin_array();
  const auto walk = write_logs(call, query, call.config.log_results_max);
  if (!walk.ok()) return Err(walk.error());
  const bool too_many = walk->results > call.config.log_results_max;
  if (too_many || walk->next_block <= query.to_block) {
    std::string text = "query returned more than " + std::to_string(call.config.log_results_max) + " results; ";
    if (too_many && walk->last_block == query.from_block) {
      text += "block " + std::to_string(query.from_block) + " alone has them: ask for an address or a topic";
    } else {
      text += "try blocks " + std::to_string(query.from_block) + " to " +
              std::to_string(too_many ? walk->last_block - 1 : walk->last_block);
    }
    return fail(ErrorCode::kLimitExceeded, std::move(text));
  }
  call.out.end_array();
  return {};
}

Reply get_logs(Call& call, const LogFilter& filter) {
  const auto query = to_query(call, filter);
  if (!query.ok()) return Err(query.error());
  return answer_query(call, *query);
}

Reply install(Call& call, FilterPtr filter) {
  filter->client = call.session.client();
  const auto id = call.hub.add_filter(std::move(filter));
  if (!id.ok()) return Err(id.error());
  call.out.string(*id);
  return {};
}

Reply new_filter(Call& call, const LogFilter& filter) {
  if (filter.block_hash) return bad_param(call, 0, "blockHash has no meaning in a filter; use eth_getLogs");
  auto made = std::make_shared<Filter>();
  made->kind = FilterKind::kLogs;
  const u64 head = call.backend.head()->header.number;
  if (!filter.to_block || std::holds_alternative<BlockTag>(filter.to_block->id)) {
    // An open end follows the chain; only eth_getFilterLogs looks back.
    made->query.to_block = kNoLimit;
  } else {
    const auto to = number_of(call, filter.to_block);
    if (!to.ok()) return Err(to.error());
    made->query.to_block = *to;
  }
  const auto from = number_of(call, filter.from_block);
  if (!from.ok()) return Err(from.error());
  if (*from > made->query.to_block) {
    return fail(ErrorCode::kInvalidParams, "invalid block range params: fromBlock " + std::to_string(*from) +
                                               " is after toBlock " + std::to_string(made->query.to_block));
  }
  made->query.from_block = *from;
  made->query.addresses = filter.addresses;
  made->query.topics = filter.topics;
  made->first_block = made->next_block = std::max(*from, head + 1);
  return install(call, std::move(made));
}

Reply new_block_filter(Call& call) {
  auto made = std::make_shared<Filter>();
  made->kind = FilterKind::kBlocks;
  made->next_block = call.backend.head()->header.number + 1;
  return install(call, std::move(made));
}

Reply new_pending_filter(Call& call, const std::optional<bool>& full) {
  if (full.value_or(false)) {
    return fail(ErrorCode::kInvalidParams, "full transactions are not kept for filters; use eth_subscribe");
  }
  auto made = std::make_shared<Filter>();
  made->kind = FilterKind::kPending;
  made->next_pending = call.hub.pending_sequence();
  return install(call, std::move(made));
}

Err<RpcError> no_filter(const std::string& id) {
  return fail(ErrorCode::kServer,
              "filter not found: " + id.substr(0, 66) + " was never made here, removed, or expired");
}

Reply filter_changes(Call& call, const std::string& id) {
  const FilterPtr filter = call.hub.filters().find(id);
  if (!filter) return no_filter(id);
  const std::lock_guard lock(filter->mutex);
  JsonWriter& out = call.out;
  const u64 head = call.backend.head()->header.number;
  out.begin_array();
  switch (filter->kind) {
    case FilterKind::kBlocks: {
      const u64 last = std::min(head, filter->next_block + call.config.log_blocks_max - 1);
      for (; filter->next_block <= last; ++filter->next_block) out.hex(call.backend.block_hash(filter->next_block));
      break;
    }
    case FilterKind::kPending:
      for (const Hash256& hash : call.hub.pending_since(filter->next_pending, filter->next_pending)) out.hex(hash);
      break;
    case FilterKind::kLogs: {
      for (const BlockPtr& block : filter->removed) {
        visit_logs(*block, filter->query, [&](const LogRecord& record) {
          write_log(out, record, true);
          return true;
        });
      }
      LogQuery query = filter->query;
      query.from_block = filter->next_block;
      query.to_block = std::min({query.to_block, head, query.from_block + call.config.log_blocks_max - 1});
      if (query.from_block <= query.to_block) {
        const auto walk = write_logs(call, query, call.config.log_results_max);
        if (!walk.ok()) return Err(walk.error());
        filter->next_block = walk->next_block;
      }
      filter->removed.clear();
      break;
    }
  }
  out.end_array();
  return {};
}

Reply filter_logs(Call& call, const std::string& id) {
  const FilterPtr filter = call.hub.filters().find(id);
  if (!filter) return no_filter(id);
  if (filter->kind != FilterKind::kLogs) {
    return fail(ErrorCode::kServer, "filter " + id + " is not a log filter; use eth_getFilterChanges");
  }
  LogQuery query = filter->query;  // never changes after creation, so no lock
  query.to_block = std::min(query.to_block, call.backend.head()->header.number);
  return answer_query(call, query);
}

Reply uninstall(Call& call, const std::string& id) {
  call.out.boolean(call.hub.remove_filter(id));
  return {};
}

/// geth's answer over HTTP; clients then poll.
Err<RpcError> cannot_notify() {
  return fail(ErrorCode::kMethodNotFound, "notifications not supported: subscriptions need a WebSocket connection");
}

Reply subscribe(Call& call, const std::string& kind, const std::optional<SubscriptionOptions>& options) {
  if (!call.session.can_notify()) return cannot_notify();
  Subscription subscription;
  if (kind == "newHeads") {
    subscription.kind = SubscriptionKind::kNewHeads;
  } else if (kind == "logs") {
    subscription.kind = SubscriptionKind::kLogs;
    if (options) {
      subscription.query.addresses = options->filter.addresses;
      subscription.query.topics = options->filter.topics;
    }
  } else if (kind == "newPendingTransactions") {
    subscription.kind = SubscriptionKind::kPendingTransactions;
    subscription.full = options && options->full;
  } else {
    return bad_param(call, 0, "expected newHeads, logs or newPendingTransactions, got \"" + kind.substr(0, 80) + "\"");
  }
  const auto id = call.hub.subscribe(call.session, std::move(subscription));
  if (!id.ok()) return Err(id.error());
  call.out.string(*id);
  call.after = [&hub = call.hub, id = *id] { hub.activate(id); };
  return {};
}

Reply unsubscribe(Call& call, const std::string& id) {
  if (!call.session.can_notify()) return cannot_notify();
  if (!call.hub.unsubscribe(call.session, id)) {
    return fail(ErrorCode::kServer, "subscription not found: " + id.substr(0, 66));
  }
  call.out.boolean(true);
  return {};
}

constexpr Method kMethods[] = {
    {"eth_getLogs", Cost::kHeavy, bind<get_logs>(), {"filter"}},
    {"eth_newFilter", Cost::kCheap, bind<new_filter>(), {"filter"}},
    {"eth_newBlockFilter", Cost::kCheap, bind<new_block_filter>(), {}},
    {"eth_newPendingTransactionFilter", Cost::kCheap, bind<new_pending_filter>(), {"full"}},
    {"eth_getFilterChanges", Cost::kHeavy, bind<filter_changes>(), {"id"}},
    {"eth_getFilterLogs", Cost::kHeavy, bind<filter_logs>(), {"id"}},
    {"eth_uninstallFilter", Cost::kCheap, bind<uninstall>(), {"id"}},
    {"eth_subscribe", Cost::kCheap, bind<subscribe>(), {"kind", "options"}},
    {"eth_unsubscribe", Cost::kCheap, bind<unsubscribe>(), {"id"}},
};

}  // namespace

MethodTable filter_methods() {
  return kMethods;
}

}  // namespace atlas::rpc
