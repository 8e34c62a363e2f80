#pragma once
// A proof is a sequence of 32-bit words. Prover and verifier walk it in the same order, and what is not a Merkle
// opening is absorbed as it passes: neither side can forget to.
#include <stark/transcript/transcript.hpp>

namespace atlas::stark {

class ProverChannel {
 public:
  explicit ProverChannel(Transcript transcript) : transcript_(std::move(transcript)) {}

  Transcript& transcript() { return transcript_; }
  void send(Label label, std::span<const Ext> values) {
    transcript_.absorb(label, values);
    for (const Ext& value : values) open(value);
  }
  void send(Label label, const Ext& value) { send(label, std::span(&value, 1)); }
  void send(Label label, const MerkleCap& cap) {
    transcript_.absorb(label, std::span<const Digest>(cap));
    for (const Digest& digest : cap) open(digest);
  }
  void send(Label label, std::span<const u32> words) {
    transcript_.absorb(label, words);
    open(words);
  }
  /// A nonce that was found over transcript().grinding_state(label).
  void send_nonce(Label label, u64 nonce) {
    transcript_.absorb(label, nonce);
    open_word(static_cast<u32>(nonce));
    open_word(static_cast<u32>(nonce >> 32));
  }
  // Openings: bound by a root that was absorbed, so not absorbed themselves.
  void open(std::span<const u32> words) { words_.insert(words_.end(), words.begin(), words.end()); }
  void open(const Ext& value) {
    for (const BabyBear& c : value.c) words_.push_back(c.raw);
  }
  void open(const Digest& digest) { open(std::span<const u32>(digest.word)); }
  void open_word(u32 word) { words_.push_back(word); }

  std::vector<u32> take() { return std::move(words_); }

 private:
  Transcript transcript_;
  std::vector<u32> words_;
};

/// Every function says whether the words were there and canonical; after a failure nothing more is read.
class VerifierChannel {
 public:
  VerifierChannel(Transcript transcript, std::span<const u32> words)
      : transcript_(std::move(transcript)), words_(words) {}

  Transcript& transcript() { return transcript_; }
  [[nodiscard]] bool receive(Label label, std::span<Ext> out) {
    for (Ext& value : out) {
      if (!open(value)) return false;
    }
    transcript_.absorb(label, std::span<const Ext>(out));
    return true;
  }
  [[nodiscard]] bool receive(Label label, Ext& out) { return receive(label, std::span(&out, 1)); }
  [[nodiscard]] bool receive(Label label, std::size_t count, MerkleCap& out) {
    if (remaining() < 8 * count) return false;
    out.resize(count);
    for (Digest& digest : out) {
      if (!open(digest)) return false;
    }
    transcript_.absorb(label, std::span<const Digest>(out));
    return true;
  }
  [[nodiscard]] bool receive(Label label, std::size_t count, std::span<const u32>& out) {
    if (!open(count, out)) return false;
    transcript_.absorb(label, out);
    return true;
  }
  [[nodiscard]] bool receive_work(Label label, unsigned bits) {
    std::span<const u32> halves;
    if (!open(2, halves)) return false;
    return transcript_.check_grinding(label, halves[0] | u64{halves[1]} << 32, bits);
  }
  [[nodiscard]] bool open(std::size_t count, std::span<const u32>& out) {
    if (remaining() < count) return false;
    out = words_.subspan(at_, count);
    at_ += count;
    return true;
  }
  /// Words that are field elements: all below p.
  [[nodiscard]] bool open_elements(std::size_t count, std::span<const u32>& out) {
    if (!open(count, out)) return false;
    for (const u32 word : out) {
      if (word >= BabyBear::kModulus) return false;
    }
    return true;
  }
  [[nodiscard]] bool open(Ext& out) {
    std::span<const u32> words;
    if (!open_elements(kExtensionDegree, words)) return false;
    for (unsigned i = 0; i < kExtensionDegree; ++i) out.c[i] = BabyBear::from_raw(words[i]);
    return true;
  }
  [[nodiscard]] bool open(Digest& out) {
    std::span<const u32> words;
    if (!open(8, words)) return false;
    std::memcpy(out.word, words.data(), sizeof out.word);
    return true;
  }
  std::size_t remaining() const { return words_.size() - at_; }

 private:
  Transcript transcript_;
  std::span<const u32> words_;
  std::size_t at_ = 0;
};

}  // namespace atlas::stark
