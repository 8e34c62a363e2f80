#pragma once
// What the node remembers of a batch for good: where it lies on the chain, the state after it, and its pubdata's hash.
//
//   record = magic u32 ‖ version u8 ‖ 0 ‖ 0 ‖ 0 ‖ number u64 ‖ first block u64 ‖ first timestamp u64 ‖ L1 transactions
//            u64 ‖ L2 transactions u64 ‖ sealed at u64 ‖ pubdata bytes u64 ‖ witness bytes u64 ‖ witness CRC-32C u32 ‖
//            keccak(pubdata) 32 ‖ priority hash 32 ‖ upgrade hash 32 ‖ L2→L1 root 32 ‖ output hash 32 ‖
//            batch state 89 ‖ zeros ‖ CRC-32C u32
//
// Little-endian but for the batch state, whose encoding is that of the commitment (state/tree/commitment.hpp).
#include <optional>

#include <state/tree/commitment.hpp>

namespace atlas::batch {

struct BatchRecord {
  u64 number = 0;
  u64 first_block = 0;
  u64 first_timestamp = 0;  ///< seconds, of the first block
  u64 l1_transactions = 0;
  u64 l2_transactions = 0;
  u64 sealed_at = 0;  ///< seconds, by the node's clock
  u64 pubdata_bytes = 0;
  u64 witness_bytes = 0;  ///< 0: none was made
  u32 witness_crc = 0;    ///< CRC-32C
  Hash256 pubdata_hash;   ///< Keccak-256; with no bytes for genesis, batch 0
  Hash256 priority_hash;  ///< as in the batch's output, like the next three
  Hash256 upgrade_hash;
  Hash256 l2_to_l1_root;
  /// Of the batch's output (stf::hash_batch_output). With blobs it is known once they are made; zero until then.
  Hash256 output_hash;
  tree::BatchState state;  ///< after the batch; names the last block
  u64 last_block() const { return state.last_block_number; }
  u64 block_count() const { return last_block() - first_block + 1; }
  friend bool operator==(const BatchRecord&, const BatchRecord&) = default;
};

inline constexpr u8 kRecordVersion = 1;
inline constexpr std::size_t kRecordBytes = 512;
using EncodedRecord = FixedBytes<kRecordBytes>;

EncodedRecord encode_record(const BatchRecord& record);
/// What encode_record() gave; nullopt for anything else. Total.
std::optional<BatchRecord> decode_record(ByteView encoded);

}  // namespace atlas::batch
