#include <csignal>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <storage/block_log.hpp>
#include <storage/test_chain.hpp>

namespace atlas::storage {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

const ChainIdentity kChain{1337, crypto::keccak256(as_bytes("a chain"))};
const BlockLog::Options kSmall{u64{1} << 20, 4096, true};

Bytes payload(u64 number) {
  Bytes out(40 + number % 50);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<u8>(number * 7 + i);
  return out;
}

std::unique_ptr<BlockLog> open_log(const fs::path& path, BlockLog::Options options = kSmall, u64 known_durable = 0) {
  return std::make_unique<BlockLog>(path, kChain, options, 1, 1, known_durable);
}

void append(BlockLog& log, u64 from, u64 to) {
  for (u64 n = from; n <= to; ++n) {
    log.append(n, payload(n));
    log.sync();
  }
}

void expect_blocks(const BlockLog& log, u64 last) {
  ASSERT_EQ(log.last(), last);
  for (u64 n = log.first(); n <= last; ++n) {
    const auto found = log.read(n);
    ASSERT_TRUE(found.has_value()) << n;
    ASSERT_EQ(*found, payload(n));
  }
  EXPECT_FALSE(log.read(last + 1).has_value());
}

Bytes content(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return Bytes(std::istreambuf_iterator<char>(in), {});
}
void write_content(const fs::path& path, ByteView bytes) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

fs::path only_segment(const fs::path& directory) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(directory)) {
    if (entry.path().extension() == ".log") found.push_back(entry.path());
  }
  EXPECT_EQ(found.size(), 1u);
  return found.front();
}

/// Content of a log of blocks 1 to `last` as a killed process leaves it: synced, preallocated, not marked.
Bytes unmarked_segment(const fs::path& scratch, u64 last, u64& last_record, u64& end) {
  Bytes bytes;
  {
    auto log = open_log(scratch);
    append(*log, 1, last - 1);
    last_record = log->bytes();
    append(*log, last, last);
    end = log->bytes();
    bytes = content(only_segment(scratch));
  }
  return bytes;
}

TEST(BlockLog, ReopensAcrossSegments) {
  testing::TemporaryDirectory dir;
  const BlockLog::Options tiny{600, 4096, true};
  for (u64 round = 0; round < 5; ++round) {
    auto log = open_log(dir.path(), tiny);
    expect_blocks(*log, round * 20);
    append(*log, round * 20 + 1, round * 20 + 20);
    expect_blocks(*log, round * 20 + 20);
    EXPECT_EQ(log->recovery().bytes_cut, 0u);
  }
  auto log = open_log(dir.path(), tiny);
  expect_blocks(*log, 100);
  log->prune_below(50);
  EXPECT_GT(log->first(), 30u);
  EXPECT_LE(log->first(), 50u);
  EXPECT_FALSE(log->read(log->first() - 1).has_value());
  log->prune_below(1000);
  EXPECT_LE(log->first(), 100u) << "the newest block stays";
  expect_blocks(*log, 100);
}

TEST(BlockLog, TailTornAtAnyByteIsCutAndKept) {
  testing::TemporaryDirectory dir;
  u64 last_record = 0;
  u64 end = 0;
  const Bytes whole = unmarked_segment(dir.path() / "made", 6, last_record, end);
  for (u64 size = last_record; size <= end; ++size) {
    for (const bool zeros_follow : {false, true}) {
      const fs::path log_dir = dir.path() / (std::to_string(size) + (zeros_follow ? "z" : ""));
      fs::create_directories(log_dir);
      const fs::path segment = log_dir / only_segment(dir.path() / "made").filename();
      Bytes torn(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      if (zeros_follow) torn.resize(end + 500);
      write_content(segment, torn);
      auto log = open_log(log_dir);
      if (size == end) {
        expect_blocks(*log, 6);
        continue;
      }
      expect_blocks(*log, 5);
      if (size > last_record) {
        EXPECT_GT(log->recovery().bytes_cut, 0u);
        Bytes kept = content(log->recovery().cut_file);
        const ByteView tail = ByteView(whole).subspan(last_record, size - last_record);
        ASSERT_LE(kept.size(), tail.size());
        EXPECT_TRUE(std::equal(kept.begin(), kept.end(), tail.begin()));
      }
      append(*log, 6, 9);
      expect_blocks(*log, 9);
      log.reset();
      expect_blocks(*open_log(log_dir), 9);
      fs::remove_all(log_dir);
    }
  }
}

TEST(BlockLog, DamageToAcknowledgedBlocksIsRefusedWhereverItIs) {
  testing::TemporaryDirectory dir;
  {
    auto log = open_log(dir.path());
    append(*log, 1, 6);
  }
  const fs::path segment = only_segment(dir.path());
  const Bytes good = content(segment);
  const u64 mark = good.size() - 36;
  for (u64 at = 0; at < good.size(); ++at) {
    Bytes bad = good;
    bad[at] ^= 0x20;
    write_content(segment, bad);
    try {
      auto log = open_log(dir.path());
      // Only the mark itself may be damaged without loss: it holds no block.
      ASSERT_GE(at, mark);
      expect_blocks(*log, 6);
    } catch (const StorageError& error) {
      ASSERT_LT(at, mark) << error.what();
      EXPECT_TRUE(error.kind() == StorageErrorKind::kCorrupt || error.kind() == StorageErrorKind::kWrongChain);
      EXPECT_THAT(error.what(), HasSubstr(segment.string()));
      EXPECT_THAT(error.what(), HasSubstr("offset"));
      ASSERT_EQ(content(segment), bad) << "nothing may be changed";
    }
    fs::remove(segment);
  }
}

TEST(BlockLog, WithoutMarkLaterRecordsAndOthersTellDamageFromATornTail) {
  testing::TemporaryDirectory dir;
  u64 last_record = 0;
  u64 end = 0;
  Bytes whole = unmarked_segment(dir.path() / "made", 6, last_record, end);
  const fs::path segment = only_segment(dir.path() / "made");
  // Block 5 is below the durable number that block 6 carries.
  Bytes bad = whole;
  bad[last_record - 3] ^= 1;
  write_content(segment, bad);
  EXPECT_THROW(open_log(dir.path() / "made"), StorageError);
  // Block 6 is the last: torn, unless somebody knows that it was durable.
  bad = whole;
  bad[end - 3] ^= 1;
  write_content(segment, bad);
  try {
    open_log(dir.path() / "made", kSmall, 6);
    FAIL() << "block 6 was known to be durable";
  } catch (const StorageError& error) {
    EXPECT_THAT(error.what(), HasSubstr("block 6"));
    EXPECT_EQ(content(segment), bad);
  }
  expect_blocks(*open_log(dir.path() / "made"), 5);
}

TEST(BlockLog, TornGroupWithALaterWholeRecordIsCut) {
  // Two blocks in one group: after a power loss the second may be on disk and the first not.
  testing::TemporaryDirectory dir;
  u64 first_of_group = 0;
  {
    auto log = open_log(dir.path());
    append(*log, 1, 3);
    first_of_group = log->bytes();
    log->append(4, payload(4));
    log->append(5, payload(5));
    Bytes torn = content(only_segment(dir.path()));
    torn[first_of_group + 50] ^= 1;
    fs::create_directories(dir.path() / "torn");
    write_content(dir.path() / "torn" / only_segment(dir.path()).filename(), torn);
  }
  auto log = open_log(dir.path() / "torn");
  expect_blocks(*log, 3);
  EXPECT_GT(log->recovery().bytes_cut, 100u);
}

TEST(BlockLog, MissingSegmentAndForeignChainAreNamed) {
  testing::TemporaryDirectory dir;
  const BlockLog::Options tiny{400, 4096, true};
  {
    auto log = open_log(dir.path(), tiny);
    append(*log, 1, 30);
  }
  try {
    BlockLog(dir.path(), {1, kChain.genesis_hash}, tiny, 1, 1, 0);
    FAIL();
  } catch (const StorageError& error) {
    EXPECT_EQ(error.kind(), StorageErrorKind::kWrongChain);
    EXPECT_THAT(error.what(), HasSubstr("chain 1337"));
  }
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(dir.path())) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  ASSERT_GT(files.size(), 3u);
  fs::remove(files[1]);
  try {
    open_log(dir.path(), tiny);
    FAIL();
  } catch (const StorageError& error) {
    EXPECT_EQ(error.kind(), StorageErrorKind::kCorrupt);
    EXPECT_THAT(error.what(), HasSubstr("are missing before this segment"));
  }
}

TEST(BlockLog, SegmentTornWhileItWasMadeIsSetAside) {
  testing::TemporaryDirectory dir;
  {
    auto log = open_log(dir.path());
    append(*log, 1, 6);
  }
  write_content(dir.path() / "blocks-00000000000000000007.log", Bytes(30, 1));
  auto log = open_log(dir.path());
  expect_blocks(*log, 6);
  EXPECT_EQ(log->recovery().bytes_cut, 30u);
  append(*log, 7, 8);
  log.reset();
  expect_blocks(*open_log(dir.path()), 8);
}

TEST(BlockLog, RewindForgetsAndGoesOn) {
  testing::TemporaryDirectory dir;
  const BlockLog::Options tiny{500, 4096, true};
  for (const u64 target : {37u, 36u, 20u, 1u, 0u}) {
    const fs::path path = dir.path() / std::to_string(target);
    auto log = open_log(path, tiny);
    append(*log, 1, 40);
    log->rewind(target);
    expect_blocks(*log, target);
    append(*log, target + 1, target + 15);
    log.reset();
    expect_blocks(*open_log(path, tiny), target + 15);
  }
}

TEST(BlockLog, FullDiskIsAnErrorThatNamesTheFileAndLosesNothing) {
  testing::TemporaryDirectory dir;
  u64 acknowledged = 0;
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{16 << 10, 16 << 10};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    int code = 1;
    u64 n = 0;
    try {
      auto log = open_log(dir.path());
      for (n = 1; n < 100'000; ++n) append(*log, n, n);
    } catch (const StorageError& error) {
      const std::string text = error.what();
      if (error.kind() == StorageErrorKind::kDiskFull && text.find(dir.path().string()) != std::string::npos) code = 0;
      std::ofstream(dir.path() / "acknowledged") << n - 1;
    }
    // The report file is small enough for the limit.
    ::_exit(code);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  ASSERT_EQ(WEXITSTATUS(status), 0);
  std::ifstream(dir.path() / "acknowledged") >> acknowledged;
  EXPECT_GT(acknowledged, 50u);
  auto log = open_log(dir.path());
  ASSERT_GE(log->last(), acknowledged);
  expect_blocks(*log, log->last());
  append(*log, log->last() + 1, log->last() + 100);
}

}  // namespace
}  // namespace atlas::storage
