// Field elements to points of G1 and G2: simplified SWU on an isogenous curve E' with both coefficients nonzero, the
// isogeny to E, and the clearing of the cofactor (RFC 9380, sections 6.6.2, 6.6.3, 7, 8.8).
#include <base/ensure.hpp>
#include <crypto/bls12_381.hpp>
#include <crypto/bls12_381_isogeny.hpp>

namespace atlas::crypto::bls12_381 {
namespace {

/// E': y² = x³ + A·x + B and the non-square Z of the SWU map.
struct Sswu1 {
  using F = Fp;
  static constexpr F kA =
      Fp::from_hex("144698a3b8e9433d693a02c96d4982b0ea985383ee66a8d8e8981aefd881ac98936f8da0e0f97f5cf428082d584c1d");
  static constexpr F kB =
      Fp::from_hex("12e2908d11688030018b12e8753eee3b2016c1f0f24f4070a0b9c14fcef35ef55a23215a316ceaa5d1cc48e98e172be0");
  static constexpr F kZ = Fp::from_u64(11);
  /// √(−Z³); both −1 and Z are no squares.
  static constexpr F kRootOfMinusZ3 =
      Fp::from_hex("03d689d1e0e762cef9f2bec6130316806b4c80eda6fc10ce77ae83eab1ea8b8b8a407c9c6db195e06f2dbeabc2baeff5");

  /// A root of g(x2) = (Zu²)³·g1, given a root of −g1: no second exponentiation.
  struct Root {
    F candidate;
    bool is_square;
    explicit Root(const F& g1) : candidate(g1.sqrt_candidate()), is_square(candidate.sqr() == g1) {}
    F of_second(const F& u, const F&) const { return candidate * u.sqr() * u * kRootOfMinusZ3; }
  };
};
struct Sswu2 {
  using F = F2;
  static constexpr F kA = {Fp::zero(), Fp::from_u64(240)};
  static constexpr F kB = {Fp::from_u64(1012), Fp::from_u64(1012)};
  static constexpr F kZ = {-Fp::from_u64(2), -Fp::one()};

  struct Root {
    F candidate;
    bool is_square;
    explicit Root(const F& g1) {
      const auto root = g1.sqrt();
      is_square = root.has_value();
      if (is_square) candidate = *root;
    }
    F of_second(const F&, const F& g2) const {
      const auto root = g2.sqrt();
      ENSURE(root.has_value(), "one of the two SWU candidates is a square");
      return *root;
    }
  };
};

/// The point of E' that belongs to u: the first of x1 = −B/A·(1 + 1/(Z²u⁴ + Zu²)), x2 = Zu²·x1 on the curve, and the
/// root y of u's sign. Exactly one of the two is on the curve, for g(x2) = (Zu²)³·g(x1) and Z is no square.
template <class S>
Affine<typename S::F> simplified_swu(const typename S::F& u) {
  using F = typename S::F;
  static constexpr F kMinusBOverA = -S::kB * S::kA.inverse();
  static constexpr F kExceptional = S::kB * (S::kZ * S::kA).inverse();
  const auto g = [](const F& x) { return (x.sqr() + S::kA) * x + S::kB; };
  const F zu2 = S::kZ * u.sqr();
  const F denominator = zu2.sqr() + zu2;
  F x = denominator.is_zero() ? kExceptional : kMinusBOverA * (F::one() + denominator.inverse());
  const typename S::Root root(g(x));
  F y = root.candidate;
  if (!root.is_square) {
    x = zu2 * x;
    y = root.of_second(u, g(x));
  }
  return {x, y.is_odd() == u.is_odd() ? y : -y};
}

/// Σ c_i·x^i; with a leading x^N where `monic`.
template <class F, std::size_t N>
F evaluate(const std::array<F, N>& coefficients, const F& x, bool monic) {
  F r = monic ? x + coefficients[N - 1] : coefficients[N - 1];
  for (std::size_t i = N - 1; i-- > 0;) r = r * x + coefficients[i];
  return r;
}

/// (x_n/x_d, y·y_n/y_d) in Jacobian coordinates with Z = x_d·y_d: a zero denominator gives infinity, as it must.
template <class F>
Jacobian<F> rational_point(const F& xn, const F& xd, const F& yn, const F& yd) {
  const F z = xd * yd;
  const F scale = z * yd;  // x_d·y_d²
  return {xn * scale, yn * scale * xd.sqr(), z};
}

}  // namespace

G1 map_to_g1(const Fp& u) {
  using namespace isogeny;
  const G1 p = simplified_swu<Sswu1>(u);
  const auto q = rational_point(evaluate(kG1XNumerator, p.x, false), evaluate(kG1XDenominator, p.x, true),
                                p.y * evaluate(kG1YNumerator, p.x, false), evaluate(kG1YDenominator, p.x, true));
  return (multiply_small(q, kAbsZ) + q).to_affine();  // h_eff = 1 − z
}

G2 map_to_g2(const F2& u) {
  using namespace isogeny;
  const G2 p = simplified_swu<Sswu2>(u);
  const auto q = rational_point(evaluate(kG2XNumerator, p.x, false), evaluate(kG2XDenominator, p.x, true),
                                p.y * evaluate(kG2YNumerator, p.x, false), evaluate(kG2YDenominator, p.x, true))
                     .to_affine();
  // h_eff·Q = [z² − z − 1]Q + [z − 1]ψ(Q) + ψ²([2]Q): Budroni, Pintore, "Efficient hash maps to G2 on BLS curves"
  // (2017), as RFC 9380, appendix G.4; regrouped as [z]([z]Q + ψ(Q)) − [z]Q − Q − ψ(Q) + ψ²([2]Q).
  const auto times_z = [](const Jacobian<F2>& point) { return -multiply_small(point, kAbsZ); };
  const Jacobian<F2> zq = times_z(q);
  const G2 psi_q = psi(q);
  const G2 psi2_q = psi(psi_q);
  const Jacobian<F2> r = times_z(zq + psi_q) + -zq + -q + -psi_q + psi2_q + psi2_q;
  return r.to_affine();
}

}  // namespace atlas::crypto::bls12_381
