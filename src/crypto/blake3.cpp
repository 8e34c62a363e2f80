#include <bit>

#include <crypto/blake3.hpp>
#include <platform/accel.hpp>

namespace atlas::crypto {
namespace {

#define ATLAS_INLINE inline __attribute__((always_inline))

ATLAS_INLINE void mix(u32& a, u32& b, u32& c, u32& d, u32 x, u32 y) {
  a += b + x;
  d = std::rotr(d ^ a, 16);
  c += d;
  b = std::rotr(b ^ c, 12);
  a += b + y;
  d = std::rotr(d ^ a, 8);
  c += d;
  b = std::rotr(b ^ c, 7);
}

template <unsigned kRound>
ATLAS_INLINE void round(u32 (&v)[16], const u32 (&m)[16]) {
  constexpr const u8* s = kBlake3Schedule.word[kRound];
  mix(v[0], v[4], v[8], v[12], m[s[0]], m[s[1]]);
  mix(v[1], v[5], v[9], v[13], m[s[2]], m[s[3]]);
  mix(v[2], v[6], v[10], v[14], m[s[4]], m[s[5]]);
  mix(v[3], v[7], v[11], v[15], m[s[6]], m[s[7]]);
  mix(v[0], v[5], v[10], v[15], m[s[8]], m[s[9]]);
  mix(v[1], v[6], v[11], v[12], m[s[10]], m[s[11]]);
  mix(v[2], v[7], v[8], v[13], m[s[12]], m[s[13]]);
  mix(v[3], v[4], v[9], v[14], m[s[14]], m[s[15]]);
}

struct ChainingValue {
  u32 word[8];
};

// Everything of a node but its root flag: the last node of the tree is finished by the caller, as root or not.
struct Node {
  ChainingValue input;
  u32 block[16];
  u64 counter;
  u32 block_length;
  u32 flags;

  ChainingValue output(u32 more_flags = 0) const {
    ChainingValue out;
    blake3_compress(input.word, block, counter, block_length, flags | more_flags, out.word);
    return out;
  }
};

ChainingValue iv() {
  ChainingValue v;
  std::copy(std::begin(kBlake3Iv), std::end(kBlake3Iv), v.word);
  return v;
}

// A chunk of 0 to 1024 bytes.
Node chunk_node(ByteView chunk, u64 counter) {
  Node node{iv(), {}, counter, 0, kBlake3ChunkStart};
  while (chunk.size() > kBlake3BlockSize) {
    std::memcpy(node.block, chunk.data(), kBlake3BlockSize);
    node.block_length = kBlake3BlockSize;
    node.input = node.output();
    node.flags = 0;
    chunk = chunk.subspan(kBlake3BlockSize);
  }
  std::memset(node.block, 0, sizeof node.block);
  if (!chunk.empty()) std::memcpy(node.block, chunk.data(), chunk.size());
  node.block_length = static_cast<u32>(chunk.size());
  node.flags |= kBlake3ChunkEnd;
  return node;
}

Node parent_node(const ChainingValue& left, const ChainingValue& right) {
  Node node{iv(), {}, 0, kBlake3BlockSize, kBlake3Parent};
  std::copy(std::begin(left.word), std::end(left.word), node.block);
  std::copy(std::begin(right.word), std::end(right.word), node.block + 8);
  return node;
}

}  // namespace

void blake3_compress(const u32 chaining_value[8], const u32 block[16], u64 counter, u32 block_length, u32 flags,
                     u32 out[8]) {
  if (!platform::accel::blake3_compress(chaining_value, block, counter, block_length, flags, out)) {
    portable::blake3_compress(chaining_value, block, counter, block_length, flags, out);
  }
}

void portable::blake3_compress(const u32 chaining_value[8], const u32 block[16], u64 counter, u32 block_length,
                               u32 flags, u32 out[8]) {
  const u32* cv = chaining_value;
  u32 m[16];
  std::memcpy(m, block, sizeof m);
  u32 v[16] = {cv[0],
               cv[1],
               cv[2],
               cv[3],
               cv[4],
               cv[5],
               cv[6],
               cv[7],
               kBlake3Iv[0],
               kBlake3Iv[1],
               kBlake3Iv[2],
               kBlake3Iv[3],
               static_cast<u32>(counter),
               static_cast<u32>(counter >> 32),
               block_length,
               flags};
  round<0>(v, m);
  round<1>(v, m);
  round<2>(v, m);
  round<3>(v, m);
  round<4>(v, m);
  round<5>(v, m);
  round<6>(v, m);
  for (unsigned i = 0; i < 8; ++i) out[i] = v[i] ^ v[i + 8];
}

Hash256 blake3(ByteView input) {
  // Roots of complete subtrees, largest first: one for every set bit of the number of chunks read
  // (specification, 5.1.2).
  constexpr unsigned kMaxDepth = 54;
  ChainingValue stack[kMaxDepth];
  unsigned depth = 0;

  u64 chunk = 0;
  for (; input.size() > kBlake3ChunkSize; ++chunk, input = input.subspan(kBlake3ChunkSize)) {
    ChainingValue value = chunk_node(input.first(kBlake3ChunkSize), chunk).output();
    for (u64 total = chunk + 1; total % 2 == 0; total /= 2) value = parent_node(stack[--depth], value).output();
    stack[depth++] = value;
  }
  Node last = chunk_node(input, chunk);
  while (depth > 0) last = parent_node(stack[--depth], last.output());
  const ChainingValue root = last.output(kBlake3Root);
  return Hash256::from(ByteView(reinterpret_cast<const u8*>(root.word), sizeof root.word));
}

}  // namespace atlas::crypto
