#pragma once
#include <span>
#include <vector>

#include <types/receipt.hpp>
#include <types/rlp.hpp>

namespace atlas {

/// Ethereum's header as of Prague, in RLP order. Which fields are constant on L2 is said in docs/deviations.md.
struct BlockHeader {
  Hash256 parent_hash;
  Hash256 ommers_hash;
  Address beneficiary;
  Hash256 state_root;
  Hash256 transactions_root;
  Hash256 receipts_root;
  Bloom logs_bloom;
  u256 difficulty;
  u64 number = 0;
  u64 gas_limit = 0;
  u64 gas_used = 0;
  u64 timestamp = 0;
  Bytes extra_data;
  Hash256 mix_hash;
  FixedBytes<8> nonce;
  u256 base_fee_per_gas;
  Hash256 withdrawals_root;
  u64 blob_gas_used = 0;
  u64 excess_blob_gas = 0;
  Hash256 parent_beacon_block_root;
  Hash256 requests_hash;
};

Bytes encode_header(const BlockHeader& header);
/// The header that encode_header() gave, nothing else.
Result<BlockHeader, rlp::Error> decode_header(ByteView encoded);
Hash256 hash_header(const BlockHeader& header);

/// A sealed block with its receipts: the unit that the block log stores and RPC serves.
struct Block {
  BlockHeader header;
  Hash256 hash;
  std::vector<SignedTransaction> transactions;
  std::vector<Receipt> receipts;  ///< one a transaction
};

/// Root of the Merkle Patricia trie rlp(i) → values[i] (transactionsRoot, receiptsRoot).
Hash256 ordered_trie_root(std::span<const ByteView> values);
Hash256 ordered_trie_root(const std::vector<Bytes>& values);

}  // namespace atlas
