// Prices and their history.
#include <algorithm>

#include <rpc/execution.hpp>
#include <rpc/method.hpp>
#include <rpc/serialize.hpp>

namespace atlas::rpc {
namespace {

Reply gas_price(Call& call) {
  call.out.quantity(call.backend.pending_context().base_fee + call.backend.suggested_priority_fee());
  return {};
}

Reply max_priority_fee(Call& call) {
  call.out.quantity(call.backend.suggested_priority_fee());
  return {};
}

Reply blob_base_fee(Call& call) {
  call.out.quantity(call.backend.pending_context().blob_base_fee);
  return {};
}

struct Tip {
  u256 price;
  u64 gas_used = 0;
};

/// The tips at `percentiles` of the block's gas, as geth weighs them.
void write_rewards(JsonWriter& out, const Block& block, const std::vector<double>& percentiles) {
  std::vector<Tip> tips;
  tips.reserve(block.transactions.size());
  const u256& base_fee = block.header.base_fee_per_gas;
  for (std::size_t i = 0; i < block.transactions.size(); ++i) {
    const u256 price = effective_gas_price(block.transactions[i].tx, base_fee);
    tips.push_back({price < base_fee ? u256() : price - base_fee, block.receipts[i].gas_used});
  }
  std::sort(tips.begin(), tips.end(), [](const Tip& a, const Tip& b) { return a.price < b.price; });
  out.begin_array();
  std::size_t at = 0;
  double gas_sum = tips.empty() ? 0 : static_cast<double>(tips[0].gas_used);
  for (const double percentile : percentiles) {
    const double wanted = static_cast<double>(block.header.gas_used) * percentile / 100;
    while (at + 1 < tips.size() && gas_sum < wanted) gas_sum += static_cast<double>(tips[++at].gas_used);
    out.quantity(tips.empty() ? u256() : tips[at].price);
  }
  out.end_array();
}

Reply fee_history(Call& call, const u64& count, const BlockId& newest, const std::optional<Percentiles>& percentiles) {
  const auto last = find_block(call, newest);
  if (!last.ok()) return Err(last.error());
  const u64 last_number = (*last)->header.number;
  const u64 wanted = std::min<u64>({count, call.config.fee_history_blocks_max, last_number + 1});
  std::vector<BlockPtr> blocks;
  for (u64 i = 0; i < wanted; ++i) {  // newest first: what is pruned cuts the old end off
    BlockPtr block = i == 0 ? *last : call.backend.block_by_number(last_number - i);
    if (!block) break;
    blocks.push_back(std::move(block));
  }
  std::reverse(blocks.begin(), blocks.end());

  JsonWriter& out = call.out;
  out.begin_object();
  out.field("oldestBlock", blocks.empty() ? u64{0} : blocks.front()->header.number);
  if (!blocks.empty()) {
    const BlockContext pending = call.backend.pending_context();
    const BlockPtr following = call.backend.block_by_number(last_number + 1);
    out.key("baseFeePerGas");
    out.begin_array();
    for (const BlockPtr& block : blocks) out.quantity(block->header.base_fee_per_gas);
    out.quantity(following ? following->header.base_fee_per_gas : pending.base_fee);
    out.end_array();
    out.key("gasUsedRatio");
    out.begin_array();
    for (const BlockPtr& block : blocks) {
      const BlockHeader& h = block->header;
      out.ratio(h.gas_limit == 0 ? 0 : static_cast<double>(h.gas_used) / static_cast<double>(h.gas_limit));
    }
    out.end_array();
    out.key("baseFeePerBlobGas");
    out.begin_array();
    for (std::size_t i = 0; i <= blocks.size(); ++i) out.quantity(pending.blob_base_fee);
    out.end_array();
    out.key("blobGasUsedRatio");
    out.begin_array();
    for (std::size_t i = 0; i < blocks.size(); ++i) out.ratio(0);
    out.end_array();
    if (percentiles && !percentiles->values.empty()) {
      out.key("reward");
      out.begin_array();
      for (const BlockPtr& block : blocks) write_rewards(out, *block, percentiles->values);
      out.end_array();
    }
  } else {
    out.key("gasUsedRatio");
    out.begin_array();
    out.end_array();
  }
  out.end_object();
  return {};
}

constexpr Method kMethods[] = {
    {"eth_gasPrice", Cost::kCheap, bind<gas_price>(), {}},
    {"eth_maxPriorityFeePerGas", Cost::kCheap, bind<max_priority_fee>(), {}},
    {"eth_blobBaseFee", Cost::kCheap, bind<blob_base_fee>(), {}},
    {"eth_feeHistory", Cost::kHeavy, bind<fee_history>(), {"blockCount", "newestBlock", "rewardPercentiles"}},
};

}  // namespace

MethodTable fee_methods() {
  return kMethods;
}

}  // namespace atlas::rpc
