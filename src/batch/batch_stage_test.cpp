#include <fstream>

#include <batch/batch_fixture.hpp>

namespace atlas::batch {
namespace {

TEST_F(BatchStageTest, BatchesAreWhatTheirBlocksCameTo) {
  open();
  grow(100);
  ASSERT_TRUE(wait_for(98)) << failure();
  EXPECT_EQ(*stage->latest(), 14u);
  check();
  const BatchStats stats = stage->stats();
  EXPECT_EQ(stats.batches, 14u);
  EXPECT_EQ(stats.last_block, 98u);
  EXPECT_GT(stats.tree.leaves, 0u);
}

TEST_F(BatchStageTest, GenesisIsBatchZero) {
  open();
  ASSERT_TRUE(wait_taken()) << failure();
  EXPECT_EQ(stage->latest(), 0u);
  EXPECT_EQ(stage->record(0)->state.last_block_hash, maker.genesis().block.hash);
  EXPECT_FALSE(stage->record(1).has_value());
  EXPECT_FALSE(stage->pubdata(0).has_value());
  check();
}

TEST_F(BatchStageTest, SealsByTime) {
  config.time_ms = 20;
  config.blocks_max = 1'000;
  open();
  grow(3);
  ASSERT_TRUE(wait_for(3)) << failure();
  check();
}

TEST_F(BatchStageTest, SealsByPubdata) {
  config.pubdata_bytes_max = 2'000;
  config.blocks_max = 1'000;
  open();
  grow(120);
  // The last blocks stay open; all but a few are in.
  ASSERT_TRUE(wait_for(90)) << failure();
  check();
  u64 with_several = 0;
  for (u64 n = 1; n <= *stage->latest(); ++n) {
    const auto record = stage->record(n);
    with_several += record->block_count() > 1;
    if (record->block_count() > 1) {
      EXPECT_LE(record->pubdata_bytes, 2'000u) << n;
    }
  }
  EXPECT_GT(with_several, 5u);
}

TEST_F(BatchStageTest, SealsByNative) {
  maker = ChainMaker(12, {.native = 1'000'000});
  config.native_max = 5'000'000;
  config.blocks_max = 1'000;
  states.clear();
  states.push_back(maker.state());
  open();
  grow(60);
  ASSERT_TRUE(wait_for(50)) << failure();
  check();
  const auto native_of = [&](u64 block) {
    const auto found = store->block_by_number(block);  // the loop does not keep it alive
    u64 sum = 0;
    for (const Receipt& receipt : found->receipts) sum += receipt.native;
    return sum;
  };
  // Each batch as full as it may be, also those that were collected again after a restart.
  const auto check_sums = [&] {
    for (u64 n = 1; n <= *stage->latest(); ++n) {
      const auto record = stage->record(n);
      u64 sum = 0;
      for (u64 block = record->first_block; block <= record->last_block(); ++block) sum += native_of(block);
      EXPECT_LE(sum, config.native_max) << n;
      EXPECT_GT(sum + native_of(record->last_block() + 1), config.native_max) << n;
    }
  };
  check_sums();
  reopen();
  grow(20);
  ASSERT_TRUE(wait_for(70)) << failure();
  check_sums();
}

TEST_F(BatchStageTest, GoesOnAfterARestart) {
  open();
  for (int i = 0; i < 12; ++i) {
    grow(maker.below(20));
    if (i % 3 == 0) {
      ASSERT_TRUE(wait_for(store->head()->header.number / 7 * 7)) << failure();
    }
    reopen();
  }
  ASSERT_TRUE(wait_for(store->head()->header.number / 7 * 7)) << failure();
  check();
  EXPECT_EQ(said, "");
}

/// What kill -9 can leave, made by hand: each step of sealing a batch done or not.
TEST_F(BatchStageTest, ComesUpWhateverACrashLeft) {
  open();
  grow(50);
  ASSERT_TRUE(wait_for(49)) << failure();
  const auto records = folder.path() / "batches" / "records";
  const auto pubdata = [&](u64 n) {
    return folder.path() / "batches" / "pubdata" / ("batch-" + std::to_string(n) + ".bin");
  };

  close();  // the tree has batches that the records have not
  std::filesystem::resize_file(records, 5 * kRecordBytes);
  open();
  ASSERT_TRUE(wait_for(49)) << failure();
  check();

  close();  // half a record
  std::filesystem::resize_file(records, 7 * kRecordBytes + 100);
  open();
  ASSERT_TRUE(wait_for(49)) << failure();
  EXPECT_NE(said.find("torn record"), std::string::npos) << said;
  check();

  close();  // pubdata without a record, and half-written ones
  std::ofstream(pubdata(8)) << "no pubdata";
  std::ofstream(folder.path() / "batches" / "pubdata.tmp") << "half";
  open();
  ASSERT_TRUE(wait_for(49)) << failure();
  EXPECT_FALSE(std::filesystem::exists(pubdata(8)));
  check();
}

TEST_F(BatchStageTest, MakesALostTreeAgainFromPubdata) {
  open();
  grow(50);
  ASSERT_TRUE(wait_for(49)) << failure();
  const auto newest = stage->record(*stage->latest());
  close();
  std::filesystem::remove_all(folder.path() / "tree");
  open();
  ASSERT_TRUE(wait_for(49)) << failure();
  EXPECT_EQ(stage->record(*stage->latest()), newest);
  grow(7);
  ASSERT_TRUE(wait_for(56)) << failure();
  check();
}

TEST_F(BatchStageTest, RefusesDamagedFilesAndNamesThem) {
  open();
  grow(30);
  ASSERT_TRUE(wait_for(28)) << failure();
  close();
  const auto flip = [](const std::filesystem::path& file, u64 at) {
    std::fstream io(file, std::ios::in | std::ios::out | std::ios::binary);
    io.seekg(static_cast<std::streamoff>(at));
    const char byte = static_cast<char>(io.get() ^ 1);
    io.seekp(static_cast<std::streamoff>(at));
    io.put(byte);
  };
  const auto refused = [&](const std::string& words) {
    open();
    const auto until = std::chrono::steady_clock::now() + 120s;
    while (!stage->failure() && std::chrono::steady_clock::now() < until) std::this_thread::sleep_for(1ms);
    EXPECT_NE(failure().find(words), std::string::npos) << failure();
    close();
  };
  const auto pubdata = folder.path() / "batches" / "pubdata" / "batch-2.bin";
  flip(pubdata, 70);
  std::filesystem::remove_all(folder.path() / "tree");
  refused("batch-2.bin: is damaged");
  flip(pubdata, 70);
  std::filesystem::remove(pubdata);
  refused("its pubdata are not kept");
}

TEST_F(BatchStageTest, TakesBatchesBackWithTheirBlocks) {
  storage_config.snapshot_log_bytes = u64{1} << 40;
  open();
  grow(60);
  ASSERT_TRUE(wait_for(56)) << failure();
  go_back(40);
  grow(3);
  ASSERT_TRUE(wait_for(42)) << failure();
  check();
  // Into a batch, with other blocks behind; and once while the stage is not there.
  grow(40);
  go_back(51);
  grow(30);
  ASSERT_TRUE(wait_for(77)) << failure();
  check();
  stage->stop();
  ASSERT_TRUE(store->rewind(20));
  states.resize(21);
  maker.go_back(20, store->head()->hash, states.back());
  reopen();
  grow(20);
  ASSERT_TRUE(wait_for(35)) << failure();
  check();
  go_back(0);
  grow(14);
  ASSERT_TRUE(wait_for(14)) << failure();
  check();
  EXPECT_NE(said.find("are taken back with their blocks"), std::string::npos);
}

TEST_F(BatchStageTest, TakesBackMoreThanTheTreeRemembers) {
  storage_config.snapshot_log_bytes = u64{1} << 40;
  config.blocks_max = 1;
  open();
  grow(150);
  ASSERT_TRUE(wait_for(150)) << failure();
  go_back(5);
  grow(5);
  ASSERT_TRUE(wait_for(10)) << failure();
  EXPECT_NE(said.find("made again from pubdata"), std::string::npos) << said;
  check();
}

TEST_F(BatchStageTest, HoldsTheLogForWhatMayComeAgain) {
  storage_config.segment_bytes = 4'096;
  storage_config.snapshot_log_bytes = 16'384;
  open();
  grow(400);
  ASSERT_TRUE(wait_for(399)) << failure();
  const u64 held = store->log_holds().at(BatchStage::kHold);
  const u64 oldest = store->oldest_rewind();
  EXPECT_GT(oldest, 0u);
  EXPECT_GT(held, 1u);
  EXPECT_LE(held, oldest + 1);
  // The chain goes back as far as it can, and the stage follows.
  if (store->rewind(oldest)) {
    states.resize(oldest + 1);
    maker.go_back(oldest, store->head()->hash, states.back());
    stage->on_rewind();
    grow(20);
    ASSERT_TRUE(wait_for(oldest + 10)) << failure();
    check();
  }
}

TEST_F(BatchStageTest, KeepsAsManyPubdataAsAsked) {
  config.pubdata_batches = 3;
  open();
  grow(70);
  ASSERT_TRUE(wait_for(70)) << failure();
  reopen();
  grow(14);
  ASSERT_TRUE(wait_for(84)) << failure();
  EXPECT_FALSE(stage->pubdata(9).has_value());
  for (u64 n = 10; n <= 12; ++n) EXPECT_TRUE(stage->pubdata(n).has_value()) << n;
  u64 files = 0;
  for ([[maybe_unused]] const auto& file : std::filesystem::directory_iterator(folder.path() / "batches" / "pubdata")) {
    ++files;
  }
  EXPECT_EQ(files, 3u);
}

TEST_F(BatchStageTest, ProvesAccountsOverTheNewestBatch) {
  open();
  grow(70);
  ASSERT_TRUE(wait_for(70)) << failure();
  const Hash256 commitment = tree::state_commitment(stage->record(10)->state);
  for (u64 a = 0; a < 40; ++a) {
    const Address address = storage::testing::address_of(a);
    const std::vector<u256> slots = {u256(1), u256(7)};
    const auto proved = stage->prove(address, slots);
    ASSERT_TRUE(proved.has_value());
    EXPECT_EQ(proved->batch, 10u);
    const auto account = tree::verify_account(commitment, proved->proof);
    ASSERT_TRUE(account.ok()) << describe(account.error());
    const auto expected = states.back().accounts.find(address);
    const Account wanted = expected == states.back().accounts.end() ? Account{} : expected->second;
    EXPECT_EQ(account->nonce, wanted.nonce);
    EXPECT_EQ(account->balance, wanted.balance);
    EXPECT_EQ(account->code_hash, wanted.has_code() ? wanted.code_hash : Hash256{});
    for (std::size_t i = 0; i < slots.size(); ++i) {
      const auto slot = states.back().slots.find({address, slots[i]});
      EXPECT_EQ(account->values[i], slot == states.back().slots.end() ? u256() : slot->second);
    }
  }
}

TEST_F(BatchStageTest, TheChainWaitsOnlyWhenTheStageIsFarBehind) {
  config.lag_blocks_max = 5;
  open();
  stage->stop();
  stage = std::make_unique<BatchStage>(
      config, rules, *store, [this] { return maker.genesis(); }, [](storage::LogLevel, const std::string&) {});
  // Not started: nothing is taken. Five blocks go through, the sixth waits until the stage is told to stop.
  for (u64 n = 1; n <= 5; ++n) stage->on_block(n);
  std::atomic<bool> through{false};
  std::thread log([&] {
    stage->on_block(6);
    through = true;
  });
  std::this_thread::sleep_for(50ms);
  EXPECT_FALSE(through);
  stage->stop();
  log.join();
  EXPECT_TRUE(through);
}

}  // namespace
}  // namespace atlas::batch
