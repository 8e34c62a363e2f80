#include <filesystem>
#include <fstream>
#include <thread>

#include <sequencer/mempool_fixture.hpp>
#include <sequencer/pool_journal.hpp>

namespace atlas::sequencer {
namespace {

using namespace testing;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

class PoolJournalTest : public MempoolTest {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "atlas-journal-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    options.directory = fs::path(pattern) / "mempool";
    options.identity = {kChainId, u256(9).to_be()};
    for (u64 i = 0; i < 8; ++i) state->accounts[sender(i)].balance = u256(1) << 90;
    start();
  }
  void TearDown() override {
    journal.reset();
    fs::remove_all(options.directory.parent_path());
  }
  static Hash256 key(u64 i) { return u256(31'000 + i).to_be(); }
  static Address sender(u64 i) { return *crypto::address_of_private_key(key(i)); }
  Hash256 send(u64 i, u64 nonce, u64 cap = 1'000) {
    const auto result = pool->submit(sign(make(0, nonce, cap, cap / 20).tx, key(i)));
    EXPECT_TRUE(result.ok()) << result.error().message();
    return result ? (*result)->hash : Hash256{};
  }
  PoolJournal::Replayed open() {
    journal = std::make_unique<PoolJournal>(options, *pool, [this](storage::LogLevel, const std::string& text) {
      const std::lock_guard lock(said_mutex);
      said += text + "\n";
    });
    const auto replayed = journal->wait_replayed(120s);
    EXPECT_TRUE(replayed.has_value());
    return replayed.value_or(PoolJournal::Replayed{});
  }
  /// A new pool over the same accounts, as after a start.
  void new_pool() {
    journal.reset();
    start();
  }
  std::vector<fs::path> files() const {
    std::vector<fs::path> out;
    for (const auto& entry : fs::directory_iterator(options.directory)) out.push_back(entry.path());
    std::sort(out.begin(), out.end());
    return out;
  }
  /// What the journal's thread does within its interval, and on a busy machine later.
  template <class Condition>
  bool eventually(Condition&& condition) const {
    for (int i = 0; i < 12'000 && !condition(); ++i) std::this_thread::sleep_for(10ms);
    return condition();
  }

  std::string words() {
    const std::lock_guard lock(said_mutex);
    return said;
  }

  PoolJournal::Options options;
  std::unique_ptr<PoolJournal> journal;
  std::mutex said_mutex;
  std::string said;
};

TEST_F(PoolJournalTest, WhatWaitsComesBackInOrderWithItsGaps) {
  open();
  std::vector<Hash256> hashes;
  for (u64 n = 0; n < 50; ++n) {
    for (u64 i = 0; i < 8; ++i) hashes.push_back(send(i, n));
  }
  hashes.push_back(send(0, 60));  // behind a gap
  new_pool();
  const auto replayed = open();
  EXPECT_EQ(replayed.restored, hashes.size());
  EXPECT_EQ(replayed.refused, 0u);
  for (const Hash256& hash : hashes) EXPECT_NE(pool->find(hash), nullptr);
  EXPECT_EQ(pool->counts().executable, 400u);
  EXPECT_EQ(pool->counts().queued, 1u);
}

TEST_F(PoolJournalTest, KilledProcessLosesNothingThatWasWritten) {
  open();
  const Hash256 first = send(0, 0);
  const Hash256 second = send(1, 0);
  const fs::path file = files().front();
  const u64 whole = 56 + 2 * 8 + pool->find(first)->encoded.size() + pool->find(second)->encoded.size();
  ASSERT_TRUE(eventually([&] { return fs::file_size(file) == whole; }));
  const fs::path copy = options.directory.parent_path() / "copy";
  fs::copy_file(file, copy);  // what a kill leaves
  new_pool();
  for (const auto& path : files()) fs::remove(path);
  fs::rename(copy, options.directory / "journal-7.log");
  EXPECT_EQ(open().restored, 2u);
  EXPECT_NE(pool->find(first), nullptr);
  EXPECT_NE(pool->find(second), nullptr);
  EXPECT_EQ(files().size(), 1u);  // the old file went once the new one held everything
}

TEST_F(PoolJournalTest, MinedReplacedAndRemovedOnesStayAway) {
  open();
  const fs::path begun = files().front();
  const Hash256 mined = send(0, 0);
  const Hash256 replaced = send(1, 0);
  const Hash256 better = send(1, 0, 2'000);
  const Hash256 removed = send(2, 0);
  include([&] {
    auto all = pool->content(nullptr, 100);
    std::vector<TxPtr> block;
    while (block.empty()) {
      std::vector<TxPtr> taken = take(10);
      for (const TxPtr& tx : taken) {
        if (tx->hash == mined) block.push_back(tx);
      }
      std::erase_if(taken, [&](const TxPtr& tx) { return tx->hash == mined; });
      pool->give_back(taken);
    }
    return block;
  }());
  EXPECT_TRUE(pool->remove(removed));
  ASSERT_TRUE(eventually([&] { return !fs::exists(begun); }));  // a new file holds what still waits
  const fs::path copy = options.directory.parent_path() / "copy";
  fs::copy(options.directory, copy, fs::copy_options::recursive);
  new_pool();
  fs::remove_all(options.directory);
  fs::rename(copy, options.directory);
  open();
  EXPECT_EQ(pool->find(mined), nullptr);
  EXPECT_EQ(pool->find(replaced), nullptr);
  EXPECT_EQ(pool->find(removed), nullptr);
  EXPECT_NE(pool->find(better), nullptr);
}

TEST_F(PoolJournalTest, DamagedTailIsDroppedWithAWord) {
  open();
  std::vector<Hash256> hashes;
  for (u64 n = 0; n < 20; ++n) hashes.push_back(send(0, n));
  new_pool();
  const fs::path file = files().front();
  const u64 size = fs::file_size(file);
  const u64 record = (size - 56) / 20;
  {
    std::fstream out(file, std::ios::binary | std::ios::in | std::ios::out);
    out.seekp(static_cast<std::streamoff>(56 + 15 * record + 30));
    out.put('\x55');
  }
  EXPECT_EQ(open().restored, 15u);
  EXPECT_NE(words().find("damaged at offset " + std::to_string(56 + 15 * record)), std::string::npos) << words();
  EXPECT_NE(pool->find(hashes[14]), nullptr);
  EXPECT_EQ(pool->find(hashes[15]), nullptr);
}

TEST_F(PoolJournalTest, EveryTruncationIsReadAsFarAsItGoes) {
  open();
  for (u64 n = 0; n < 3; ++n) send(0, n);
  new_pool();
  const fs::path file = files().front();
  const u64 size = fs::file_size(file);
  const u64 record = (size - 56) / 3;
  std::ifstream in(file, std::ios::binary);
  const std::string content{std::istreambuf_iterator<char>(in), {}};
  in.close();
  for (u64 length = 0; length < size; length += 7) {
    new_pool();
    fs::remove_all(options.directory);
    fs::create_directories(options.directory);
    std::ofstream(options.directory / "journal-3.log", std::ios::binary) << content.substr(0, length);
    const u64 expected = length < 56 ? 0 : (length - 56) / record;
    EXPECT_EQ(open().restored, expected) << length;
  }
}

TEST_F(PoolJournalTest, AnotherChainsJournalIsNotReplayed) {
  open();
  send(0, 0);
  new_pool();
  options.identity.genesis_hash = u256(10).to_be();
  EXPECT_EQ(open().restored, 0u);
  EXPECT_NE(words().find("not a mempool journal of this chain"), std::string::npos) << words();
}

TEST_F(PoolJournalTest, StaysSmallWhileTransactionsComeAndGo) {
  options.rewrite_bytes = 64 << 10;
  open();
  const auto until = std::chrono::steady_clock::now() + 120s;
  u64 nonce = 0;
  u64 most = 0;
  // Until four times as much has come as ever stood in the file; a transaction takes 110 bytes or more.
  while (nonce * 110 < 4 * std::max(most, options.rewrite_bytes)) {
    ASSERT_LT(std::chrono::steady_clock::now(), until) << "the file was never rewritten: " << most << " bytes";
    for (int i = 0; i < 40; ++i) send(0, nonce++);
    include(take(100));
    std::this_thread::sleep_for(5ms);
    for (const auto& file : files()) {
      std::error_code gone;
      const u64 size = fs::file_size(file, gone);
      if (!gone) most = std::max(most, size);
    }
  }
}

TEST_F(PoolJournalTest, FullFileIsSaidAndTheRestIsKept) {
  options.bytes_max = 56 + 3'000;
  open();
  for (u64 n = 0; n < 100; ++n) send(0, n);
  EXPECT_TRUE(eventually([&] { return words().find("mempool.journal_bytes_max") != std::string::npos; })) << words();
  new_pool();
  const u64 restored = open().restored;
  EXPECT_GT(restored, 10u);
  EXPECT_LT(restored, 100u);
}

TEST_F(PoolJournalTest, UnwritableFolderEndsTheJournalAndNotThePool) {
  fs::create_directories(options.directory.parent_path());
  std::ofstream(options.directory).put('x');  // a file where the folder belongs
  open();
  EXPECT_NE(words().find("the mempool journal has stopped"), std::string::npos) << words();
  send(0, 0);
  EXPECT_EQ(pool->counts().executable, 1u);
}

}  // namespace
}  // namespace atlas::sequencer
