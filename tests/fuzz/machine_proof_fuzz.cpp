// The verifier of the machine's proofs: total on any bytes, no change of a good proof is good, and no more memory than
// a good proof takes. The input is a list of edits of a proof of all instructions, so that mutations reach every check;
// one that starts with 0xff is taken as the proof itself, one with 0xfe as a key file.
//
// Edit: kind, position u24, word u32. Kinds: 0 set, 1 xor, 2 insert, 3 delete, 4 truncate, 5 copy a word from
// elsewhere, 6 set a word of the header, of public values or heights, 7 exchange an extension element with another,
// 8 put a segment in another's place, 9 repeat or drop a segment.
#include <atomic>
#include <cstdlib>
#include <new>

#include <zkvm/prover/all_chips.hpp>

using namespace atlas;
using namespace atlas::zkvm;

namespace {

/// Bytes asked of the heap since the program began; the good proof's share is the measure.
std::atomic<u64> asked = 0;

struct Good {
  Program program = test::all_chips_program();
  std::unique_ptr<ProgramProver> prover;
  std::vector<u32> words;
  std::vector<std::size_t> segments;  ///< where they begin, and the end
  u64 asked_by_good = 0;

  Good() {
    stark::Parameters parameters = test::small_parameters();
    parameters.queries = 2;  // less hashing an input
    parameters.local_grinding = parameters.boundary_grinding = parameters.query_grinding = 0;
    prover = std::make_unique<ProgramProver>(program, parameters);
    const auto proved = prover->prove(test::all_chips_hints());
    if (!proved.ok()) std::abort();
    words.resize(proved->bytes.size() / 4);
    std::memcpy(words.data(), proved->bytes.data(), proved->bytes.size());
    for (std::size_t at = kHeader; at < words.size();
         at += PublicValues::kWords + 1 + words[at + PublicValues::kWords]) {
      segments.push_back(at);
    }
    segments.push_back(words.size());
    const u64 before = asked;
    if (!verify_execution(prover->key(), proved->bytes).ok()) std::abort();
    asked_by_good = asked - before;
  }
  static constexpr std::size_t kHeader = 13;
};

const Good& good() {
  static const Good* kGood = new Good;
  return *kGood;
}

ByteView view(const std::vector<u32>& words) {
  return {reinterpret_cast<const u8*>(words.data()), words.size() * 4};
}

bool accepts(ByteView proof) {
  const u64 before = asked;
  const bool out = verify_execution(good().prover->key(), proof).ok();
  // The file's words are copied; all else has the key's sizes.
  if (asked - before > 2 * good().asked_by_good + 4 * proof.size()) std::abort();
  return out;
}

void edit(std::vector<u32>& words, const u8* data) {
  const u32 position = u32{data[1]} | u32{data[2]} << 8 | u32{data[3]} << 16;
  u32 word;
  std::memcpy(&word, data + 4, 4);
  const std::size_t at = position % (words.size() + 1);
  const auto place = words.begin() + static_cast<std::ptrdiff_t>(at);
  const std::vector<u32>& from = good().words;
  const std::vector<std::size_t>& segments = good().segments;
  const std::size_t count = segments.size() - 1, first = position % count, second = word % count;
  const auto segment = [&](std::size_t s) {
    return std::span(from).subspan(segments[s], segments[s + 1] - segments[s]);
  };
  switch (data[0] % 10) {
    case 0:
      if (at < words.size()) words[at] = word;
      break;
    case 1:
      if (at < words.size()) words[at] ^= word;
      break;
    case 2:
      words.insert(place, word);
      break;
    case 3:
      if (at < words.size()) words.erase(place);
      break;
    case 4:
      words.resize(at);
      break;
    case 5:
      if (at < words.size()) words[at] = words[word % words.size()];
      break;
    case 6: {
      const std::size_t head = PublicValues::kWords + 1 + kChips, field = position / count % (Good::kHeader + head);
      const std::size_t target = field < Good::kHeader ? field : segments[first] + field - Good::kHeader;
      if (target < words.size()) words[target] = word;
      break;
    }
    case 7:
      if (words.size() >= 10) {
        const std::size_t a = position % (words.size() - 4), b = word % (words.size() - 4);
        if (a + 5 > b && b + 5 > a) break;
        for (std::size_t i = 0; i < 5; ++i) std::swap(words[a + i], words[b + i]);
      }
      break;
    case 8:
      if (words.size() == from.size()) {
        words.resize(segments[0]);
        for (std::size_t s = 0; s < count; ++s) {
          const auto part = segment(s == first ? second : s == second ? first : s);
          words.insert(words.end(), part.begin(), part.end());
        }
      }
      break;
    case 9:
      if (words.size() == from.size()) {
        words[10] = static_cast<u32>(count) + (word >> 16 & 1) * 2 - 1;
        words.resize(segments[0]);
        for (std::size_t s = 0; s < count; ++s) {
          const u32 times = s != first ? 1 : (word >> 16 & 1) * 2;
          for (u32 k = 0; k < times; ++k) words.insert(words.end(), segment(s).begin(), segment(s).end());
        }
      }
      break;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8* data, std::size_t size) {
  if (size > 0 && data[0] == 0xff) {
    (void)accepts(ByteView(data + 1, size - 1));
    return 0;
  }
  if (size > 0 && data[0] == 0xfe) {
    const ByteView file(data + 1, size - 1);
    const auto key = ProgramKey::from_bytes(file);
    if (key.ok() && Bytes(file.begin(), file.end()) != (*key)->to_bytes()) std::abort();
    return 0;
  }
  std::vector<u32> words = good().words;
  for (; size >= 8 && words.size() < 4 * good().words.size(); data += 8, size -= 8) edit(words, data);
  if (accepts(view(words)) != (words == good().words)) std::abort();
  return 0;
}

// Counts what the heap is asked for; the sanitizer sees the memory through malloc.
void* operator new(std::size_t size) {
  asked.fetch_add(size, std::memory_order_relaxed);
  void* const out = std::malloc(size);
  if (out == nullptr) std::abort();
  return out;
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return operator new(size);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return operator new(size);
}
void* operator new[](std::size_t size) {
  return operator new(size);
}
void operator delete(void* p) noexcept {
  std::free(p);
}
void operator delete[](void* p) noexcept {
  std::free(p);
}
void operator delete(void* p, std::size_t) noexcept {
  std::free(p);
}
void operator delete[](void* p, std::size_t) noexcept {
  std::free(p);
}
