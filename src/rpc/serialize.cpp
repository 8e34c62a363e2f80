#include <algorithm>

#include <rpc/serialize.hpp>

namespace atlas::rpc {
namespace {

/// Signature parity as JSON's `v`: 27/28 or EIP-155 for legacy, the parity itself for typed transactions.
u64 signature_v(const Transaction& tx) {
  if (tx.type != TxType::kLegacy) return tx.y_parity;
  return tx.chain_id ? *tx.chain_id * 2 + 35 + tx.y_parity : u64{27} + tx.y_parity;
}

/// Everything that does not depend on the transaction's place; the object stays open.
void write_transaction_fields(JsonWriter& out, const SignedTransaction& signed_tx, const u256& gas_price,
                              std::size_t input_max = ~std::size_t{0}) {
  const Transaction& tx = signed_tx.tx;
  out.field("type", static_cast<u64>(tx.type));
  out.field("hash", signed_tx.hash);
  out.field("from", signed_tx.sender);
  out.key("to");
  if (tx.to) {
    out.hex(*tx.to);
  } else {
    out.null();
  }
  out.field("nonce", tx.nonce);
  out.field("gas", tx.gas_limit);
  out.field("gasPrice", gas_price);
  out.field("value", tx.value);
  out.field("input", ByteView(tx.data).first(std::min(tx.data.size(), input_max)));
  if (tx.chain_id) out.field("chainId", *tx.chain_id);
  if (tx.type >= TxType::kDynamicFee) {
    out.field("maxFeePerGas", tx.max_fee_per_gas);
    out.field("maxPriorityFeePerGas", tx.max_priority_fee_per_gas);
  }
  if (tx.type >= TxType::kAccessList) {
    out.key("accessList");
    write_access_list(out, tx.access_list);
    out.field("yParity", u64{tx.y_parity});
  }
  if (tx.type == TxType::kSetCode) {
    out.key("authorizationList");
    out.begin_array();
    for (const Authorization& a : tx.authorizations) {
      out.begin_object();
      out.field("chainId", a.chain_id);
      out.field("address", a.address);
      out.field("nonce", a.nonce);
      out.field("yParity", u64{a.y_parity});
      out.field("r", a.r);
      out.field("s", a.s);
      out.end_object();
    }
    out.end_array();
  }
  out.field("v", signature_v(tx));
  out.field("r", tx.r);
  out.field("s", tx.s);
}

/// The header's members; the object stays open.
void write_header_fields(JsonWriter& out, const Block& block, bool with_bloom = true) {
  const BlockHeader& h = block.header;
  out.field("number", h.number);
  out.field("hash", block.hash);
  out.field("parentHash", h.parent_hash);
  out.field("sha3Uncles", h.ommers_hash);
  out.field("miner", h.beneficiary);
  out.field("stateRoot", h.state_root);
  out.field("transactionsRoot", h.transactions_root);
  out.field("receiptsRoot", h.receipts_root);
  if (with_bloom) {
    out.field("logsBloom", h.logs_bloom);
  } else {
    out.field_null("logsBloom");
  }
  out.field("difficulty", h.difficulty);
  out.field("gasLimit", h.gas_limit);
  out.field("gasUsed", h.gas_used);
  out.field("timestamp", h.timestamp);
  out.field("extraData", h.extra_data);
  out.field("mixHash", h.mix_hash);
  out.field("nonce", h.nonce);
  out.field("baseFeePerGas", h.base_fee_per_gas);
  out.field("withdrawalsRoot", h.withdrawals_root);
  out.field("blobGasUsed", h.blob_gas_used);
  out.field("excessBlobGas", h.excess_blob_gas);
  out.field("parentBeaconBlockRoot", h.parent_beacon_block_root);
  out.field("requestsHash", h.requests_hash);
}

void write_empty_array(JsonWriter& out, std::string_view name) {
  out.key(name);
  out.begin_array();
  out.end_array();
}

/// The member `logs` of a receipt.
void write_logs(JsonWriter& out, const MinedTransaction& mined) {
  out.key("logs");
  out.begin_array();
  LogRecord record;
  record.block_hash = &mined.block_hash;
  record.tx_hash = &mined.tx->hash;
  record.block_number = mined.block_number;
  record.block_timestamp = mined.block_timestamp;
  record.tx_index = mined.index;
  record.log_index = mined.first_log_index;
  for (const Log& log : mined.receipt->logs) {
    record.log = &log;
    write_log(out, record);
    ++record.log_index;
  }
  out.end_array();
}

/// Bytes of an RLP string or list header before a payload of `n` bytes.
u64 rlp_prefix_bytes(u64 n) {
  if (n < 56) return 1;
  u64 bytes = 1;
  for (; n != 0; n >>= 8) ++bytes;
  return bytes;
}

void append_rlp_prefix(Bytes& out, u8 kind, u64 n) {
  constexpr u64 kShortMax = 55;
  if (n <= kShortMax) return out.push_back(static_cast<u8>(kind + n));
  const u64 length_bytes = rlp_prefix_bytes(n) - 1;
  out.push_back(static_cast<u8>(kind + kShortMax + length_bytes));
  for (u64 i = length_bytes; i-- > 0;) out.push_back(static_cast<u8>(n >> (8 * i)));
}

constexpr u64 kEmptyLists = 2;  // of a block: uncles, withdrawals

/// Typed envelopes are strings in the body, legacy transactions are lists already.
u64 body_bytes(const SignedTransaction& tx) {
  const u64 n = tx.encoded.size();
  return tx.tx.type == TxType::kLegacy ? n : n + rlp_prefix_bytes(n);
}

}  // namespace

void write_access_list(JsonWriter& out, const std::vector<AccessListEntry>& list) {
  out.begin_array();
  for (const AccessListEntry& entry : list) {
    out.begin_object();
    out.field("address", entry.address);
    out.key("storageKeys");
    out.begin_array();
    for (const u256& slot : entry.slots) out.word(slot);
    out.end_array();
    out.end_object();
  }
  out.end_array();
}

u256 effective_gas_price(const Transaction& tx, const u256& base_fee) {
  bool carry;
  const u256 wanted = u256::add(base_fee, tx.max_priority_fee_per_gas, carry);
  return carry || tx.max_fee_per_gas < wanted ? tx.max_fee_per_gas : wanted;
}

u64 block_size_bytes(const Block& block) {
  u64 body = 0;
  for (const SignedTransaction& tx : block.transactions) body += body_bytes(tx);
  const u64 payload = encode_header(block.header).size() + rlp_prefix_bytes(body) + body + kEmptyLists;
  return payload + rlp_prefix_bytes(payload);
}

Bytes encode_block(const Block& block) {
  u64 body = 0;
  for (const SignedTransaction& tx : block.transactions) body += body_bytes(tx);
  const Bytes header = encode_header(block.header);
  const u64 payload = header.size() + rlp_prefix_bytes(body) + body + kEmptyLists;
  Bytes out;
  out.reserve(payload + rlp_prefix_bytes(payload));
  constexpr u8 kList = 0xc0;
  constexpr u8 kString = 0x80;
  append_rlp_prefix(out, kList, payload);
  append(out, header);
  append_rlp_prefix(out, kList, body);
  for (const SignedTransaction& tx : block.transactions) {
    if (tx.tx.type != TxType::kLegacy) append_rlp_prefix(out, kString, tx.encoded.size());
    append(out, tx.encoded);
  }
  out.insert(out.end(), kEmptyLists, kList);
  return out;
}

void write_transaction(JsonWriter& out, const MinedTransaction& mined, std::size_t input_max) {
  out.begin_object();
  out.field("blockHash", mined.block_hash);
  out.field("blockNumber", mined.block_number);
  out.field("blockTimestamp", mined.block_timestamp);
  out.field("transactionIndex", u64{mined.index});
  write_transaction_fields(out, *mined.tx, effective_gas_price(mined.tx->tx, mined.base_fee), input_max);
  out.end_object();
}

void write_pending_transaction(JsonWriter& out, const SignedTransaction& tx) {
  out.begin_object();
  out.field_null("blockHash");
  out.field_null("blockNumber");
  out.field_null("transactionIndex");
  write_transaction_fields(out, tx, tx.tx.max_fee_per_gas);
  out.end_object();
}

void write_log(JsonWriter& out, const LogRecord& record, bool removed) {
  out.begin_object();
  out.field("address", record.log->address);
  out.key("topics");
  out.begin_array();
  for (const Hash256& topic : record.log->topics) out.hex(topic);
  out.end_array();
  out.field("data", record.log->data);
  out.field("blockHash", *record.block_hash);
  out.field("blockNumber", record.block_number);
  out.field("blockTimestamp", record.block_timestamp);
  out.field("transactionHash", *record.tx_hash);
  out.field("transactionIndex", u64{record.tx_index});
  out.field("logIndex", u64{record.log_index});
  out.field_bool("removed", removed);
  out.end_object();
}

void write_receipt(JsonWriter& out, const MinedTransaction& mined) {
  out.begin_object();
  write_receipt_fields(out, mined, true);
  out.end_object();
}

void write_receipt_fields(JsonWriter& out, const MinedTransaction& mined, bool with_logs) {
  const Receipt& receipt = *mined.receipt;
  const SignedTransaction& tx = *mined.tx;
  out.field("type", static_cast<u64>(receipt.type));
  out.field("status", u64{receipt.success});
  out.field("cumulativeGasUsed", receipt.cumulative_gas_used);
  if (with_logs) {
    write_logs(out, mined);
    out.field("logsBloom", receipt.bloom);
  } else {
    out.field_null("logs");
    out.field_null("logsBloom");
  }
  out.field("transactionHash", tx.hash);
  out.field("transactionIndex", u64{mined.index});
  out.field("blockHash", mined.block_hash);
  out.field("blockNumber", mined.block_number);
  out.field("blockTimestamp", mined.block_timestamp);
  out.field("gasUsed", receipt.gas_used);
  out.field("effectiveGasPrice", receipt.effective_gas_price);
  out.field("from", tx.sender);
  out.key("to");
  if (tx.tx.to) {
    out.hex(*tx.tx.to);
  } else {
    out.null();
  }
  out.key("contractAddress");
  if (receipt.contract_address) {
    out.hex(*receipt.contract_address);
  } else {
    out.null();
  }
}

void write_block_head(JsonWriter& out, const Block& block, bool with_bloom) {
  write_header_fields(out, block, with_bloom);
  out.field("size", block_size_bytes(block));
  write_empty_array(out, "uncles");
  write_empty_array(out, "withdrawals");
}

void write_block_fields(JsonWriter& out, const BlockPtr& block, bool full) {
  write_block_head(out, *block);
  out.key("transactions");
  out.begin_array();
  for (u32 i = 0; i < block->transactions.size(); ++i) {
    const SignedTransaction& tx = block->transactions[i];
    if (!full) {
      out.hex(tx.hash);
      continue;
    }
    MinedTransaction mined;
    mined.block_hash = block->hash;
    mined.block_number = block->header.number;
    mined.block_timestamp = block->header.timestamp;
    mined.base_fee = block->header.base_fee_per_gas;
    mined.index = i;
    mined.tx = TxPtr(block, &tx);
    write_transaction(out, mined);
  }
  out.end_array();
}

void write_block(JsonWriter& out, const BlockPtr& block, bool full) {
  out.begin_object();
  write_block_fields(out, block, full);
  out.end_object();
}

void write_header(JsonWriter& out, const Block& block) {
  out.begin_object();
  write_header_fields(out, block);
  out.end_object();
}

void write_pending_block(JsonWriter& out, const Block& head, const BlockContext& next) {
  const auto block = std::make_shared<Block>();
  BlockHeader& h = block->header;
  h = head.header;
  h.parent_hash = head.hash;
  h.number = next.number;
  h.timestamp = next.timestamp;
  h.gas_limit = next.gas_limit;
  h.gas_used = 0;
  h.base_fee_per_gas = next.base_fee;
  h.logs_bloom = {};
  h.transactions_root = h.receipts_root = ordered_trie_root(std::vector<Bytes>{});
  block->hash = hash_header(h);
  write_block(out, block, false);
}

}  // namespace atlas::rpc
