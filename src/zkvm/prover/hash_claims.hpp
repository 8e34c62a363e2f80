#pragma once
// For tests: rows of the hash chips' rounds in which one thing is wrong, and all else follows from it.
#include <random>

#include <zkvm/chips/blake3/trace.hpp>
#include <zkvm/chips/keccak/trace.hpp>
#include <zkvm/chips/sha256/trace.hpp>
#include <zkvm/prover/omission_trial.hpp>

namespace atlas::zkvm::test {

inline std::vector<u32> random_words(std::size_t count, u64 seed) {
  std::mt19937_64 random(seed);
  std::vector<u32> out(count);
  for (u32& word : out) word = static_cast<u32>(random());
  return out;
}
/// numerator / 2^bits in the field.
inline u32 divided(i64 numerator, unsigned bits) {
  return (BabyBear(field_of(numerator)) * BabyBear(u32{1} << bits).inverse()).canonical();
}

/// A row by C: C' follows, bits are any whose columns fit C', and what they make is before and first.
/// `wrong`: what is claimed against the rules.
struct KeccakClaim {
  enum Wrong { kNothing, kParity, kParityAfter, kColumn, kBit } wrong = kNothing;
  unsigned x = 0, y = 0, z = 0;
};
inline i64 exclusive_or(i64 x, i64 y) {
  return x + y - 2 * x * y;
}
inline RowOf<chips::KeccakRound> keccak_row(const KeccakClaim& claim) {
  std::mt19937_64 random(claim.x + 5 * claim.y + 25 * claim.z);
  RowOf<chips::KeccakRound> row{};
  row.real = 1;
  for (unsigned j = 0; j < chips::kKeccakConstantBits; ++j) row.constant[j] = chips::kKeccakConstants.bit[0][j];
  i64 parity[5][64], after[5][64], bits[25][64];
  for (auto& lane : parity) {
    for (i64& c : lane) c = random() & 1;
  }
  if (claim.wrong == KeccakClaim::kParity) parity[claim.x][claim.z] = 2;
  for (unsigned x = 0; x < 5; ++x) {
    for (unsigned z = 0; z < 64; ++z) {
      const bool is_here = x == claim.x && z == claim.z;
      const i64 neighbours = exclusive_or(parity[(x + 4) % 5][z], parity[(x + 1) % 5][(z + 63) % 64]);
      after[x][z] = exclusive_or(parity[x][z], neighbours);  // −1 … 2
      if (is_here && claim.wrong == KeccakClaim::kParityAfter) after[x][z] ^= 1;
      i64 ones = after[x][z] < 0 ? 1 : after[x][z];
      if (is_here && claim.wrong == KeccakClaim::kColumn) ones += 1;
      const bool has_two = is_here && claim.wrong == KeccakClaim::kBit;
      // A bit that is 2 adds to the column what two bits do.
      for (unsigned y = 0; y < 5; ++y) {
        const bool is_two = has_two && y == claim.y;
        bits[x + 5 * y][z] = is_two ? 2 : ones > 0;
        ones -= !is_two && ones > 0;
      }
      row.parity[x][z] = field_of(parity[x][z]);
      row.parity_after[x][z] = field_of(after[x][z]);
    }
  }
  for (unsigned lane = 0; lane < 25; ++lane) {
    for (unsigned z = 0; z < 64; ++z) {
      row.bits[lane][z] = field_of(bits[lane][z]);
      const i64 change = exclusive_or(parity[lane % 5][z], after[lane % 5][z]);
      u32& limb = row.before[4 * lane + z / 16];
      limb = plus(limb, exclusive_or(bits[lane][z], change) << z % 16);
    }
  }
  for (unsigned j = 0; j < chips::kKeccakConstantBits; ++j) {
    const unsigned z = (1u << j) - 1;
    const auto turned = [&](unsigned from) { return bits[from][(z + 64 - chips::kKeccakConstants.turn[from]) % 64]; };
    row.first[j] = field_of(exclusive_or(turned(0), (1 - turned(6)) * turned(12)));
  }
  return row;
}

/// A round in which one byte or limb is not what it must be, and all that comes after follows from what it is.
struct RoundClaim {
  enum Wrong { kNothing, kSumOfThree, kSumOfTwo, kAnd, kXor } wrong = kNothing;
  unsigned half = 0;  ///< 2·G + which half
  unsigned at = 0;    ///< byte; or limb
};
/// To a sum's limbs, so that exactly one carry is no carry. 1/2^16 is −30720 modulo p: one more in the low limb goes
/// with 30720 more in the high one.
inline u32 with_wrong_carry(u32 word, unsigned limb) {
  static_assert((u64{kP} - 30720) * 65536 % kP == 1);
  u32 lo = word & 0xffff, hi = word >> 16;
  const u32 step = (limb == 0 ? lo : hi) == 0xffff ? ~0u : 1;
  if (limb == 1) return lo | (hi + step) << 16;
  // Up or down, whichever leaves both limbs in their range.
  if (hi < 32768 && lo != 0xffff) return (lo + 1) | (hi + 30720) << 16;
  EXPECT_TRUE(hi >= 30720 && lo != 0) << "an edge: take another seed";
  return (lo - 1) | (hi - 30720) << 16;
}
inline RowOf<chips::Blake3Round> blake3_round_row(const RoundClaim& claim) {
  const auto words = random_words(32, 7);
  RowOf<chips::Blake3Round> row{};
  row.real = row.passes = 1;
  u32 v[16], x[16];
  for (unsigned i = 0; i < 16; ++i) {
    v[i] = words[i];
    x[i] = words[16 + i];
    row.message[i] = limbs_of(x[i]);
  }
  for (unsigned i = 0; i < 4; ++i) {
    row.a[i] = limbs_of(v[i]);
    row.b[i] = chips::bytes_of_word(v[4 + i]);
    row.c[i] = limbs_of(v[8 + i]);
    row.d[i] = chips::bytes_of_word(v[12 + i]);
  }
  for (unsigned h = 0; h < 2 * chips::Blake3Round::kMixes; ++h) {
    const unsigned i = h / 2 % 4, turn = h / 8;
    u32 &a = v[i], &b = v[4 + (i + turn) % 4], &c = v[8 + (i + 2 * turn) % 4], &d = v[12 + (i + 3 * turn) % 4];
    const u32 found = d;
    u32 summand = x[h];
    if (h == claim.half) {
      const u32 sum = a + b + summand, new_c = c + std::rotr(d ^ sum, h % 2 == 0 ? 16 : 8);
      if (claim.wrong == RoundClaim::kSumOfThree) summand += with_wrong_carry(sum, claim.at) - sum;
      if (claim.wrong == RoundClaim::kSumOfTwo) c += with_wrong_carry(new_c, claim.at) - new_c;
      if (claim.wrong == RoundClaim::kAnd) d ^= 2u << 8 * claim.at;
      if (claim.wrong == RoundClaim::kXor) {
        summand += b;
        b ^= 1u << 8 * claim.at;
        summand -= b;
      }
    }
    auto& columns = h % 2 == 0 ? row.first[h / 2] : row.second[h / 2];
    const u32 used = d;
    columns =
        h % 2 == 0 ? chips::half_mix_of<false>(summand, a, b, c, d) : chips::half_mix_of<true>(summand, a, b, c, d);
    // A conjunction that turns the d that was found into the one that is used: d + a − 2·both is their xor.
    for (unsigned k = 0; k < 4; ++k) {
      columns.both.byte[k] = plus(columns.both.byte[k], (i64{found >> 8 * k & 255} - (used >> 8 * k & 255)) / 2);
    }
  }
  return row;
}

/// A quarter in which one thing is not what it must be, and all that comes after follows from what it is. Words between
/// quarters come from elsewhere, so `owed` makes up for all that is wrong in the schedule.
struct QuarterClaim {
  enum Wrong { kNothing, kInput, kWord, kSmall, kWordCarry, kNewBit, kNewCarry, kNewWord } wrong = kNothing;
  bool is_a = false;             ///< of the new a (the input a), not e
  unsigned step = 0, index = 0;  ///< bit, or limb of `small`; 32 for the carries is the high limb's first
  std::array<i64, 4> quarter = {0, 1, 0, 0};
  u64 seed = 0;
};
class QuarterForger {
 public:
  using Chip = chips::Sha256Quarter;
  explicit QuarterForger(const QuarterClaim& claim) : claim_(claim) {}
  RowOf<Chip> make();
  bool fits() const { return fits_; }

 private:
  using Word = i64[32];
  using Sum = Limbs<i64>;
  static i64 limb_of(const Word& bits, unsigned limb) {
    i64 out = 0;
    for (unsigned i = 0; i < 16; ++i) out += bits[16 * limb + i] << i;
    return out;
  }
  static Sum value_of(const Word& bits) { return {limb_of(bits, 0), limb_of(bits, 1)}; }
  static Sum add(const Sum& x, const Sum& y) { return Chip::add(x, y); }
  template <class Carries>
  i64 place(i64 total, unsigned limb, bool is_claimed, Word& bits, Carries& carry);
  template <class Carries>
  void place_word(const Sum& total, bool is_a, unsigned step, Word& bits, u32 (&cells)[32], Carries& carry) {
    const bool is_claimed = is_a == claim_.is_a && step == claim_.step;
    const i64 low = place(total.lo, 0, is_claimed, bits, carry.lo);
    place(total.hi + low, 1, is_claimed, bits, carry.hi);
    for (unsigned i = 0; i < 32; ++i) cells[i] = field_of(bits[i]);
  }
  QuarterClaim claim_;
  bool fits_ = true;
};
/// Bits and carries of a limb whose sum is `total`. Returns what is carried.
template <class Carries>
i64 QuarterForger::place(i64 total, unsigned limb, bool is_claimed, Word& bits, Carries& carry) {
  constexpr unsigned kCarries = sizeof(Carries) / sizeof(u32);
  const unsigned first = 16 * limb;
  const auto set = [&](i64 value, unsigned skip) {
    for (unsigned i = 0; i < 16; ++i) {
      if (i != skip) bits[first + i] = value >> i & 1;
    }
    const i64 carried = value >> 16;
    fits_ = fits_ && carried >= 0 && carried < i64{1} << kCarries;
    for (unsigned i = 0; i < kCarries; ++i) carry[i] = static_cast<u32>(carried >> i & 1);
    return carried;
  };
  const bool is_here = is_claimed && claim_.index / 16 == limb;
  const unsigned at = claim_.index % 16;
  if (is_here && claim_.wrong == QuarterClaim::kNewBit) {
    // 2 or 3, or −2 or −1, so that the rest has a zero in this place.
    const i64 own = total >> at & 1, low = total - ((own + 2) << at), high = total - (own - 2) * (i64{1} << at);
    bits[first + at] = low >= 0 ? own + 2 : own - 2;
    return set(low >= 0 ? low : high, at);
  }
  if (is_here && claim_.wrong == QuarterClaim::kNewWord) {
    const i64 carried = set(total, 16);
    bits[first] ^= 1;
    return carried;
  }
  if (is_here && claim_.wrong == QuarterClaim::kNewCarry) {
    // The limb is one more, so the carry one 2^16th less, which modulo p is 30720 more; one of its bits has it all.
    const i64 carried = (total >> 16) + ((total & 0xffff) == 0xffff ? -30720 : 30720);
    set((total & 0xffff) + ((total & 0xffff) == 0xffff ? -1 : 1), 16);
    for (unsigned i = 0; i < kCarries; ++i) carry[i] = i == at ? divided(carried, i) : 0;
    return carried;
  }
  return set(total, 16);
}
inline RowOf<chips::Sha256Quarter> QuarterForger::make() {
  constexpr unsigned kSteps = chips::kSha256Steps;
  std::mt19937_64 random(claim_.seed);
  RowOf<Chip> row{};
  i64 real = 0;
  for (unsigned q = 0; q < 4; ++q) {
    row.quarter[q] = field_of(claim_.quarter[q]);
    real += claim_.quarter[q];
  }
  const i64 later = real - claim_.quarter[0];
  Word a[3 + kSteps], e[3 + kSteps], word[kSteps];
  const auto fill = [&](Word& bits, u32(&cells)[32], bool has_two) {
    for (unsigned i = 0; i < 32; ++i) {
      bits[i] = has_two && i == claim_.index ? 2 : static_cast<i64>(random() & 1);
      cells[i] = field_of(bits[i]);
    }
  };
  for (unsigned i = 0; i < 3; ++i) {
    const bool is_claimed = claim_.wrong == QuarterClaim::kInput && claim_.step == i;
    fill(a[i], row.a[i], is_claimed && claim_.is_a);
    fill(e[i], row.e[i], is_claimed && !claim_.is_a);
  }
  for (unsigned t = 0; t < kSteps; ++t) {
    fill(word[t], row.word[t], claim_.wrong == QuarterClaim::kWord && claim_.step == t);
  }
  Sum small[kSteps - 1];
  for (unsigned t = 0; t + 1 < kSteps; ++t) {
    small[t] = t + 2 < kSteps ? Chip::small_one(word[t]) : Chip::small_zero(word[0]);
    if (claim_.wrong == QuarterClaim::kSmall && claim_.step == t) (claim_.index == 0 ? small[t].lo : small[t].hi) += 1;
    row.small[t] = {field_of(small[t].lo), field_of(small[t].hi)};
  }
  for (unsigned t = 0; t < kSteps; ++t) {
    auto& carry = row.word_carry[t];
    if (claim_.wrong == QuarterClaim::kWordCarry && claim_.step == t) {
      (claim_.index < 2 ? carry.lo[claim_.index] : carry.hi[claim_.index - 2]) = 2;
    }
    const Sum now = value_of(word[t]);
    Sum own{};
    if (t >= 2) own = add(own, small[t - 2]);
    if (t >= 7) own = add(own, value_of(word[t - 7]));
    if (t == 15) own = add(own, small[14]);
    const i64 lo = carry.lo[0] + i64{2} * carry.lo[1], hi = carry.hi[0] + i64{2} * carry.hi[1];
    row.owed[t] = {field_of(now.lo + 65536 * lo - later * own.lo), field_of(now.hi + 65536 * hi - lo - later * own.hi)};
  }
  const Sum d{static_cast<i64>(random() & 0xffff), 77}, h{99, static_cast<i64>(random() & 0xffff)};
  row.d = {field_of(d.lo), field_of(d.hi)};
  row.h = {field_of(h.lo), field_of(h.hi)};
  for (unsigned t = 0; t < kSteps; ++t) {
    const Word &va = a[t + 2], &vb = a[t + 1], &vc = a[t], &ve = e[t + 2], &vf = e[t + 1], &vg = e[t];
    Word choice, majority;
    for (unsigned i = 0; i < 32; ++i) {
      choice[i] = vg[i] + ve[i] * (vf[i] - vg[i]);
      const i64 both = vb[i] * vc[i];
      majority[i] = both + va[i] * (vb[i] + vc[i] - 2 * both);
    }
    Sum one = add(add(value_of(word[t]), value_of(choice)), Chip::turns<6, 11, 25, false>(ve));
    for (unsigned q = 0; q < 4; ++q) {
      const u32 constant = kSha256Constants[q * kSteps + t];
      one = add(one, {claim_.quarter[q] * (constant & 0xffff), claim_.quarter[q] * (constant >> 16)});
    }
    one = add(one, t == 0 ? h : value_of(e[t - 1]));
    const Sum two = add(value_of(majority), Chip::turns<2, 13, 22, false>(va));
    place_word(add(t == 0 ? d : value_of(a[t - 1]), one), false, t, e[t + 3], row.e[t + 3], row.e_carry[t]);
    place_word(add(one, two), true, t, a[t + 3], row.a[t + 3], row.a_carry[t]);
  }
  return row;
}
/// Of a seed whose sums fit their carries.
inline RowOf<chips::Sha256Quarter> quarter_row(QuarterClaim claim) {
  for (; claim.seed < 1000; ++claim.seed) {
    QuarterForger forger(claim);
    const auto row = forger.make();
    if (forger.fits()) return row;
  }
  ADD_FAILURE() << "no seed fits";
  return {};
}

}  // namespace atlas::zkvm::test
