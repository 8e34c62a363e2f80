#pragma once
// What a transaction costs beside gas: native (machine cycles of proving) and bytes of pubdata. One library for
// estimates, the mempool and blocks; docs/fees.md explains it to users.
#include <span>

#include <state/journal.hpp>
#include <stf/batch_output.hpp>
#include <stf/stf.hpp>

namespace atlas::stf {

/// Bytes by which a known leaf is named, as metering counts them: real indices stay within them up to 2^32 leaves.
inline constexpr u64 kMeteredIndexBytes = 4;
/// Bytes of the fee payer's balance change, at least: 2^72 wei are 4,700 ether. A constant, so that a gas price
/// that is a little higher than the estimate's does not publish more.
inline constexpr u64 kMeteredFeeBytes = 9;
/// What a batch publishes however little it does: its header and counts.
inline constexpr u64 kBatchPubdataOverhead = 128;
/// EIP-2935's slot and COINBASE's account: new leaves.
inline constexpr u64 kBlockPubdataOverhead = 130;
/// A transaction that publishes more fails, and a block takes no more in all, so that every block fits a batch.
inline constexpr u64 kBlockPubdataMax = kBatchPubdataMax - kBatchPubdataOverhead - kBlockPubdataOverhead;

/// Code that a transaction may look up, of distinct accounts: it is in the batch's witness and costs the guest its
/// commitment, at 2,600 gas for 24 KB. A transaction beyond it fails as a whole.
inline constexpr u64 kTransactionCodeMax = u64{1} << 24;
/// … and a block: twice that and more, so that any transaction fits an empty one.
inline constexpr u64 kBlockCodeMax = u64{3} << 24;

/// Bytes that a storage slot's change takes in pubdata, at most.
u64 slot_pubdata(const u256& before, const u256& after);

/// Bytes that the running transaction publishes, at most: state, and `messages` of l1_messages_size(). The fee is not
/// yet settled: `paid` was taken from `payer` for it, and whatever comes back changes no more bytes than are counted
/// here.
u64 transaction_pubdata(Journal& journal, TransactionChanges& scratch, AccountRef payer, const u256& paid,
                        const u256& fee_max, u64 messages);

/// Gas that pays for `native` cycles and `pubdata` bytes at the block's prices and `gas_price` wei a gas, rounded up;
/// the largest u64 if no amount does. A gas price of zero pays for everything (simulations).
u64 gas_for(u64 native, u64 pubdata, const BlockPrices& prices, const u256& gas_price);
/// Cycles that `gas_limit` gas pay for if no pubdata were published; at most 2^62.
u64 native_limit(u64 gas_limit, const BlockPrices& prices, const u256& gas_price);

}  // namespace atlas::stf
