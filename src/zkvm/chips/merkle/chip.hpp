#pragma once
#include <zkvm/chips/blake3/compression.hpp>
#include <zkvm/chips/ecall/primitive.hpp>

namespace atlas::zkvm::chips {

inline constexpr u32 kFunctionMerklePath = 18;

/// Where a digest stands on its way up: (call, kind, level, rest of the index's limb, the limb to come, flags), and the
/// digest in two halves: (name, 2·level + half, eight limbs). Kinds: 0 a path's, 1 an update's old one, 2 its new one,
/// so that only an update's own rows carry its digests. A digest's name is the call's time, plus one for a new one.
inline constexpr Tag kMerkleLevelTag{"merkle level", 26, 6, TagKind::kPermutation, Bus::kLocal};
inline constexpr Tag kMerkleDigestTag{"merkle digest", 27, 10, TagKind::kPermutation, Bus::kLocal};
/// The sibling that an update's old and new digest share: (call, 2·level + half, eight limbs).
inline constexpr Tag kMerkleSiblingTag{"merkle sibling", 28, 10, TagKind::kPermutation, Bus::kLocal};

/// One level of one digest: it becomes the compression of itself and a sibling, which is a witness and nothing else. An
/// update's two digests have a row each, of which the old one's hands its sibling to the new one's.
struct MerkleLevel : PlainChip {
  static constexpr const char* kName = "merkle level";
  static constexpr u32 kLimbBits = 16;
  template <class T>
  struct Row {
    T is_path, is_old, is_new;
    T call;  ///< its time
    T level;
    T bits;  ///< what is left of the index's limb
    T next;  ///< its high limb, while the low one is in use
    T flags;
    T bit;      ///< the digest is the right one
    T is_turn;  ///< the low limb's last level
    T inverse;  ///< of level − 15
    Limbs<T> digest[kDigestWords], sibling[kDigestWords];
    Compression<T> compression;
  };
  template <class Builder>
  static constexpr void eval(Builder& b) {
    using T = ExprOf<Builder>;
    const auto& row = b.template row<Row>();
    const T real = row.is_path + row.is_old + row.is_new;
    assert_boolean(b, row.is_path);
    assert_boolean(b, row.is_old);
    assert_boolean(b, row.is_new);
    assert_boolean(b, real);
    assert_boolean(b, row.bit);
    const T name = row.call + row.is_new, kind = row.is_old + row.is_new * 2;
    b.receive(kMerkleLevelTag, real, {row.call, kind, row.level, row.bits, row.next, row.flags});
    hand_digest(b, kMerkleDigestTag, false, real, name, row.level, row.digest);

    // Sixteen bits a limb at most, so a limb is the sum of its bits as an integer. Calls end with none left.
    constexpr u32 kHalf = (BabyBear::kModulus + 1) / 2;
    const T rest = (row.bits - row.bit) * kHalf;
    const T distance = row.level - real * (kLimbBits - 1);
    b.assert_zero(distance * row.is_turn);
    b.assert_zero(distance * row.inverse - real + row.is_turn);
    b.assert_zero(row.is_turn * rest);
    const T turned = row.is_turn * row.next;
    b.send(kMerkleLevelTag, real, {row.call, kind, row.level + 1, rest + turned, row.next - turned, row.flags});

    hand_digest(b, kMerkleSiblingTag, true, row.is_old, row.call, row.level, row.sibling);
    hand_digest(b, kMerkleSiblingTag, false, row.is_new, row.call, row.level, row.sibling);

    const T zero = b.constant(0);
    CompressionInput<T> input;
    for (unsigned i = 0; i < kDigestWords; ++i) {
      const Limbs<T>&d = row.digest[i], &s = row.sibling[i];
      const Limbs<T> swap{(s.lo - d.lo) * row.bit, (s.hi - d.hi) * row.bit};
      input.chaining_value[i] = {b.constant(kBlake3Iv[i] & 0xffff), b.constant(kBlake3Iv[i] >> 16)};
      input.message[i] = {d.lo + swap.lo, d.hi + swap.hi};
      input.message[kDigestWords + i] = {s.lo - swap.lo, s.hi - swap.hi};
    }
    input.counter = {zero, zero};
    input.length = b.constant(64);
    input.flags = row.flags;
    Limbs<T> output[kDigestWords];
    compress(b, real, CompressionName<T>{name, row.level}, input, row.compression, output);
    hand_digest(b, kMerkleDigestTag, true, real, name, row.level + 1, output);
  }
};

/// The call: a digest, or an old and a new one, at a0, index a1, levels a2, flags a3.
template <unsigned kDigests>
struct MerkleCall : PlainChip {
  static constexpr const char* kName = kDigests == 1 ? "merkle path" : "merkle update";
  template <class T>
  struct Row {
    T real;
    PrimitiveCall<T> call;
    MemoryWord<T> word[kDigests * kDigestWords];
    Limbs<T> root[kDigests * kDigestWords];
  };
  template <class Builder>
  static constexpr void eval(Builder& b) {
    using T = ExprOf<Builder>;
    const auto& row = b.template row<Row>();
    const T zero = b.constant(0);
    const auto& argument = row.call.argument;
    const Limbs<T>&index = argument[0], &flags = argument[2];
    const T &time = row.call.time, &levels = argument[1].lo;
    assert_boolean(b, row.real);
    receive_primitive(b, row.real, row.real * (kFunctionMerklePath + kDigests - 1), row.call);
    // levels − 1 and its double are below 64: 1 ≤ levels ≤ 32.
    b.assert_zero(argument[1].hi);
    b.send(kTicksTag, row.real, {levels - 1, levels * 2 - 2, zero});
    b.assert_zero(flags.hi);

    T high[kDigests * kDigestWords + 2];
    for (unsigned d = 0; d < kDigests; ++d) {
      Limbs<T> before[kDigestWords], after[kDigestWords];
      for (unsigned i = 0; i < kDigestWords; ++i) {
        const unsigned k = d * kDigestWords + i;
        const MemoryWord<T>& word = row.word[k];
        before[i] = {word.lo, word.hi};
        after[i] = row.root[k];
        high[k] = access_memory(b, row.real, row.call.index + k, word, after[i], time + kTickEcallWrites);
      }
      const T kind = b.constant(kDigests == 1 ? 0 : 1 + d);
      b.send(kMerkleLevelTag, row.real, {time, kind, zero, index.lo, index.hi, flags.lo});
      b.receive(kMerkleLevelTag, row.real, {time, kind, levels, zero, zero, flags.lo});
      hand_digest(b, kMerkleDigestTag, true, row.real, time + d, zero, before);
      hand_digest(b, kMerkleDigestTag, false, row.real, time + d, levels, after);  // of bytes: MerkleLevel made it
    }
    constexpr unsigned kWords = kDigests * kDigestWords;
    for (unsigned k = kWords; k < kWords + 2; ++k) high[k] = zero;
    for (unsigned k = 0; k < kWords; k += 3) check_ticks(b, row.real, high[k], high[k + 1], high[k + 2]);
  }
};
using MerklePath = MerkleCall<1>;
using MerkleUpdate = MerkleCall<2>;

}  // namespace atlas::zkvm::chips
