#include <array>
#include <memory>

#include <recovery/kernel.hpp>
#include <recovery/recovery.hpp>

#include <base/ensure.hpp>
#include <crypto/keccak.hpp>
#include <crypto/montgomery.hpp>
#include <crypto/secp256k1.hpp>

namespace atlas::recovery {
namespace {

struct OrderParams {
  static constexpr std::string_view kModulus = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
};
using Scalar = crypto::Montgomery<OrderParams, u64>;

constexpr unsigned kBatch = kLanes * kMaxBlocks;

Scalar::Number number(const u256& v) {
  Scalar::Number n;
  for (unsigned i = 0; i < 4; ++i) n.limb[i] = v.word(i);
  return n;
}
u256 word(const Scalar::Number& n) {
  return u256(n.limb[3], n.limb[2], n.limb[1], n.limb[0]);
}

/// (a·b + 2^383) >> 384.
u256 multiply_round_shift(const u256& a, const u256& b) {
  u64 t[8] = {};
  for (unsigned i = 0; i < 4; ++i) {
    u64 carry = 0;
    for (unsigned j = 0; j < 4; ++j) {
      const WideLimb s = static_cast<WideLimb>(a.word(i)) * b.word(j) + t[i + j] + carry;
      t[i + j] = static_cast<u64>(s);
      carry = static_cast<u64>(s >> 64);
    }
    t[i + 4] = carry;
  }
  return u256(0, 0, t[7], t[6]) + u256(t[5] >> 63);
}

/// k = k1 + k2·lambda (mod n), both odd and below 2^129 in absolute value, in two's complement.
struct Split {
  u256 k1;
  u256 k2;
};

// Gallant, Lambert, Vanstone (CRYPTO 2001), with the lattice basis v1 = (a1, b1), v2 = (a2, a1) of SEC 2's lambda.
// Parities: v1 is (odd, odd), v2 is (even, odd), so adding them makes any (k1, k2) odd; the signs are chosen against
// the first component. |k1| ≤ 2^128.1 and |k2| ≤ (|b1| + b2)/2 + |b1| + b2 < 2^129 then, well below the digits' 2^132.
Split split(const u256& k) {
  constexpr u256 kA1(0, 0, 0x3086d221a7d46bcd, 0xe86c90e49284eb15);
  constexpr u256 kMinusB1(0, 0, 0xe4437ed6010e8828, 0x6f547fa90abfe4c3);
  constexpr u256 kA2(0, 1, 0x14ca50f7a8e2f3f6, 0x57c1108d9d44cfd8);
  // round(2^384·a1/n) and round(2^384·(−b1)/n)
  constexpr u256 kG1(0x3086d221a7d46bcd, 0xe86c90e49284eb15, 0x3daa8a1471e8ca7f, 0xe893209a45dbb031);
  constexpr u256 kG2(0xe4437ed6010e8828, 0x6f547fa90abfe4c4, 0x221208ac9df506c6, 0x1571b4ae8ac47f71);
  const u256 c1 = multiply_round_shift(k, kG1);
  const u256 c2 = multiply_round_shift(k, kG2);
  Split s{k - c1 * kA1 - c2 * kA2, c1 * kMinusB1 - c2 * kA1};
  if (!s.k1.bit(0)) {
    const bool up = s.k1.is_negative();
    s.k1 = up ? s.k1 + kA1 : s.k1 - kA1;
    s.k2 = up ? s.k2 - kMinusB1 : s.k2 + kMinusB1;
  }
  if (!s.k2.bit(0)) {
    const bool up = s.k1.is_negative();
    s.k1 = up ? s.k1 + kA2 : s.k1 - kA2;
    s.k2 = up ? s.k2 + kA1 : s.k2 - kA1;
  }
  return s;
}

/// Digits of an odd k in windows, all odd and signed: with v = (k + 2^bits − 1)/2, k = Σ (2·v_i − (2^w − 1))·2^(wi),
/// and −k has the complement of v.
u256 odd_digits(const u256& k, unsigned bits) {
  const bool negative = k.is_negative();
  const u256 v = ((negative ? -k : k) >> 1) | u256::power_of_two(bits - 1);
  return negative ? ~v : v;
}

/// One signature, ready for a lane.
struct Lane {
  u256 x;
  u8 y_parity;
  u256 a, b, base;  ///< digits
};

void place(KernelInput& in, unsigned lane, const Lane& v) {
  for (unsigned i = 0; i < 4; ++i) in.r_x[i][lane] = v.x.word(i);
  in.y_parity[lane] = v.y_parity;
  for (unsigned i = 0; i < kPointWindows; ++i) {
    in.digit_a[i][lane] = static_cast<u8>(v.a.word(i / 16) >> (i % 16 * 4) & 15);
    in.digit_b[i][lane] = static_cast<u8>(v.b.word(i / 16) >> (i % 16 * 4) & 15);
  }
  for (unsigned i = 0; i < kBaseWindows; ++i) {
    in.digit_base[i][lane] = static_cast<u8>(v.base.word(i / 8) >> (i % 8 * 8));
  }
}

bool well_formed(const Request& q) {
  return q.y_parity <= 1 && !q.r.is_zero() && !q.s.is_zero() && q.r < crypto::kSecp256k1Order &&
         q.s < crypto::kSecp256k1Order;
}

std::optional<Address> recover_one(const Request& q) {
  return crypto::ecrecover(q.digest, q.y_parity, q.r, q.s);
}

/// At most kBatch requests.
void recover_batch(std::span<const Request> requests, std::span<std::optional<Address>> out) {
  std::array<unsigned, kBatch> source;  // request of each lane
  std::array<Scalar, kBatch> r, prefix;
  unsigned used = 0;
  Scalar product = Scalar::one();
  for (unsigned i = 0; i < requests.size(); ++i) {
    out[i] = std::nullopt;
    if (!well_formed(requests[i])) continue;
    source[used] = i;
    r[used] = Scalar::from_number(number(requests[i].r));
    prefix[used] = product;
    product *= r[used];
    ++used;
  }
  if (used == 0) return;

  const unsigned blocks = (used + kLanes - 1) / kLanes;
  std::array<KernelInput, kMaxBlocks> in;
  std::array<KernelOutput, kMaxBlocks> result;
  std::array<bool, kBatch> elsewhere{};
  Scalar inverse = product.inverse();
  Lane lane{};
  for (unsigned i = used; i-- > 0;) {
    const Request& q = requests[source[i]];
    const Scalar r_inverse = inverse * prefix[i];
    inverse *= r[i];
    // A plain number times a Montgomery form is a plain number.
    const u256 u2 = word(Scalar::multiply(number(q.s), r_inverse.raw()));
    const u256 h = word(Scalar::multiply(number(u256::from_be(q.digest)), r_inverse.raw()));  // = −u1
    const Split k = split(u2);
    lane.x = q.r;
    lane.y_parity = q.y_parity;
    lane.a = odd_digits(k.k1, 4 * kPointWindows);
    lane.b = odd_digits(k.k2, 4 * kPointWindows);
    // −h as an odd number: n − h when h is even, else minus h itself.
    const u256 v = ((h.bit(0) ? h : crypto::kSecp256k1Order - h) >> 1) | u256::power_of_two(255);
    lane.base = h.bit(0) ? ~v : v;
    elsewhere[i] = h.is_zero();  // u1 = 0 has no odd digits
    place(in[i / kLanes], i % kLanes, lane);
  }
  for (unsigned i = used; i < blocks * kLanes; ++i) place(in[i / kLanes], i % kLanes, lane);  // idle lanes repeat one

  recover_kernel(in.data(), result.data(), blocks, base_table());

  for (unsigned i = 0; i < used; ++i) {
    const KernelOutput& o = result[i / kLanes];
    const unsigned l = i % kLanes;
    if (!o.on_curve[l]) continue;
    if (elsewhere[i] || !o.regular[l]) {
      out[source[i]] = recover_one(requests[source[i]]);
      continue;
    }
    crypto::PublicKey key;
    u256(o.x[3][l], o.x[2][l], o.x[1][l], o.x[0][l]).to_be(key.data());
    u256(o.y[3][l], o.y[2][l], o.y[1][l], o.y[0][l]).to_be(key.data() + 32);
    out[source[i]] = crypto::address_of_public_key(key);
  }
}

}  // namespace

Path best_path() {
  static const Path kBest =
      __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512ifma") ? Path::kAvx512Ifma : Path::kPortable;
  return kBest;
}

const char* name_of(Path path) {
  return path == Path::kAvx512Ifma ? "avx512ifma" : "portable";
}

void recover_addresses(std::span<const Request> requests, std::span<std::optional<Address>> out, Path path) {
  ENSURE(requests.size() == out.size(), "one result a request");
  // Two signatures one by one cost about as much as sixteen lanes do, whatever stands in them.
  constexpr std::size_t kWorthIt = 3;
  while (path == Path::kAvx512Ifma && requests.size() >= kWorthIt) {
    const std::size_t n = std::min<std::size_t>(requests.size(), kBatch);
    recover_batch(requests.first(n), out.first(n));
    requests = requests.subspan(n);
    out = out.subspan(n);
  }
  for (std::size_t i = 0; i < requests.size(); ++i) out[i] = recover_one(requests[i]);
}

}  // namespace atlas::recovery
