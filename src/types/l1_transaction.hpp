#pragma once
// Transactions that L1 asks for: priority (0x7f) and upgrade (0x7e). Their one encoding is the type byte and then
// abi.encode(L2CanonicalTransaction), ZKsync's struct (protocol v31):
//
//   txType, from, to, gasLimit, gasPerPubdataByteLimit, maxFeePerGas, maxPriorityFeePerGas, paymaster, nonce, value,
//   reserved[4] = {mintValue, refundRecipient, 0, 0}, data, signature, factoryDeps[], paymasterInput, reservedDynamic
//
// L1 refuses at request: addresses above 2^160, a gas limit or nonce above 2^64, a paymaster, a signature, other
// reserved values. So a request that L1 accepted always decodes here.
#include <types/transaction.hpp>

namespace atlas {

/// type ‖ abi.encode(L2CanonicalTransaction). `tx.l1` is set.
Bytes encode_l1_transaction(const Transaction& tx);
/// What encode_l1_transaction() gave, nothing else; hash and sender as L1 has them. Total, memory bounded by the input.
Result<SignedTransaction, TxDecodeError> decode_l1_transaction(ByteView encoded);

/// keccak256 of the encoding without its type byte: canonicalTxHash of L1's NewPriorityRequest.
Hash256 hash_l1_transaction(ByteView encoded);

}  // namespace atlas
