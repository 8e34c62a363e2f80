// Modular exponentiation with numbers of run-time length. An odd modulus goes through Montgomery multiplication; an
// even one, m = q·2^k, is split: the power modulo the odd q, the power modulo 2^k by truncated products, and the two
// joined by the Chinese remainder theorem (Koç, "Montgomery reduction with even modulus", 1994). Where the platform
// multiplies modulo numbers of 256 bits, those are left to it.
#include <bit>

#include <crypto/modexp.hpp>
#include <platform/accel.hpp>

namespace atlas::crypto {
namespace {

using Number = std::vector<Limb>;  // lowest limb first, fixed length

Number number_from_be(ByteView bytes) {
  Number r((bytes.size() + sizeof(Limb) - 1) / sizeof(Limb), 0);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    r[i / sizeof(Limb)] |= static_cast<Limb>(Limb{bytes[bytes.size() - 1 - i]} << (i % sizeof(Limb) * 8));
  }
  return r;
}
void trim(Number& n) {
  while (!n.empty() && n.back() == 0) n.pop_back();
}

/// r[0..n) += a[0..n)·f; returns the carry out.
Limb add_multiple(Limb* r, const Limb* a, std::size_t n, Limb f) {
  Limb carry = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const WideLimb t = static_cast<WideLimb>(a[i]) * f + r[i] + carry;
    r[i] = static_cast<Limb>(t);
    carry = static_cast<Limb>(t >> kLimbBits);
  }
  return carry;
}
/// r[0..n) −= a[0..n)·f; returns the borrow out.
Limb sub_multiple(Limb* r, const Limb* a, std::size_t n, Limb f) {
  Limb carry = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const WideLimb t = static_cast<WideLimb>(a[i]) * f + carry;
    const Limb low = static_cast<Limb>(t);
    carry = static_cast<Limb>(t >> kLimbBits) + (r[i] < low ? 1 : 0);
    r[i] -= low;
  }
  return carry;
}
Limb add(Limb* r, const Limb* a, std::size_t n) {
  Limb carry = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const WideLimb t = static_cast<WideLimb>(r[i]) + a[i] + carry;
    r[i] = static_cast<Limb>(t);
    carry = static_cast<Limb>(t >> kLimbBits);
  }
  return carry;
}
Limb sub(Limb* r, const Limb* a, const Limb* b, std::size_t n) {
  Limb borrow = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const WideLimb t = static_cast<WideLimb>(a[i]) - b[i] - borrow;
    r[i] = static_cast<Limb>(t);
    borrow = static_cast<Limb>(t >> kLimbBits) & 1;
  }
  return borrow;
}

/// a mod m: Knuth, TAOCP 2, 4.3.1, algorithm D, without the quotient. m has no leading zero limb. The result has m's
/// length.
Number remainder(Number a, const Number& m) {
  const std::size_t n = m.size();
  if (a.size() < n) a.resize(n, 0);
  const unsigned shift = static_cast<unsigned>(std::countl_zero(m.back()));
  const auto shifted = [shift](const Number& v, std::size_t size) {
    Number r(size, 0);
    for (std::size_t i = 0; i < v.size(); ++i) {
      r[i] |= v[i] << shift;
      if (shift != 0 && i + 1 < size) r[i + 1] = v[i] >> (kLimbBits - shift);
    }
    return r;
  };
  const Number d = shifted(m, n);
  Number u = shifted(a, a.size() + 1);
  const Limb d1 = d[n - 1];
  const Limb d0 = n > 1 ? d[n - 2] : 0;
  for (std::size_t j = u.size() - n; j-- > 0;) {
    const Limb u2 = u[j + n];
    const Limb u1 = u[j + n - 1];
    const Limb u0 = n > 1 ? u[j + n - 2] : 0;
    // The estimate from the top limbs is too large by two at most; the third limb corrects nearly always.
    Limb q = ~Limb{0};
    WideLimb rest;
    bool rest_fits = true;
    if (u2 < d1) {
      const WideLimb top = static_cast<WideLimb>(u2) << kLimbBits | u1;
      q = static_cast<Limb>(top / d1);
      rest = top - static_cast<WideLimb>(q) * d1;
    } else {  // u2 = d1: q = 2^w − 1, rest = u1 + d1
      rest = static_cast<WideLimb>(u1) + d1;
      rest_fits = (rest >> kLimbBits) == 0;
    }
    while (rest_fits && static_cast<WideLimb>(q) * d0 > (rest << kLimbBits | u0)) {
      --q;
      rest += d1;
      rest_fits = (rest >> kLimbBits) == 0;
    }
    const Limb borrow = sub_multiple(&u[j], d.data(), n, q);
    if (u2 < borrow) {
      u[j + n] = u2 - borrow + add(&u[j], d.data(), n);
    } else {
      u[j + n] = u2 - borrow;
    }
  }
  u.resize(n);
  if (shift != 0) {
    for (std::size_t i = 0; i < n; ++i) {
      u[i] = u[i] >> shift | (i + 1 < n ? u[i + 1] << (kLimbBits - shift) : 0);
    }
  }
  return u;
}

/// −1/x mod 2^kLimbBits for odd x; Newton steps double the number of correct low bits, from 3.
Limb negative_inverse(Limb x) {
  Limb r = x;
  for (int i = 0; i < 5; ++i) r *= 2 - x * r;
  return 0 - r;
}

/// Multiplication modulo an odd number, operands in Montgomery form.
class OddModulus {
 public:
  explicit OddModulus(const Number& m) : m_(m), inverse_(negative_inverse(m[0])), scratch_(m.size() + 2) {}

  Number one() const {
    Number r(m_.size() + 1, 0);
    r.back() = 1;
    return remainder(std::move(r), m_);
  }
  Number from(const Number& a) const {
    Number shifted(a.size() + m_.size(), 0);
    std::copy(a.begin(), a.end(), shifted.begin() + static_cast<std::ptrdiff_t>(m_.size()));
    return remainder(std::move(shifted), m_);
  }
  Number to(const Number& a) {
    Number unit(m_.size(), 0);
    unit[0] = 1;
    Number r(m_.size());
    multiply(r, a, unit);
    return r;
  }
  /// r = a·b; r may be a or b. Rows of a_i·b and m·factor in one pass (FIOS), so that the carries of the two overlap.
  void multiply(Number& r, const Number& a, const Number& b) {
    const std::size_t n = m_.size();
    Limb* t = scratch_.data();
    std::fill(scratch_.begin(), scratch_.end(), 0);
    const Limb* pb = b.data();
    const Limb* pm = m_.data();
    for (std::size_t i = 0; i < n; ++i) {
      const Limb ai = a[i];
      WideLimb s = static_cast<WideLimb>(ai) * pb[0] + t[0];
      const Limb factor = static_cast<Limb>(s) * inverse_;
      WideLimb u = static_cast<WideLimb>(factor) * pm[0] + static_cast<Limb>(s);
      Limb carry_s = static_cast<Limb>(s >> kLimbBits);
      Limb carry_u = static_cast<Limb>(u >> kLimbBits);
      for (std::size_t j = 1; j < n; ++j) {
        s = static_cast<WideLimb>(ai) * pb[j] + t[j] + carry_s;
        carry_s = static_cast<Limb>(s >> kLimbBits);
        u = static_cast<WideLimb>(factor) * pm[j] + static_cast<Limb>(s) + carry_u;
        carry_u = static_cast<Limb>(u >> kLimbBits);
        t[j - 1] = static_cast<Limb>(u);
      }
      const WideLimb top = static_cast<WideLimb>(carry_s) + carry_u + t[n];
      t[n - 1] = static_cast<Limb>(top);
      t[n] = static_cast<Limb>(top >> kLimbBits);
    }
    if (sub(r.data(), t, pm, n) > t[n]) std::copy(t, t + n, r.begin());
  }

 private:
  const Number& m_;
  Limb inverse_;
  Number scratch_;
};

/// Multiplication modulo 2^bits.
class PowerOfTwo {
 public:
  explicit PowerOfTwo(std::size_t bits)
      : size_((bits + kLimbBits - 1) / kLimbBits),
        mask_(bits % kLimbBits == 0 ? ~Limb{0} : (Limb{1} << (bits % kLimbBits)) - 1),
        scratch_(size_) {}

  Number one() const {
    Number r(size_, 0);
    r[0] = 1;
    r[size_ - 1] &= mask_;
    return r;
  }
  Number from(Number a) const {
    a.resize(size_, 0);
    a[size_ - 1] &= mask_;
    return a;
  }
  Number to(const Number& a) const { return a; }
  void multiply(Number& r, const Number& a, const Number& b) {
    std::fill(scratch_.begin(), scratch_.end(), 0);
    for (std::size_t i = 0; i < size_; ++i) add_multiple(&scratch_[i], b.data(), size_ - i, a[i]);
    scratch_[size_ - 1] &= mask_;
    std::swap(r, scratch_);
  }
  /// 1/a for odd a, by Newton's r ← r·(2 − a·r), which doubles the correct bits.
  Number inverse(const Number& a) {
    Number r = one();
    r[0] = 0 - negative_inverse(a[0]);
    if (size_ == 1) r[0] &= mask_;
    for (std::size_t correct = kLimbBits; correct < size_ * kLimbBits; correct *= 2) {
      Number t(size_);
      multiply(t, a, r);
      Number two(size_, 0);
      two[0] = 2;
      sub(t.data(), two.data(), t.data(), size_);
      multiply(r, r, t);
    }
    return r;
  }

 private:
  std::size_t size_;
  Limb mask_;
  Number scratch_;
};

/// Multiplication modulo a number of 256 bits at most, where the platform has it.
class SmallModulus {
 public:
  static constexpr std::size_t kSize = 32 / sizeof(Limb);
  explicit SmallModulus(const Number& m) : m_(m), padded_(m) { padded_.resize(kSize, 0); }

  Number one() const { return from({1}); }
  Number from(const Number& a) const {
    Number r = remainder(a, m_);
    r.resize(kSize, 0);
    return r;
  }
  Number to(const Number& a) const { return a; }
  void multiply(Number& r, const Number& a, const Number& b) const {
    static constexpr Limb kNothing[kSize] = {};
    platform::accel::mul_add_mod(a.data(), b.data(), kNothing, padded_.data(), r.data());
  }

 private:
  const Number& m_;
  Number padded_;
};

/// The window that needs the fewest multiplications: 2^(w−1) for the table and bits/(w+1) on the way.
unsigned window_of(u64 bits) {
  unsigned w = 1;
  while (w < 6 && (u64{1} << w) + bits / (w + 2) < (u64{1} << (w - 1)) + bits / (w + 1)) ++w;
  return w;
}

/// base^exponent by sliding windows of odd powers.
template <class Modulus>
Number power(Modulus& m, const Number& base, ByteView exponent, u64 exponent_zero_bytes) {
  while (!exponent.empty() && exponent.front() == 0) exponent = exponent.subspan(1);
  Number r = m.one();
  if (exponent.empty()) return m.to(r);
  const std::size_t bits = exponent.size() * 8;
  const auto bit = [&](std::size_t i) { return (exponent[exponent.size() - 1 - i / 8] >> (i % 8)) & 1; };

  const unsigned window = window_of(bits);
  std::vector<Number> odd{m.from(base)};
  if (window > 1) {
    Number square = odd[0];
    m.multiply(square, square, square);
    while (odd.size() < std::size_t{1} << (window - 1)) {
      Number next(square.size());
      m.multiply(next, odd.back(), square);
      odd.push_back(std::move(next));
    }
  }

  bool started = false;
  for (std::size_t i = bits; i > 0;) {
    if (bit(i - 1) == 0) {
      if (started) m.multiply(r, r, r);
      --i;
      continue;
    }
    // The longest run from here that fits the window and ends in a one.
    std::size_t low = i >= window ? i - window : 0;
    while (bit(low) == 0) ++low;
    std::size_t value = 0;
    for (std::size_t k = i; k-- > low;) {
      value = value << 1 | static_cast<std::size_t>(bit(k));
      if (started) m.multiply(r, r, r);
    }
    if (started) {
      m.multiply(r, r, odd[value / 2]);
    } else {
      r = odd[value / 2];
      started = true;
    }
    i = low;
  }
  for (u64 i = 0; i < exponent_zero_bytes; ++i) {
    for (int k = 0; k < 8; ++k) m.multiply(r, r, r);
  }
  return m.to(r);
}

std::size_t trailing_zero_bits(const Number& n) {
  std::size_t i = 0;
  while (n[i] == 0) ++i;
  return i * kLimbBits + static_cast<std::size_t>(std::countr_zero(n[i]));
}

Number shifted_right(const Number& n, std::size_t bits) {
  const std::size_t whole = bits / kLimbBits;
  const unsigned part = bits % kLimbBits;
  Number r(n.begin() + static_cast<std::ptrdiff_t>(whole), n.end());
  if (part != 0) {
    for (std::size_t i = 0; i < r.size(); ++i) {
      r[i] = r[i] >> part | (i + 1 < r.size() ? r[i + 1] << (kLimbBits - part) : 0);
    }
  }
  trim(r);
  return r;
}

Number modexp_numbers(const Number& base, ByteView exponent, u64 exponent_zero_bytes, const Number& m) {
  if (platform::accel::kHasModularProducts && m.size() <= SmallModulus::kSize) {
    SmallModulus small(m);
    return power(small, base, exponent, exponent_zero_bytes);
  }
  const std::size_t twos = trailing_zero_bits(m);
  const Number odd = shifted_right(m, twos);
  OddModulus odd_modulus(odd);
  Number r = power(odd_modulus, base, exponent, exponent_zero_bytes);
  if (twos == 0) return r;

  // r + odd·((x − r)/odd mod 2^twos), x the power modulo 2^twos.
  PowerOfTwo even_modulus(twos);
  Number h = power(even_modulus, base, exponent, exponent_zero_bytes);
  const Number r_low = even_modulus.from(r);
  sub(h.data(), h.data(), r_low.data(), h.size());
  even_modulus.multiply(h, h, even_modulus.inverse(even_modulus.from(odd)));
  r.resize(odd.size() + h.size(), 0);
  for (std::size_t i = 0; i < h.size(); ++i) {
    Limb carry = add_multiple(&r[i], odd.data(), odd.size(), h[i]);
    for (std::size_t k = i + odd.size(); carry != 0; ++k) {
      r[k] += carry;
      carry = r[k] < carry ? 1 : 0;
    }
  }
  return r;
}

}  // namespace

Bytes modexp(ByteView base, ByteView exponent, u64 exponent_zero_bytes, ByteView modulus) {
  Bytes out(modulus.size(), 0);
  Number m = number_from_be(modulus);
  trim(m);
  if (m.empty()) return out;
  const Number r = modexp_numbers(number_from_be(base), exponent, exponent_zero_bytes, m);
  for (std::size_t i = 0; i < out.size() && i / sizeof(Limb) < r.size(); ++i) {
    out[out.size() - 1 - i] = static_cast<u8>(r[i / sizeof(Limb)] >> (i % sizeof(Limb) * 8));
  }
  return out;
}

}  // namespace atlas::crypto
