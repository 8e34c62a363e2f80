#include <base/u256.hpp>
#include <platform/accel.hpp>

namespace atlas {
namespace {

// Division by a reciprocal: Möller and Granlund, "Improved division by invariant integers", IEEE Transactions on
// Computers 60 (2011). With B = 2^kLimbBits, every divisor below is normalised: its highest bit is set.

constexpr WideLimb wide(Limb high, Limb low) {
  return static_cast<WideLimb>(high) << kLimbBits | low;
}
constexpr Limb low_limb(WideLimb v) {
  return static_cast<Limb>(v);
}
constexpr Limb high_limb(WideLimb v) {
  return static_cast<Limb>(v >> kLimbBits);
}

/// floor((B² − 1) / d) − B; the one division instruction.
Limb reciprocal_2by1(Limb d) {
  return low_limb(wide(static_cast<Limb>(~d), static_cast<Limb>(~Limb{0})) / d);
}

/// floor((B³ − 1) / (d1·B + d0)) − B. Algorithm 6.
Limb reciprocal_3by2(Limb d1, Limb d0) {
  Limb v = reciprocal_2by1(d1);
  auto p = static_cast<Limb>(d1 * v + d0);
  if (p < d0) {
    --v;
    if (p >= d1) {
      --v;
      p -= d1;
    }
    p -= d1;
  }
  const WideLimb t = static_cast<WideLimb>(v) * d0;
  p += high_limb(t);
  if (p < high_limb(t)) {
    --v;
    if (wide(p, low_limb(t)) >= wide(d1, d0)) --v;
  }
  return v;
}

/// (u1, u0) / d for u1 < d. Algorithm 4.
Limb divide_2by1(Limb u1, Limb u0, Limb d, Limb v, Limb& remainder) {
  const WideLimb q = static_cast<WideLimb>(v) * u1 + wide(u1, u0);
  Limb quotient = high_limb(q) + 1;
  auto r = static_cast<Limb>(u0 - quotient * d);
  if (r > low_limb(q)) {
    --quotient;
    r += d;
  }
  if (r >= d) [[unlikely]] {
    ++quotient;
    r -= d;
  }
  remainder = r;
  return quotient;
}

/// (u2, u1, u0) / d for (u2, u1) < d. Algorithm 5.
Limb divide_3by2(Limb u2, Limb u1, Limb u0, WideLimb d, Limb v, WideLimb& remainder) {
  const WideLimb q = static_cast<WideLimb>(v) * u2 + wide(u2, u1);
  Limb quotient = high_limb(q);
  const auto r1 = static_cast<Limb>(u1 - quotient * high_limb(d));
  WideLimb r = wide(r1, u0) - static_cast<WideLimb>(low_limb(d)) * quotient - d;
  ++quotient;
  if (high_limb(r) >= low_limb(q)) {
    --quotient;
    r += d;
  }
  if (r >= d) [[unlikely]] {
    ++quotient;
    r -= d;
  }
  remainder = r;
  return quotient;
}

/// u −= q·v over n limbs; the limb to take from the next higher one.
Limb subtract_multiple(Limb* u, const Limb* v, unsigned n, Limb q) {
  Limb carry = 0;
  for (unsigned i = 0; i < n; ++i) {
    const WideLimb p = static_cast<WideLimb>(q) * v[i] + carry;
    carry = high_limb(p);
    Limb d;
    carry += __builtin_sub_overflow(u[i], low_limb(p), &d);
    u[i] = d;
  }
  return carry;
}

/// u += v over n limbs; the last carry is dropped.
void add_back(Limb* u, const Limb* v, unsigned n) {
  bool carry = false;
  for (unsigned i = 0; i < n; ++i) {
    Limb s;
    const bool c1 = __builtin_add_overflow(u[i], v[i], &s);
    const bool c2 = __builtin_add_overflow(s, static_cast<Limb>(carry), &u[i]);
    carry = c1 | c2;
  }
}

/// `to` = `from` · 2^shift over n limbs, shift < kLimbBits; the bits that leave at the top.
Limb shift_limbs(Limb* to, const Limb* from, unsigned n, unsigned shift) {
  Limb below = 0;
  for (unsigned i = 0; i < n; ++i) {
    const Limb limb = from[i];
    to[i] = static_cast<Limb>(limb << shift) | below;
    below = static_cast<Limb>((limb >> 1) >> (kLimbBits - 1 - shift));
  }
  return below;
}

// u has m limbs, v has n ≥ 1 limbs with v[n−1] ≠ 0, 2·kLimbs ≥ m ≥ n. Writes m − n + 1 quotient limbs and n remainder
// limbs. Knuth, TAOCP vol. 2, algorithm 4.3.1 D, with quotient digits from three limbs by two, which are at most one
// too large.
void divide(const Limb* u, unsigned m, const Limb* v, unsigned n, Limb* q, Limb* r) {
  if (m == 1) {
    q[0] = u[0] / v[0];
    r[0] = u[0] % v[0];
    return;
  }
  const auto shift = static_cast<unsigned>(std::countl_zero(v[n - 1]));
  Limb vn[u256::kLimbs];
  Limb un[2 * u256::kLimbs + 1];
  shift_limbs(vn, v, n, shift);
  un[m] = shift_limbs(un, u, m, shift);
  if (n == 1) {
    const Limb inverse = reciprocal_2by1(vn[0]);
    Limb rest = un[m];
    for (unsigned i = m; i-- > 0;) q[i] = divide_2by1(rest, un[i], vn[0], inverse, rest);
    r[0] = rest >> shift;
    return;
  }
  const WideLimb top = wide(vn[n - 1], vn[n - 2]);
  const Limb inverse = reciprocal_3by2(vn[n - 1], vn[n - 2]);
  for (unsigned j = m - n + 1; j-- > 0;) {
    Limb* window = un + j;
    if (wide(window[n], window[n - 1]) == top) [[unlikely]] {  // the digit is B − 1 exactly
      q[j] = static_cast<Limb>(~Limb{0});
      window[n] -= subtract_multiple(window, vn, n, q[j]);
      continue;
    }
    WideLimb rest;
    Limb digit = divide_3by2(window[n], window[n - 1], window[n - 2], top, inverse, rest);
    const Limb borrow = subtract_multiple(window, vn, n - 2, digit);
    const bool too_large = rest < borrow;
    rest -= borrow;
    window[n - 2] = low_limb(rest);
    window[n - 1] = high_limb(rest);
    if (too_large) [[unlikely]] {
      --digit;
      add_back(window, vn, n);
    }
    q[j] = digit;
  }
  for (unsigned i = 0; i < n; ++i) {
    const Limb above = i + 1 < n ? un[i + 1] : Limb{0};
    r[i] = un[i] >> shift | static_cast<Limb>(static_cast<Limb>(above << 1) << (kLimbBits - 1 - shift));
  }
}

unsigned limb_count(const Limb* v, unsigned n) {
  while (n > 0 && v[n - 1] == 0) --n;
  return n;
}

// u mod v for a dividend of up to 2·kLimbs limbs.
u256 wide_mod(const Limb* u, unsigned m, const u256& v) {
  const unsigned n = limb_count(v.limb, u256::kLimbs);
  m = limb_count(u, m);
  u256 r;
  if (n == 0) return r;
  if (m < n) {
    for (unsigned i = 0; i < m; ++i) r.limb[i] = u[i];
    return r;
  }
  Limb q[2 * u256::kLimbs];
  divide(u, m, v.limb, n, q, r.limb);
  return r;
}

}  // namespace

DivMod divmod(const u256& a, const u256& b) {
  const unsigned n = limb_count(b.limb, u256::kLimbs);
  const unsigned m = limb_count(a.limb, u256::kLimbs);
  DivMod out;
  if (n == 0) return out;
  if (m < n) {
    out.remainder = a;
    return out;
  }
  if (platform::accel::div_mod(a.limb, b.limb, out.quotient.limb, out.remainder.limb)) return out;
  divide(a.limb, m, b.limb, n, out.quotient.limb, out.remainder.limb);
  return out;
}

u256 sdiv(const u256& a, const u256& b) {
  const bool negative = a.is_negative() != b.is_negative();
  const u256 q = (a.is_negative() ? -a : a) / (b.is_negative() ? -b : b);
  return negative ? -q : q;
}

u256 smod(const u256& a, const u256& b) {
  const u256 r = (a.is_negative() ? -a : a) % (b.is_negative() ? -b : b);
  return a.is_negative() ? -r : r;
}

u256 addmod(const u256& a, const u256& b, const u256& m) {
  constexpr unsigned kTop = u256::kLimbs - 1;
  if (m.limb[kTop] != 0 && a.limb[kTop] <= m.limb[kTop] && b.limb[kTop] <= m.limb[kTop]) {
    // A top limb not above m's means a value below 2·m, which one subtraction reduces.
    const u256 x = a < m ? a : a - m;
    const u256 y = b < m ? b : b - m;
    bool carry;
    const u256 sum = u256::add(x, y, carry);
    return carry || !(sum < m) ? sum - m : sum;
  }
  u256 reduced;
  if (!m.is_zero() && platform::accel::mul_add_mod(a.limb, u256(1).limb, b.limb, m.limb, reduced.limb)) return reduced;
  bool carry;
  const u256 sum = u256::add(a, b, carry);
  Limb limbs[u256::kLimbs + 1];
  for (unsigned i = 0; i < u256::kLimbs; ++i) limbs[i] = sum.limb[i];
  limbs[u256::kLimbs] = carry;
  return wide_mod(limbs, u256::kLimbs + 1, m);
}

u256 mulmod(const u256& a, const u256& b, const u256& m) {
  u256 reduced;
  if (!m.is_zero() && platform::accel::mul_add_mod(a.limb, b.limb, u256().limb, m.limb, reduced.limb)) return reduced;
  Limb product[2 * u256::kLimbs] = {};
  for (unsigned i = 0; i < u256::kLimbs; ++i) {
    Limb carry = 0;
    for (unsigned j = 0; j < u256::kLimbs; ++j) {
      const WideLimb t = static_cast<WideLimb>(a.limb[i]) * b.limb[j] + product[i + j] + carry;
      product[i + j] = low_limb(t);
      carry = high_limb(t);
    }
    product[i + u256::kLimbs] = carry;
  }
  return wide_mod(product, 2 * u256::kLimbs, m);
}

u256 exp(const u256& base, const u256& exponent) {
  u256 result(1);
  u256 power = base;
  const unsigned bits = exponent.bit_length();
  for (unsigned i = 0; i < bits; ++i) {
    if (exponent.bit(i)) result *= power;
    if (i + 1 < bits) power *= power;
  }
  return result;
}

u256 signextend(const u256& index, const u256& a) {
  if (index >= u256(31)) return a;
  const unsigned sign_bit = static_cast<unsigned>(index.low_u64()) * 8 + 7;
  const unsigned sign_limb = sign_bit / kLimbBits;
  const unsigned unused = kLimbBits - 1 - sign_bit % kLimbBits;
  const auto fill = static_cast<Limb>(-static_cast<Limb>(a.bit(sign_bit)));
  u256 r;
  for (unsigned i = 0; i < u256::kLimbs; ++i) r.limb[i] = i < sign_limb ? a.limb[i] : fill;
  const auto kept = static_cast<Limb>(static_cast<Limb>(~Limb{0}) >> unused);
  r.limb[sign_limb] = (a.limb[sign_limb] & kept) | (fill & ~kept);
  return r;
}

u256 sar(const u256& a, const u256& shift) {
  const auto fill = static_cast<Limb>(-static_cast<Limb>(a.is_negative()));
  const bool whole = !shift.fits_u64() || shift.low_u64() >= 256;
  if (whole) return a.is_negative() ? u256::max() : u256();
  return u256::shift_right(a, static_cast<unsigned>(shift.low_u64()), fill);
}

std::string to_quantity(const u256& v) {
  if (v.is_zero()) return "0x0";
  const Hash256 be = v.to_be();
  std::string hex = to_hex(be.view());
  const std::size_t first = hex.find_first_not_of('0', 2);
  return "0x" + hex.substr(first);
}

std::string to_decimal(u256 v) {
  if (v.is_zero()) return "0";
  std::string out;
  const u256 ten(10);
  while (!v.is_zero()) {
    const DivMod d = divmod(v, ten);
    out.push_back(static_cast<char>('0' + d.remainder.low_u64()));
    v = d.quotient;
  }
  std::reverse(out.begin(), out.end());
  return out;
}

std::optional<u256> parse_u256(std::string_view text) {
  u256 v;
  if (text.size() >= 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
    text.remove_prefix(2);
    if (text.empty()) return std::nullopt;
    for (const char c : text) {
      unsigned d;
      if (c >= '0' && c <= '9') {
        d = static_cast<unsigned>(c - '0');
      } else if (c >= 'a' && c <= 'f') {
        d = static_cast<unsigned>(c - 'a' + 10);
      } else if (c >= 'A' && c <= 'F') {
        d = static_cast<unsigned>(c - 'A' + 10);
      } else {
        return std::nullopt;
      }
      if ((v >> 252) != u256()) return std::nullopt;
      v = (v << 4) | u256(d);
    }
    return v;
  }
  if (text.empty()) return std::nullopt;
  const u256 ten(10);
  const u256 limit = u256::max() / ten;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    if (v > limit) return std::nullopt;
    bool carry;
    v = u256::add(v * ten, u256(static_cast<u64>(c - '0')), carry);
    if (carry) return std::nullopt;
  }
  return v;
}

}  // namespace atlas
