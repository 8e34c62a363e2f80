#pragma once
// The one encoding of sealed blocks on disk: the block log's payload and, cut into groups, the history's values.
//
//   payload = version u8 ‖ length of block part u32 ‖ block part ‖ diff
//   block part = header entry (with the number of transactions) ‖ (transaction entry ‖ receipt entry) a transaction
//
// Transactions stand as their EIP-2718 bytes with hash and sender beside them, so that nothing is hashed or recovered
// again. Decoders are total: they check every length before use and say what was wrong.
#include <base/result.hpp>
#include <storage/byte_io.hpp>
#include <storage/records.hpp>

namespace atlas::storage {

inline constexpr u8 kRecordVersion = 1;

struct CodecError {
  const char* what = "";  ///< static text
  u64 offset = 0;         ///< where in the input
};
template <class T>
using Decoded = Result<T, CodecError>;

/// Appends the payload of a block log record.
void encode_block_record(Bytes& out, const Block& block, const StateDiff& diff);
/// The block of a payload, or its diff; each without decoding the other.
Decoded<Block> decode_block(ByteView payload);
Decoded<StateDiff> decode_diff(ByteView payload);
/// Header and hash of a payload, without its transactions.
Decoded<SealedHeader> decode_sealed_header(ByteView payload);

// Pieces, for the history and for fingerprints.
void put_header(ByteWriter& out, const SealedHeader& header);
SealedHeader get_header(ByteReader& in);
void put_transaction(ByteWriter& out, const SignedTransaction& transaction);
SignedTransaction get_transaction(ByteReader& in);
/// Steps over a transaction entry and returns its hash.
Hash256 skip_transaction(ByteReader& in);
void put_receipt(ByteWriter& out, const Receipt& receipt);
Receipt get_receipt(ByteReader& in);
void put_diff(ByteWriter& out, const StateDiff& diff);
StateDiff get_diff(ByteReader& in);

}  // namespace atlas::storage
