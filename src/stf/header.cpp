#include <stf/append.hpp>
#include <stf/stf.hpp>
#include <types/trie.hpp>

namespace atlas::stf {
namespace {

// keccak256(rlp([])): no uncles after the Merge (EIP-3675).
constexpr Hash256 kNoOmmers{{0x1d, 0xcc, 0x4d, 0xe8, 0xde, 0xc7, 0x5d, 0x7a, 0xab, 0x85, 0xb5,
                             0x67, 0xb6, 0xcc, 0xd4, 0x1a, 0xd3, 0x12, 0x45, 0x1b, 0x94, 0x8a,
                             0x74, 0x13, 0xf0, 0xa1, 0x42, 0xfd, 0x40, 0xd4, 0x93, 0x47}};
// sha256(""): no execution-layer requests (EIP-7685); an L2 has no validators to ask.
constexpr Hash256 kNoRequests{{0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4,
                               0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b,
                               0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55}};
constexpr u8 kExtraDataVersion = 1;
constexpr u64 kElasticity = 2;  // EIP-1559

}  // namespace

Bytes encode_extra_data(const BlockPrices& prices) {
  Bytes out{kExtraDataVersion};
  append_u64(out, prices.native);
  append_u64(out, prices.pubdata);
  return out;
}

BlockPrices decode_extra_data(ByteView extra_data) {
  if (extra_data.size() != 1 + 2 * sizeof(u64) || extra_data[0] != kExtraDataVersion) return {};
  const auto u64_at = [&](std::size_t at) {
    u64 value = 0;
    for (std::size_t i = 0; i < sizeof value; ++i) value = value << 8 | extra_data[at + i];
    return value;
  };
  return {u64_at(1), u64_at(1 + sizeof(u64))};
}

void seal_header(Block& block) {
  ENSURE(block.receipts.size() == block.transactions.size(), "a block has one receipt a transaction");
  BlockHeader& header = block.header;
  header.ommers_hash = kNoOmmers;
  header.state_root = Hash256{};  // state is committed per batch
  header.difficulty = u256();
  header.mix_hash = Hash256{};
  header.nonce = {};
  header.withdrawals_root = kEmptyTrieRoot;
  header.blob_gas_used = 0;
  header.excess_blob_gas = 0;
  header.parent_beacon_block_root = Hash256{};
  header.requests_hash = kNoRequests;

  std::vector<ByteView> transactions;
  transactions.reserve(block.transactions.size());
  for (const SignedTransaction& tx : block.transactions) transactions.emplace_back(tx.encoded);
  header.transactions_root = ordered_trie_root(transactions);

  std::vector<Bytes> receipts;
  receipts.reserve(block.receipts.size());
  header.logs_bloom = Bloom{};
  for (const Receipt& receipt : block.receipts) {
    receipts.push_back(encode_receipt(receipt));
    if (!receipt.logs.empty()) merge(header.logs_bloom, receipt.bloom);
  }
  header.receipts_root = ordered_trie_root(receipts);
  header.gas_used = block.receipts.empty() ? 0 : block.receipts.back().cumulative_gas_used;
  block.hash = hash_header(header);
}

u256 next_base_fee(const BlockHeader& parent, u64 denominator, const u256& floor) {
  const u64 target = parent.gas_limit / kElasticity;
  const u256& base = parent.base_fee_per_gas;
  u256 next = base;
  if (target != 0 && parent.gas_used > target) {
    const u256 change = base * u256(parent.gas_used - target) / u256(target) / u256(denominator);
    next = base + std::max(change, u256(1));
  } else if (target != 0 && parent.gas_used < target) {
    next = base - base * u256(target - parent.gas_used) / u256(target) / u256(denominator);
  }
  return std::max(next, floor);
}

}  // namespace atlas::stf
