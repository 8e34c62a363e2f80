#include <cstring>
#include <utility>
#include <vector>

#include <base/guest_abi.hpp>
#include <base/u256.hpp>
#include <crypto/blake3.hpp>
#include <crypto/keccak.hpp>
#include <crypto/secp256k1_field.hpp>
#include <crypto/sha256.hpp>
#include <field/extension.hpp>
#include <zkvm/executor/primitives.hpp>

namespace atlas::zkvm::primitives {
namespace {

using Coordinate = crypto::Secp256k1Field<>;
using Element = field::Extension<field::BabyBear, abi::kExtensionDegree>;

u256 load_u256(const u32* words) {
  u256 v;
  std::memcpy(v.limb, words, sizeof v.limb);
  return v;
}
void store_u256(u32* words, const u256& v) {
  std::memcpy(words, v.limb, sizeof v.limb);
}

const char* load_coordinates(const u32* words, Coordinate& x, Coordinate& y) {
  const auto numbers = std::pair{std::bit_cast<Coordinate::Number>(load_u256(words)),
                                 std::bit_cast<Coordinate::Number>(load_u256(words + 8))};
  if (!less(numbers.first, Coordinate::kModulus) || !less(numbers.second, Coordinate::kModulus)) {
    return "a coordinate is not below the field's modulus";
  }
  x = Coordinate::from_number(numbers.first);
  y = Coordinate::from_number(numbers.second);
  return nullptr;
}
// The third point of the line with this slope through (x1, y1) and a point at x2, mirrored.
void store_sum(u32* out, const Coordinate& slope, const Coordinate& x1, const Coordinate& y1, const Coordinate& x2) {
  const Coordinate x3 = slope.sqr() - x1 - x2;
  const Coordinate y3 = slope * (x1 - x3) - y1;
  store_u256(out, std::bit_cast<u256>(x3.to_number()));
  store_u256(out + 8, std::bit_cast<u256>(y3.to_number()));
}

bool canonical(const u32* words, u32 count) {
  for (u32 i = 0; i < count; ++i) {
    if (words[i] >= field::BabyBear::kModulus) return false;
  }
  return true;
}
constexpr const char* kNotCanonical = "a field element is not below the modulus";
Element load_element(const u32* words) {
  Element e;
  for (unsigned i = 0; i < abi::kExtensionDegree; ++i) e.c[i] = field::BabyBear::from_raw(words[i]);
  return e;
}
void store_element(u32* words, const Element& e) {
  for (unsigned i = 0; i < abi::kExtensionDegree; ++i) words[i] = e.c[i].raw;
}

// (high·2^256 + low) / m, exact and below 2^256: strip m's twos, then multiply by its inverse modulo 2^256, which
// Newton's iteration doubles in precision (x = m is right to three bits).
u256 divide_exactly(const u256& high, const u256& low, const u256& m) {
  unsigned twos = 0;
  while (!m.bit(twos)) ++twos;
  const u256 odd = m >> twos;
  u256 inverse = odd;
  for (unsigned bits = 3; bits < 256; bits *= 2) inverse = inverse * (u256(2) - odd * inverse);
  const u256 shifted = twos == 0 ? low : low >> twos | high << (256 - twos);
  return shifted * inverse;
}

}  // namespace

void keccak_f(u32* state) {
  u64 lanes[25];
  std::memcpy(lanes, state, sizeof lanes);
  crypto::keccak_f1600(lanes);
  std::memcpy(state, lanes, sizeof lanes);
}

void sha256(u32* state, const u32* blocks, u32 count) {
  u32 value[8];
  std::memcpy(value, state, sizeof value);
  crypto::sha256_compress(value, reinterpret_cast<const u8*>(blocks), count);
  std::memcpy(state, value, sizeof value);
}

const char* blake3(u32* chaining_value, const u32* blocks, u32 count, u32 flags, u32 length_and_counter) {
  const u32 last_length = length_and_counter & 0xff;
  if (last_length > crypto::kBlake3BlockSize) return "the last block's length is above 64";
  u32 value[8];
  std::memcpy(value, chaining_value, sizeof value);
  for (u32 i = 0; i < count; ++i) {
    const bool last = i + 1 == count;
    const u32 block_flags = (i == 0 ? flags & 0xffff : 0) | (last ? flags >> 16 : 0);
    crypto::blake3_compress(value, blocks + u64{16} * i, length_and_counter >> 8,
                            last ? last_length : u32{crypto::kBlake3BlockSize}, block_flags, value);
  }
  std::memcpy(chaining_value, value, sizeof value);
  return nullptr;
}

const char* merkle_path(u32* digests, unsigned count, u32 index, u32 levels, u32 flags, const u32* siblings) {
  if (levels < 32 && index >> levels != 0) return "the index has more bits than the path has levels";
  if (flags > 0xffff) return "flags are above 16 bits";
  for (unsigned d = 0; d < count; ++d) {
    u32* digest = digests + 8 * d;
    for (u32 level = 0; level < levels; ++level) {
      const bool is_right = (index >> level & 1) != 0;
      u32 block[16];
      std::memcpy(block + (is_right ? 8 : 0), digest, 32);
      std::memcpy(block + (is_right ? 0 : 8), siblings + u64{8} * level, 32);
      crypto::blake3_compress(crypto::kBlake3Iv, block, 0, crypto::kBlake3BlockSize, flags, digest);
    }
  }
  return nullptr;
}

const char* mul_div(const u32* a_words, const u32* b_words, const u32* c_words, const u32* m_words, u32* out,
                    bool with_quotient) {
  const u256 a = load_u256(a_words), b = load_u256(b_words), c = load_u256(c_words), m = load_u256(m_words);
  if (m.is_zero()) return "the modulus is zero";
  // With one factor below m, a·b + c ≤ (m − 1)·(2^256 − 1) + 2^256 − 1 < m·2^256, so the quotient fits.
  if (!(a < m) && !(b < m)) return "neither factor is below the modulus";
  const u256 r = addmod(mulmod(a, b, m), c % m, m);
  if (!with_quotient) {
    store_u256(out, r);
    return nullptr;
  }
  const auto product =
      crypto::multiply_wide(std::bit_cast<Coordinate::Number>(a), std::bit_cast<Coordinate::Number>(b));
  u256 low, high;
  std::memcpy(low.limb, product.limb, sizeof low.limb);
  std::memcpy(high.limb, product.limb + u256::kLimbs, sizeof high.limb);
  bool carry = false;
  low = u256::add(low, c, carry);
  if (carry) high = high + u256(1);
  if (low < r) high = high - u256(1);
  low = low - r;
  store_u256(out, divide_exactly(high, low, m));
  store_u256(out + 8, r);
  return nullptr;
}

const char* secp256k1_add(u32* p, const u32* q) {
  Coordinate x1, y1, x2, y2;
  if (const char* bad = load_coordinates(p, x1, y1)) return bad;
  if (const char* bad = load_coordinates(q, x2, y2)) return bad;
  const Coordinate run = x2 - x1;
  if (run.is_zero()) return "both points have the same x; compare before the call: equal points are doubled";
  store_sum(p, (y2 - y1) * run.inverse(), x1, y1, x2);
  return nullptr;
}

const char* secp256k1_double(u32* p) {
  Coordinate x, y;
  if (const char* bad = load_coordinates(p, x, y)) return bad;
  if (y.is_zero()) return "the point has y = 0";
  const Coordinate square = x.sqr();
  store_sum(p, (square.doubled() + square) * y.doubled().inverse(), x, y, x);
  return nullptr;
}

const char* extension_dot(u32* sum, const u32* a, const u32* b, u32 count, bool a_is_base) {
  constexpr u32 kDegree = abi::kExtensionDegree;
  if (!canonical(sum, kDegree) || !canonical(a, a_is_base ? count : count * kDegree) ||
      !canonical(b, count * kDegree)) {
    return kNotCanonical;
  }
  Element total = load_element(sum);
  for (u32 i = 0; i < count; ++i) {
    const Element right = load_element(b + kDegree * i);
    total += a_is_base ? right * field::BabyBear::from_raw(a[i]) : load_element(a + kDegree * i) * right;
  }
  store_element(sum, total);
  return nullptr;
}

const char* eq_expand(u32* table, const u32* r, u32 count) {
  constexpr u32 kDegree = abi::kExtensionDegree;
  if (!canonical(table, count * kDegree) || !canonical(r, kDegree)) return kNotCanonical;
  const Element point = load_element(r);
  for (u32 i = 0; i < count; ++i) {
    const Element value = load_element(table + kDegree * i);
    const Element upper = value * point;
    store_element(table + kDegree * (count + i), upper);
    store_element(table + kDegree * i, value - upper);
  }
  return nullptr;
}

void advise_inverse(u32* out, const u32* x_words, const u32* m_words) {
  const u256 m = load_u256(m_words);
  u256 inverse;
  if (m > u256(1)) {
    // Extended Euclid; coefficients are kept modulo m, so nothing is signed.
    u256 r0 = m, r1 = load_u256(x_words) % m;
    u256 t0(0), t1(1);
    while (!r1.is_zero()) {
      const DivMod step = divmod(r0, r1);
      const u256 product = mulmod(step.quotient, t1, m);
      const u256 t2 = t0 < product ? t0 + (m - product) : t0 - product;
      r0 = std::exchange(r1, step.remainder);
      t0 = std::exchange(t1, t2);
    }
    if (r0 == u256(1)) inverse = t0;
  }
  store_u256(out, inverse);
}

void advise_root(u32* out, const u32* words) {
  const Coordinate x = Coordinate::from_number(std::bit_cast<Coordinate::Number>(load_u256(words)));
  // p = 3 (mod 4): exactly one of x and −x is a square, unless x = 0.
  const auto root = x.sqrt();
  const Coordinate found = root ? *root : (-x).sqrt().value_or(Coordinate());
  store_u256(out, std::bit_cast<u256>(found.to_number()));
}

}  // namespace atlas::zkvm::primitives
