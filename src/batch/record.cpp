#include <batch/record.hpp>

#include <base/ensure.hpp>
#include <storage/byte_io.hpp>
#include <storage/crc32c.hpp>

namespace atlas::batch {
namespace {

constexpr u32 kMagic = 0x31485442;  // "BTH1"
constexpr std::size_t kCrcAt = kRecordBytes - 4;

}  // namespace

EncodedRecord encode_record(const BatchRecord& record) {
  Bytes bytes;
  storage::ByteWriter out(bytes);
  out.put_u32(kMagic);
  out.put_u8(kRecordVersion);
  out.put_u8(0);
  out.put_u16(0);
  for (const u64 value : {record.number, record.first_block, record.first_timestamp, record.l1_transactions,
                          record.l2_transactions, record.sealed_at, record.pubdata_bytes, record.witness_bytes}) {
    out.put_u64(value);
  }
  out.put_u32(record.witness_crc);
  for (const Hash256& hash :
       {record.pubdata_hash, record.priority_hash, record.upgrade_hash, record.l2_to_l1_root, record.output_hash}) {
    out.put_bytes(hash.view());
  }
  out.put_bytes(tree::encode_batch_state(record.state).view());
  ENSURE(bytes.size() <= kCrcAt, "a record has room for its fields");
  bytes.resize(kCrcAt);
  out.put_u32(storage::crc32c(bytes));
  return EncodedRecord::from(bytes);
}

std::optional<BatchRecord> decode_record(ByteView encoded) {
  if (encoded.size() != kRecordBytes) return std::nullopt;
  storage::ByteReader in(encoded);
  if (in.get_u32() != kMagic || in.get_u8() != kRecordVersion || in.get_u8() != 0 || in.get_u16() != 0) {
    return std::nullopt;
  }
  BatchRecord record;
  for (u64* value : {&record.number, &record.first_block, &record.first_timestamp, &record.l1_transactions,
                     &record.l2_transactions, &record.sealed_at, &record.pubdata_bytes, &record.witness_bytes}) {
    *value = in.get_u64();
  }
  record.witness_crc = in.get_u32();
  for (Hash256* hash : {&record.pubdata_hash, &record.priority_hash, &record.upgrade_hash, &record.l2_to_l1_root,
                        &record.output_hash}) {
    *hash = in.get_fixed<32>();
  }
  const auto state = tree::decode_batch_state(in.get_bytes(tree::kCommitmentInputSize));
  if (!state) return std::nullopt;
  record.state = *state;
  while (in.position() < kCrcAt) {
    if (in.get_u8() != 0) return std::nullopt;
  }
  const u32 crc = in.get_u32();
  if (crc != storage::crc32c(encoded.first(kCrcAt))) return std::nullopt;
  return record;
}

}  // namespace atlas::batch
