// Odd multiples of the generator for the vector kernel, by portable field code. About 5 ms, once a process.
#include <vector>

#include <recovery/kernel.hpp>

#include <crypto/montgomery.hpp>

namespace atlas::recovery {
namespace {

struct FieldParams {
  static constexpr std::string_view kModulus = "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f";
};
using Field = crypto::Montgomery<FieldParams, std::uint64_t>;

struct Jacobian {
  Field x, y, z;
};

Jacobian doubled(const Jacobian& p) {
  const Field b = p.y.sqr();
  const Field s = (p.x * b).doubled().doubled();
  const Field x2 = p.x.sqr();
  const Field m = x2.doubled() + x2;
  const Field x = m.sqr() - s.doubled();
  return {x, m * (s - x) - b.sqr().doubled().doubled().doubled(), (p.y * p.z).doubled()};
}

// Of different points, neither infinite: true of (2i + 1)·B and 2·B for every i here, since the order is prime.
Jacobian sum(const Jacobian& p, const Jacobian& q) {
  const Field pzz = p.z.sqr();
  const Field qzz = q.z.sqr();
  const Field u = p.x * qzz;
  const Field h = q.x * pzz - u;
  const Field s = p.y * qzz * q.z;
  const Field r = q.y * pzz * p.z - s;
  const Field hh = h.sqr();
  const Field hhh = hh * h;
  const Field v = u * hh;
  const Field x = r.sqr() - hhh - v.doubled();
  return {x, r * (v - x) - s * hhh, p.z * q.z * h};
}

void store(const std::vector<Jacobian>& points, AffinePoint (&row)[kBaseEntries]) {
  std::vector<Field> prefix(points.size());
  Field product = Field::one();
  for (std::size_t i = 0; i < points.size(); ++i) {
    prefix[i] = product;
    product *= points[i].z;
  }
  Field inverse = product.inverse();
  for (std::size_t i = points.size(); i-- > 0;) {
    const Field z = inverse * prefix[i];
    inverse *= points[i].z;
    const Field zz = z.sqr();
    const auto x = (points[i].x * zz).to_number();
    const auto y = (points[i].y * zz * z).to_number();
    for (unsigned k = 0; k < 4; ++k) {
      row[i].x[k] = x.limb[k];
      row[i].y[k] = y.limb[k];
    }
  }
}

}  // namespace

const BaseTable& base_table() {
  // Never freed: it serves until the process ends.
  static const auto* const kTable = [] {
    auto* rows = new AffinePoint[kBaseWindows][kBaseEntries];
    Jacobian base{Field::from_hex("79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"),
                  Field::from_hex("483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8"), Field::one()};
    std::vector<Jacobian> multiples(kBaseEntries);
    for (unsigned w = 0; w < kBaseWindows; ++w) {
      const Jacobian twice = doubled(base);
      multiples[0] = base;
      for (unsigned i = 1; i < kBaseEntries; ++i) multiples[i] = sum(multiples[i - 1], twice);
      store(multiples, rows[w]);
      for (unsigned k = 0; k < 8; ++k) base = doubled(base);
    }
    return reinterpret_cast<const BaseTable*>(rows);
  }();
  return *kTable;
}

}  // namespace atlas::recovery
