#pragma once
// What L2 says to L1: logs of 88 bytes, under a Keccak tree whose root a batch commits to. ZKsync's format (protocol
// v31), so that its clients and contracts understand it.
#include <span>

#include <types/pubdata.hpp>
#include <types/receipt.hpp>

namespace atlas {

/// Sender of the log that says how a transaction from L1 ended: key = its hash, value = 1 or 0.
inline constexpr Address kBootloaderAddress{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80, 0x01}};
/// Sends messages: key = who sent it, value = the message's hash.
inline constexpr Address kL1MessengerAddress{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80, 0x08}};
/// The base token, ether: withdrawals.
inline constexpr Address kBaseTokenAddress{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80, 0x0a}};

struct L2ToL1Log {
  u8 shard_id = 0;
  bool is_service = true;
  u16 number_in_batch = 0;  ///< of the transaction, among those of the batch that send a log
  Address sender;
  Hash256 key;
  Hash256 value;
  friend bool operator==(const L2ToL1Log&, const L2ToL1Log&) = default;
};
EncodedL2ToL1Log encode_log(const L2ToL1Log& log);

/// What a transaction sends to L1, without its number in the batch. Follows from the receipt: an event L1MessageSent of
/// 0x8008 is a message, and each transaction from L1 ends with a log of 0x8001.
struct L1Messages {
  std::vector<L2ToL1Log> logs;     ///< in the order of their emission
  std::vector<ByteView> messages;  ///< views of the receipt; k-th message ↔ k-th log of 0x8008
};
L1Messages l1_messages(const SignedTransaction& tx, const Receipt& receipt);
/// How many logs that is, and the bytes that they and their messages take in pubdata.
struct L1MessagesSize {
  u64 logs = 0;
  u64 pubdata_bytes = 0;
};
L1MessagesSize l1_messages_size(TxType type, std::span<const Log> logs);

inline constexpr unsigned kLogTreeDepth = 14;
inline constexpr std::size_t kBatchLogsMax = std::size_t{1} << kLogTreeDepth;

/// Root of the tree of 2^14 leaves keccak(log); the leaves beyond the logs are keccak of 88 zero bytes. At most
/// kBatchLogsMax logs.
Hash256 log_tree_root(std::span<const EncodedL2ToL1Log> logs);
/// What the batch commits to: keccak(log tree's root ‖ aggregated root). The latter is zero until chains aggregate
/// others.
Hash256 l2_to_l1_root(std::span<const EncodedL2ToL1Log> logs);
/// Siblings of leaf `index` < logs.size(), from the leaves upwards.
std::vector<Hash256> log_proof(std::span<const EncodedL2ToL1Log> logs, std::size_t index);

}  // namespace atlas
