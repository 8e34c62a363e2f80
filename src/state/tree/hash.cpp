#include <crypto/blake3.hpp>
#include <state/tree/hash.hpp>

namespace atlas::tree {
namespace {

// BLAKE3 of at most one block.
Digest hash_block(const u32 block[16], u32 length) {
  Digest out;
  crypto::blake3_compress(crypto::kBlake3Iv, block, 0, length,
                          crypto::kBlake3ChunkStart | crypto::kBlake3ChunkEnd | crypto::kBlake3Root, out.word);
  return out;
}

// domain ‖ address, shifted by whole words: the address is one byte off them, and a byte costs the guest as much as a
// word.
constexpr unsigned kAddressWords = 6;
void put_address(u32* block, Domain domain, const Address& address) {
  u32 a[Address::size() / sizeof(u32)];
  std::memcpy(a, address.data(), sizeof a);
  block[0] = static_cast<u32>(domain) | a[0] << 8;
  for (unsigned i = 1; i < 5; ++i) block[i] = a[i - 1] >> 24 | a[i] << 8;
  block[5] = a[4] >> 24;
}

}  // namespace

Digest leaf_hash(const Digest& key, const Digest& value, u64 index) {
  u32 block[16];
  std::memcpy(block, key.word, sizeof key.word);
  std::memcpy(block + 8, value.word, sizeof value.word);
  Digest out;
  crypto::blake3_compress(crypto::kBlake3Iv, block, index, crypto::kBlake3BlockSize, kLeafFlag, out.word);
  return out;
}

void node_hash(const u32 children[16], u32 out[8]) {
  crypto::blake3_compress(crypto::kBlake3Iv, children, 0, crypto::kBlake3BlockSize, kNodeFlag, out);
}

Digest node_hash(const Digest& left, const Digest& right) {
  u32 children[16];
  std::memcpy(children, left.word, sizeof left.word);
  std::memcpy(children + 8, right.word, sizeof right.word);
  Digest out;
  node_hash(children, out.word);
  return out;
}

Digest address_key(Domain domain, const Address& address) {
  u32 block[16];
  put_address(block, domain, address);
  std::fill(block + kAddressWords, block + 16, 0U);
  return hash_block(block, 1 + Address::size());
}

Digest storage_key(const Address& address, const u256& slot) {
  u32 block[16];
  put_address(block, Domain::kStorage, address);
  const Digest words = storage_value(slot);
  u32* at = block + kAddressWords - 1;
  *at |= words.word[0] << 8;
  for (unsigned i = 1; i < 8; ++i) at[i] = words.word[i - 1] >> 24 | words.word[i] << 8;
  at[8] = words.word[7] >> 24;
  std::fill(at + 9, block + 16, 0U);
  return hash_block(block, 1 + Address::size() + 32);
}

Digest code_commitment(ByteView code) {
  return code.empty() ? Digest{} : Digest::from(crypto::blake3(code));
}

}  // namespace atlas::tree
