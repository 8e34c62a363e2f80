#pragma once
// What a batch is given: everything that its outcome follows from, besides the state.
#include <vector>

#include <state/tree/commitment.hpp>
#include <stf/chain_rules.hpp>

namespace atlas::stf {

struct BlockInput : BlockChoices {
  std::vector<ByteView> transactions;  ///< as the transactions trie holds them, types 0x7e and 0x7f included
};

struct BatchInput {
  ChainRules rules;  ///< the state commits to them; of `fork` and `contracts_may_send` only the defaults are provable
  u64 number = 0;    ///< of the batch; 0 is genesis
  tree::BatchState before;
  BlockHeader parent;  ///< of the first block; its hash is `before.last_block_hash`
  std::vector<BlockInput> blocks;
  std::vector<Hash256> blob_hashes;  ///< versioned hashes of the blobs that hold the pubdata; DaScheme::kBlobs only
};

}  // namespace atlas::stf
