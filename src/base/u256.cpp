#include <base/u256.hpp>

namespace atlas {
namespace {

constexpr unsigned kHalf = kLimbBits;

// Knuth, TAOCP vol. 2, algorithm 4.3.1 D. u has m limbs, v has n ≥ 1 limbs with v[n−1] ≠ 0, m ≥ n.
// Writes m − n + 1 quotient limbs and n remainder limbs. m ≤ 2·kLimbs.
void divide(const Limb* u, unsigned m, const Limb* v, unsigned n, Limb* q, Limb* r) {
  if (n == 1) {
    WideLimb rem = 0;
    for (unsigned i = m; i-- > 0;) {
      const WideLimb cur = rem << kHalf | u[i];
      q[i] = static_cast<Limb>(cur / v[0]);
      rem = cur % v[0];
    }
    r[0] = static_cast<Limb>(rem);
    return;
  }
  const auto shift = static_cast<unsigned>(std::countl_zero(v[n - 1]));
  Limb vn[u256::kLimbs];
  Limb un[2 * u256::kLimbs + 1];
  const auto high_part = [shift](Limb low) { return shift == 0 ? Limb{0} : static_cast<Limb>(low >> (kHalf - shift)); };
  for (unsigned i = n; i-- > 1;) vn[i] = static_cast<Limb>(v[i] << shift) | high_part(v[i - 1]);
  vn[0] = static_cast<Limb>(v[0] << shift);
  un[m] = high_part(u[m - 1]);
  for (unsigned i = m; i-- > 1;) un[i] = static_cast<Limb>(u[i] << shift) | high_part(u[i - 1]);
  un[0] = static_cast<Limb>(u[0] << shift);

  for (unsigned j = m - n + 1; j-- > 0;) {
    const WideLimb top = static_cast<WideLimb>(un[j + n]) << kHalf | un[j + n - 1];
    WideLimb qhat;
    WideLimb rhat;
    if (un[j + n] >= vn[n - 1]) {  // the quotient digit would not fit a limb; start from the largest one
      qhat = static_cast<Limb>(~Limb{0});
      rhat = top - qhat * vn[n - 1];
    } else {
      qhat = top / vn[n - 1];
      rhat = top % vn[n - 1];
    }
    while ((rhat >> kHalf) == 0 && qhat * vn[n - 2] > (rhat << kHalf | un[j + n - 2])) {
      --qhat;
      rhat += vn[n - 1];
    }
    Limb carry = 0;
    bool borrow = false;
    for (unsigned i = 0; i < n; ++i) {
      const WideLimb p = qhat * vn[i] + carry;
      carry = static_cast<Limb>(p >> kHalf);
      Limb d;
      const bool b1 = __builtin_sub_overflow(un[i + j], static_cast<Limb>(p), &d);
      const bool b2 = __builtin_sub_overflow(d, static_cast<Limb>(borrow), &un[i + j]);
      borrow = b1 | b2;
    }
    Limb d;
    const bool b1 = __builtin_sub_overflow(un[j + n], carry, &d);
    const bool b2 = __builtin_sub_overflow(d, static_cast<Limb>(borrow), &un[j + n]);
    if (b1 | b2) {  // qhat was one too large: add the divisor back
      --qhat;
      bool c = false;
      for (unsigned i = 0; i < n; ++i) {
        Limb s;
        const bool c1 = __builtin_add_overflow(un[i + j], vn[i], &s);
        const bool c2 = __builtin_add_overflow(s, static_cast<Limb>(c), &un[i + j]);
        c = c1 | c2;
      }
      un[j + n] = static_cast<Limb>(un[j + n] + static_cast<Limb>(c));
    }
    q[j] = static_cast<Limb>(qhat);
  }
  for (unsigned i = 0; i < n; ++i) {
    r[i] = static_cast<Limb>(un[i] >> shift);
    if (shift != 0) r[i] |= static_cast<Limb>(un[i + 1] << (kHalf - shift));
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
  bool carry;
  const u256 sum = u256::add(a, b, carry);
  Limb wide[u256::kLimbs + 1];
  for (unsigned i = 0; i < u256::kLimbs; ++i) wide[i] = sum.limb[i];
  wide[u256::kLimbs] = carry;
  return wide_mod(wide, u256::kLimbs + 1, m);
}

u256 mulmod(const u256& a, const u256& b, const u256& m) {
  Limb wide[2 * u256::kLimbs] = {};
  for (unsigned i = 0; i < u256::kLimbs; ++i) {
    Limb carry = 0;
    for (unsigned j = 0; j < u256::kLimbs; ++j) {
      const WideLimb t = static_cast<WideLimb>(a.limb[i]) * b.limb[j] + wide[i + j] + carry;
      wide[i + j] = static_cast<Limb>(t);
      carry = static_cast<Limb>(t >> kLimbBits);
    }
    wide[i + u256::kLimbs] = carry;
  }
  return wide_mod(wide, 2 * u256::kLimbs, m);
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
  const u256 low_mask = (u256(1) << (sign_bit + 1)) - u256(1);
  return a.bit(sign_bit) ? (a | ~low_mask) : (a & low_mask);
}

u256 sar(const u256& a, const u256& shift) {
  const bool negative = a.is_negative();
  if (shift >= u256(256)) return negative ? u256::max() : u256();
  const auto n = static_cast<unsigned>(shift.low_u64());
  const u256 shifted = a >> n;
  return negative && n != 0 ? (shifted | (u256::max() << (256 - n))) : shifted;
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
