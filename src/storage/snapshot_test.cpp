#include <chrono>
#include <cstdio>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <storage/snapshot.hpp>
#include <storage/test_chain.hpp>

namespace atlas::storage {
namespace {

namespace fs = std::filesystem;
using testing::ChainMaker;
using testing::difference;

const ChainIdentity kChain{1337, crypto::keccak256(as_bytes("a chain"))};

double ms_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

TEST(Snapshot, ShowsItsBlockThoughTheStateWentOn) {
  testing::TemporaryDirectory dir;
  ChainMaker chain(21);
  const auto state = std::make_shared<HotState>(HashSeed::random());
  state->load(0, chain.genesis().state);
  std::vector<testing::ModelState> models = {chain.state()};
  for (u64 block = 1; block <= 60; ++block) {
    state->apply(block, chain.next().diff);
    models.push_back(chain.state());
  }
  for (const u64 block : {0u, 1u, 30u, 59u, 60u}) {
    const Hash256 hash = testing::address_of(block).is_zero() ? Hash256{} : crypto::keccak256(as_bytes("block"));
    const u64 bytes = write_snapshot(dir.path(), kChain, *state, block, hash);
    const auto files = list_snapshots(dir.path());
    ASSERT_EQ(files.size(), 1u);
    EXPECT_EQ(files[0].block, block);
    EXPECT_EQ(fs::file_size(files[0].path), bytes);
    const auto loaded = load_snapshot(files[0].path, kChain);
    EXPECT_EQ(loaded.block, block);
    EXPECT_EQ(loaded.block_hash, hash);
    EXPECT_EQ(loaded.state->newest_block(), block);
    EXPECT_EQ(loaded.state->accounts().size(), models[block].accounts.size());
    EXPECT_EQ(loaded.state->slots().size(), models[block].slots.size());
    EXPECT_EQ(difference(loaded.state->newest(), models[block]), "") << block;
    fs::remove(files[0].path);
  }
}

TEST(Snapshot, EveryDamagedByteIsNoticed) {
  testing::TemporaryDirectory dir;
  ChainMaker chain(22);
  const auto state = std::make_shared<HotState>(HashSeed::random());
  state->load(0, chain.genesis().state);
  for (u64 block = 1; block <= 5; ++block) state->apply(block, chain.next().diff);
  write_snapshot(dir.path(), kChain, *state, 5, Hash256{});
  const fs::path path = list_snapshots(dir.path())[0].path;
  std::ifstream in(path, std::ios::binary);
  const Bytes good(std::istreambuf_iterator<char>(in), {});
  const auto refuses = [&](const Bytes& bytes) {
    {
      std::ofstream out(path, std::ios::binary | std::ios::trunc);
      out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    }
    try {
      (void)load_snapshot(path, kChain);
      return false;
    } catch (const StorageError& error) {
      return std::string(error.what()).find(path.string()) != std::string::npos;
    }
  };
  for (std::size_t at = 0; at < good.size(); at += 1 + at % 7) {
    Bytes bad = good;
    bad[at] ^= 0x40;
    EXPECT_TRUE(refuses(bad)) << "byte " << at;
  }
  for (const std::size_t size : {std::size_t{0}, std::size_t{10}, good.size() / 2, good.size() - 1}) {
    EXPECT_TRUE(refuses(Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)))) << size;
  }
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_TRUE(refuses(longer));
  EXPECT_FALSE(refuses(good));
  EXPECT_THROW((void)load_snapshot(path, {7, kChain.genesis_hash}), StorageError);
}

TEST(Snapshot, UnfinishedOnesAreRemoved) {
  testing::TemporaryDirectory dir;
  std::ofstream(dir.path() / "state-00000000000000000005.snap.tmp") << "half";
  std::ofstream(dir.path() / "notes.txt") << "kept";
  EXPECT_TRUE(list_snapshots(dir.path()).empty());
  remove_unfinished_snapshots(dir.path());
  EXPECT_FALSE(fs::exists(dir.path() / "state-00000000000000000005.snap.tmp"));
  EXPECT_TRUE(fs::exists(dir.path() / "notes.txt"));
}

TEST(Snapshot, OneMillionAccounts) {
  testing::TemporaryDirectory dir(true);
  const auto state = std::make_shared<HotState>(HashSeed::random());
  std::mt19937_64 random(5);
  StateDiff diff;
  constexpr u64 kAccounts = 1'000'000;
  for (u64 i = 0; i < kAccounts; ++i) {
    Address address;
    for (u8& b : address.bytes) b = static_cast<u8>(random());
    diff.accounts.push_back({address, Account{i, u256(random()), kEmptyCodeHash}, {{u256(i), u256(i + 1)}}});
  }
  state->load(0, diff);
  ASSERT_EQ(state->accounts().size(), kAccounts);

  auto start = std::chrono::steady_clock::now();
  const u64 bytes = write_snapshot(dir.path(), kChain, *state, 0, Hash256{});
  const double write_ms = ms_since(start);
  start = std::chrono::steady_clock::now();
  const auto loaded = load_snapshot(list_snapshots(dir.path())[0].path, kChain);
  const double load_ms = ms_since(start);
  std::printf(
      "1M accounts + 1M slots: %.1f MiB, write %.0f ms, load %.0f ms; memory %.1f bytes an account, %.1f a slot\n",
      static_cast<double>(bytes) / 1048576, write_ms, load_ms,
      static_cast<double>(loaded.state->accounts().table_bytes()) / kAccounts,
      static_cast<double>(loaded.state->slots().table_bytes()) / kAccounts);
  ASSERT_EQ(loaded.state->accounts().size(), kAccounts);
  ASSERT_EQ(loaded.state->slots().size(), kAccounts);
  for (u64 i = 0; i < kAccounts; i += 17) {
    const auto& change = diff.accounts[i];
    ASSERT_EQ(loaded.state->newest().account(change.address), change.account);
    ASSERT_EQ(loaded.state->newest().storage(change.address, u256(i)), u256(i + 1));
  }
}

}  // namespace
}  // namespace atlas::storage
