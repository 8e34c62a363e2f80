#include <algorithm>
#include <fstream>

#include <crypto/blake3.hpp>
#include <zkvm/prover/proof_file.hpp>
#include <zkvm/prover/snapshot_file.hpp>

namespace atlas::zkvm {
namespace {

using Page = Snapshot::Page;
constexpr u32 kMagic = 0x4e535441;  // "ATSN"
constexpr u32 kVersion = 1;
constexpr u64 kHeadWords = 4, kPlaceWords = 5;
constexpr u64 kPageBytes = sizeof(Page);
constexpr u64 kStateWords = 1 + 2 + 32 + 2 + 1 + 8;
constexpr u64 kFixedTail = kDigestWords + 1 + kStateWords + 32 + 1;
static_assert(sizeof(Page) == 2 * Snapshot::kPageWords * sizeof(u32));

std::array<u32, 2> check_of(const Page& page) {
  const auto words = words_of(crypto::blake3(ByteView(reinterpret_cast<const u8*>(&page), sizeof page)));
  return {words[0], words[1]};
}

ByteView bytes_of(std::span<const u32> words) {
  return {reinterpret_cast<const u8*>(words.data()), words.size() * sizeof(u32)};
}

/// A file whose reading fails as a JobError.
class Input {
 public:
  explicit Input(const std::filesystem::path& path) : path_(path), in_(path, std::ios::binary | std::ios::ate) {
    if (!in_) fail("is missing or cannot be read");
    size_ = static_cast<u64>(in_.tellg());
  }
  u64 size() const { return size_; }
  void read(u64 offset, void* out, u64 bytes) {
    if (offset > size_ || bytes > size_ - offset) fail("is shorter than it should be");
    in_.seekg(static_cast<std::streamoff>(offset));
    in_.read(static_cast<char*>(out), static_cast<std::streamsize>(bytes));
    if (!in_) fail("cannot be read");
  }
  [[noreturn]] void fail(const std::string& what) const {
    throw JobError(path_.string() + " " + what + "; remove the folder, and the execution begins anew");
  }

 private:
  std::filesystem::path path_;
  std::ifstream in_;
  u64 size_ = 0;
};

}  // namespace

std::filesystem::path snapshot_path(const std::filesystem::path& folder, u32 number) {
  return folder / ("snapshot-" + std::to_string(number));
}

void SnapshotWriter::write(u32 number, const Snapshot& snapshot) {
  if (number == 0) return;
  std::vector<const Page*> fresh;
  for (const auto& [index, page] : snapshot.page_map()) {
    const auto old = before_.page_map().find(index);
    if (old != before_.page_map().end() && old->second == page) continue;
    places_[index] = {number, static_cast<u32>(fresh.size()), check_of(*page)};
    fresh.push_back(page.get());
  }
  before_ = snapshot;

  std::vector<u32> words = {kMagic, kVersion, static_cast<u32>(fresh.size()), 0};
  FileDraft draft(snapshot_path(folder_, number));
  draft.write(bytes_of(words));
  for (const Page* page : fresh) draft.write(ByteView(reinterpret_cast<const u8*>(page), sizeof(Page)));
  const auto put = [&words](const auto& range) { words.insert(words.end(), std::begin(range), std::end(range)); };
  const auto put64 = [&words](u64 v) {
    words.push_back(static_cast<u32>(v));
    words.push_back(static_cast<u32>(v >> 32));
  };
  const State& state = snapshot.state();
  put(words_of(input_));
  words.push_back(snapshot.segment());
  words.push_back(state.pc);
  put64(state.cycle);
  put(state.x);
  put64(state.hint_position);
  words.push_back(state.committed);
  put(state.output);
  put(snapshot.register_segments());
  words.push_back(static_cast<u32>(places_.size()));
  for (const auto& [index, place] : places_) {
    words.insert(words.end(), {index, place.file, place.position, place.check[0], place.check[1]});
  }
  put(words_of(hash_of(words)));
  draft.write(bytes_of(std::span<const u32>(words).subspan(kHeadWords)));
  draft.keep();
}

Snapshot read_snapshot(const std::filesystem::path& folder, u32 number, const Hash256& input, u32 memory_words,
                       u64 hint_words) {
  if (number == 0) return {};
  Input file(snapshot_path(folder, number));
  std::vector<u32> words(kHeadWords);
  file.read(0, words.data(), kHeadWords * sizeof(u32));
  const u64 tail = kHeadWords * sizeof(u32) + words[2] * kPageBytes;
  if (words[0] != kMagic || words[1] != kVersion || file.size() < tail || (file.size() - tail) % sizeof(u32) != 0) {
    file.fail("is no snapshot of this version");
  }
  const u64 tail_words = (file.size() - tail) / sizeof(u32);
  if (tail_words < kFixedTail + kDigestWords) file.fail("is shorter than it should be");
  words.resize(kHeadWords + tail_words);
  file.read(tail, &words[kHeadWords], tail_words * sizeof(u32));
  const auto body = std::span<const u32>(words).first(words.size() - kDigestWords);
  if (!std::ranges::equal(words_of(hash_of(body)), std::span(words).last(kDigestWords))) file.fail("is damaged");
  if (!std::ranges::equal(words_of(input), body.subspan(kHeadWords, kDigestWords)) ||
      body[kHeadWords + kDigestWords] != number) {
    file.fail("belongs to another execution");
  }

  const u32* at = &body[kHeadWords + kDigestWords + 1];
  const auto next = [&at] { return *at++; };
  const auto next64 = [&next] {
    const u64 low = next();
    return low | u64{next()} << 32;
  };
  State state;
  state.pc = next();
  state.cycle = next64();
  for (u32& x : state.x) x = next();
  state.hint_position = next64();
  state.committed = next() != 0;
  for (u32& word : state.output) word = next();
  std::array<u32, 32> register_segments;
  for (u32& segment : register_segments) segment = next();
  const u32 count = next();
  if (state.x[0] != 0 || state.hint_position > hint_words || state.cycle >> 62 != 0 ||
      tail_words != kFixedTail + count * kPlaceWords + kDigestWords) {
    file.fail("is damaged");
  }

  struct Entry {
    u32 index;
    PagePlace place;
  };
  std::vector<Entry> entries;
  for (u32 k = 0; k < count; ++k) {
    Entry entry{next(), {}};
    entry.place.file = next();
    entry.place.position = next();
    for (u32& word : entry.place.check) word = next();
    if (u64{entry.index} * Snapshot::kPageWords >= memory_words || entry.place.file == 0 || entry.place.file > number) {
      file.fail("is damaged");
    }
    entries.push_back(entry);
  }
  std::ranges::sort(entries, [](const Entry& a, const Entry& b) {
    return std::pair(a.place.file, a.place.position) < std::pair(b.place.file, b.place.position);
  });
  Snapshot::Pages pages;
  std::optional<Input> other;
  for (std::size_t k = 0; k < entries.size(); ++k) {
    const Entry& entry = entries[k];
    if (k == 0 || entry.place.file != entries[k - 1].place.file) other.emplace(snapshot_path(folder, entry.place.file));
    auto page = std::make_shared<Page>();
    other->read(kHeadWords * sizeof(u32) + entry.place.position * kPageBytes, page.get(), sizeof(Page));
    if (check_of(*page) != entry.place.check) other->fail("is damaged: a page has another checksum");
    pages[entry.index] = std::move(page);
  }
  return Snapshot(state, number, register_segments, std::move(pages));
}

}  // namespace atlas::zkvm
