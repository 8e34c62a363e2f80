// Blocks, transactions, receipts, and the small change of net_ and web3_.
#include <crypto/keccak.hpp>
#include <rpc/execution.hpp>
#include <rpc/method.hpp>
#include <rpc/serialize.hpp>

namespace atlas::rpc {
namespace {

Reply client_version(Call& call) {
  call.out.string(call.backend.client_version());
  return {};
}

Reply sha3(Call& call, const Bytes& data) {
  call.out.hex(crypto::keccak256(data));
  return {};
}

Reply net_version(Call& call) {
  call.out.string(std::to_string(call.backend.chain_id()));
  return {};
}

Reply net_listening(Call& call) {
  call.out.boolean(true);
  return {};
}

Reply zero(Call& call) {
  call.out.quantity(u64{0});
  return {};
}

Reply chain_id(Call& call) {
  call.out.quantity(call.backend.chain_id());
  return {};
}

Reply block_number(Call& call) {
  call.out.quantity(call.backend.head()->header.number);
  return {};
}

/// The sequencer is its own source of blocks, so it is never behind.
Reply syncing(Call& call) {
  call.out.boolean(false);
  return {};
}

Reply protocol_version(Call& call) {
  constexpr u64 kEth68 = 68;  // what an Ethereum node of the fork speaks
  call.out.quantity(kEth68);
  return {};
}

/// Nobody mines.
Reply mining(Call& call) {
  call.out.boolean(false);
  return {};
}

Reply coinbase(Call& call) {
  call.out.hex(call.backend.pending_context().coinbase);
  return {};
}

Reply get_block(Call& call, const BlockId& id, const std::optional<bool>& full) {
  if (id.is_pending()) {
    write_pending_block(call.out, *call.backend.head(), call.backend.pending_context());
    return {};
  }
  const auto block = lookup_block(call, id);
  if (!block.ok()) return Err(block.error());
  if (*block) {
    write_block(call.out, *block, full.value_or(false));
  } else {
    call.out.null();
  }
  return {};
}

Reply block_by_number(Call& call, const BlockId& id, const std::optional<bool>& full) {
  return get_block(call, id, full);
}

Reply block_by_hash(Call& call, const Hash256& hash, const std::optional<bool>& full) {
  return get_block(call, BlockId{hash}, full);
}

Reply header_by_number(Call& call, const BlockId& id) {
  const auto block = lookup_block(call, id);
  if (!block.ok()) return Err(block.error());
  if (*block) {
    write_header(call.out, **block);
  } else {
    call.out.null();
  }
  return {};
}

Reply header_by_hash(Call& call, const Hash256& hash) {
  return header_by_number(call, BlockId{hash});
}

Reply transaction_count(Call& call, const BlockId& id) {
  if (id.is_pending()) return zero(call);
  const auto block = lookup_block(call, id);
  if (!block.ok()) return Err(block.error());
  if (*block) {
    call.out.quantity(u64{(*block)->transactions.size()});
  } else {
    call.out.null();
  }
  return {};
}

Reply transaction_count_by_hash(Call& call, const Hash256& hash) {
  return transaction_count(call, BlockId{hash});
}

/// Proof of stake has no uncles: zero for a block that exists.
Reply uncle_count(Call& call, const BlockId& id) {
  const auto block = lookup_block(call, id);
  if (!block.ok()) return Err(block.error());
  if (*block) {
    call.out.quantity(u64{0});
  } else {
    call.out.null();
  }
  return {};
}

Reply uncle_count_by_hash(Call& call, const Hash256& hash) {
  return uncle_count(call, BlockId{hash});
}

Reply no_uncle(Call& call, const BlockId&, const u64&) {
  call.out.null();
  return {};
}

Reply no_uncle_by_hash(Call& call, const Hash256&, const u64&) {
  call.out.null();
  return {};
}

Reply transaction_by_hash(Call& call, const Hash256& hash) {
  // The pool first and then the chain could miss a transaction that moves in between; this order cannot.
  if (const TxPtr pooled = call.backend.pool_transaction(hash)) {
    if (!call.backend.mined(hash)) {
      write_pending_transaction(call.out, *pooled);
      return {};
    }
  }
  if (const auto mined = call.backend.mined(hash)) {
    write_transaction(call.out, *mined);
  } else {
    call.out.null();
  }
  return {};
}

/// `write(block, index)` for the transaction in this place, or null.
template <class Write>
Reply at_index(Call& call, const BlockId& id, u64 index, Write&& write) {
  const auto block = lookup_block(call, id);
  if (!block.ok()) return Err(block.error());
  if (!*block || id.is_pending() || index >= (*block)->transactions.size()) {
    call.out.null();
  } else {
    write(*block, static_cast<u32>(index));
  }
  return {};
}

Reply transaction_by_index(Call& call, const BlockId& id, const u64& index) {
  return at_index(call, id, index,
                  [&](const BlockPtr& block, u32 i) { write_transaction(call.out, mined_transaction(block, i)); });
}

Reply transaction_by_hash_and_index(Call& call, const Hash256& hash, const u64& index) {
  return transaction_by_index(call, BlockId{hash}, index);
}

Reply raw_transaction(Call& call, const Hash256& hash) {
  if (const auto mined = call.backend.mined(hash)) {
    call.out.hex(mined->tx->encoded);
  } else if (const TxPtr pooled = call.backend.pool_transaction(hash)) {
    call.out.hex(pooled->encoded);
  } else {
    call.out.null();
  }
  return {};
}

Reply raw_by_index(Call& call, const BlockId& id, const u64& index) {
  return at_index(call, id, index, [&](const BlockPtr& block, u32 i) { call.out.hex(block->transactions[i].encoded); });
}

Reply raw_by_hash_and_index(Call& call, const Hash256& hash, const u64& index) {
  return raw_by_index(call, BlockId{hash}, index);
}

Reply receipt(Call& call, const Hash256& hash) {
  if (const auto mined = call.backend.mined(hash)) {
    write_receipt(call.out, *mined);
  } else {
    call.out.null();
  }
  return {};
}

Reply block_receipts(Call& call, const BlockId& id) {
  const auto found = lookup_block(call, id);
  if (!found.ok()) return Err(found.error());
  const BlockPtr& block = *found;
  if (!block) {
    call.out.null();
    return {};
  }
  call.out.begin_array();
  if (!id.is_pending()) {
    u32 logs = 0;
    MinedTransaction mined;
    mined.block_hash = block->hash;
    mined.block_number = block->header.number;
    mined.block_timestamp = block->header.timestamp;
    mined.base_fee = block->header.base_fee_per_gas;
    for (u32 i = 0; i < block->receipts.size(); ++i) {
      mined.index = i;
      mined.first_log_index = logs;
      mined.tx = TxPtr(block, &block->transactions[i]);
      mined.receipt = ReceiptPtr(block, &block->receipts[i]);
      write_receipt(call.out, mined);
      logs += static_cast<u32>(block->receipts[i].logs.size());
    }
  }
  call.out.end_array();
  return {};
}

constexpr Method kMethods[] = {
    {"web3_clientVersion", Cost::kCheap, bind<client_version>(), {}},
    {"web3_sha3", Cost::kCheap, bind<sha3>(), {"data"}},
    {"net_version", Cost::kCheap, bind<net_version>(), {}},
    {"net_listening", Cost::kCheap, bind<net_listening>(), {}},
    {"net_peerCount", Cost::kCheap, bind<zero>(), {}},
    {"eth_chainId", Cost::kCheap, bind<chain_id>(), {}},
    {"eth_blockNumber", Cost::kCheap, bind<block_number>(), {}},
    {"eth_syncing", Cost::kCheap, bind<syncing>(), {}},
    {"eth_getBlockByNumber", Cost::kCheap, bind<block_by_number>(), {"block", "full"}},
    {"eth_getBlockByHash", Cost::kCheap, bind<block_by_hash>(), {"hash", "full"}},
    {"eth_getHeaderByNumber", Cost::kCheap, bind<header_by_number>(), {"block"}},
    {"eth_getHeaderByHash", Cost::kCheap, bind<header_by_hash>(), {"hash"}},
    {"eth_getBlockTransactionCountByNumber", Cost::kCheap, bind<transaction_count>(), {"block"}},
    {"eth_getBlockTransactionCountByHash", Cost::kCheap, bind<transaction_count_by_hash>(), {"hash"}},
    {"eth_getUncleCountByBlockNumber", Cost::kCheap, bind<uncle_count>(), {"block"}},
    {"eth_getUncleCountByBlockHash", Cost::kCheap, bind<uncle_count_by_hash>(), {"hash"}},
    {"eth_getUncleByBlockNumberAndIndex", Cost::kCheap, bind<no_uncle>(), {"block", "index"}},
    {"eth_getUncleByBlockHashAndIndex", Cost::kCheap, bind<no_uncle_by_hash>(), {"hash", "index"}},
    {"eth_getTransactionByHash", Cost::kCheap, bind<transaction_by_hash>(), {"hash"}},
    {"eth_getTransactionByBlockNumberAndIndex", Cost::kCheap, bind<transaction_by_index>(), {"block", "index"}},
    {"eth_getTransactionByBlockHashAndIndex", Cost::kCheap, bind<transaction_by_hash_and_index>(), {"hash", "index"}},
    {"eth_getRawTransactionByHash", Cost::kCheap, bind<raw_transaction>(), {"hash"}},
    {"eth_getRawTransactionByBlockNumberAndIndex", Cost::kCheap, bind<raw_by_index>(), {"block", "index"}},
    {"eth_getRawTransactionByBlockHashAndIndex", Cost::kCheap, bind<raw_by_hash_and_index>(), {"hash", "index"}},
    {"eth_protocolVersion", Cost::kCheap, bind<protocol_version>(), {}},
    {"eth_coinbase", Cost::kCheap, bind<coinbase>(), {}},
    {"eth_mining", Cost::kCheap, bind<mining>(), {}},
    {"eth_hashrate", Cost::kCheap, bind<zero>(), {}},
    {"eth_getTransactionReceipt", Cost::kCheap, bind<receipt>(), {"hash"}},
    {"eth_getBlockReceipts", Cost::kHeavy, bind<block_receipts>(), {"block"}},
};

}  // namespace

MethodTable chain_methods() {
  return kMethods;
}

}  // namespace atlas::rpc
