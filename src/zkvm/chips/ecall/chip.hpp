#pragma once
#include <zkvm/chips/ecall/primitive.hpp>

namespace atlas::zkvm::chips {

// Functions and argument registers, as src/base/guest_abi.hpp numbers them (machine.cpp holds the two together).
inline constexpr u32 kRegisterA0 = 10, kRegisterA7 = 17, kEcallArguments = 6;
inline constexpr u32 kFunctionHintRead = 1, kFunctionCommit = 2, kFunctionLog = 3, kFunctionAdvise = 5;
inline constexpr u32 kOutputWords = 8, kAdviceWords = 8;

/// ECALL: halt, hint_read, commit, log and phase (which do nothing), advise_inverse and advise_root (hints of eight
/// words), and the primitives, which it hands on with a0 checked as a pointer. It reads a0 to a5 and a7; the words that
/// it moves itself are rows of Transfer.
struct Ecall : PlainChip {
  static constexpr const char* kName = "ecall";
  template <class T>
  struct Argument {
    T lo, hi, last, gap;
  };
  template <class T>
  struct Row {
    T is_halt, is_hint, is_commit, is_silent, is_advice, is_primitive;
    T second;  ///< phase, not log; advise_root, not advise_inverse
    Cursor<T> at;
    Argument<T> argument[kEcallArguments + 1];  ///< a0 to a5, a7
    Limbs<T> immediate;                         ///< −memory_begin
    Address<T> pointer;                         ///< a0, of a transfer or a primitive
    T words;                                    ///< moved
    T words_low;                                ///< (words − 1) mod 64
    T calls;                                    ///< ecalls before
  };
  template <class Builder>
  static constexpr void eval(Builder& b) {
    using T = ExprOf<Builder>;
    const auto& row = b.template row<Row>();
    const T zero = b.constant(0);
    const T moves = row.is_hint + row.is_commit + row.is_advice;
    const T own = row.is_halt + moves + row.is_silent;
    const T real = own + row.is_primitive;
    const T points = moves + row.is_primitive;
    assert_boolean(b, row.is_halt);
    assert_boolean(b, row.is_hint);
    assert_boolean(b, row.is_commit);
    assert_boolean(b, row.is_silent);
    assert_boolean(b, row.is_advice);
    assert_boolean(b, row.second);
    assert_boolean(b, row.is_primitive);
    assert_boolean(b, real);  // at most one flag is set, so all sums of some of them are 0 or 1 too
    b.assert_zero(row.second * (1 - row.is_silent - row.is_advice));

    b.receive(kStateTag, real, {row.at.time, row.at.slot});
    const T next = row.at.slot + 1;
    // A halted machine stands where no instruction is. kHaltSlot − slot − 1 times a flag: of degree 2, on a rare row.
    b.send(kStateTag, real, {row.at.time + kTicksPerEcall, next + row.is_halt * (kHaltSlot - next)});
    b.receive(kCallTag, real, {row.calls});
    b.send(kCallTag, real, {row.calls + 1});
    fetch(b, real, row.at, Fields<T>{real * number(Operation::kEcall), zero, zero, zero, row.immediate, {zero, zero}});
    T high[kEcallArguments + 1]{};
    for (unsigned i = 0; i <= kEcallArguments; ++i) {
      const Argument<T>& a = row.argument[i];
      const T index = b.constant(i < kEcallArguments ? kRegisterA0 + i : kRegisterA7);
      high[i] = access(b, real, kRegisterSpace, index, Limbs<T>{a.lo, a.hi}, a.last, a.gap, Limbs<T>{a.lo, a.hi},
                       row.at.time);
    }
    check_ticks(b, real, high[0], high[1], high[2]);
    check_ticks(b, real, high[3], high[4], high[5]);
    check_ticks(b, real, high[6], zero, zero);

    const Argument<T>&a0 = row.argument[0], &a1 = row.argument[1], &a7 = row.argument[kEcallArguments];
    b.assert_zero(row.is_hint * kFunctionHintRead + row.is_commit * kFunctionCommit + row.is_silent * kFunctionLog +
                  row.is_advice * kFunctionAdvise + row.second - own * a7.lo);
    b.assert_zero(real * a7.hi);
    b.assert_zero(row.is_halt * a0.lo);  // halt(0) alone can be proved
    b.assert_zero(row.is_halt * a0.hi);

    // words is a1 or 8, and words − 1 = low + 64·high < 2^12.
    b.assert_zero(row.is_hint * a1.lo + row.is_commit * kOutputWords + row.is_advice * kAdviceWords - row.words);
    b.assert_zero(row.is_hint * a1.hi);
    b.send(kTicksTag, moves, {row.words_low, (row.words - row.words_low - 1) * inverse_power(6), zero});
    b.send(kTransferTag, moves, {row.at.time, row.is_commit, row.pointer.index(), row.words});
    b.receive(kTransferTag, moves, {row.at.time, row.is_commit, row.pointer.index() + row.words, zero});
    // As in check_address(), but only where a0 is a pointer.
    const T c0 = (a0.lo + row.immediate.lo - row.pointer.q * 4) * kInverse16;
    const T c1 = (a0.hi + row.immediate.hi + c0 - row.pointer.hi) * kInverse16;
    b.assert_zero(points * c0 * (c0 - 1));
    b.assert_zero(points * c1 * (c1 - 1));
    b.send(kRange14Tag, points, {row.pointer.q});
    b.send(kRange16Tag, points, {row.pointer.hi});
    // A function that no chip answers, or that is none, does not balance.
    const Argument<T>&a2 = row.argument[2], &a3 = row.argument[3], &a4 = row.argument[4];
    b.send(kPrimitiveTag, row.is_primitive,
           {a7.lo, row.at.time, row.pointer.index(), a1.lo, a1.hi, a2.lo, a2.hi, a3.lo, a3.hi, a4.lo, a4.hi,
            row.immediate.lo, row.immediate.hi});
  }
};

/// A word that an ecall moves: unconstrained into memory, or from memory to the public output. A call's words are a
/// chain from (call, kind, index, words) to (call, kind, index + words, 0), which the call sends and receives; words
/// left fall by one a row, so the chain has exactly that many, each index once. Calls have different times.
struct Transfer : PlainChip {
  static constexpr const char* kName = "transfer";
  template <class T>
  struct Row {
    T is_hint, is_commit;
    T call_time;
    T index;
    T left;
    MemoryWord<T> word;
    Limbs<T> value;
  };
  template <class Builder>
  static constexpr void eval(Builder& b) {
    using T = ExprOf<Builder>;
    const auto& row = b.template row<Row>();
    const T zero = b.constant(0);
    const T real = row.is_hint + row.is_commit;
    assert_boolean(b, row.is_hint);
    assert_boolean(b, row.is_commit);
    assert_boolean(b, real);
    b.receive(kTransferTag, real, {row.call_time, row.is_commit, row.index, row.left});
    b.send(kTransferTag, real, {row.call_time, row.is_commit, row.index + 1, row.left - 1});
    const T time = row.call_time + row.is_hint * kTickEcallWrites + row.is_commit * kTickEcallReads;
    const T m = access_memory(b, real, row.index, row.word, row.value, time);
    check_ticks(b, real, m, zero, zero);
    check_limbs(b, real, row.value);
    b.assert_zero(row.is_commit * (row.value.lo - row.word.lo));
    b.assert_zero(row.is_commit * (row.value.hi - row.word.hi));
    b.send(kOutputTag, row.is_commit, {row.left, row.value.lo, row.value.hi});
  }
};

}  // namespace atlas::zkvm::chips
