#include <crypto/keccak.hpp>
#include <types/block.hpp>
#include <types/trie.hpp>

namespace atlas {
namespace {

constexpr std::size_t kMaxExtraData = 32;  // Yellow Paper 4.3.4

}  // namespace

Bytes encode_header(const BlockHeader& h) {
  return rlp::encode_list([&](auto& out) {
    out.string(h.parent_hash);
    out.string(h.ommers_hash);
    out.string(h.beneficiary);
    out.string(h.state_root);
    out.string(h.transactions_root);
    out.string(h.receipts_root);
    out.string(h.logs_bloom);
    out.integer(h.difficulty);
    out.integer(h.number);
    out.integer(h.gas_limit);
    out.integer(h.gas_used);
    out.integer(h.timestamp);
    out.string(h.extra_data);
    out.string(h.mix_hash);
    out.string(h.nonce);
    out.integer(h.base_fee_per_gas);
    out.string(h.withdrawals_root);
    out.integer(h.blob_gas_used);
    out.integer(h.excess_blob_gas);
    out.string(h.parent_beacon_block_root);
    out.string(h.requests_hash);
  });
}

Result<BlockHeader, rlp::Error> decode_header(ByteView encoded) {
  std::optional<rlp::Error> error;
  rlp::Reader whole(encoded, error);
  rlp::Reader in = whole.list();
  whole.finish();
  BlockHeader h;
  h.parent_hash = in.fixed<32>();
  h.ommers_hash = in.fixed<32>();
  h.beneficiary = in.fixed<20>();
  h.state_root = in.fixed<32>();
  h.transactions_root = in.fixed<32>();
  h.receipts_root = in.fixed<32>();
  h.logs_bloom = in.fixed<256>();
  h.difficulty = in.integer256();
  h.number = in.integer();
  h.gas_limit = in.integer();
  h.gas_used = in.integer();
  h.timestamp = in.integer();
  const ByteView extra = in.string();
  if (extra.size() > kMaxExtraData) in.fail(rlp::Error::kWrongLength);
  h.extra_data.assign(extra.begin(), extra.end());
  h.mix_hash = in.fixed<32>();
  h.nonce = in.fixed<8>();
  h.base_fee_per_gas = in.integer256();
  h.withdrawals_root = in.fixed<32>();
  h.blob_gas_used = in.integer();
  h.excess_blob_gas = in.integer();
  h.parent_beacon_block_root = in.fixed<32>();
  h.requests_hash = in.fixed<32>();
  in.finish();
  if (error) return Err(*error);
  return h;
}

Hash256 hash_header(const BlockHeader& header) {
  return crypto::keccak256(encode_header(header));
}

Hash256 ordered_trie_root(std::span<const ByteView> values) {
  // Keys in trie order without sorting: rlp(1) … rlp(127) are single bytes below rlp(0) = 0x80; from 128 on the
  // encodings ascend with the number.
  struct Key {
    u8 bytes[9];
  };
  std::vector<Key> keys(values.size());
  std::vector<TrieEntry> entries;
  entries.reserve(values.size());
  const auto add = [&](std::size_t i) {
    rlp::Writer writer(keys[i].bytes);
    writer.integer(static_cast<u64>(i));
    const auto size = static_cast<std::size_t>(writer.position() - keys[i].bytes);
    entries.push_back({{keys[i].bytes, size}, values[i]});
  };
  constexpr std::size_t kFirstPrefixed = 0x80;
  for (std::size_t i = 1; i < std::min(values.size(), kFirstPrefixed); ++i) add(i);
  if (!values.empty()) add(0);
  for (std::size_t i = kFirstPrefixed; i < values.size(); ++i) add(i);
  return trie_root(entries);
}

Hash256 ordered_trie_root(const std::vector<Bytes>& values) {
  const std::vector<ByteView> views(values.begin(), values.end());
  return ordered_trie_root(views);
}

}  // namespace atlas
