#pragma once
// What the mempool takes, refuses and remembers.
#include <memory>
#include <string>
#include <string_view>

#include <stf/stf.hpp>

namespace atlas::sequencer {

using TxPtr = std::shared_ptr<const SignedTransaction>;

/// Bounds of the mempool. Memory is about max_bytes plus a few per cent for its indexes.
struct PoolLimits {
  u32 max_transactions = 65'536;
  u64 max_bytes = 256ULL << 20;           ///< decoded and encoded transactions together
  u32 max_per_sender = 1'024;             ///< executable and queued transactions of one sender
  u32 max_nonce_gap = 64;                 ///< how far a nonce may lie beyond the sender's executable ones
  u32 max_transaction_bytes = 128 << 10;  ///< encoded size, geth's limit
  u32 price_bump_percent = 10;            ///< a replacement raises both fees by at least this
  u64 min_tip_wei = 0;                    ///< per gas, at the floor of the base fee
};

enum class PoolError : u8 {
  kUndecodable,  ///< Refusal::decode_error says why
  kInvalid,      ///< Refusal::tx_error says why
  kUnprotected,  ///< legacy signature without chain id (EIP-155)
  kOversized,
  kAlreadyKnown,
  kUnderpriced,  ///< tip below the pool's minimum
  kReplacementUnderpriced,
  kNonceGap,  ///< nonce further ahead than max_nonce_gap
  kAccountLimit,
  kDelegatedLimit,     ///< a sender that has delegated (EIP-7702) or is about to may have one transaction here
  kDelegatedGap,       ///< … and that one must be its next
  kAuthorityReserved,  ///< it delegates for an account that has more than one transaction here
  kPoolFull,           ///< and this transaction pays no more than the cheapest one in it
  kStopping,
};
/// geth's words where geth has any.
std::string_view describe(PoolError error);

/// Why a transaction was not taken into the pool.
struct Refusal {
  PoolError error = PoolError::kInvalid;
  TxDecodeError decode_error{};
  stf::TxError tx_error{};
  std::string detail;  ///< "next nonce 5, tx nonce 3"; may be empty

  /// The whole sentence, as an RPC error shows it.
  std::string message() const;
};

struct PoolCounts {
  u64 executable = 0;  ///< ready, behind a ready one of the same sender, or in the open block
  u64 queued = 0;      ///< behind a nonce gap
  u64 bytes = 0;
  u64 senders = 0;
};

}  // namespace atlas::sequencer
