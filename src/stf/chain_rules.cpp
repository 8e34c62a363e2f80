#include <crypto/keccak.hpp>
#include <stf/append.hpp>
#include <stf/chain_rules.hpp>

namespace atlas::stf {
namespace {

constexpr u8 kRulesVersion = 1;

}  // namespace

Hash256 rules_hash(const ChainRules& rules) {
  Bytes out{kRulesVersion};
  append_u64(out, rules.chain_id);
  append_u64(out, rules.gas_limit);
  append_u64(out, rules.base_fee_floor_wei);
  append_u64(out, rules.base_fee_denominator);
  append_u64(out, rules.price_caps.native);
  append_u64(out, rules.price_caps.pubdata);
  out.push_back(static_cast<u8>(rules.da));
  append_u64(out, rules.l1.chain_id);
  for (const Address& address :
       {rules.l1.bridgehub, rules.l1.chain, rules.l1.asset_router, rules.l1.nullifier, rules.l1.token_vault}) {
    append(out, address);
  }
  return crypto::keccak256(out);
}

StfConfig stf_config(const ChainRules& rules) {
  StfConfig config;
  config.contracts_may_send = rules.contracts_may_send;
  config.count_pubdata = true;
  return config;
}

const char* describe(BlockError error) {
  switch (error) {
    case BlockError::kTimestampBeforeParent:
      return "block's timestamp is before its parent's";
    case BlockError::kNativePriceAboveCap:
      return "block's native price is above the genesis's cap";
    case BlockError::kPubdataPriceAboveCap:
      return "block's pubdata price is above the genesis's cap";
  }
  return "?";
}

Result<void, BlockError> check_choices(const ChainRules& rules, const BlockHeader& parent,
                                       const BlockChoices& choices) {
  if (choices.timestamp < parent.timestamp) return Err(BlockError::kTimestampBeforeParent);
  if (choices.prices.native > rules.price_caps.native) return Err(BlockError::kNativePriceAboveCap);
  if (choices.prices.pubdata > rules.price_caps.pubdata) return Err(BlockError::kPubdataPriceAboveCap);
  return {};
}

BlockContext derive_context(const ChainRules& rules, const BlockHeader& parent, const BlockChoices& choices) {
  BlockContext context;
  context.fork = rules.fork;
  context.chain_id = rules.chain_id;
  context.number = parent.number + 1;
  context.timestamp = choices.timestamp;
  context.gas_limit = rules.gas_limit;
  context.coinbase = choices.coinbase;
  context.base_fee = next_base_fee(parent, rules.base_fee_denominator, u256(rules.base_fee_floor_wei));
  context.blob_base_fee = u256(kBlobBaseFeeWei);
  context.native_price = choices.prices.native;
  context.pubdata_price = choices.prices.pubdata;
  return context;
}

BlockContext context_of(const ChainRules& rules, const BlockHeader& header) {
  BlockContext context;
  context.fork = rules.fork;
  context.chain_id = rules.chain_id;
  context.number = header.number;
  context.timestamp = header.timestamp;
  context.gas_limit = header.gas_limit;
  context.coinbase = header.beneficiary;
  context.prev_randao = header.mix_hash;
  context.base_fee = header.base_fee_per_gas;
  context.blob_base_fee = u256(kBlobBaseFeeWei);
  const BlockPrices prices = decode_extra_data(header.extra_data);
  context.native_price = prices.native;
  context.pubdata_price = prices.pubdata;
  return context;
}

BlockHeader derive_header(const BlockContext& context, const Hash256& parent_hash, const BlockPrices& prices) {
  BlockHeader header;
  header.parent_hash = parent_hash;
  header.number = context.number;
  header.timestamp = context.timestamp;
  header.gas_limit = context.gas_limit;
  header.beneficiary = context.coinbase;
  header.base_fee_per_gas = context.base_fee;
  header.extra_data = encode_extra_data(prices);
  return header;
}

}  // namespace atlas::stf
