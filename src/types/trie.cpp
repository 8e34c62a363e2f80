#include <crypto/keccak.hpp>
#include <types/rlp.hpp>
#include <types/trie.hpp>

namespace atlas {
namespace {

constexpr std::size_t kMaxKeyBytes = 64;
constexpr u8 kLeafFlag = 2;  // hex prefix of a node that ends a path; bit 0 says that the path is odd

unsigned nibble(ByteView key, std::size_t index) {
  const u8 byte = key[index / 2];
  return index % 2 == 0 ? byte >> 4 : byte & 15;
}

// A node as its parent holds it: the encoding itself if below 32 bytes, else its hash as an RLP string.
struct NodeRef {
  u8 size = 0;
  u8 bytes[33];

  ByteView view() const { return {bytes, size}; }
  static NodeRef of(ByteView node) {
    NodeRef ref;
    if (node.size() < Hash256::size()) {
      std::copy(node.begin(), node.end(), ref.bytes);
      ref.size = static_cast<u8>(node.size());
    } else {
      const Hash256 hash = crypto::keccak256(node);
      ref.bytes[0] = 0x80 + Hash256::size();
      std::copy(hash.begin(), hash.end(), ref.bytes + 1);
      ref.size = sizeof ref.bytes;
    }
    return ref;
  }
};

// Compact ("hex prefix") encoding of nibbles [from, to) of a key.
struct HexPrefix {
  std::size_t size = 0;
  u8 bytes[1 + kMaxKeyBytes];

  HexPrefix(ByteView key, std::size_t from, std::size_t to, bool leaf) {
    const bool odd = (to - from) % 2 != 0;
    const unsigned flag = (leaf ? kLeafFlag : 0u) + (odd ? 1u : 0u);
    bytes[size++] = static_cast<u8>(flag << 4 | (odd ? nibble(key, from++) : 0u));
    for (; from < to; from += 2) bytes[size++] = static_cast<u8>(nibble(key, from) << 4 | nibble(key, from + 1));
  }
  ByteView view() const { return {bytes, size}; }
};

class Builder {
 public:
  // Encodes the node over `entries`, which agree on the nibbles before `depth`. Recursion is at most two levels a
  // nibble, so bounded by the key length. The view is into scratch_, in place until the next call.
  ByteView node(std::span<const TrieEntry> entries, std::size_t depth) {
    const TrieEntry& first = entries.front();
    const std::size_t first_length = first.key.size() * 2;
    if (entries.size() == 1) {
      const HexPrefix path(first.key, depth, first_length, true);
      return write([&](auto& out) {
        out.string(path.view());
        out.string(first.value);
      });
    }
    // Sorted, so what first and last share all share.
    const TrieEntry& last = entries.back();
    std::size_t common = depth;
    while (common < first_length && nibble(first.key, common) == nibble(last.key, common)) ++common;
    if (common > depth) {
      const NodeRef child = NodeRef::of(branch(entries, common));
      const HexPrefix path(first.key, depth, common, false);
      return write([&](auto& out) {
        out.string(path.view());
        out.raw(child.view());
      });
    }
    return branch(entries, depth);
  }

 private:
  ByteView branch(std::span<const TrieEntry> entries, std::size_t depth) {
    ByteView value;
    if (entries.front().key.size() * 2 == depth) {
      value = entries.front().value;
      entries = entries.subspan(1);
    }
    NodeRef children[16];
    while (!entries.empty()) {
      const unsigned index = nibble(entries.front().key, depth);
      const auto end = std::partition_point(entries.begin(), entries.end(),
                                            [&](const TrieEntry& entry) { return nibble(entry.key, depth) == index; });
      const auto count = static_cast<std::size_t>(end - entries.begin());
      children[index] = NodeRef::of(node(entries.first(count), depth + 1));
      entries = entries.subspan(count);
    }
    return write([&](auto& out) {
      for (const NodeRef& child : children) child.size != 0 ? out.raw(child.view()) : out.string({});
      out.string(value);
    });
  }

  template <class Fields>
  ByteView write(Fields&& fields) {
    rlp::Sizer sizer;
    sizer.list(fields);
    if (scratch_.size() < sizer.size()) scratch_.resize(sizer.size());
    rlp::Writer writer(scratch_.data());
    writer.list(fields);
    return {scratch_.data(), sizer.size()};
  }

  Bytes scratch_;
};

}  // namespace

Hash256 trie_root(std::span<const TrieEntry> entries) {
  if (entries.empty()) return kEmptyTrieRoot;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    ENSURE(entries[i].key.size() <= kMaxKeyBytes && !entries[i].value.empty(), "trie entry out of bounds");
    ENSURE(i == 0 || std::lexicographical_compare(entries[i - 1].key.begin(), entries[i - 1].key.end(),
                                                  entries[i].key.begin(), entries[i].key.end()),
           "trie entries must be in ascending order of their keys");
  }
  Builder builder;
  return crypto::keccak256(builder.node(entries, 0));
}

}  // namespace atlas
