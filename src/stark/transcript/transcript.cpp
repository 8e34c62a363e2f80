#include <crypto/blake3.hpp>
#include <stark/transcript/transcript.hpp>

namespace atlas::stark {
namespace {

u32 mask_of(unsigned bits) {
  ENSURE(bits <= 32, "at most 32 bits");
  return bits == 32 ? ~u32{0} : (u32{1} << bits) - 1;
}

}  // namespace

Transcript::Transcript(std::string_view protocol) {
  const Hash256 hash = crypto::blake3(as_bytes(protocol));
  std::memcpy(state_.word, hash.data(), sizeof state_.word);
}

void Transcript::head(Label label, Type type, std::size_t count) {
  const u32 head[2] = {static_cast<u32>(label) | static_cast<u32>(type) << 16, static_cast<u32>(count)};
  words(head);
}

void Transcript::words(std::span<const u32> more) {
  append(frame_, ByteView(reinterpret_cast<const u8*>(more.data()), more.size_bytes()));
}

void Transcript::absorb(Label label, std::span<const u32> more) {
  head(label, Type::kWords, more.size());
  words(more);
}

void Transcript::absorb(Label label, std::span<const Ext> values) {
  head(label, Type::kExtension, values.size() * kExtensionDegree);
  for (const Ext& value : values) {
    u32 raw[kExtensionDegree];
    for (unsigned i = 0; i < kExtensionDegree; ++i) raw[i] = value.c[i].raw;
    words(raw);
  }
}

void Transcript::absorb(Label label, std::span<const Digest> digests) {
  head(label, Type::kDigest, digests.size() * 8);
  for (const Digest& digest : digests) words(digest.word);
}

void Transcript::absorb(Label label, u64 value) {
  head(label, Type::kInteger, 2);
  const u32 halves[2] = {static_cast<u32>(value), static_cast<u32>(value >> 32)};
  words(halves);
}

void Transcript::squeeze_start(Label label, Type type, std::size_t count) {
  head(label, type, count);
  Bytes input(reinterpret_cast<const u8*>(state_.word), reinterpret_cast<const u8*>(state_.word + 8));
  append(input, frame_);
  frame_.clear();
  const Hash256 hash = crypto::blake3(input);
  std::memcpy(state_.word, hash.data(), sizeof state_.word);
  output_counter_ = 0;
  output_used_ = 8;
}

u32 Transcript::next_word() {
  if (output_used_ == 8) {
    constexpr u32 kEmpty[16] = {};
    crypto::blake3_compress(state_.word, kEmpty, output_counter_++, crypto::kBlake3BlockSize, kSqueezeFlag, output_);
    output_used_ = 0;
  }
  return output_[output_used_++];
}

void Transcript::draw(Label label, std::span<Ext> out) {
  squeeze_start(label, Type::kDraw, out.size());
  for (Ext& value : out) {
    for (BabyBear& c : value.c) {
      u32 word;
      do word = next_word() & mask_of(31);
      while (word >= BabyBear::kModulus);
      c = BabyBear::from_raw(word);
    }
  }
}

Ext Transcript::draw(Label label) {
  Ext out;
  draw(label, std::span(&out, 1));
  return out;
}

void Transcript::draw_indices(Label label, unsigned bits, std::span<u32> out) {
  squeeze_start(label, Type::kIndices, out.size());
  for (u32& index : out) index = next_word() & mask_of(bits);
}

Digest Transcript::grinding_state(Label label) {
  squeeze_start(label, Type::kGrinding, 0);
  return state_;
}

bool Transcript::is_proof_of_work(const Digest& state, u64 nonce, unsigned bits) {
  const u32 block[16] = {static_cast<u32>(nonce), static_cast<u32>(nonce >> 32)};
  u32 out[8];
  crypto::blake3_compress(state.word, block, 0, crypto::kBlake3BlockSize, kGrindFlag, out);
  return (out[0] & mask_of(bits)) == 0;
}

bool Transcript::check_grinding(Label label, u64 nonce, unsigned bits) {
  const Digest state = grinding_state(label);
  absorb(label, nonce);
  return bits == 0 ? nonce == 0 : is_proof_of_work(state, nonce, bits);
}

}  // namespace atlas::stark
