#include <algorithm>

#include <rpc/execution.hpp>
#include <rpc/ots_pages.hpp>
#include <rpc/serialize.hpp>

namespace atlas::rpc {
namespace {

constexpr u64 kPageMax = 1'000;       // transactions; Otterscan asks for 25
constexpr std::size_t kSelector = 4;  // bytes of input that a list shows

/// What a search collects is whole blocks, so one huge block makes a page longer than was asked for.
std::optional<RpcError> check_page(const Call& call, std::size_t index, u64 page_size) {
  if (page_size >= 1 && page_size <= kPageMax) return std::nullopt;
  return bad_param(call, index, "expected a page size of 1 to " + std::to_string(kPageMax)).error;
}

Reply too_long(const Call& call, u64 reached) {
  return fail(ErrorCode::kLimitExceeded, "search took longer than " + std::to_string(call.config.call_time_ms_max) +
                                             " ms; it got as far as block " + std::to_string(reached) +
                                             ": go on from there");
}

/// Hands over the transactions of `query` until `visit` has enough (false). `done`: it came to the end of the range.
Reply walk(Call& call, AddressQuery query, bool& done, const TransactionVisitor& visit) {
  std::optional<std::pair<u64, u32>> last;  // place of the last one handed over
  done = false;
  bool stopped = false;
  for (;;) {
    const auto fresh = [&](const MinedTransaction& item) {
      const std::pair<u64, u32> place{item.block_number, item.index};
      const bool known = last && (query.newest_first ? place >= *last : place <= *last);
      if (known) return true;  // of the block in which the piece before ended
      last = place;
      stopped = !visit(item);
      return !stopped;
    };
    const WalkEnd end = call.backend.for_each_transaction(query, fresh);
    done = end.complete;
    if (done || stopped) return {};
    if (Clock::now() > call.deadline) return too_long(call, end.next_block);
    (query.newest_first ? query.to_block : query.from_block) = end.next_block;
  }
}

struct Page {
  std::vector<MinedTransaction> items;
  bool complete = true;  ///< nothing of the range is left
};

Result<Page, RpcError> collect(Call& call, const AddressQuery& query, u64 page_size) {
  Page page;
  if (query.from_block > query.to_block) return page;
  bool done = false;
  const Reply walked = walk(call, query, done, [&](const MinedTransaction& item) {
    const bool full = page.items.size() >= page_size;
    if (full && item.block_number != page.items.back().block_number) return false;
    page.items.push_back(item);
    return true;
  });
  if (!walked.ok()) return Err(walked.error());
  page.complete = done;
  return page;
}

void write_page(JsonWriter& out, const std::vector<MinedTransaction>& items, bool first, bool last) {
  out.begin_object();
  out.key("txs");
  out.begin_array();
  for (const MinedTransaction& item : items) write_transaction(out, item);
  out.end_array();
  out.key("receipts");
  out.begin_array();
  for (const MinedTransaction& item : items) {
    out.begin_object();
    write_receipt_fields(out, item, true);
    out.key("timestamp");
    out.number(item.block_timestamp);
    out.end_object();
  }
  out.end_array();
  out.field_bool("firstPage", first);
  out.field_bool("lastPage", last);
  out.end_object();
}

}  // namespace

Reply block_details(Call& call, const BlockId& id) {
  JsonWriter& out = call.out;
  const auto found = lookup_block(call, id);
  if (!found.ok()) return Err(found.error());
  const BlockPtr& block = *found;
  if (!block) {
    out.null();
    return {};
  }
  u256 fees;
  for (const Receipt& receipt : block->receipts) fees = fees + receipt.effective_gas_price * u256(receipt.gas_used);
  out.begin_object();
  out.key("block");
  out.begin_object();
  write_block_head(out, *block, false);
  out.key("transactionCount");
  out.number(block->transactions.size());
  out.end_object();
  out.key("issuance");  // the chain issues nothing
  out.begin_object();
  out.field("blockReward", u64{0});
  out.field("uncleReward", u64{0});
  out.field("issuance", u64{0});
  out.end_object();
  out.field("totalFees", fees);
  out.end_object();
  return {};
}

Reply block_details_by_hash(Call& call, const Hash256& hash) {
  return block_details(call, BlockId{hash});
}

Reply block_page(Call& call, const BlockId& id, const u64& page, const u64& page_size) {
  if (const auto bad = check_page(call, 2, page_size)) return Err(*bad);
  JsonWriter& out = call.out;
  const auto found = lookup_block(call, id);
  if (!found.ok()) return Err(found.error());
  const BlockPtr& block = *found;
  if (!block) {
    out.null();
    return {};
  }
  const u64 count = block->transactions.size();
  const u64 end = page > count / page_size ? 0 : count - page * page_size;
  const u64 begin = end - std::min(end, page_size);
  out.begin_object();
  out.key("fullblock");
  out.begin_object();
  write_block_head(out, *block, false);
  out.key("transactionCount");
  out.number(count);
  out.key("transactions");
  out.begin_array();
  for (u64 i = begin; i < end; ++i) {
    write_transaction(out, mined_transaction(block, static_cast<u32>(i)), kSelector);
  }
  out.end_array();
  out.end_object();
  out.key("receipts");
  out.begin_array();
  for (u64 i = begin; i < end; ++i) {
    out.begin_object();
    write_receipt_fields(out, mined_transaction(block, static_cast<u32>(i)), false);
    out.end_object();
  }
  out.end_array();
  out.end_object();
  return {};
}

Reply search_before(Call& call, const Address& address, const u64& block, const u64& page_size) {
  if (const auto bad = check_page(call, 2, page_size)) return Err(*bad);
  const u64 head = call.backend.head()->header.number;
  const bool from_head = block == 0;
  AddressQuery query;
  query.address = address;
  query.to_block = from_head ? head : std::min(head, block - 1);
  query.newest_first = true;
  const auto page = collect(call, query, page_size);
  if (!page.ok()) return Err(page.error());
  write_page(call.out, page->items, from_head, page->complete);
  return {};
}

Reply search_after(Call& call, const Address& address, const u64& block, const u64& page_size) {
  if (const auto bad = check_page(call, 2, page_size)) return Err(*bad);
  AddressQuery query;
  query.address = address;
  query.from_block = block == ~u64{0} ? block : block + 1;
  query.to_block = call.backend.head()->header.number;
  auto page = collect(call, query, page_size);
  if (!page.ok()) return Err(page.error());
  std::reverse(page->items.begin(), page->items.end());
  write_page(call.out, page->items, page->complete, block == 0);
  return {};
}

Reply by_sender_and_nonce(Call& call, const Address& sender, const u64& nonce) {
  const auto state = call.backend.head_state();
  const auto account = state ? state->account(sender) : std::nullopt;
  if (!account || account->nonce <= nonce) {
    call.out.null();
    return {};
  }
  // A sender's nonces ascend with its blocks: halve the range by the first transaction that it sent in a half.
  u64 low = 0;
  u64 high = call.backend.head()->header.number;
  while (low <= high) {
    const u64 middle = low + (high - low) / 2;
    std::optional<std::pair<u64, u64>> first;  // block and nonce
    std::optional<Hash256> found;
    AddressQuery query;
    query.address = sender;
    query.from_block = middle;
    query.to_block = high;
    bool done = false;
    const Reply walked = walk(call, query, done, [&](const MinedTransaction& item) {
      if (item.tx->sender != sender) return true;
      if (first && item.block_number != first->first) return false;
      if (!first) first = {item.block_number, item.tx->tx.nonce};
      if (item.tx->tx.nonce == nonce) found = item.tx->hash;
      return !found && item.tx->tx.nonce < nonce;
    });
    if (!walked.ok()) return walked;
    if (found) {
      call.out.hex(*found);
      return {};
    }
    if (first && first->second < nonce) {
      low = first->first + 1;
    } else if (middle == 0) {
      break;
    } else {
      high = middle - 1;
    }
  }
  call.out.null();  // sent before the index begins, or a nonce that a delegation or a creation used
  return {};
}

Reply contract_creator(Call& call, const Address& address) {
  if (const auto found = call.backend.creation(address)) {
    call.out.begin_object();
    call.out.field("hash", found->transaction);
    call.out.field("creator", found->creator);
    call.out.end_object();
  } else {
    call.out.null();
  }
  return {};
}

}  // namespace atlas::rpc
