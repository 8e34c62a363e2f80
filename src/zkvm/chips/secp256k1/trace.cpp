#include <algorithm>

#include <crypto/secp256k1_field.hpp>
#include <zkvm/chips/secp256k1/trace.hpp>

namespace atlas::zkvm::chips {
namespace {

using secp256k1::BelowPrime;
using Coordinate = crypto::Secp256k1Field<>;

Coordinate coordinate_of(const Number<u32>& number) {
  Coordinate::Number n;
  for (unsigned i = 0; i < kNumberLimbs; ++i) {
    n.limb[i * 16 / Coordinate::kLimbBits] |= static_cast<Limb>(number.limb[i]) << (i * 16 % Coordinate::kLimbBits);
  }
  return Coordinate::from_number(n);
}
NumberBytes<u32> bytes_of(const Coordinate& x) {
  const Coordinate::Number n = x.to_number();
  NumberBytes<u32> out;
  for (unsigned i = 0; i < kNumberBytes; ++i) {
    out.byte[i] = n.limb[i * 8 / Coordinate::kLimbBits] >> (i * 8 % Coordinate::kLimbBits) & 255;
  }
  return out;
}

/// Inverses of a row, all by one exponentiation, when this goes out of scope.
class Inverses {
 public:
  /// `cell` becomes 1/value, or 0.
  void add(u32& cell, i64 value) {
    cell = field_of(value);
    if (cell != 0) cells_[count_++] = &cell;
  }
  ~Inverses() {
    BabyBear before[kMax], product = BabyBear::one();
    for (unsigned i = 0; i < count_; ++i) {
      before[i] = product;
      product *= BabyBear(*cells_[i]);
    }
    BabyBear inverse = product.inverse();
    for (unsigned i = count_; i-- > 0;) {
      const BabyBear value(*cells_[i]);
      *cells_[i] = (inverse * before[i]).canonical();
      inverse *= value;
    }
  }

 private:
  static constexpr unsigned kMax = 8;
  u32* cells_[kMax];
  unsigned count_ = 0;
};

void set_below(BelowPrime<u32>& out, const Number<u32>& x, Inverses& inverses) {
  i64 missing = secp256k1::kPrimeOnes;
  for (unsigned i = secp256k1::kPrimeOnesFrom; i < kNumberLimbs; ++i) missing -= x.limb[i];
  if (missing != 0) return inverses.add(out.inverse, missing);
  out.close = 1;
  const i64 below = i64{secp256k1::kPrimeLimb2} - x.limb[2] + 65535 - x.limb[1];
  out.lowest = below == 0;
  inverses.add(out.inverse, below);
}

/// A number's bytes, or sums of such.
struct ByteSums {
  i64 byte[kNumberBytes];
  explicit ByteSums(const NumberBytes<u32>& x) { std::copy_n(x.byte, kNumberBytes, byte); }
  explicit ByteSums(const Number<u32>& x) : ByteSums(bytes_of(x)) {}
  friend ByteSums operator-(ByteSums x, const ByteSums& y) {
    for (unsigned i = 0; i < kNumberBytes; ++i) x.byte[i] -= y.byte[i];
    return x;
  }
};

/// An equation as its terms are added.
class Equation {
 public:
  void add_product(const ByteSums& x, const ByteSums& y, i64 scale = 1) {
    for (unsigned i = 0; i < kNumberBytes; ++i) {
      for (unsigned j = 0; j < kNumberBytes; ++j) coefficients_[i + j] += scale * x.byte[i] * y.byte[j];
    }
  }
  void add_number(const Number<u32>& x, i64 scale) {
    for (unsigned i = 0; i < kNumberLimbs; ++i) limbs_[i] += scale * x.limb[i];
  }
  /// The carries if it holds modulo p; false if it does not.
  bool close(u32* carries) const {
    i64 sums[kNumberBytes];
    for (unsigned k = 0; k < kNumberBytes; ++k) {
      sums[k] = secp256k1::folded(coefficients_, k) + (k % 2 == 0 ? limbs_[k / 2] : 0);
    }
    // The sum's own digits tell q: it is t·2^256 + D = q·2^256 − q·c, and q·c is far below 2^255.
    i64 top = 0, digit = 0;
    for (const i64 sum : sums) {
      top += sum;
      digit = top & 255;
      top >>= 8;
    }
    const i64 q = digit >= 128 ? top + 1 : top;
    bool holds = true;
    i64 carry = 0;
    for (unsigned k = 0; k < kNumberBytes; ++k) {
      carry += secp256k1::with_quotient(sums[k], q, k);
      holds = holds && (carry & 255) == 0;
      carry >>= 8;
      carries[k] = field_of(carry);
    }
    return holds && carry == q;
  }

 private:
  i64 coefficients_[kProductCoefficients] = {}, limbs_[kNumberLimbs] = {};
};

}  // namespace

bool complete(RowOf<Secp256k1Add>& row) {
  const Number<u32> p_x = number_in(row.p), p_y = number_in(row.p + kNumberWords), q_x = number_in(row.q),
                    q_y = number_in(row.q + kNumberWords);
  row.p_x_low = low_bytes_of(p_x);
  row.q_x_low = low_bytes_of(q_x);
  row.x_low = low_bytes_of(row.x);
  const ByteSums slope(row.slope), p_x_bytes(p_x), run = ByteSums(q_x) - p_x_bytes;

  Inverses inverses;
  for (unsigned j = Secp256k1Add::kParts; j-- > 0;) {
    i64 part = run.byte[3 * j] + run.byte[3 * j + 1] * 256;
    if (3 * j + 2 < kNumberBytes) part += run.byte[3 * j + 2] * 65536;
    if (part == 0) continue;
    inverses.add(row.unequal[j], part);
    break;
  }
  set_below(row.p_x_below, p_x, inverses);
  set_below(row.p_y_below, p_y, inverses);
  set_below(row.q_x_below, q_x, inverses);
  set_below(row.q_y_below, q_y, inverses);
  set_below(row.x_below, row.x, inverses);
  set_below(row.y_below, row.y, inverses);

  Equation slope_equation, x_equation, y_equation;
  slope_equation.add_product(slope, run);
  slope_equation.add_number(q_y, -1);
  slope_equation.add_number(p_y, 1);
  x_equation.add_product(slope, slope);
  for (const Number<u32>& n : {p_x, q_x, row.x}) x_equation.add_number(n, -1);
  y_equation.add_product(slope, p_x_bytes - ByteSums(row.x));
  for (const Number<u32>& n : {p_y, row.y}) y_equation.add_number(n, -1);
  const bool good[] = {slope_equation.close(row.slope_carry), x_equation.close(row.x_carry),
                       y_equation.close(row.y_carry)};
  return good[0] && good[1] && good[2];
}

bool complete(RowOf<Secp256k1Double>& row) {
  const Number<u32> p_x = number_in(row.p), p_y = number_in(row.p + kNumberWords);
  row.p_x_low = low_bytes_of(p_x);
  row.p_y_low = low_bytes_of(p_y);
  row.x_low = low_bytes_of(row.x);

  Inverses inverses;
  i64 limbs = 0;
  for (const u32 limb : p_y.limb) limbs += limb;
  inverses.add(row.nonzero, limbs);
  set_below(row.p_x_below, p_x, inverses);
  set_below(row.p_y_below, p_y, inverses);
  set_below(row.x_below, row.x, inverses);
  set_below(row.y_below, row.y, inverses);

  const ByteSums slope(row.slope), p_x_bytes(p_x);
  Equation slope_equation, x_equation, y_equation;
  slope_equation.add_product(slope, ByteSums(p_y), 2);
  slope_equation.add_product(p_x_bytes, p_x_bytes, -3);
  x_equation.add_product(slope, slope);
  x_equation.add_number(p_x, -2);
  x_equation.add_number(row.x, -1);
  y_equation.add_product(slope, p_x_bytes - ByteSums(row.x));
  for (const Number<u32>& n : {p_y, row.y}) y_equation.add_number(n, -1);
  const bool good[] = {slope_equation.close(row.slope_carry), x_equation.close(row.x_carry),
                       y_equation.close(row.y_carry)};
  for (unsigned k = 0; k < Secp256k1Double::kWide; ++k) {
    const u32 above = field_of(i64{row.slope_carry[k]} - Secp256k1Double::kSlope.carry[k].low);
    row.high_bit[k] = above >> 20 & 1;
  }
  return good[0] && good[1] && good[2];
}

RowOf<Secp256k1Add> secp256k1_add_row(const EcallStep& s) {
  RowOf<Secp256k1Add> row{};
  row.real = 1;
  row.call = primitive_call(s, 0, s.writes[0].word);
  row.pointer = address_of_index(s.reads[0].word);
  set_words(s.reads, s.time + kTickEcallReads + 1, row.q);
  set_words(s.writes, s.time + kTickEcallWrites, row.p);
  row.x = number_of(s.writes.first(kNumberWords), &EcallWord::after);
  row.y = number_of(s.writes.last(kNumberWords), &EcallWord::after);
  const Coordinate run = coordinate_of(number_in(row.q)) - coordinate_of(number_in(row.p));
  const Coordinate rise =
      coordinate_of(number_in(row.q + kNumberWords)) - coordinate_of(number_in(row.p + kNumberWords));
  row.slope = bytes_of(rise * run.inverse());
  ENSURE(complete(row), "the executor's sum is another");
  return row;
}

RowOf<Secp256k1Double> secp256k1_double_row(const EcallStep& s) {
  RowOf<Secp256k1Double> row{};
  row.real = 1;
  row.call = primitive_call(s, 0, s.writes[0].word);
  set_words(s.writes, s.time + kTickEcallWrites, row.p);
  row.x = number_of(s.writes.first(kNumberWords), &EcallWord::after);
  row.y = number_of(s.writes.last(kNumberWords), &EcallWord::after);
  const Coordinate square = coordinate_of(number_in(row.p)).sqr();
  const Coordinate y = coordinate_of(number_in(row.p + kNumberWords));
  row.slope = bytes_of((square.doubled() + square) * y.doubled().inverse());
  ENSURE(complete(row), "the executor's double is another");
  return row;
}

}  // namespace atlas::zkvm::chips
