// Proofs and batches as clients see them: what the node answers is parsed again from its JSON and checked with the
// verifier of docs/state-tree.md against the commitment alone.
#include <batch/batch_fixture.hpp>

#include <rpc/rpc_fixture.hpp>

namespace atlas::rpc {
namespace {

/// A chain of batches; that of RpcTest has none.
class ChainOfBatches final : public batch::BatchStageTest {
 public:
  ChainOfBatches() {
    open();
    grow(35);
    EXPECT_TRUE(wait_for(35)) << failure();
  }
  void TestBody() override {}
  const batch::BatchStage& batches() const { return *stage; }
  const batch::ModelState& state() const { return states.back(); }
};

class BatchMethods : public RpcTest {
 protected:
  void SetUp() override {
    chain.set_batches(&behind.batches());
    RpcTest::SetUp();
  }
  ChainOfBatches behind;
};

u64 number_of(const json& text) {
  return std::stoull(text.get<std::string>(), nullptr, 16);
}
Hash256 hash_of(const json& text) {
  return Hash256::from(hex_bytes(text.get<std::string>()));
}

tree::KeyProof parse_proof(const json& in) {
  tree::KeyProof out{.key = tree::Digest::from(hash_of(in.at("key"))), .leaf = {}, .siblings = {}};
  if (const json& leaf = in.at("leaf"); !leaf.is_null()) {
    out.leaf = tree::Leaf{tree::Digest::from(hash_of(leaf.at("key"))), tree::Digest::from(hash_of(leaf.at("value"))),
                          number_of(leaf.at("index"))};
  }
  for (const json& sibling : in.at("siblings")) out.siblings.push_back(tree::Digest::from(hash_of(sibling)));
  return out;
}

tree::AccountProof parse_account_proof(const json& in) {
  tree::AccountProof out;
  out.address = Address::from(hex_bytes(in.at("address").get<std::string>()));
  const json& state = in.at("state");
  out.state.tree = {tree::Digest::from(hash_of(state.at("root"))), number_of(state.at("nextIndex"))};
  out.state.last_block_number = number_of(state.at("lastBlockNumber"));
  out.state.last_block_hash = hash_of(state.at("lastBlockHash"));
  out.state.last_timestamp = number_of(state.at("lastTimestamp"));
  out.account = parse_proof(in.at("account"));
  out.code_hash = parse_proof(in.at("codeHash"));
  for (const json& slot : in.at("storage")) {
    out.slots.push_back({u256::from_be(hash_of(slot.at("slot"))), parse_proof(slot)});
  }
  return out;
}

TEST_F(BatchMethods, ProofsConvinceWhoKnowsTheCommitment) {
  const json batch = result("atlas_getBatchByNumber", {"latest"});
  const Hash256 commitment = hash_of(batch.at("commitment"));
  for (u64 a = 0; a < 40; ++a) {
    const Address address = storage::testing::address_of(a);
    const json answer = result("atlas_getProof", {text(address), json::array({"0x1", "0x5", "0xffff"}), "latest"});
    EXPECT_EQ(answer.at("batchNumber"), "0x5");
    EXPECT_EQ(answer.at("commitment"), batch.at("commitment"));
    tree::AccountProof proof = parse_account_proof(answer);
    const auto proved = tree::verify_account(commitment, proof);
    ASSERT_TRUE(proved.ok()) << describe(proved.error());
    const auto expected = behind.state().accounts.find(address);
    const Account account = expected == behind.state().accounts.end() ? Account{} : expected->second;
    EXPECT_EQ(proved->balance, account.balance);
    EXPECT_EQ(proved->nonce, account.nonce);
    const auto slot = behind.state().slots.find({address, u256(5)});
    EXPECT_EQ(proved->values.at(1), slot == behind.state().slots.end() ? u256() : slot->second);
    EXPECT_EQ(proved->values.at(2), u256());
    // Nobody is convinced of anything else.
    proof.state.tree.next_index += 1;
    EXPECT_FALSE(tree::verify_account(commitment, proof).ok());
  }
}

TEST_F(BatchMethods, ProofsAreOfTheNewestBatch) {
  const std::string address = text(storage::testing::address_of(1));
  EXPECT_EQ(result("atlas_getProof", {address}).at("batchNumber"), "0x5");
  EXPECT_EQ(result("atlas_getProof", {address, json::array(), "0x5"}).at("storage"), json::array());
  const json old = error("atlas_getProof", {address, json::array(), "0x3"});
  EXPECT_EQ(old.at("code"), -32002);
  EXPECT_NE(old.at("message").get<std::string>().find("only the newest, batch 5"), std::string::npos) << old;
  EXPECT_EQ(error("atlas_getProof", {address, json::array(), "pending"}).at("code"), -32602);
  EXPECT_EQ(error("atlas_getProof", {address, std::vector<std::string>(1'025, "0x1")}).at("code"), -32005);
}

TEST_F(BatchMethods, BatchesAreFoundByNumberAndBlock) {
  const json batch = result("atlas_getBatchByNumber", {"0x2"});
  EXPECT_EQ(batch.at("firstBlock"), "0x8");
  EXPECT_EQ(batch.at("lastBlock"), "0xe");
  const auto record = *behind.batches().record(2);
  EXPECT_EQ(number_of(batch.at("l2TxCount")), record.l2_transactions);
  EXPECT_EQ(hash_of(batch.at("state").at("root")), record.state.tree.root.bytes());
  EXPECT_EQ(hash_of(batch.at("commitment")), tree::state_commitment(record.state));
  for (const char* block : {"0x8", "0xb", "0xe"}) EXPECT_EQ(result("atlas_getBatchByBlock", {block}), batch);
  EXPECT_EQ(result("atlas_getBatchByBlock", {"0x24"}), nullptr);
  EXPECT_EQ(result("atlas_getBatchByNumber", {"0x6"}), nullptr);
  EXPECT_EQ(result("atlas_getBatchByNumber", {"earliest"}).at("lastBlock"), "0x0");
  const Bytes pubdata = hex_bytes(result("atlas_getBatchPubdata", {"0x2"}).get<std::string>());
  EXPECT_EQ(crypto::keccak256(pubdata), hash_of(batch.at("pubdataHash")));
  EXPECT_EQ(pubdata.size(), number_of(batch.at("pubdataBytes")));
  EXPECT_EQ(result("atlas_getBatchPubdata", {"0x0"}), nullptr);
}

TEST_F(BatchMethods, AnswerAsZksyncClientsAsk) {
  EXPECT_EQ(result("zks_L1BatchNumber"), "0x5");
  EXPECT_EQ(result("zks_getL1BatchBlockRange", json::array({2})), json::array({"0x8", "0xe"}));
  EXPECT_EQ(result("zks_getL1BatchBlockRange", json::array({9})), nullptr);
  const json details = result("zks_getL1BatchDetails", json::array({2}));
  EXPECT_EQ(details.at("number"), 2);
  EXPECT_EQ(details.at("status"), "sealed");
  EXPECT_EQ(details.at("commitTxHash"), nullptr);
  EXPECT_EQ(hash_of(details.at("rootHash")), behind.batches().record(2)->state.tree.root.bytes());
  EXPECT_EQ(result("zks_getL1BatchDetails", json::array({9})), nullptr);
}

TEST_F(BatchMethods, ANodeWithoutBatchesSaysSo) {
  chain.set_batches(nullptr);
  const json refused = error("atlas_getProof", {text(store())});
  EXPECT_NE(refused.at("message").get<std::string>().find("batch.enabled"), std::string::npos) << refused;
}

}  // namespace
}  // namespace atlas::rpc
