#pragma once
#include <zkvm/chips/blake3/round.hpp>
#include <zkvm/chips/ecall/primitive.hpp>

namespace atlas::zkvm::chips {

inline constexpr u32 kFunctionBlake3 = 17;
inline constexpr u32 kBlake3BlockWords = 16;

/// A call's blocks are a chain, from (blocks, first block, …) as the call sends it to the result of the last. The first
/// part names place and parameters: (call, blocks left, block's word, counter's limbs, flags of a first block, flags of
/// the last, its length); the chaining value follows in two halves: (call, 2·blocks left + half, eight limbs).
inline constexpr Tag kBlake3BlockTag{"blake3 block", 24, 8, TagKind::kPermutation, Bus::kLocal};
inline constexpr Tag kBlake3ValueTag{"blake3 value", 25, 10, TagKind::kPermutation, Bus::kLocal};

/// What all blocks of a call share.
template <class T>
struct Blake3Parameters {
  Limbs<T> counter;
  T last_flags, last_length;
};

/// One block: reads its words, has them compressed, and hands the result on, as that of `left` = 0 if it is the last.
struct Blake3Block : PlainChip {
  static constexpr const char* kName = "blake3 block";
  template <class T>
  struct Row {
    T is_inner, is_last;
    T call, left;
    T index;  ///< of its first word
    Blake3Parameters<T> parameters;
    T first_flags;  ///< zero but for a first block
    Limbs<T> value[8];
    MemoryWord<T> word[kBlake3BlockWords];
    T length, flags;
    Compression<T> compression;
  };
  template <class Builder>
  static constexpr void eval(Builder& b) {
    using T = ExprOf<Builder>;
    const auto& row = b.template row<Row>();
    const T zero = b.constant(0);
    const T real = row.is_inner + row.is_last;
    assert_boolean(b, row.is_inner);
    assert_boolean(b, row.is_last);
    assert_boolean(b, real);
    // Blocks left fall by one a row and there are fewer rows than p, so a chain ends at 1 or not at all.
    b.assert_zero(row.is_last * (row.left - 1));
    const auto& p = row.parameters;
    b.receive(
        kBlake3BlockTag, real,
        {row.call, row.left, row.index, p.counter.lo, p.counter.hi, row.first_flags, p.last_flags, p.last_length});
    b.send(kBlake3BlockTag, row.is_inner,
           {row.call, row.left - 1, row.index + kBlake3BlockWords, p.counter.lo, p.counter.hi, zero, p.last_flags,
            p.last_length});
    hand_digest(b, kBlake3ValueTag, false, real, row.call, row.left, row.value);

    CompressionInput<T> input;
    T high[kBlake3BlockWords + 2];
    for (unsigned i = 0; i < kBlake3BlockWords; ++i) {
      const Limbs<T> word{row.word[i].lo, row.word[i].hi};
      high[i] = access_memory(b, real, row.index + i, row.word[i], word, row.call + (kTickEcallReads + 1));
      input.message[i] = word;
    }
    high[kBlake3BlockWords] = high[kBlake3BlockWords + 1] = zero;
    for (unsigned i = 0; i < kBlake3BlockWords; i += 3) check_ticks(b, real, high[i], high[i + 1], high[i + 2]);

    // The call took common bits of a block's two flags away, so their sum is their disjunction.
    b.assert_zero(row.first_flags + row.is_last * p.last_flags - row.flags);
    b.assert_zero(row.is_inner * 64 + row.is_last * p.last_length - row.length);
    for (unsigned i = 0; i < 8; ++i) input.chaining_value[i] = row.value[i];
    input.counter = p.counter;
    input.length = row.length;
    input.flags = row.flags;
    Limbs<T> output[8];
    compress(b, real, CompressionName<T>{row.call, row.left}, input, row.compression, output);
    hand_digest(b, kBlake3ValueTag, true, real, row.call, row.left - 1, output);
  }
};

/// The call: chaining value at a0, blocks at a1, count a2, flags a3, length and counter a4.
struct Blake3 : PlainChip {
  static constexpr const char* kName = "blake3";
  template <class T>
  struct Row {
    T real;
    PrimitiveCall<T> call;
    Address<T> blocks;
    T count_low;  ///< (count − 1) mod 64
    T is_single;  ///< count = 1
    T inverse;    ///< of count − 1
    T length;     ///< of the last block
    T counter1;   ///< the counter's second byte
    /// If single: bytes of the two flags, and their conjunction; else zero.
    T first0, last0, both0, both1;
    MemoryWord<T> word[8];
    Limbs<T> output[8];
  };
  template <class Builder>
  static constexpr void eval(Builder& b) {
    using T = ExprOf<Builder>;
    const auto& row = b.template row<Row>();
    const T zero = b.constant(0);
    const auto& argument = row.call.argument;
    const T &time = row.call.time, &count = argument[1].lo;
    assert_boolean(b, row.real);
    assert_boolean(b, row.is_single);
    receive_primitive(b, row.real, row.real * kFunctionBlake3, row.call);
    check_pointer(b, row.real, row.call, 1, row.blocks);

    // count − 1 = low + 64·high < 2^12, and it is zero or has an inverse.
    b.assert_zero(argument[1].hi);
    b.send(kTicksTag, row.real, {row.count_low, (count - row.count_low - 1) * inverse_power(6), zero});
    b.assert_zero(row.is_single * (count - 1));
    b.assert_zero((count - row.real) * row.inverse - row.real + row.is_single);

    // a4 = length + 2^8·counter; the counter's bytes 0 and 1 are looked up, byte 2 is what is left of a limb once byte
    // 1 is known. length ≤ 64.
    const Limbs<T>& a4 = argument[3];
    const T counter0 = (a4.lo - row.length) * kInverse8, counter2 = (a4.hi - row.counter1) * kInverse8;
    b.send(kBytesTag, row.real, {row.length, row.real * 64 - row.length});
    b.send(kBytesTag, row.real, {counter0, row.counter1});

    const Limbs<T>& flags = argument[2];
    b.send(kAndTag, row.is_single, {row.first0, row.last0, row.both0});
    b.send(kAndTag, row.is_single,
           {(flags.lo - row.first0) * kInverse8, (flags.hi - row.last0) * kInverse8, row.both1});
    b.assert_zero(row.first0 * (1 - row.is_single));
    b.assert_zero(row.last0 * (1 - row.is_single));
    b.assert_zero(row.both0 * (1 - row.is_single));
    b.assert_zero(row.both1 * (1 - row.is_single));
    b.send(kBlake3BlockTag, row.real,
           {time, count, row.blocks.index(), counter0 + row.counter1 * 256, counter2,
            flags.lo - row.both0 - row.both1 * 256, flags.hi, row.length});

    Limbs<T> before[8];
    T high[9];
    for (unsigned i = 0; i < 8; ++i) {
      before[i] = {row.word[i].lo, row.word[i].hi};
      high[i] = access_memory(b, row.real, row.call.index + i, row.word[i], row.output[i], time + kTickEcallWrites);
    }
    high[8] = zero;
    for (unsigned i = 0; i < 9; i += 3) check_ticks(b, row.real, high[i], high[i + 1], high[i + 2]);
    hand_digest(b, kBlake3ValueTag, true, row.real, time, count, before);
    hand_digest(b, kBlake3ValueTag, false, row.real, time, zero, row.output);  // of bytes: Blake3Block made it
  }
};

}  // namespace atlas::zkvm::chips
