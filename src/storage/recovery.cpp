#include <chrono>

#include <storage/codec.hpp>
#include <storage/recovery.hpp>

namespace atlas::storage {
namespace {

using Clock = std::chrono::steady_clock;
double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

/// More log than this is not replayed for the sake of historical views alone: under a second.
constexpr u64 kReplayBytesMax = u64{96} << 20;

StorageError malformed(u64 number, const CodecError& error) {
  return {StorageErrorKind::kCorrupt, "block " + std::to_string(number),
          std::string("its record cannot be decoded: ") + error.what + " at byte " + std::to_string(error.offset),
          "Use the version of atlas that wrote it"};
}

Bytes payload_of(const BlockLog& log, u64 number) {
  auto payload = log.read(number);
  if (!payload) {
    throw StorageError(StorageErrorKind::kCorrupt, "block " + std::to_string(number), "is missing in the block log",
                       "Restore the data directory from a backup, or remove it and rebuild from L1");
  }
  return std::move(*payload);
}

SealedHeader header_of(const BlockLog& log, u64 number) {
  const auto header = decode_sealed_header(payload_of(log, number));
  if (!header.ok()) throw malformed(number, header.error());
  return header.value();
}

void set_aside(const std::filesystem::path& path) {
  std::filesystem::path aside = path;
  aside += ".damaged";
  rename_file(path, aside);
}

RestoredState from_genesis(const Genesis& genesis) {
  RestoredState out;
  out.state = std::make_shared<HotState>(HashSeed::random());
  out.state->load(0, genesis.state);
  return out;
}

/// Snapshots to try, best first: those that leave a whole window to replay, newest first, then the younger ones.
std::vector<SnapshotFile> candidates(const RestorePlan& plan, u64 target) {
  const u64 window_start = target > plan.config.view_window_blocks ? target - plan.config.view_window_blocks : 0;
  std::vector<SnapshotFile> whole, partial;
  for (auto& file : list_snapshots(plan.snapshots)) {
    if (file.block > target || file.block + 1 < plan.log.first()) continue;
    const bool leaves_window = file.block <= window_start && plan.log.bytes_from(file.block + 1) <= kReplayBytesMax;
    (leaves_window ? whole : partial).push_back(std::move(file));
  }
  whole.insert(whole.end(), partial.begin(), partial.end());
  return whole;
}

RestoredState load_base(const RestorePlan& plan, u64 target) {
  const auto start = Clock::now();
  for (const auto& file : candidates(plan, target)) {
    try {
      LoadedSnapshot loaded = load_snapshot(file.path, plan.identity);
      if (loaded.block >= plan.log.first() && loaded.block != 0 &&
          header_of(plan.log, loaded.block).hash != loaded.block_hash) {
        throw StorageError(StorageErrorKind::kCorrupt, file.path, "belongs to another block than the log's",
                           "Remove this file");
      }
      return {std::move(loaded.state), loaded.block, loaded.bytes, 0, ms_since(start), 0};
    } catch (const StorageError& error) {
      if (error.kind() != StorageErrorKind::kCorrupt) throw;
      plan.sink(LogLevel::kError, std::string("snapshot set aside as .damaged: ") + error.what());
      set_aside(file.path);
    }
  }
  if (plan.genesis == nullptr || plan.log.first() > 1) {
    throw StorageError(
        StorageErrorKind::kCorrupt, plan.snapshots,
        "holds no sound snapshot, and the block log starts with block " + std::to_string(plan.log.first()),
        "Restore a snapshot from a backup, or remove the data directory and rebuild from L1");
  }
  RestoredState out = from_genesis(*plan.genesis);
  out.snapshot_ms = ms_since(start);
  return out;
}

}  // namespace

RestoredState restore_state(const RestorePlan& plan, u64 target) {
  RestoredState out = load_base(plan, target);
  const auto start = Clock::now();
  for (u64 number = out.snapshot_number + 1; number <= target; ++number) {
    const auto diff = decode_diff(payload_of(plan.log, number));
    if (!diff.ok()) throw malformed(number, diff.error());
    out.state->apply(number, diff.value());
    out.state->prune(plan.config.view_window_blocks, plan.config.undo_bytes_max, number);
    ++out.blocks_replayed;
  }
  out.replay_ms = ms_since(start);
  return out;
}

bool can_restore(const RestorePlan& plan, u64 target) {
  return !candidates(plan, target).empty();
}

BlockPtr read_block(const BlockLog& log, u64 number) {
  const auto payload = log.read(number);
  if (!payload) return nullptr;
  auto block = decode_block(*payload);
  if (!block.ok()) throw malformed(number, block.error());
  return std::make_shared<const Block>(std::move(block).value());
}

}  // namespace atlas::storage
