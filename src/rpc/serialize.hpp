#pragma once
// Ethereum's JSON for blocks, transactions, receipts and logs (execution-apis), as viem and ethers read it.
#include <rpc/backend.hpp>
#include <rpc/json_writer.hpp>

namespace atlas::rpc {

/// A mined transaction, with at most `input_max` bytes of its input.
void write_transaction(JsonWriter& out, const MinedTransaction& mined, std::size_t input_max = ~std::size_t{0});
/// One that waits in the pool: block fields null.
void write_pending_transaction(JsonWriter& out, const SignedTransaction& tx);
void write_receipt(JsonWriter& out, const MinedTransaction& mined);
/// Members of an object that the caller has opened and closes. Without logs both `logs` and `logsBloom` are null.
void write_receipt_fields(JsonWriter& out, const MinedTransaction& mined, bool with_logs);
void write_log(JsonWriter& out, const LogRecord& record, bool removed = false);
/// With hashes or whole transactions.
void write_block(JsonWriter& out, const BlockPtr& block, bool full);
/// The same as members of an object that the caller has opened and closes.
void write_block_fields(JsonWriter& out, const BlockPtr& block, bool full);
/// These without the transactions; `with_bloom` false: `logsBloom` is null.
void write_block_head(JsonWriter& out, const Block& block, bool with_bloom = true);
/// What eth_subscribe("newHeads") sends.
void write_header(JsonWriter& out, const Block& block);
/// The block being built, as far as it is known: empty, under the next block's number, time and base fee. It has a hash
/// because typed clients (alloy) refuse a block without one.
void write_pending_block(JsonWriter& out, const Block& head, const BlockContext& next);

/// Price per gas that `tx` pays under `base_fee` (EIP-1559).
u256 effective_gas_price(const Transaction& tx, const u256& base_fee);
/// rlp([header, transactions, uncles, withdrawals]).
Bytes encode_block(const Block& block);
/// Bytes of the block's RLP encoding.
u64 block_size_bytes(const Block& block);

/// EIP-2930, as an array.
void write_access_list(JsonWriter& out, const std::vector<AccessListEntry>& list);

}  // namespace atlas::rpc
