#pragma once
// What the rows of many chips have in common: a place in time and program, accesses to registers and memory.
//
// How accesses are ordered. Each word of each space has one chain of access messages in a segment: its boundary row
// sends (value at the begin, time 0), each access receives the last (value, time) and sends the next, and the boundary
// row receives what is left. An access at `time` that found `last` shows that gap = time − last − 1 is in [0, 2^26): a
// look-up of 20 bits and one of 6. Both times are below kTimeMax·16 < p − 2^26 (machine.cpp holds the heights to it),
// so time > last as integers, and no access reads what comes later: messages that fed each other in a circle would need
// times that rise for ever.
//
// How ranges are passed on. Whoever sends a new value has checked that its limbs are below 2^16. Whoever receives a
// value relies on it: by induction along the chain, beginning with the initial rows.
#include <zkvm/executor/ticks.hpp>
#include <zkvm/machine/tags.hpp>

namespace atlas::zkvm {

/// Where a step stands.
template <class T>
struct Cursor {
  T time, slot;
};
/// A register's access: its number, the value and the time that were found, and the low bits of the gap.
template <class T>
struct RegisterAccess {
  T index, lo, hi, last, gap;
};
template <class T>
struct MemoryWord {
  T lo, hi, last, gap;
};
template <class T>
struct Limbs {
  T lo, hi;
};

template <class Builder>
using ExprOf = typename Builder::Expr;

template <class Builder, class T>
ATLAS_FORCE_INLINE constexpr void assert_boolean(Builder& b, const T& x) {
  b.assert_zero(x * (x - 1));
}

/// The high bits of time − last − 1, which the ticks table checks.
template <class T>
ATLAS_FORCE_INLINE constexpr T gap_high(const T& time, const T& last, const T& gap) {
  return (time - last - gap - 1) * kInverse20;
}

/// Receives a word's last value and sends its next one. Returns the gap's high bits, for check_ticks().
template <class Builder, class T>
ATLAS_FORCE_INLINE constexpr T access(Builder& b, const T& when, u32 space, const T& index, const Limbs<T>& found,
                                      const T& last, const T& gap, const Limbs<T>& next, const T& time) {
  b.receive(kAccessTag, when, {b.constant(space), index, found.lo, found.hi, last});
  b.send(kAccessTag, when, {b.constant(space), index, next.lo, next.hi, time});
  b.send(kRange20Tag, when, {gap});
  return gap_high(time, last, gap);
}
template <class Builder, class T>
ATLAS_FORCE_INLINE constexpr T read_register(Builder& b, const T& when, const RegisterAccess<T>& r, const T& time) {
  return access(b, when, kRegisterSpace, r.index, {r.lo, r.hi}, r.last, r.gap, {r.lo, r.hi}, time);
}
/// The register's value before has no other use.
template <class Builder, class T>
ATLAS_FORCE_INLINE constexpr T write_register(Builder& b, const T& when, const RegisterAccess<T>& r,
                                              const Limbs<T>& value, const T& time) {
  return access(b, when, kRegisterSpace, r.index, {r.lo, r.hi}, r.last, r.gap, value, time);
}
template <class Builder, class T>
ATLAS_FORCE_INLINE constexpr T access_memory(Builder& b, const T& when, const T& index, const MemoryWord<T>& w,
                                             const Limbs<T>& next, const T& time) {
  return access(b, when, kMemorySpace, index, {w.lo, w.hi}, w.last, w.gap, next, time);
}
template <class Builder, class T>
ATLAS_FORCE_INLINE constexpr void check_ticks(Builder& b, const T& when, const T& x, const T& y, const T& z) {
  b.send(kTicksTag, when, {x, y, z});
}
/// The limbs of a new value.
template <class Builder, class T>
ATLAS_FORCE_INLINE constexpr void check_limbs(Builder& b, const T& when, const Limbs<T>& value) {
  b.send(kRange16Tag, when, {value.lo});
  b.send(kRange16Tag, when, {value.hi});
}

/// Takes the machine's state over and hands it on.
template <class Builder, class T>
ATLAS_FORCE_INLINE constexpr void step(Builder& b, const T& when, const Cursor<T>& at, u32 ticks, const T& next_slot) {
  b.receive(kStateTag, when, {at.time, at.slot});
  b.send(kStateTag, when, {at.time + ticks, next_slot});
}

/// What the program table holds of this slot.
template <class T>
struct Fields {
  T operation, rd, rs1, rs2;
  Limbs<T> immediate, auxiliary;
};
template <class Builder, class T>
ATLAS_FORCE_INLINE constexpr void fetch(Builder& b, const T& when, const Cursor<T>& at, const Fields<T>& f) {
  b.send(kProgramTag, when,
         {at.slot, f.operation, f.rd, f.rs1, f.rs2, f.immediate.lo, f.immediate.hi, f.auxiliary.lo, f.auxiliary.hi});
}

/// Memory address = base + immediate (mod 2^32), taken apart: address = low + 4·q + 2^16·hi with low < 4.
template <class T>
struct Address {
  T q, hi;
  /// Below 2^14·2^16 = 2^30.
  ATLAS_FORCE_INLINE constexpr T index() const { return q + hi * (1u << 14); }
};
// Limbs: base.lo + immediate.lo = (low + 4q) + 2^16·c0 and base.hi + immediate.hi + c0 = hi + 2^16·c1. The carries are
// expressions, and boolean. q < 2^14 and hi < 2^16 are looked up, so both sides lie in [0, 2^17 + 1): equal as
// integers.
static_assert((i64{1} << 17) + 1 < kHalfField);
template <class Builder, class T>
ATLAS_FORCE_INLINE constexpr void check_address(Builder& b, const T& when, const Limbs<T>& base,
                                                const Limbs<T>& immediate, const T& low, const Address<T>& address) {
  const T c0 = (base.lo + immediate.lo - low - address.q * 4) * kInverse16;
  const T c1 = (base.hi + immediate.hi + c0 - address.hi) * kInverse16;
  assert_boolean(b, c0);
  assert_boolean(b, c1);
  b.send(kRange14Tag, when, {address.q});
  b.send(kRange16Tag, when, {address.hi});
}

/// No columns of these kinds.
struct PlainChip {
  static constexpr unsigned kBoundaryColumns = 0, kFixedColumns = 0, kClosedColumns = 0;
};

}  // namespace atlas::zkvm
