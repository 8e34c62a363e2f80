#include <gtest/gtest.h>

#include <crypto/keccak.hpp>
#include <types/l2_to_l1_log.hpp>

namespace atlas {
namespace {

Hash256 pair(const Hash256& a, const Hash256& b) {
  Bytes both(a.begin(), a.end());
  append(both, b);
  return crypto::keccak256(both);
}

std::vector<EncodedL2ToL1Log> logs(std::size_t count) {
  std::vector<EncodedL2ToL1Log> out;
  for (std::size_t i = 0; i < count; ++i) {
    out.push_back(encode_log({0, true, static_cast<u16>(i), kL1MessengerAddress, Hash256{{static_cast<u8>(i)}},
                              Hash256{{0, static_cast<u8>(i >> 8), 1}}}));
  }
  return out;
}

TEST(L2ToL1Log, Encoding) {
  const auto bytes = encode_log({1, true, 0x0203, kBootloaderAddress, Hash256{{0xaa}}, Hash256{{0xbb}}});
  EXPECT_EQ(to_hex(bytes.view().first(4)), "0x01010203");
  EXPECT_EQ(Address::from(bytes.view().subspan(4, 20)), kBootloaderAddress);
  EXPECT_EQ(bytes[24], 0xaa);
  EXPECT_EQ(bytes[56], 0xbb);
}

TEST(L2ToL1Log, TreeOfNoneIsZksyncsDefault) {
  // L2_L1_LOGS_TREE_DEFAULT_LEAF_HASH of ZKsync's contracts.
  const Hash256 leaf = crypto::keccak256(EncodedL2ToL1Log{});
  EXPECT_EQ(to_hex(leaf), "0x72abee45b59e344af8a6e520241c4744aff26ed411f4c4b00f8af09adada43ba");
  Hash256 hash = leaf;
  for (unsigned level = 0; level < kLogTreeDepth; ++level) hash = pair(hash, hash);
  EXPECT_EQ(log_tree_root({}), hash);
  EXPECT_EQ(l2_to_l1_root({}), pair(hash, Hash256{}));
}

TEST(L2ToL1Log, EveryLogProvesItself) {
  for (const std::size_t count : {1u, 2u, 3u, 5u, 300u}) {
    const auto all = logs(count);
    const Hash256 root = log_tree_root(all);
    for (std::size_t i = 0; i < count; i += count > 50 ? 37 : 1) {
      const auto proof = log_proof(all, i);
      ASSERT_EQ(proof.size(), kLogTreeDepth);
      Hash256 hash = crypto::keccak256(all[i]);
      Hash256 other = crypto::keccak256(all[(i + 1) % count]);
      for (unsigned level = 0; level < kLogTreeDepth; ++level) {
        const bool is_right = (i >> level & 1) != 0;
        hash = is_right ? pair(proof[level], hash) : pair(hash, proof[level]);
        other = is_right ? pair(proof[level], other) : pair(other, proof[level]);
      }
      EXPECT_EQ(hash, root);
      if (count > 1) {
        EXPECT_NE(other, root);
      }
    }
  }
}

TEST(L2ToL1Log, FullTree) {
  EXPECT_FALSE(log_tree_root(logs(kBatchLogsMax)).is_zero());
}

// Soundness 28: a log left out, repeated or in another place is another root.
TEST(L2ToL1Log, RootNamesEveryLogAndItsPlace) {
  auto all = logs(5);
  const Hash256 root = log_tree_root(all);
  std::swap(all[1], all[2]);
  EXPECT_NE(log_tree_root(all), root);
  all = logs(4);
  EXPECT_NE(log_tree_root(all), root);
  all = logs(5);
  all.push_back(all[0]);
  EXPECT_NE(log_tree_root(all), root);
}

Log message_event(const Address& emitter) {
  Log log;
  log.address = emitter;
  log.topics = {crypto::keccak256(as_bytes("L1MessageSent(address,bytes32,bytes)")), Hash256{{1}}, Hash256{{2}}};
  log.data.resize(96);
  log.data[31] = 32;
  log.data[63] = 3;
  log.data[64] = 0xab;
  return log;
}

TEST(L2ToL1Log, FollowFromTheReceipt) {
  SignedTransaction tx;
  tx.hash = Hash256{{9}};
  Receipt receipt;
  receipt.success = true;
  receipt.logs = {message_event(kL1MessengerAddress), message_event(kBaseTokenAddress),
                  message_event(kL1MessengerAddress)};
  receipt.logs[2].topics.pop_back();  // not the event
  auto sent = l1_messages(tx, receipt);
  ASSERT_EQ(sent.logs.size(), 1u);  // whoever else emits such an event sends nothing
  EXPECT_EQ(sent.logs[0].key, Hash256{{1}});
  EXPECT_EQ(sent.logs[0].value, Hash256{{2}});
  EXPECT_EQ(Bytes(sent.messages[0].begin(), sent.messages[0].end()), (Bytes{0xab, 0, 0}));
  EXPECT_EQ(l1_messages_size(tx.tx.type, receipt.logs).pubdata_bytes, 88u + 4 + 3);

  tx.tx.type = TxType::kPriority;
  sent = l1_messages(tx, receipt);
  ASSERT_EQ(sent.logs.size(), 2u);
  EXPECT_EQ(sent.logs[1].sender, kBootloaderAddress);
  EXPECT_EQ(sent.logs[1].key, tx.hash);
  EXPECT_EQ(sent.logs[1].value[31], 1);
  receipt.success = false;
  EXPECT_TRUE(l1_messages(tx, receipt).logs[1].value.is_zero());
}

}  // namespace
}  // namespace atlas
