// Any bytes as a snapshot of the state: a whole state, or a refusal with words.
//
// Input: whether checksums are made right first (bit 0), then the file.
#include "files.hpp"

#include <storage/snapshot.hpp>

namespace {

using namespace atlas;
using namespace atlas::fuzz;
using namespace atlas::storage;

const ChainIdentity kChain{1337, Hash256{}};

/// The layout stands at the head of snapshot.hpp.
void mend_snapshot(Bytes& bytes) {
  constexpr std::size_t kHeader = 160;
  constexpr std::size_t kSection = 24;
  if (bytes.size() < kHeader) return;
  put_crc(bytes, kHeader - 4, crc32c(ByteView(bytes).first(kHeader - 4)));
  for (std::size_t at = kHeader; bytes.size() - at >= kSection;) {
    const u64 length = get<u64>(bytes, at + 8);
    if (length > bytes.size() - at - kSection) break;
    put_crc(bytes, at + 16, crc32c(ByteView(bytes).subspan(at + kSection, static_cast<std::size_t>(length))));
    put_crc(bytes, at + 20, crc32c(ByteView(bytes).subspan(at, kSection - 4)));
    at += kSection + static_cast<std::size_t>(length);
  }
}

void drive_snapshot(const fs::path& directory, const Bytes& bytes) {
  const fs::path path = directory / "state-00000000000000000001.snap";
  write_content(path, bytes);
  try {
    const LoadedSnapshot loaded = load_snapshot(path, kChain);
    ENSURE(loaded.state != nullptr && loaded.bytes == bytes.size(), "a sound snapshot is read to its end");
    ENSURE(loaded.state->newest_block() == loaded.block, "a state is that of its block");
  } catch (const StorageError& error) {
    ENSURE(*error.what() != '\0', "a refusal says why");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8* data, std::size_t size) {
  return drive_file(data, size, mend_snapshot, drive_snapshot);
}
