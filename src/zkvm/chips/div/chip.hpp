#pragma once
#include <zkvm/chips/mul/chip.hpp>

namespace atlas::zkvm::chips {

/// DIV, DIVU, REM, REMU: n = q·d + r over the integers, |r| < |d|, r zero or of n's sign.
///
/// Values: n − 2^32·sign_n, d − 2^32·sign_d with the true signs (zero if unsigned); q − 2^32·sign_q and r − 2^32·sign_r
/// with free ones. The equation is checked modulo 2^64, by limbs with carries. Signed: |q| ≤ 2^32, |d| ≤ 2^31, |r| <
/// 2^31, so both sides differ by less than 2^64; unsigned: q·d + r < 2^64. So it holds over the integers, where q and r
/// are unique for d ≠ 0. −2^31 / −1 needs no care: q = 2^31 is the word 0x80000000 with sign_q = 0. For d = 0 the
/// equation says r = n, the order of r and d is not asked for, and q is all ones.
struct Div : PlainChip {
  static constexpr const char* kName = "div";
  template <class T>
  struct Row {
    T is_divu, is_remu, is_div, is_rem;
    Cursor<T> at;
    RegisterAccess<T> rs1, rs2, rd;  ///< n, d, result
    Limbs<T> result;
    Limbs<T> q, r;
    T q0, q2, d0, d2;  ///< bytes
    T sign_n, sign_d, sign_q, sign_r;
    T is_zero;                 ///< d = 0
    T margin_lo, margin_hi;    ///< |d| − |r| − 1
    T borrow_one, borrow_two;  ///< its carry is borrow_one − 2·borrow_two, from −2 to 1
    T carry[4];
  };
  template <class Builder>
  static constexpr void eval(Builder& b) {
    using T = ExprOf<Builder>;
    const auto& row = b.template row<Row>();
    const T zero = b.constant(0);
    const T is_signed = row.is_div + row.is_rem;
    const T is_quotient = row.is_divu + row.is_div;
    const T real = is_signed + row.is_divu + row.is_remu;
    assert_boolean(b, row.is_divu);
    assert_boolean(b, row.is_remu);
    assert_boolean(b, row.is_div);
    assert_boolean(b, row.is_rem);
    assert_boolean(b, real);  // at most one flag is set, so `is_signed` is 0 or 1 too
    assert_boolean(b, row.sign_n);
    assert_boolean(b, row.sign_q);
    assert_boolean(b, row.sign_r);
    step(b, real, row.at, kTicksPerStep, row.at.slot + 1);
    fetch(b, real, row.at,
          Fields<T>{real * number(Operation::kDiv) + row.is_remu + row.is_div * 2 + row.is_rem * 3,
                    row.rd.index,
                    row.rs1.index,
                    row.rs2.index,
                    {zero, zero},
                    {zero, zero}});
    const T x = read_register(b, real, row.rs1, row.at.time);
    const T y = read_register(b, real, row.rs2, row.at.time + kTickRs2);
    const T z = write_register(b, real, row.rd, row.result, row.at.time + kTickRd);
    check_ticks(b, real, x, y, z);
    b.assert_zero(is_quotient * row.q.lo + (real - is_quotient) * row.r.lo - row.result.lo);
    b.assert_zero(is_quotient * row.q.hi + (real - is_quotient) * row.r.hi - row.result.hi);

    // Signs. n: hi − 2^15·sign, moved up, is below 2^16 only if sign is the top bit. d: a conjunction, so boolean.
    const Limbs<T> n{row.rs1.lo, row.rs1.hi}, d{row.rs2.lo, row.rs2.hi};
    const Bytes4<T> q = bytes_of(row.q, row.q0, row.q2), divisor = bytes_of(d, row.d0, row.d2);
    check_bytes(b, real, q);
    check_bytes(b, real, divisor);
    check_limbs(b, real, row.r);
    b.send(kRange16Tag, is_signed, {n.hi * 2 - row.sign_n * 65536});
    b.send(kAndTag, real, {divisor.byte[3], is_signed * 128, row.sign_d * 128});
    b.assert_zero(row.sign_n * (1 - is_signed));
    b.assert_zero(row.sign_q * (1 - is_signed));
    // r is negative only if n is; and if n is, r is negative or zero (limbs are below 2^16: their sum is zero only for
    // 0).
    b.assert_zero(row.sign_r * (1 - row.sign_n));
    b.assert_zero(row.sign_n * (1 - row.sign_r) * (row.r.lo + row.r.hi));

    // q·d + r = n modulo 2^64; bounds as in chips/mul.
    const T q_sign = row.sign_q * 255, d_sign = row.sign_d * 255;
    const T remainder[] = {row.r.lo, row.r.hi, row.sign_r * 65535, row.sign_r * 65535};
    const T dividend[] = {n.lo, n.hi, row.sign_n * 65535, row.sign_n * 65535};
    for (unsigned j = 0; j < 4; ++j) {
      b.send(kRange14Tag, real, {row.carry[j]});
      const T sum = product_limb(j, q, q_sign, divisor, d_sign) + remainder[j];
      const T carried = j == 0 ? sum : sum + row.carry[j - 1];
      b.assert_zero(carried - dividend[j] - row.carry[j] * 65536);
    }

    // d = 0: q = 2^32 − 1.
    b.assert_zero(row.is_zero * (d.lo + d.hi));
    b.assert_zero(row.is_zero * (row.q.lo - 65535));
    b.assert_zero(row.is_zero * (row.q.hi - 65535));
    // Else margin = |d| − |r| − 1 has limbs in [0, 2^16), where |v| = v, or 2^32 − v if the sign is set. The low limb's
    // carry is one of −2 … 1, so all terms are below 2^19 in absolute value: margin is an integer in [0, 2^32), and |r|
    // < |d|. sign_r with r = 0 would be |r| = 2^32, which is more than any |d|.
    static_assert((i64{1} << 19) < kHalfField);
    const T checked = real - row.is_zero;
    assert_boolean(b, checked);  // and with it is_zero = 1 − checked, in a live row
    assert_boolean(b, row.borrow_one);
    assert_boolean(b, row.borrow_two);
    const T carry = row.borrow_one - row.borrow_two * 2;
    b.assert_zero(checked *
                  ((1 - row.sign_d * 2) * d.lo - (1 - row.sign_r * 2) * row.r.lo - 1 - row.margin_lo - carry * 65536));
    b.assert_zero(checked * ((1 - row.sign_d * 2) * d.hi - (1 - row.sign_r * 2) * row.r.hi +
                             (row.sign_d - row.sign_r) * 65536 + carry - row.margin_hi));
    b.send(kRange16Tag, checked, {row.margin_lo});
    b.send(kRange16Tag, checked, {row.margin_hi});
  }
};

}  // namespace atlas::zkvm::chips
