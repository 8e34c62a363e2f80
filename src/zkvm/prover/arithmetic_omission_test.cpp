// Nothing can be left out of the arithmetic chips: for each constraint and each look-up there is a row that breaks it
// and nothing else. (That messages cannot be left out shows in any honest execution: it does not balance.)
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <zkvm/prover/arithmetic_claims.hpp>

namespace atlas::zkvm {
namespace {

using namespace test;
using testing::IsEmpty;

/// What an equation's sums have too much of, by weight: a constraint fails by it, unless it is a multiple of p.
using Surplus = std::array<i64, 32>;
std::vector<Surplus> surpluses() {
  std::vector<Surplus> out;
  for (unsigned k = 0; k < 32; ++k) {
    for (const i64 value : {i64{1}, i64{kP}, -i64{kP}}) {
      Surplus one{};
      one[k] = value;
      out.push_back(one);
    }
  }
  // The last carry is q, which also counts, by −47, 4 and 1, at weights 0, 1 and 4: 5p/256 of it is little in all.
  Surplus quotient{};
  quotient[31] = -5 * i64{kP};
  quotient[0] = -i64{kP};
  out.push_back(quotient);
  return out;
}
Coordinate sum_of(const Surplus& surplus) {
  Coordinate sum;
  for (unsigned k = 0; k < 32; ++k) {
    const Coordinate weight = coordinate(u256::power_of_two(8 * k));
    const i64 s = surplus[k];
    sum = s < 0 ? sum - coordinate(u256(static_cast<u64>(-s))) * weight
                : sum + coordinate(u256(static_cast<u64>(s))) * weight;
  }
  return sum;
}
/// Carries of an equation that holds but for a surplus. The sums are taken from the constraints themselves.
template <class Chip>
void set_secp256k1_carries(const Trial<Chip>& trial, RowOf<Chip>& row, u32 column, const Surplus& surplus = {}) {
  const std::size_t first = trial.equation_of(row, column, 8);
  for (unsigned k = 0; k < 32; ++k) Trial<Chip>::cell(row, column + k) = 0;
  const auto recorded = trial.record(row);
  i64 sums[32];
  for (unsigned k = 0; k < 32; ++k) sums[k] = centred(recorded.constraints[first + k].value) - surplus[k];
  i64 top = 0, digit = 0;
  for (const i64 sum : sums) {
    top += sum;
    digit = top & 255;
    top >>= 8;
  }
  const i64 q = digit >= 128 ? top + 1 : top;
  i64 carry = 0;
  for (unsigned k = 0; k < 32; ++k) {
    carry = (carry + chips::secp256k1::with_quotient(sums[k], q, k)) >> 8;
    Trial<Chip>::cell(row, column + k) = field_of(carry);
  }
}
void set_high_bits(RowOf<chips::Secp256k1Double>& row) {
  using chips::Secp256k1Double;
  for (unsigned k = 0; k < Secp256k1Double::kWide; ++k) {
    const u32 above = plus(row.slope_carry[k], -Secp256k1Double::kSlope.carry[k].low);
    row.high_bit[k] = above >> 20 & 1;
  }
}
/// Numbers that are not below p, and witnesses that pretend: each breaks one thing. `claim(number)` is an otherwise
/// good row with this number at the place.
template <class Chip, class Claim>
void add_below_prime(Trial<Chip>& trial, chips::secp256k1::BelowPrime<u32> RowOf<Chip>::* place, const Claim& claim) {
  const auto with = [&](const u256& number, u32 inverse, u32 close, u32 lowest) {
    RowOf<Chip> row = claim(number);
    row.*place = {inverse, close, lowest};
    trial.add(row);
  };
  with(kPrime + u256(1), 0, 0, 0);
  with(kPrime + u256(1), 0, 1, 0);
  with(kPrime + u256(1), 0, 1, 1);
  with(kMax - u256((u64{1} << 32) - 6), inverse_of(65534 - 0), 1, 0);  // limbs 5, 0, ffff: at limb 2 past p
  with(kPrime - u256((u64{1} << 33) + 1), 1, 1, kP - 1);
  // Neither 0 nor 1: close·(missing − below + below·close) = 0.
  const u256 number = u256::power_of_two(200) + u256(12345);
  u32 missing = chips::secp256k1::kPrimeOnes;
  const chips::Number<u32> claimed = number_of(number);
  const auto& limbs = claimed.limb;
  for (unsigned i = 3; i < 16; ++i) missing -= limbs[i];
  const i64 below = i64{0xfffe} - limbs[2] + 65535 - limbs[1];
  const u32 close = (BabyBear(field_of(below - missing)) * BabyBear(field_of(below)).inverse()).canonical();
  with(number, (BabyBear(plus(1, -i64{close})) * BabyBear(missing).inverse()).canonical(), close, 0);
}

stark::OmissionScore omissions_of(std::type_identity<chips::Secp256k1Add>) {
  using chips::Secp256k1Add;
  using Row = RowOf<Secp256k1Add>;
  Trial<Secp256k1Add> trial;
  std::mt19937_64 random(1);
  const auto random_coordinate = [&] { return coordinate(random_u256(random)); };
  // A row by slope and the points' x; what is given may be another number of the residue class.
  const auto from = [](const u256& x1, const u256& y1, const u256& x2, const u256& slope) {
    const Coordinate y2 = coordinate(y1) + coordinate(slope) * (coordinate(x2) - coordinate(x1));
    return add_row({x1, y1}, {x2, value_of(y2)}, slope, third(x1, y1, x2, slope));
  };
  const auto any = [&] { return value_of(random_coordinate()); };
  Row honest = from(any(), any(), any(), any());
  trial.expect_honest(honest);
  const u32 carries[] = {ATLAS_COLUMN(Secp256k1Add, slope_carry), ATLAS_COLUMN(Secp256k1Add, x_carry),
                         ATLAS_COLUMN(Secp256k1Add, y_carry)};
  trial.add_mutations(honest);
  trial.add_gaps(honest, ATLAS_COLUMN(Secp256k1Add, p), 32);
  trial.add_pointers(honest, ATLAS_COLUMN(Secp256k1Add, pointer), ATLAS_COLUMN(Secp256k1Add, call.argument),
                     ATLAS_COLUMN(Secp256k1Add, call.immediate));
  // Two rows at once.
  Row twice = honest;
  twice.real = 2;
  for (u32& u : twice.unequal) u = (BabyBear(u) * BabyBear(2u)).canonical();
  for (auto place :
       {&Row::p_x_below, &Row::p_y_below, &Row::q_x_below, &Row::q_y_below, &Row::x_below, &Row::y_below}) {
    (twice.*place).inverse = (BabyBear((twice.*place).inverse) * BabyBear(2u)).canonical();
  }
  trial.add(twice);
  // Equal points.
  const u256 x = any(), y = any(), free = any();
  trial.add(add_row({x, y}, {x, y}, free, third(x, y, x, free)));
  // Equations that fail at one weight, or hold there modulo p alone.
  for (unsigned again = 0; again < 12; ++again) {
    for (const Surplus& surplus : surpluses()) {
      {
        const u256 x1 = any(), y1 = any(), x2 = any(), slope = any();
        const Coordinate s = coordinate(slope), off = sum_of(surplus), first = coordinate(x1);
        const Coordinate y2 = coordinate(y1) + s * (coordinate(x2) - first);
        const Coordinate x3 = s.sqr() - first - coordinate(x2), y3 = s * (first - x3) - coordinate(y1);
        Row row = add_row({x1, y1}, {x2, value_of(y2 - off)}, slope, {value_of(x3), value_of(y3)});
        set_secp256k1_carries(trial, row, carries[0], surplus);
        trial.add(row);
        const Coordinate false_x = x3 - off, its_y = s * (first - false_x) - coordinate(y1);
        row = add_row({x1, y1}, {x2, value_of(y2)}, slope, {value_of(false_x), value_of(its_y)});
        set_secp256k1_carries(trial, row, carries[1], surplus);
        trial.add(row);
        row = add_row({x1, y1}, {x2, value_of(y2)}, slope, {value_of(x3), value_of(y3 - off)});
        set_secp256k1_carries(trial, row, carries[2], surplus);
        trial.add(row);
      }
    }
  }
  // Bytes and limbs that are the same number, with one past its range.
  const auto close_equations = [&](Row& row) {
    for (const u32 column : carries) set_secp256k1_carries(trial, row, column);
    for (u32& u : row.unequal) u = 0;
    trial.solve(row, ATLAS_COLUMN(Secp256k1Add, unequal) + 5);
  };
  for (u32 i = 0; i < 16; ++i) {
    for (u32* low : {&honest.p_x_low.byte[i], &honest.q_x_low.byte[i], &honest.x_low.byte[i]}) {
      const Row before = honest;
      *low += 256;
      Row row = honest;
      honest = before;
      close_equations(row);
      trial.add(row);
    }
    Row row = honest;
    row.slope.byte[2 * i] += 256;
    row.slope.byte[2 * i + 1] = plus(row.slope.byte[2 * i + 1], -1);
    close_equations(row);
    trial.add(row);
    row = honest;
    if (i < 15) {
      row.y.limb[i] += 65536;
      row.y.limb[i + 1] = plus(row.y.limb[i + 1], -1);
    } else {
      // The same class with 2^256 in the highest limb: y + p = (y − c) + 2^256.
      u256 value;
      for (unsigned k = 16; k-- > 0;) value = value << 16 | u256(honest.y.limb[k]);
      row.y = number_of(value - (kMax - kPrime + u256(1)));
      row.y.limb[15] += 65536;
    }
    close_equations(row);
    trial.solve(row, ATLAS_COLUMN(Secp256k1Add, y_below.inverse));
    trial.add(row);
  }
  // Coordinates that are not below p.
  const u256 y1 = any(), slope = any();
  add_below_prime(trial, &Row::p_x_below, [&](const u256& n) { return from(n, y1, 7, slope); });
  add_below_prime(trial, &Row::q_x_below, [&](const u256& n) { return from(7, y1, n, slope); });
  add_below_prime(trial, &Row::p_y_below, [&](const u256& n) { return from(5, n, 7, slope); });
  add_below_prime(trial, &Row::q_y_below, [&](const u256& n) {
    const Coordinate start = coordinate(n) - coordinate(slope) * (coordinate(7) - coordinate(5));
    return add_row({5, value_of(start)}, {7, n}, slope, third(5, value_of(start), 7, slope));
  });
  add_below_prime(trial, &Row::x_below, [&](const u256& n) {
    const Coordinate s = coordinate(slope), x2 = s.sqr() - coordinate(5) - coordinate(n);
    const u256 y2 = value_of(coordinate(y1) + s * (x2 - coordinate(5)));
    return add_row({5, y1}, {value_of(x2), y2}, slope, {n, third(5, y1, value_of(x2), slope).y});
  });
  add_below_prime(trial, &Row::y_below, [&](const u256& n) {
    const Coordinate s = coordinate(slope), x3 = s.sqr() - coordinate(5) - coordinate(7);
    const Coordinate start = s * (coordinate(5) - x3) - coordinate(n);
    const Coordinate y2 = start + s * (coordinate(7) - coordinate(5));
    return add_row({5, value_of(start)}, {7, value_of(y2)}, slope, {value_of(x3), n});
  });
  return trial.score();
}

stark::OmissionScore omissions_of(std::type_identity<chips::Secp256k1Double>) {
  using chips::Secp256k1Double;
  using Row = RowOf<Secp256k1Double>;
  Trial<Secp256k1Double> trial;
  std::mt19937_64 random(2);
  const auto any = [&] { return value_of(coordinate(random_u256(random))); };
  // The double of (x, y) with surplus/2y more in the slope.
  const auto from = [](const u256& x, const u256& y, const Coordinate& surplus = {}) {
    const Coordinate square = coordinate(x).sqr();
    const u256 slope = value_of((square.doubled() + square + surplus) * coordinate(y).doubled().inverse());
    return double_row({x, y}, slope, third(x, y, x, slope));
  };
  Row honest = from(any(), any());
  trial.expect_honest(honest);
  const u32 carries[] = {ATLAS_COLUMN(Secp256k1Double, slope_carry), ATLAS_COLUMN(Secp256k1Double, x_carry),
                         ATLAS_COLUMN(Secp256k1Double, y_carry)};
  trial.add_mutations(honest);
  trial.add_gaps(honest, ATLAS_COLUMN(Secp256k1Double, p), 16);
  Row twice = honest;
  twice.real = 2;
  twice.nonzero = (BabyBear(twice.nonzero) * BabyBear(2u)).canonical();
  for (auto place : {&Row::p_x_below, &Row::p_y_below, &Row::x_below, &Row::y_below}) {
    (twice.*place).inverse = (BabyBear((twice.*place).inverse) * BabyBear(2u)).canonical();
  }
  trial.add(twice);
  const u256 free = any();
  trial.add(double_row({0, 0}, free, third(0, 0, 0, free)));  // y = 0
  for (unsigned again = 0; again < 16; ++again) {
    for (const Surplus& surplus : surpluses()) {
      {
        const u256 x = any(), y = any();
        const Coordinate off = sum_of(surplus);
        Row row = from(x, y, off);
        set_secp256k1_carries(trial, row, carries[0], surplus);
        set_high_bits(row);
        for (const i64 bit : {-9, -8, -7, -6, 6, 7, 8, 9}) {
          Row wide = row;
          for (unsigned k = 0; k < Secp256k1Double::kWide; ++k) {
            if (surplus[k] != 0) wide.high_bit[k] = field_of(bit);
          }
          trial.add(wide);
        }
        trial.add(row);
        if (again >= 12) continue;
        Coordinate slope = coordinate(x).sqr();
        slope = (slope.doubled() + slope) * coordinate(y).doubled().inverse();
        const Coordinate x3 = slope.sqr() - coordinate(x).doubled(), false_x = x3 - off;
        const auto its_y = [&](const Coordinate& at) { return slope * (coordinate(x) - at) - coordinate(y); };
        row = double_row({x, y}, value_of(slope), {value_of(false_x), value_of(its_y(false_x))});
        set_secp256k1_carries(trial, row, carries[1], surplus);
        trial.add(row);
        row = double_row({x, y}, value_of(slope), {value_of(x3), value_of(its_y(x3) - off)});
        set_secp256k1_carries(trial, row, carries[2], surplus);
        trial.add(row);
      }
    }
  }
  const auto close_equations = [&](Row& row) {
    for (const u32 column : carries) set_secp256k1_carries(trial, row, column);
    set_high_bits(row);
  };
  for (u32 k = 0; k < 16 * 8; ++k) {
    const u32 i = k / 8;
    honest = from(any(), any());
    for (auto low : {&Row::p_x_low, &Row::p_y_low, &Row::x_low}) {
      Row row = honest;
      (row.*low).byte[i] += 256;
      close_equations(row);
      trial.add(row);
    }
    Row row = honest;
    row.slope.byte[2 * i] += 256;
    row.slope.byte[2 * i + 1] = plus(row.slope.byte[2 * i + 1], -1);
    close_equations(row);
    trial.add(row);
    row = honest;
    if (i < 15) {
      row.y.limb[i] += 65536;
      row.y.limb[i + 1] = plus(row.y.limb[i + 1], -1);
    } else {
      u256 value;
      for (unsigned l = 16; l-- > 0;) value = value << 16 | u256(honest.y.limb[l]);
      row.y = number_of(value - (kMax - kPrime + u256(1)));
      row.y.limb[15] += 65536;
    }
    close_equations(row);
    trial.solve(row, ATLAS_COLUMN(Secp256k1Double, y_below.inverse));
    trial.add(row);
  }
  const u256 y1 = any();
  add_below_prime(trial, &Row::p_x_below, [&](const u256& n) { return from(n, y1); });
  add_below_prime(trial, &Row::p_y_below, [&](const u256& n) { return from(5, n); });
  // With slope s, x and 2s·y = 3x²: results are chosen by x and y of the row, so look for inputs of which they come.
  add_below_prime(trial, &Row::x_below, [&](const u256& n) {
    // x3 = s² − 2x: choose s, x follows; y from the tangent.
    for (;;) {
      const Coordinate s = coordinate(any()), x = (s.sqr() - coordinate(n)).halved();
      const Coordinate y = (x.sqr().doubled() + x.sqr()) * s.doubled().inverse();
      if (y.is_zero()) continue;
      const Coordinate y3 = s * (x - coordinate(n)) - y;
      return double_row({value_of(x), value_of(y)}, value_of(s), {n, value_of(y3)});
    }
  });
  add_below_prime(trial, &Row::y_below, [&](const u256& n) {
    // y3 = s·(3x − s²) − y with y = 3x²/(2s): 3x² − 6s²·x + 2s⁴ + 2s·n = 0, so x = s² ± √(s⁴/3 − 2s·n/3).
    for (;;) {
      const Coordinate s = coordinate(any()), s2 = s.sqr(), third_part = coordinate(3).inverse();
      const auto root = ((s2.sqr() - (s * coordinate(n)).doubled()) * third_part).sqrt();
      if (!root) continue;
      const Coordinate x = s2 + *root, y = (x.sqr().doubled() + x.sqr()) * s.doubled().inverse();
      if (y.is_zero()) continue;
      return double_row({value_of(x), value_of(y)}, value_of(s), {value_of(s2 - x.doubled()), n});
    }
  });
  return trial.score();
}

/// a·b + c = q·m + r but for `surplus` at weight 2^16k.
void set_u256_carries(const Trial<chips::U256>& trial, RowOf<chips::U256>& row, i64 surplus, unsigned at) {
  const u32 column = ATLAS_COLUMN(chips::U256, carry);
  const std::size_t first = trial.equation_of(row, column, 16);
  for (u32& carry : row.carry) carry = 0;
  // Constraints of messages' fields between them do not count: equations follow one another.
  const auto recorded = trial.record(row);
  i64 carry = 0;
  for (unsigned k = 0; k < chips::U256::kCarries; ++k) {
    carry = (carry + centred(recorded.constraints[first + k].value) - (k == at ? surplus : 0)) >> 16;
    row.carry[k] = field_of(carry);
  }
}

stark::OmissionScore omissions_of(std::type_identity<chips::U256>) {
  using chips::U256;
  using Row = RowOf<U256>;
  Trial<U256> trial;
  std::mt19937_64 random(3);
  const u256 top = u256::power_of_two(255);
  Row honest = u256_row(top >> 3, top >> 5 | u256(77), top >> 1 | u256(123456789), top | u256(99),
                        ((top >> 3) / u256(64)) * u256(0), 0);
  {
    // Numbers of which no limb is 0 and whose remainder differs from m in the highest limb.
    const u256 a = random_u256(random) >> 2, b = random_u256(random), c = random_u256(random);
    const u256 m = random_u256(random) | top;
    u32 out[16];
    EXPECT_EQ(
        primitives::mul_div(words_of(a).data(), words_of(b).data(), words_of(c).data(), words_of(m).data(), out, true),
        nullptr);
    u256 q, r;
    std::memcpy(q.limb, out, 32);
    std::memcpy(r.limb, out + 8, 32);
    honest = u256_row(a, b, c, m, q, r);
  }
  trial.expect_honest(honest);
  Row division = honest;
  division.is_mod = 0;
  division.is_div = 1;
  for (auto& w : division.old_quotient) w = {7, 8, 3, (division.call.time + 6 - 3 - 1) & 0xfffff};
  for (auto& w : division.old_quotient) w.last = plus(division.call.time + 6, -1 - i64{w.gap});
  trial.expect_honest(division);
  trial.add_mutations(honest);
  trial.add_mutations(division);
  trial.add_gaps(division, ATLAS_COLUMN(U256, a), 48);
  for (unsigned k = 0; k < 4; ++k) {
    trial.add_pointers(honest, ATLAS_COLUMN(U256, pointer) + 2 * k, ATLAS_COLUMN(U256, call.argument) + 2 * k,
                       ATLAS_COLUMN(U256, call.immediate));
  }
  // Flags that are neither 0 nor 1 although their sum is, and the other way round.
  Row idle{};
  idle.is_mod = 1;
  idle.is_div = kP - 1;
  for (auto& w : idle.old_quotient) w.last = 5;
  trial.add(idle);
  idle.is_mod = kP - 1;
  idle.is_div = 1;
  trial.add(idle);
  // Equations that fail at one weight, or hold there modulo p alone: what is too much comes in with c, or with a·b.
  for (unsigned k = 0; k < 32; ++k) {
    for (const u32 surplus : {1u, kP}) {
      const unsigned bits = 16 * k, from_a = std::min(bits, 255u);
      const bool by_c = bits + 31 < 256;
      const u256 c = (by_c ? u256(surplus) << bits : u256(0)) + u256(5);
      const u256 a = by_c ? u256(0) : u256::power_of_two(from_a), b = by_c ? u256(0) : u256(surplus) << (bits - from_a);
      Row row = u256_row(a, b, c, kMax, 0, 5);
      set_u256_carries(trial, row, surplus, k);
      trial.add(row);
    }
  }
  for (u32 i = 0; i < 16; ++i) {
    for (auto low : {&Row::a_low, &Row::b_low, &Row::m_low}) {
      Row row = honest;
      (row.*low).byte[i] += 256;
      set_u256_carries(trial, row, 0, 0);
      trial.add(row);
    }
    Row row = honest;
    row.quotient.byte[2 * i] += 256;
    row.quotient.byte[2 * i + 1] = plus(row.quotient.byte[2 * i + 1], -1);
    set_u256_carries(trial, row, 0, 0);
    trial.add(row);
    // A limb of the remainder past its range, and the carries with it; c makes up for the highest one's.
    row = honest;
    if (i < 15) {
      row.remainder.limb[i] += 65536;
      row.remainder.limb[i + 1] = plus(row.remainder.limb[i + 1], -1);
    } else {
      auto& highest = row.c[7].hi;
      highest = plus(highest, -1 - i64{row.remainder.limb[15]});
      row.remainder.limb[15] = kP - 1;
    }
    set_u256_carries(trial, row, 0, 0);
    trial.solve(row, ATLAS_COLUMN(U256, remainder_less.margin));
    trial.add(row);
  }
  // Orders: a witness of flags, with the margin that follows.
  const auto set_flags = [&](Row& row, bool of_factor, std::initializer_list<std::pair<unsigned, i64>> flags) {
    auto& witness = of_factor ? row.factor_less : row.remainder_less;
    witness = {};
    for (const auto& [limb, value] : flags) witness.highest[limb] = field_of(value);
    trial.solve(row, of_factor ? ATLAS_COLUMN(U256, factor_less.margin) : ATLAS_COLUMN(U256, remainder_less.margin));
  };
  const auto add_flags = [&](Row row, bool of_factor, std::initializer_list<std::pair<unsigned, i64>> flags) {
    set_flags(row, of_factor, flags);
    trial.add(row);
  };
  // 0·a + low = 0·m + low with m = low + more, so r = a = low.
  const auto of_order = [&](const u256& low, const u256& more) { return u256_row(low, 0, low, low + more, 0, low); };
  for (const bool of_factor : {false, true}) {
    for (unsigned i = 0; i < 16; ++i) {
      const u256 more = u256(300) << (16 * i), low = u256(7);
      // The limb below is flagged, or a limb that is equal too, or none of two that differ is the higher.
      add_flags(of_order(low, more | u256(i == 0 ? 1u << 20 : 9u)), of_factor, {{0, 1}});
      if (i != 0) add_flags(of_order(low, more), of_factor, {{i, 1}, {0, 1}});
      // Three flags that sum to one, of which one is −1.
      if (i >= 2) {
        add_flags(of_order(low, u256(300) << (16 * (i - 2))), of_factor, {{i, -1}, {i - 1, 1}, {i - 2, 1}});
      } else {
        add_flags(of_order(low, u256(300) << (16 * (i + 2))), of_factor, {{i + 2, 1}, {i + 1, 1}, {i, -1}});
      }
    }
    add_flags(of_factor ? u256_row(300, 200, 0, 200, 300, 0) : u256_row(5, 6, 300, 200, 0, 330), of_factor, {{0, 1}});
  }
  // Both functions at once, with the flags of two.
  Row both = of_order(7, 300);
  both.is_div = 1;
  for (auto& w : both.old_quotient) w.last = plus(both.call.time + 6, -1);
  set_flags(both, false, {{1, 1}, {0, 1}});
  set_flags(both, true, {{1, 1}, {0, 1}});
  trial.add(both);
  // A factor that is neither a nor b: 500 + 2·(300 − 500).
  Row neither = u256_row(300, 500, 0, 200, 750, 0);
  neither.is_a = 2;
  add_flags(neither, true, {{0, 1}});
  return trial.score();
}

/// Words that are read or made, each by another spelling of itself modulo p. `column`: of a FieldWord.
template <class Chip>
void add_read_words(Trial<Chip>& trial, const RowOf<Chip>& base, u32 column, u32 count) {
  for (u32 k = 0; k < count; ++k, column += 5) {
    for (const u32 flag : {0u, 1u, 2u}) {
      RowOf<Chip> row = base;
      trial.cell(row, column + 4) = flag;
      trial.add(row);
      trial.cell(row, column) += 1;
      trial.cell(row, column + 1) += kP >> 16;
      trial.add(row);
    }
  }
}
template <class Chip>
void add_made_words(Trial<Chip>& trial, const RowOf<Chip>& base, u32 column, u32 count) {
  for (u32 k = 0; k < count; ++k, column += 3) {
    const auto* cells = reinterpret_cast<const u32*>(&base);
    const u32 lo = cells[column], hi = cells[column + 1];
    const i64 value = lo + (i64{hi} << 16);
    for (const u32 flag : {0u, 1u, 2u}) {
      for (const auto& [a, b] : {std::pair{i64{lo}, i64{hi}},
                                 {lo + i64{1}, hi + i64{kP >> 16}},
                                 {lo + i64{65536}, hi - i64{1}},
                                 {value - kP + 65536, i64{-1}},
                                 {i64{0}, i64{hi}}}) {
        RowOf<Chip> row = base;
        trial.cell(row, column) = field_of(a);
        trial.cell(row, column + 1) = field_of(b);
        trial.cell(row, column + 2) = flag;
        trial.add(row);
      }
    }
  }
}
/// Memory with words of all kinds, for first_row(): r of eq_expand is at 70.
std::vector<std::vector<u32>> memories() {
  std::vector<std::vector<u32>> out;
  for (u64 seed = 1; seed < 6; ++seed) out.push_back(field_words(100, seed));
  std::vector<u32> round(100), last(100, kP - 5);
  for (u32 i = 0; i < 100; ++i) round[i] = (i + 3) << 16;
  out.push_back(round);
  for (u32 i = 70; i < 75; ++i) last[i] = 0;
  out.push_back(last);
  last[70] = BabyBear::kMontgomeryOne;
  out.push_back(last);
  round[70] = BabyBear::kMontgomeryOne;
  for (u32 i = 71; i < 75; ++i) round[i] = 0;
  out.push_back(round);
  return out;
}

stark::OmissionScore omissions_of(std::type_identity<chips::ExtensionDot>) {
  using chips::ExtensionDot;
  using Row = RowOf<ExtensionDot>;
  Trial<ExtensionDot> trial;
  Row honest{};
  for (const auto& memory : memories()) {
    honest = first_row<ExtensionDot>(Ecall::kExtensionDot, 3, memory);
    trial.expect_honest(honest);
    trial.add_mutations(honest);
    add_read_words(trial, honest, ATLAS_COLUMN(ExtensionDot, sum), 5);
    add_made_words(trial, honest, ATLAS_COLUMN(ExtensionDot, next), 5);
  }
  trial.add_gaps(honest, ATLAS_COLUMN(ExtensionDot, sum), 5, 5);
  for (unsigned k = 0; k < 2; ++k) {
    trial.add_pointers(honest, ATLAS_COLUMN(ExtensionDot, left) + 2 * k,
                       ATLAS_COLUMN(ExtensionDot, call.argument) + 2 * k, ATLAS_COLUMN(ExtensionDot, call.immediate));
  }
  Row row = honest;
  row.count_low = plus(row.count_low, -64);
  trial.add(row);
  row = honest;
  row.is_base = row.is_extension = 1;
  row.left_words = 6 * 3;
  trial.add(row);
  row.is_base = kP - 1;
  row.is_extension = 2;
  row.left_words = 9 * 3;
  trial.add(row);
  return trial.score();
}

template <unsigned kLeftWords>
stark::OmissionScore omissions_of(std::type_identity<chips::DotTermOf<kLeftWords>>) {
  using Chip = chips::DotTermOf<kLeftWords>;
  using Row = RowOf<Chip>;
  Trial<Chip> trial;
  Row honest{};
  for (const auto& memory : memories()) {
    honest = first_row<Chip>(kLeftWords == 1 ? Ecall::kExtensionDotBase : Ecall::kExtensionDot, 3, memory);
    trial.expect_honest(honest);
    trial.add_mutations(honest);
    add_read_words(trial, honest, static_cast<u32>(offsetof(Row, x) / 4), kLeftWords + 5);
  }
  trial.add_gaps(honest, static_cast<u32>(offsetof(Row, x) / 4), kLeftWords + 5, 5);
  return trial.score();
}

stark::OmissionScore omissions_of(std::type_identity<chips::EqExpand>) {
  Trial<chips::EqExpand> trial;
  RowOf<chips::EqExpand> honest{};
  for (const auto& memory : memories()) {
    honest = first_row<chips::EqExpand>(Ecall::kEqExpand, 3, memory);
    trial.expect_honest(honest);
    trial.add_mutations(honest);
    add_read_words(trial, honest, ATLAS_COLUMN(chips::EqExpand, r), 5);
  }
  trial.add_gaps(honest, ATLAS_COLUMN(chips::EqExpand, r), 5, 5);
  trial.add_pointers(honest, ATLAS_COLUMN(chips::EqExpand, pointer), ATLAS_COLUMN(chips::EqExpand, call.argument),
                     ATLAS_COLUMN(chips::EqExpand, call.immediate));
  auto row = honest;
  row.count_low = plus(row.count_low, -64);
  trial.add(row);
  return trial.score();
}

stark::OmissionScore omissions_of(std::type_identity<chips::EqStep>) {
  using chips::EqStep;
  Trial<EqStep> steps;
  RowOf<EqStep> step{};
  for (const auto& memory : memories()) {
    step = first_row<EqStep>(Ecall::kEqExpand, 3, memory);
    steps.expect_honest(step);
    steps.add_mutations(step);
    add_read_words(steps, step, ATLAS_COLUMN(EqStep, t), 5);
    add_made_words(steps, step, ATLAS_COLUMN(EqStep, lower), 5);
    add_made_words(steps, step, ATLAS_COLUMN(EqStep, upper), 5);
  }
  // Another product, and the rest that goes with it.
  step = first_row<EqStep>(Ecall::kEqExpand, 3, field_words(100, 9));
  for (unsigned i = 0; i < 5; ++i) {
    for (const i64 delta : {1, -1}) {
      RowOf<EqStep> other = step;
      other.upper[i].value.lo = plus(other.upper[i].value.lo, delta);
      other.lower[i].value.lo = plus(other.lower[i].value.lo, -delta);
      other.upper[i].is_low_set = other.lower[i].is_low_set = 1;
      steps.add(other);
    }
  }
  steps.add_gaps(step, ATLAS_COLUMN(EqStep, t), 5, 5);
  steps.add_gaps(step, ATLAS_COLUMN(EqStep, found), 5);
  return steps.score();
}

TEST(ArithmeticOmission, NothingIsSuperfluous) {
  for (const stark::OmissionScore& score : arithmetic_omissions()) EXPECT_THAT(score.survivors, IsEmpty());
}

}  // namespace

std::vector<stark::OmissionScore> test::arithmetic_omissions() {
  const auto of = []<class... Chips>(ChipList<Chips...>) {
    return std::vector{omissions_of(std::type_identity<Chips>{})...};
  };
  return of(ChipList<chips::U256, chips::Secp256k1Add, chips::Secp256k1Double, chips::ExtensionDot, chips::DotBaseTerm,
                     chips::DotTerm, chips::EqExpand, chips::EqStep>{});
}

}  // namespace atlas::zkvm
