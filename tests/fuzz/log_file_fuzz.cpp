// Any bytes as a segment of the block log: opened, or refused with nothing changed. What opens can be read block by
// block, takes another block, and opens again to the same.
//
// Input: whether checksums are made right first (bit 0), then the file.
#include "files.hpp"

#include <storage/block_log.hpp>

namespace {

using namespace atlas;
using namespace atlas::fuzz;
using namespace atlas::storage;

const ChainIdentity kChain{1337, Hash256{}};
const BlockLog::Options kOptions{u64{1} << 16, 512, false};

/// The layout stands at the head of block_log.hpp.
void mend_segment(Bytes& bytes) {
  constexpr std::size_t kHeader = 72;
  constexpr std::size_t kRecord = 36;
  constexpr std::size_t kSaltAt = 12;
  constexpr u32 kMagic = 0x4b4c4241;
  if (bytes.size() < kHeader) return;
  put_crc(bytes, kHeader - 4, crc32c(ByteView(bytes).first(kHeader - 4)));
  const u32 salt = crc32c(ByteView(bytes).subspan(kSaltAt, 8));
  for (std::size_t at = kHeader; bytes.size() - at >= kRecord && get<u32>(bytes, at) == kMagic;) {
    const u32 length = get<u32>(bytes, at + 24);
    if (length <= bytes.size() - at - kRecord) {
      put_crc(bytes, at + 28, crc32c(ByteView(bytes).subspan(at + kRecord, length)));
    }
    put_crc(bytes, at + 32, crc32c(ByteView(bytes).subspan(at, kRecord - 4), salt));
    at += kRecord + std::min<std::size_t>(length, bytes.size() - at - kRecord);
  }
}

void drive_segment(const fs::path& directory, const Bytes& bytes) {
  const fs::path segment = directory / "blocks-00000000000000000001.log";
  write_content(segment, bytes);
  u64 last = 0;
  try {
    BlockLog log(directory, kChain, kOptions, 1, 1, 0);
    last = log.last();
    for (u64 number = log.first(); number <= last; ++number) {
      ENSURE(log.read(number).has_value(), "a block that the log has is read");
    }
    ENSURE(!log.read(last + 1), "no block behind the last");
    log.append(last + 1, bytes);
    log.sync();
  } catch (const StorageError& error) {
    ENSURE(*error.what() != '\0', "a refusal says why");
    ENSURE(content(segment) == bytes, "a refused segment stays as it was");
    return;
  }
  const BlockLog again(directory, kChain, kOptions, 1, 1, 0);
  ENSURE(again.last() == last + 1 && again.recovery().bytes_cut == 0, "what was opened opens again");
  const auto payload = again.read(last + 1);
  ENSURE(payload && *payload == bytes, "an appended block is read back");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8* data, std::size_t size) {
  return drive_file(data, size, mend_segment, drive_segment);
}
