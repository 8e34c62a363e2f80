#pragma once
// What a chain's genesis fixes for every block. The state commits to these rules, so that a proof is of one set of
// them.
#include <stf/stf.hpp>

namespace atlas::stf {

/// BLOBBASEFEE: EIP-4844's minimum, since no block has blob gas.
inline constexpr u64 kBlobBaseFeeWei = 1;

/// Where a batch's pubdata go; numbers of ZKsync's L2DACommitmentScheme.
enum class DaScheme : u8 {
  kValidium = 1,  ///< nowhere: whoever runs the chain keeps them
  kCalldata = 2,  ///< commitment = keccak(pubdata)
  kBlobs = 3,     ///< EIP-4844
};

/// Contracts on L1 that the chain belongs to; zero on a chain without L1.
struct L1Contracts {
  u64 chain_id = 0;
  Address bridgehub;
  Address chain;  ///< the chain's own contract ("diamond proxy")
  Address asset_router;
  Address nullifier;
  Address token_vault;
  friend bool operator==(const L1Contracts&, const L1Contracts&) = default;
};

struct ChainRules {
  u64 chain_id = 31'337;
  Fork fork = Fork::kOsaka;
  /// Twice what 100,000 transfers a second use in 250 ms, rounded up to a power of two: below that load the base fee
  /// stands at its floor (EIP-1559's target is half the limit). A block ends by time long before it.
  u64 gas_limit = u64{1} << 30;
  u64 base_fee_floor_wei = 50'000'000;  ///< 0.05 gwei a gas
  u64 base_fee_denominator = 250;
  /// A block's native and pubdata price are at most these. 2 gwei a byte is what calldata costs at 50 gwei a gas.
  BlockPrices price_caps{.native = 1'000'000'000, .pubdata = 2'000'000'000'000};
  DaScheme da = DaScheme::kBlobs;
  L1Contracts l1;
  /// Development only, where impersonated contracts send transactions: EIP-3607 is waived. Not provable.
  bool contracts_may_send = false;
};

/// keccak256 of the rules, each field in a fixed width: what genesis stores in slot 0 of 0x8001 (kBootloaderAddress).
/// `fork` and `contracts_may_send` are left out: the guest knows one fork, and waives nothing.
Hash256 rules_hash(const ChainRules& rules);
inline constexpr u64 kRulesHashSlot = 0;

/// What the state transition must know of them.
StfConfig stf_config(const ChainRules& rules);

/// What is chosen about a block; the rest follows from its parent and the rules.
struct BlockChoices {
  u64 timestamp = 0;  ///< seconds
  Address coinbase;
  BlockPrices prices;
  friend bool operator==(const BlockChoices&, const BlockChoices&) = default;
};

enum class BlockError : u8 {
  kTimestampBeforeParent,
  kNativePriceAboveCap,
  kPubdataPriceAboveCap,
};
const char* describe(BlockError error);

/// Why a block may not have these choices, if so.
Result<void, BlockError> check_choices(const ChainRules& rules, const BlockHeader& parent, const BlockChoices& choices);
/// Context of the block after `parent`. The choices were checked, or the block is of a development chain.
BlockContext derive_context(const ChainRules& rules, const BlockHeader& parent, const BlockChoices& choices);
/// Context in which the block of a sealed header ran.
BlockContext context_of(const ChainRules& rules, const BlockHeader& header);
/// The part of the header that stands before execution; seal_header() does the rest.
BlockHeader derive_header(const BlockContext& context, const Hash256& parent_hash, const BlockPrices& prices);

}  // namespace atlas::stf
