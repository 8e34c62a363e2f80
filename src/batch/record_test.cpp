#include <random>

#include <batch/record.hpp>
#include <gtest/gtest.h>

namespace atlas::batch {
namespace {

BatchRecord some_record() {
  BatchRecord record;
  record.number = 7;
  record.first_block = 100;
  record.first_timestamp = 1'700'000'000;
  record.l1_transactions = 3;
  record.l2_transactions = 5'000;
  record.sealed_at = 1'700'000'100;
  record.pubdata_bytes = 123'456;
  record.pubdata_hash[31] = 0xaa;
  record.witness_bytes = 777;
  record.witness_crc = 5;
  record.priority_hash[0] = 1;
  record.upgrade_hash[1] = 2;
  record.l2_to_l1_root[2] = 3;
  record.output_hash[3] = 4;
  record.state.tree.root.word[7] = 9;
  record.state.tree.next_index = 77;
  record.state.last_block_number = 140;
  record.state.last_block_hash[0] = 1;
  record.state.last_timestamp = 1'700'000'010;
  return record;
}

TEST(BatchRecord, ComesBackAsItWas) {
  const BatchRecord record = some_record();
  EXPECT_EQ(record.block_count(), 41u);
  EXPECT_EQ(decode_record(encode_record(record).view()), record);
  EXPECT_EQ(decode_record(encode_record(BatchRecord{}).view()), BatchRecord{});
}

TEST(BatchRecord, EveryFlippedBitIsNoticed) {
  const EncodedRecord good = encode_record(some_record());
  for (std::size_t bit = 0; bit < 8 * kRecordBytes; ++bit) {
    EncodedRecord bad = good;
    bad[bit / 8] = static_cast<u8>(bad[bit / 8] ^ (1u << (bit % 8)));
    EXPECT_FALSE(decode_record(bad.view())) << bit;
  }
  EXPECT_FALSE(decode_record(good.view().first(kRecordBytes - 1)));
  EXPECT_FALSE(decode_record({}));
}

}  // namespace
}  // namespace atlas::batch
