#pragma once
// What a batch tells L1, and what a proof is of.
#include <span>

#include <stf/chain_rules.hpp>
#include <types/l2_to_l1_log.hpp>

namespace atlas::stf {

/// One element of a blob holds so many bytes of pubdata: it must stay below the field's order.
inline constexpr std::size_t kBlobElementBytes = 31;
inline constexpr std::size_t kBlobElements = 4096;
inline constexpr std::size_t kBlobBytes = kBlobElementBytes * kBlobElements;
inline constexpr std::size_t kBatchBlobsMax = 6;
/// At most so many bytes of pubdata in a batch, under every DA scheme.
inline constexpr std::size_t kBatchPubdataMax = kBatchBlobsMax * kBlobBytes;

/// keccak(""), where the priority rolling hash starts.
inline constexpr Hash256 kNoPriorityHash = kEmptyCodeHash;
/// keccak(rolling ‖ hash).
Hash256 roll(const Hash256& rolling, const Hash256& hash);

struct BatchOutput {
  u64 chain_id = 0;
  u64 first_timestamp = 0;  ///< seconds, of the first block
  u64 last_timestamp = 0;
  DaScheme da_scheme = DaScheme::kBlobs;
  Hash256 da_commitment;
  u64 l1_transactions = 0;  ///< priority transactions
  u64 l2_transactions = 0;  ///< all others, the upgrade included
  Hash256 priority_hash = kNoPriorityHash;
  Hash256 l2_to_l1_root;
  Hash256 upgrade_hash;         ///< zero without an upgrade
  Hash256 imported_roots;       ///< zero until chains settle on each other
  u64 settlement_chain_id = 0;  ///< L1's
  friend bool operator==(const BatchOutput&, const BatchOutput&) = default;
};

/// chainId u256 ‖ firstTimestamp u64 ‖ lastTimestamp u64 ‖ daScheme u256 ‖ daCommitment ‖ l1TxCount u256 ‖ l2TxCount
/// u256 ‖ priorityHash ‖ l2ToL1Root ‖ upgradeTxHash ‖ importedRootsHash ‖ settlementChainId u256, big-endian.
inline constexpr std::size_t kBatchOutputSize = 32 + 8 + 8 + 9 * 32;
FixedBytes<kBatchOutputSize> encode_batch_output(const BatchOutput& output);
/// keccak256 of the encoding.
Hash256 hash_batch_output(const BatchOutput& output);

/// Public input of a proof of consecutive batches: keccak(first previous state commitment ‖ last new state commitment ‖
/// rolling hash of the batches' output hashes, from zero).
Hash256 public_input(const Hash256& commitment_before, const Hash256& commitment_after,
                     std::span<const Hash256> output_hashes);

}  // namespace atlas::stf
