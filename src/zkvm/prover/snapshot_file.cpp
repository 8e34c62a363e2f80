#include <algorithm>
#include <ranges>

#include <zkvm/prover/snapshot_file.hpp>

namespace atlas::zkvm {
namespace {

using Page = Snapshot::Page;
constexpr u32 kMagic = 0x4e535441;  // "ATSN"
constexpr u32 kVersion = 2;
constexpr std::size_t kStateWords = 1 + 2 + 32 + 2 + 1 + 8;
constexpr std::size_t kHeadWords = 2 + kDigestWords + 1 + kStateWords + 32;

/// The snapshot that file `number` adds to.
u32 base_of(u32 number) {
  return number & (number - 1);
}

/// Words that segments after `base` touched, as runs.
void append_runs(const Snapshot& snapshot, u32 base, std::vector<u32>& words) {
  std::size_t count_at = 0;
  u32 next = 0;  // the word that would go on with the run at count_at
  for (const auto& [number, page] : snapshot.page_map()) {
    if (page->newest <= base) continue;
    for (u32 k = 0; k < Snapshot::kPageWords; ++k) {
      if (page->segment[k] <= base) continue;
      const u32 index = number * Snapshot::kPageWords + k;
      if (count_at == 0 || index != next) {
        count_at = words.size() + 1;
        words.insert(words.end(), {index, 0});
      }
      words.insert(words.end(), {page->value[k], page->segment[k]});
      ++words[count_at];
      next = index + 1;
    }
  }
}

/// What a file adds to the pages of its base. False if it cannot be.
bool apply_runs(std::span<const u32> runs, u32 base, u32 number, u32 memory_words,
                std::map<u32, std::shared_ptr<Page>>& pages) {
  while (!runs.empty()) {
    if (runs.size() < 2) return false;
    const u32 first = runs[0], count = runs[1];
    runs = runs.subspan(2);
    if (count > runs.size() / 2 || first > memory_words || count > memory_words - first) return false;
    std::shared_ptr<Page>* page = nullptr;
    for (u32 k = 0; k < count; ++k) {
      const u32 index = first + k, at = index % Snapshot::kPageWords, segment = runs[2 * k + 1];
      if (segment <= base || segment > number) return false;
      if (page == nullptr || at == 0) page = &pages[index / Snapshot::kPageWords];
      if (*page == nullptr) *page = std::make_shared<Page>();
      (*page)->value[at] = runs[2 * k];
      (*page)->segment[at] = segment;
      (*page)->newest = number;
    }
    runs = runs.subspan(std::size_t{2} * count);
  }
  return true;
}

}  // namespace

std::filesystem::path snapshot_path(const std::filesystem::path& folder, u32 number) {
  return folder / ("snapshot-" + std::to_string(number));
}

void write_snapshot(const std::filesystem::path& folder, u32 number, const Hash256& input, const Snapshot& snapshot) {
  if (number == 0) return;
  std::vector<u32> words = {kMagic, kVersion};
  const auto put = [&words](const auto& range) { words.insert(words.end(), std::begin(range), std::end(range)); };
  const auto put64 = [&words](u64 v) { words.insert(words.end(), {static_cast<u32>(v), static_cast<u32>(v >> 32)}); };
  const State& state = snapshot.state();
  put(words_of(input));
  words.push_back(number);
  words.push_back(state.pc);
  put64(state.cycle);
  put(state.x);
  put64(state.hint_position);
  words.push_back(state.committed);
  put(state.output);
  put(snapshot.register_segments());
  append_runs(snapshot, base_of(number), words);
  write_words(snapshot_path(folder, number), words);
}

Snapshot read_snapshot(const std::filesystem::path& folder, u32 number, const Hash256& input, u32 memory_words,
                       u64 hint_words) {
  std::vector<u32> files;
  for (u32 n = number; n != 0; n = base_of(n)) files.push_back(n);
  State state;
  std::array<u32, 32> register_segments{};
  std::map<u32, std::shared_ptr<Page>> pages;
  for (const u32 file : std::views::reverse(files)) {
    const std::filesystem::path path = snapshot_path(folder, file);
    const auto fail = [&path](const char* what) {
      throw JobError(path.string() + " " + what + "; remove the folder, and the execution begins anew");
    };
    const auto words = read_words(path, kMagic, kHeadWords);
    if (!words) fail("is missing");
    if ((*words)[1] != kVersion) fail("is no snapshot of this version");
    const u32* at = words->data() + 2;
    if (!std::equal(at, at + kDigestWords, words_of(input).begin()) || at[kDigestWords] != file) {
      fail("belongs to another execution");
    }
    at += kDigestWords + 1;
    const auto next = [&at] { return *at++; };
    const auto next64 = [&next] {
      const u64 low = next();
      return low | u64{next()} << 32;
    };
    state.pc = next();
    state.cycle = next64();
    for (u32& x : state.x) x = next();
    state.hint_position = next64();
    state.committed = next() != 0;
    for (u32& word : state.output) word = next();
    for (u32& segment : register_segments) segment = next();
    if (state.x[0] != 0 || state.hint_position > hint_words || state.cycle >> 62 != 0 ||
        !apply_runs(std::span(*words).subspan(kHeadWords), base_of(file), file, memory_words, pages)) {
      fail("is damaged");
    }
  }
  return Snapshot(state, number, register_segments, Snapshot::Pages(pages.begin(), pages.end()));
}

}  // namespace atlas::zkvm
