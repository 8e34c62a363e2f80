#include <crypto/keccak.hpp>
#include <types/receipt.hpp>
#include <types/rlp.hpp>

namespace atlas {

// Yellow Paper (28)-(31): three bits, each chosen by 11 bits of the hash's first three 16-bit pairs.
void add_to_bloom(Bloom& bloom, ByteView item) {
  const Hash256 hash = crypto::keccak256(item);
  for (unsigned i = 0; i < 6; i += 2) {
    const unsigned bit = (static_cast<unsigned>(hash[i]) << 8 | hash[i + 1]) & 2047;
    bloom[255 - bit / 8] |= static_cast<u8>(1u << bit % 8);
  }
}

namespace {

template <class Sink>
void encode_logs(Sink& out, const std::vector<Log>& logs) {
  out.list([&](auto& list) {
    for (const Log& log : logs) {
      list.list([&](auto& fields) {
        fields.string(log.address);
        fields.list([&](auto& topics) {
          for (const Hash256& topic : log.topics) topics.string(topic);
        });
        fields.string(log.data);
      });
    }
  });
}

}  // namespace

void add_to_bloom(Bloom& bloom, const Log& log) {
  add_to_bloom(bloom, log.address.view());
  for (const Hash256& topic : log.topics) add_to_bloom(bloom, topic.view());
}

void merge(Bloom& into, const Bloom& from) {
  for (std::size_t i = 0; i < Bloom::size(); ++i) into[i] |= from[i];
}

Bytes encode_receipt(const Receipt& receipt) {
  const u8 type = static_cast<u8>(receipt.type);
  return rlp::encode_list(
      [&](auto& out) {
        out.integer(u64{receipt.success});
        out.integer(receipt.cumulative_gas_used);
        out.string(receipt.bloom);
        encode_logs(out, receipt.logs);
      },
      receipt.type == TxType::kLegacy ? ByteView{} : ByteView{&type, 1});
}

Hash256 hash_logs(const std::vector<Log>& logs) {
  return crypto::keccak256(rlp::encode([&](auto& out) { encode_logs(out, logs); }));
}

}  // namespace atlas
