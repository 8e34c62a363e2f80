// Prices and their history.
#include <algorithm>

#include <simdjson.h>

#include <rpc/execution.hpp>
#include <rpc/method.hpp>
#include <rpc/serialize.hpp>
#include <rpc/trace_replay.hpp>
#include <stf/metering.hpp>

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

/// A transaction that is in a block, by its hash, or one that might be sent.
struct FeeSubject {
  std::optional<Hash256> hash;
  CallArgs args;
};
bool decode(const Json& json, FeeSubject& out, std::string& why) {
  if (json.is_object()) return rpc::decode(json, out.args, why);
  return rpc::decode(json, out.hash.emplace(), why);
}

/// What a transaction pays a gas, a cycle and a byte, in wei.
struct FeePrices {
  u256 gas;
  u256 native;
  u256 pubdata;
};

/// evmGas = max(intrinsicGas + executionGas − gasRefunded, floorGas); resourceGas = ⌈(nativeCost + pubdataCost) /
/// gasPrice⌉; gasUsed = evmGas + addedGas, or all of gasLimit if it does not pay; fee = gasUsed · gasPrice
/// (docs/fees.md).
void write_fee(JsonWriter& out, const stf::ExecutionResult& result, u64 gas_limit, const FeePrices& prices) {
  const stf::FeeSum& fee = result.fee;
  out.begin_object();
  out.field_string("status", fee.unpaid ? "unpaid" : result.status == FrameStatus::kSuccess ? "success" : "failed");
  out.field("gasLimit", gas_limit);
  out.field("gasPrice", prices.gas);
  out.field("intrinsicGas", fee.intrinsic_gas);
  out.field("executionGas", fee.spent_gas - fee.intrinsic_gas);
  out.field("gasRefunded", fee.refunded_gas);
  out.field("floorGas", fee.floor_gas);
  out.field("evmGas", fee.evm_gas);
  out.field("native", fee.native);
  out.field("nativePrice", prices.native);
  out.field("nativeCost", prices.native * u256(fee.native));
  out.field("pubdata", fee.pubdata);
  out.field("pubdataPrice", prices.pubdata);
  out.field("pubdataCost", prices.pubdata * u256(fee.pubdata));
  out.field("resourceGas", fee.resource_gas);
  out.field("addedGas", result.gas_used - std::min(result.gas_used, fee.evm_gas));
  out.field("gasUsed", result.gas_used);
  out.field("fee", prices.gas * u256(result.gas_used));
  out.end_object();
}

Reply explain_mined(Call& call, const Hash256& hash) {
  TraceOptions options;
  options.kind = TracerKind::kNoop;
  const auto recorder = make_recorder(options, call.config.response_bytes_max);
  return trace_transaction(call, hash, *recorder, [&](const TraceSubject& subject, const stf::ExecutionResult& result) {
    const auto mined = call.backend.mined(hash);
    const BlockPtr block = mined ? call.backend.block_by_hash(mined->block_hash) : nullptr;
    if (!block) return Reply(fail(ErrorCode::kServer, "transaction not found"));
    const Transaction& tx = block->transactions[mined->index].tx;
    FeePrices prices{block->receipts[mined->index].effective_gas_price, u256(subject.block.native_price),
                     u256(subject.block.pubdata_price)};
    if (tx.l1) prices = {prices.gas, u256(), prices.gas * tx.l1->gas_per_pubdata_byte};
    write_fee(call.out, result, tx.gas_limit, prices);
    return Reply();
  });
}

Reply explain_fee(Call& call, const FeeSubject& subject, const std::optional<BlockId>& id) {
  if (subject.hash) return explain_mined(call, *subject.hash);
  const auto made = Simulation::make(call, id, nullptr, nullptr);
  if (!made.ok()) return Err(made.error());
  Simulation& simulation = **made;
  auto message = to_message(call, subject.args, simulation.block());
  if (!message.ok()) return Err(message.error());
  if (!subject.args.gas) {
    const auto gas = estimate(call, subject.args, id, nullptr, nullptr);
    if (!gas.ok()) return Err(gas.error());
    message->gas_limit = *gas;
  }
  const auto result = simulation.run(*message);
  if (!result.ok()) return Err(result.error());
  const BlockContext& block = simulation.block();
  write_fee(call.out, *result, message->gas_limit,
            {message->gas_price, u256(block.native_price), u256(block.pubdata_price)});
  return {};
}

constexpr Method kMethods[] = {
    {"eth_gasPrice", Cost::kCheap, bind<gas_price>(), {}},
    {"eth_maxPriorityFeePerGas", Cost::kCheap, bind<max_priority_fee>(), {}},
    {"eth_blobBaseFee", Cost::kCheap, bind<blob_base_fee>(), {}},
    {"atlas_explainFee", Cost::kHeavy, bind<explain_fee>(), {"transaction", "block"}},
    {"eth_feeHistory", Cost::kHeavy, bind<fee_history>(), {"blockCount", "newestBlock", "rewardPercentiles"}},
};

}  // namespace

MethodTable fee_methods() {
  return kMethods;
}

}  // namespace atlas::rpc
