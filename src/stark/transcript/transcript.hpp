#pragma once
// The Fiat-Shamir transcript: every message between prover and verifier is absorbed under its label and type, every
// challenge is drawn under its label.
//
// Absorbing appends to a frame, in 32-bit words: label | type << 16, number of words, the words. Drawing appends
// label | kDraw << 16 and the number of elements wanted, and replaces the state: state = BLAKE3(state ‖ frame). The
// output words are those of the compression of an empty block with the state as chaining value, kSqueezeFlag, and
// counters 0, 1, 2, … A field element is a word's low 31 bits, words at or above p skipped; so challenges are uniform.
#include <stark/config.hpp>
#include <stark/merkle/merkle.hpp>

namespace atlas::stark {

/// What a word or a challenge is for. Values are part of the protocol: never renumber, add at the end.
enum class Label : u16 {
  kProtocol = 1,
  kKey,
  kPublicValues,
  kHeights,
  kFixedRoot,
  kBoundaryRoot,
  kMainRoot,
  kBoundaryChallenge,
  kLocalGrinding,
  kLocalChallenge,
  kBusRoots,
  kBusBatching,
  kBusRound,
  kBusLayer,
  kBusPoint,
  kConstraintBatching,
  kConstraintSkip,
  kConstraintRound,
  kColumnClaims,
  kClaimBatching,
  kStackRound,
  kStackValues,
  kColumnBatching,
  kFoldRoot,
  kFoldRound,
  kFinalPolynomial,
  kQueryGrinding,
  kQueries,
  kBoundaryGrinding,
  kSegmentCount,
  kBoundaryTree,
};

class Transcript {
 public:
  /// `protocol` names protocol and version; two transcripts that differ in it have nothing in common.
  explicit Transcript(std::string_view protocol);

  void absorb(Label label, std::span<const u32> words);
  void absorb(Label label, std::span<const Ext> values);
  void absorb(Label label, const Ext& value) { absorb(label, std::span(&value, 1)); }
  void absorb(Label label, std::span<const Digest> digests);
  void absorb(Label label, u64 value);

  Ext draw(Label label);
  void draw(Label label, std::span<Ext> out);
  /// Uniform numbers below 2^bits, bits ≤ 32.
  void draw_indices(Label label, unsigned bits, std::span<u32> out);

  /// What a proof of work is over: the state after everything absorbed so far.
  Digest grinding_state(Label label);
  /// Is `nonce` a proof of `bits` bits (≤ 32) of work over `state`?
  static bool is_proof_of_work(const Digest& state, u64 nonce, unsigned bits);
  /// Checks and absorbs a nonce, in the place where the prover sought it. With 0 bits only the nonce 0 is good.
  bool check_grinding(Label label, u64 nonce, unsigned bits);

 private:
  enum class Type : u16 { kWords = 1, kExtension, kDigest, kInteger, kDraw, kIndices, kGrinding };
  void head(Label label, Type type, std::size_t words);
  void words(std::span<const u32> words);
  void squeeze_start(Label label, Type type, std::size_t count);
  u32 next_word();

  Bytes frame_;
  Digest state_;
  u32 output_[8];
  unsigned output_used_ = 8;
  u64 output_counter_ = 0;
};

inline constexpr u32 kSqueezeFlag = 1u << 9;
inline constexpr u32 kGrindFlag = 1u << 10;

}  // namespace atlas::stark
