#pragma once
// Otterscan's blocks and pages of transactions.
#include <optional>

#include <rpc/method.hpp>

namespace atlas::rpc {

/// ots_getBlockDetails, ots_getBlockDetailsByHash: a block without its transactions, and what its fees come to.
Reply block_details(Call& call, const BlockId& id);
Reply block_details_by_hash(Call& call, const Hash256& hash);
/// ots_getBlockTransactions: page 0 is the end of the block.
Reply block_page(Call& call, const BlockId& id, const u64& page, const u64& page_size);
/// ots_searchTransactionsBefore, …After: transactions of an address below (above) a block, newest first, whole blocks
/// until there are `page_size`. Block 0: from the head (from genesis).
Reply search_before(Call& call, const Address& address, const u64& block, const u64& page_size);
Reply search_after(Call& call, const Address& address, const u64& block, const u64& page_size);
/// ots_getTransactionBySenderAndNonce: its hash, or null.
Reply by_sender_and_nonce(Call& call, const Address& sender, const u64& nonce);
/// ots_getContractCreator: {hash, creator}, or null.
Reply contract_creator(Call& call, const Address& address);

}  // namespace atlas::rpc
