// Multiproofs: parsing and update are total over any words, and what they accept is bound to the root. The input's
// first byte chooses between raw words and a true proof with a few words changed, so that the fuzzer gets past the
// root.
#include <cstdlib>
#include <random>

#include <state/tree/reference_tree.hpp>

using namespace atlas;
using namespace atlas::tree;

namespace {

struct World {
  tree::test::ReferenceTree tree;
  std::vector<Digest> keys;
  std::vector<u32> proof;
  TreeState state;
};

const World& world() {
  static const World kWorld = [] {
    World w;
    std::mt19937_64 random(1);
    std::map<Digest, Digest> values;
    for (unsigned i = 0; i < 24; ++i) {
      Digest key;
      for (u32& word : key.word) word = static_cast<u32>(random());
      if (i % 3 == 0) key.word[0] = 0;
      if (i % 2 == 0) values[key] = Digest{{i + 1}};
      if (i % 4 != 0) w.keys.push_back(key);
    }
    w.tree.apply(values);
    std::sort(w.keys.begin(), w.keys.end());
    w.proof = w.tree.prove(w.keys);
    w.state = w.tree.state();
    return w;
  }();
  return kWorld;
}

void run(std::span<const u32> words, bool is_true) {
  auto proof = parse_multiproof(words);
  if (!proof) return;
  bool changed = false;
  for (TouchedLeaf& leaf : proof->leaves) {
    leaf.touched = true;
    if (leaf.key.word[7] & 1) leaf.after.word[0] ^= 1;
    changed |= leaf.after != leaf.before;
  }
  const auto after = update(proof->leaves, proof->paths, world().state);
  if (!after) {
    if (is_true) std::abort();
    return;
  }
  // Whatever was accepted is what the tree holds.
  for (const TouchedLeaf& leaf : proof->leaves) {
    const auto it = world().tree.leaves.find(leaf.key);
    const bool present = it != world().tree.leaves.end();
    if (present != (leaf.index != 0)) std::abort();
    if (present && (it->second.value != leaf.before || it->second.index != leaf.index)) std::abort();
  }
  if (changed == (after->root == world().state.root)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8* data, std::size_t size) {
  if (size == 0) return 0;
  const bool edits = (data[0] & 1) != 0;
  ++data, --size;
  std::vector<u32> words;
  if (!edits) {
    words.resize(size / 4);
    if (!words.empty()) std::memcpy(words.data(), data, words.size() * 4);
    run(words, false);
    return 0;
  }
  // Edits of 7 bytes: position u16, what (replace, insert, remove), word.
  words = world().proof;
  for (; size >= 7; data += 7, size -= 7) {
    u32 word;
    std::memcpy(&word, data + 3, 4);
    const std::size_t at = static_cast<std::size_t>(data[0] | data[1] << 8) % (words.size() + 1);
    const auto place = words.begin() + static_cast<std::ptrdiff_t>(at);
    if (data[2] % 3 == 0 && at < words.size()) {
      *place = word;
    } else if (data[2] % 3 == 1 && words.size() < 100'000) {
      words.insert(place, word);
    } else if (at < words.size()) {
      words.erase(place);
    }
  }
  run(words, words == world().proof);
  return 0;
}
