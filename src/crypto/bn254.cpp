#include <crypto/bn254.hpp>
#include <crypto/msm.hpp>

namespace atlas::crypto::bn254 {
namespace {

using Engine = Pairing<Config>;
using F12 = Fp12<Config>;

constexpr F2 kPsiX = Config::kGamma.sqr();  // untwisting multiplies x by w² and y by w³, and w^(p−1) = γ
constexpr F2 kPsiY = kPsiX * Config::kGamma;
constexpr SignedDigits kXDigits = non_adjacent_form("44e992b44a6909f1");

/// (x, y) → (β·x, y) multiplies G1, which is the whole curve, by the cube root of unity λ = b3c4d79d41a91758…b99c90dd.
/// The short vectors v1 = (C, A) and v2 = (−A, B) span {(a, b): a + b·λ = 0 mod r}; A = 2x + 1, B = 6x² + 2x,
/// C = 6x² + 4x + 1, A² + B·C = r (Gallant, Lambert, Vanstone 2001).
struct Group {
  using F = Fp;
  static constexpr unsigned kParts = 2;
  static constexpr unsigned kPartBits = 130;
  static constexpr Fp kBeta = Fp::from_hex("59e26bcea0d48bacd4f263f1acdb5c4f5763473177fffffe");
  static constexpr u256 kA = u256(kX) + u256(kX) + u256(1);
  static constexpr u256 kB = u256(kX) * (u256(kX) * u256(6) + u256(2));
  static constexpr u256 kC = u256(kX) * (u256(kX) * u256(6) + u256(4)) + u256(1);
  static constexpr u256 kBOverR = u256(0, 0, 0x9333bc0529dcf4b3, 0xde9ef6750e47ac63);  // floor(2^254·B/r)
  static constexpr u256 kAOverR = u256(0, 0, 0x0000000000000000, 0xb64748cbb1f82cf5);  // floor(2^254·A/r)

  static G1 endomorphism(const G1& p) { return {p.x * kBeta, p.y}; }
  /// (k, 0) = (k·B/r)·v1 − (k·A/r)·v2. Taking c and d, at most 4 below these factors, leaves (e1·C + e2·A, e1·A − e2·B)
  /// with e1, e2 in [0, 4); adding v1 + 4·v2 makes both parts positive and below 5·C < 2^130.
  static std::array<u256, 2> split(const u256& scalar) {
    const u256 k = scalar < kOrder ? scalar : scalar % kOrder;
    const u256 high = k >> 126;  // below 2^128, so that the products below do not wrap
    const u256 c = (high * kBOverR) >> 128;
    const u256 d = (high * kAOverR) >> 128;
    return {k - c * kC - d * kA + kC - kA * u256(4), d * kB - c * kA + kA + kB * u256(4)};
  }
};

/// The hard exponent times 2x(6x² + 3x + 1), prime to r, as Σ λ_i·p^i (Fuentes-Castañeda, Knapp, Rodríguez-Henríquez,
/// "Faster hashing to G2", 2011, section 5):
/// λ0 = 12x³ + 12x² + 6x + 1, λ1 = 12x³ + 6x² + 4x, λ2 = 12x³ + 6x² + 6x, λ3 = 12x³ + 6x² + 4x − 1.
F12 final_exponentiation(const F12& miller) {
  const F12 f = Engine::easy_exponent(miller);
  const F12 f2x = Engine::cyclotomic_power(f, kXDigits).cyclotomic_sqr();
  const F12 f6x = f2x.cyclotomic_sqr() * f2x;
  const F12 f6xx = Engine::cyclotomic_power(f6x, kXDigits);
  const F12 f12xxx = Engine::cyclotomic_power(f6xx.cyclotomic_sqr(), kXDigits);
  const F12 l2 = f12xxx * f6xx * f6x;
  const F12 l1 = l2 * f2x.conjugate();
  const F12 l0 = l2 * f6xx * f;
  const F12 l3 = l1 * f.conjugate();
  return l0 * l1.frobenius() * (l2 * l3.frobenius()).frobenius_squared();
}

}  // namespace

bool is_on_curve(const G1& p) {
  return crypto::is_on_curve(p, Fp::from_u64(3));
}
bool is_on_curve(const G2& p) {
  return crypto::is_on_curve(p, Config::kTwistB);
}

G2 psi(const G2& p) {
  return {p.x.conjugate() * kPsiX, p.y.conjugate() * kPsiY};
}

bool is_in_subgroup(const G2& p) {
  // [x+1]P + ψ[x]P + ψ²[x]P = ψ³[2x]P: Dai, Lin, Zhao, Zhou, "Fast subgroup membership testings for G1, G2 and GT on
  // pairing-friendly curves" (2022), section 4. Why it suffices: let f(X) = x + 1 + xX + xX² − 2xX³ and χ(X) =
  // X² − tX + p, which ψ satisfies on the whole twist. f(ψ)P = 0 implies [Res(f, χ)]P = 0, and gcd(Res(f, χ), #E') = r
  // for this x, so P has order r or 1. Why it is necessary: ψ acts on G2 as p, and f(p) = 0 mod r.
  if (p.is_infinity()) return true;
  const auto psi_jacobian = [](const Jacobian<F2>& q) {
    return Jacobian<F2>{q.x.conjugate() * kPsiX, q.y.conjugate() * kPsiY, q.z.conjugate()};
  };
  Jacobian<F2> xp = p;
  for (unsigned i = kXDigits.length - 1; i-- > 0;) {
    xp = xp.doubled();
    if (kXDigits.digit[i] != 0) xp = xp + (kXDigits.digit[i] > 0 ? p : -p);
  }
  const Jacobian<F2> psi1 = psi_jacobian(xp);
  const Jacobian<F2> psi2 = psi_jacobian(psi1);
  const Jacobian<F2> psi3 = psi_jacobian(psi2);
  return xp + p + psi1 + psi2 == psi3.doubled();
}

G1 multiply(const G1& p, const u256& k) {
  return multi_scalar_multiply<Group>(std::span(&p, 1), std::span(&k, 1)).to_affine();
}

Fp12<Config> pairing_product(std::span<const Pair> pairs) {
  std::vector<Pair> finite;
  finite.reserve(pairs.size());
  for (const Pair& pair : pairs) {
    if (!pair.p.is_infinity() && !pair.q.is_infinity()) finite.push_back(pair);
  }
  if (finite.empty()) return F12::one();
  auto state = Engine::miller_loop(finite);
  // The optimal ate pairing of BN curves closes with lines through ψ(Q) and −ψ²(Q) (Vercauteren 2008, section 4).
  for (std::size_t k = 0; k < finite.size(); ++k) {
    const G2 q1 = psi(finite[k].q);
    const G2 q2 = -psi(q1);
    state.f = Engine::times_line(state.f, state.moving[k].add_step(q1), finite[k].p);
    state.f = Engine::times_line(state.f, state.moving[k].add_step(q2), finite[k].p);
  }
  return final_exponentiation(state.f);
}

bool pairing_product_is_one(std::span<const Pair> pairs) {
  return pairing_product(pairs) == F12::one();
}

}  // namespace atlas::crypto::bn254
