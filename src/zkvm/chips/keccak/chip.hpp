#pragma once
#include <zkvm/chips/ecall/primitive.hpp>

namespace atlas::zkvm::chips {

inline constexpr u32 kFunctionKeccak = 16;
inline constexpr unsigned kKeccakRounds = 24, kKeccakLanes = 25, kKeccakWords = 50, kKeccakLimbs = 100;
/// Bits of a lane that round constants touch: 2^j − 1.
inline constexpr unsigned kKeccakConstantBits = 7;

/// The state before a round: (call, 8·round + part, thirteen limbs). A lane is four limbs of 16 bits.
inline constexpr Tag kKeccakStateTag{"keccak state", 29, 15, TagKind::kPermutation, Bus::kLocal};
inline constexpr unsigned kKeccakParts = 8, kKeccakPartLimbs = 13;
static_assert(kKeccakParts * kKeccakPartLimbs >= kKeccakLimbs);
/// A round's constant: (round, its seven bits).
inline constexpr Tag kKeccakConstantTag{"keccak constant", 30, 1 + kKeccakConstantBits, TagKind::kLookup, Bus::kLocal};

/// FIPS 202's constants from their definitions (3.2.2, 3.2.5): how far lane x + 5y turns, and bits of round constants.
struct KeccakConstants {
  u8 turn[kKeccakLanes];
  u8 bit[kKeccakRounds][kKeccakConstantBits];
};
consteval KeccakConstants make_keccak_constants() {
  KeccakConstants out{};
  for (unsigned t = 0, x = 1, y = 0; t < 24; ++t) {
    out.turn[x + 5 * y] = static_cast<u8>((t + 1) * (t + 2) / 2 % 64);
    const unsigned next = (2 * x + 3 * y) % 5;
    x = y;
    y = next;
  }
  unsigned shift_register = 1;  // of x^8 + x^6 + x^5 + x^4 + 1
  for (auto& round : out.bit) {
    for (u8& bit : round) {
      bit = shift_register & 1;
      shift_register = shift_register << 1 ^ (shift_register >> 7) * 0x171;
    }
  }
  return out;
}
inline constexpr KeccakConstants kKeccakConstants = make_keccak_constants();

/// The rounds' constants. Thirty-two rows, so a row's weight is one number of the point; those beyond 24 are zero.
struct KeccakTable {
  static constexpr const char* kName = "keccak constants";
  static constexpr unsigned kBoundaryColumns = 0, kFixedColumns = 0, kClosedColumns = 1 + kKeccakConstantBits;
  static constexpr u32 kHeight = 32;
  static_assert(kHeight == stark::kSkip);
  template <class T>
  struct Row {
    T multiplicity;
    T round;
    T bit[kKeccakConstantBits];
  };
  template <class Builder>
  static constexpr void eval(Builder& b) {
    const auto& row = b.template row<Row>();
    const auto& c = row.bit;
    b.receive(kKeccakConstantTag, row.multiplicity, {row.round, c[0], c[1], c[2], c[3], c[4], c[5], c[6]});
  }
  static void closed_columns(const stark::RowPoint& point, stark::Ext* out) {
    out[0] = point.index();
    for (unsigned j = 0; j < kKeccakConstantBits; ++j) {
      out[1 + j] = stark::Ext::zero();
      for (unsigned r = 0; r < kKeccakRounds; ++r) {
        if (kKeccakConstants.bit[r][j] != 0) out[1 + j] += point.low[r];
      }
    }
  }
  static constexpr void closed_row(u32 index, Row<u32>& row) {
    row.round = index;
    for (unsigned j = 0; index < kKeccakRounds && j < kKeccakConstantBits; ++j) {
      row.bit[j] = kKeccakConstants.bit[index][j];
    }
  }
};

/// Sends or receives the state before `round`.
template <class Builder, class T>
constexpr void hand_state(Builder& b, bool is_send, const T& when, const T& call, const T& round,
                          const T (&limbs)[kKeccakLimbs]) {
  for (u32 part = 0; part < kKeccakParts; ++part) {
    T fields[2 + kKeccakPartLimbs] = {call, round * kKeccakParts + part};
    for (u32 i = 0; i < kKeccakPartLimbs; ++i) {
      const u32 limb = part * kKeccakPartLimbs + i;
      fields[2 + i] = limb < kKeccakLimbs ? limbs[limb] : b.constant(0);
    }
    if (is_send) {
      b.send(kKeccakStateTag, when, fields);
    } else {
      b.receive(kKeccakStateTag, when, fields);
    }
  }
}

/// One round, by bits of the state after θ. With C the columns' parities before θ and D[x] = C[x−1] ^ turn(C[x+1], 1),
/// θ is A' = A ^ D, and as a column has five bits, parities after it are C' = C ^ D. So A = A' ^ C ^ C', and it is
/// enough that C' is both the parity of A' and C ^ C[x−1] ^ turn(C[x+1], 1): then D = C ^ C' is what θ takes, and the
/// parity of A is that of A' ^ D, which is C. Nothing has a degree above 3.
struct KeccakRound : PlainChip {
  static constexpr const char* kName = "keccak round";
  template <class T>
  struct Row {
    T real;
    T call, round;
    T before[kKeccakLimbs];
    T parity[5][64];               ///< C
    T parity_after[5][64];         ///< C'
    T bits[kKeccakLanes][64];      ///< A'
    T first[kKeccakConstantBits];  ///< of lane 0 after χ, the bits that the constant changes
    T constant[kKeccakConstantBits];
  };

  template <class T>
  static ATLAS_FORCE_INLINE constexpr T exclusive_or(const T& x, const T& y) {
    return x + y - x * y * 2;
  }
  /// Bit z of lane (x, y) after ρ and π.
  template <class T>
  static ATLAS_FORCE_INLINE constexpr const T& turned(const Row<T>& row, unsigned x, unsigned y, unsigned z) {
    const unsigned from = (x + 3 * y) % 5 + 5 * x;
    return row.bits[from][(z + 64 - kKeccakConstants.turn[from]) % 64];
  }

  template <class Builder>
  static constexpr void eval(Builder& b) {
    using T = ExprOf<Builder>;
    const auto& row = b.template row<Row>();
    assert_boolean(b, row.real);
    hand_state(b, false, row.real, row.call, row.round, row.before);
    const auto& k = row.constant;
    b.send(kKeccakConstantTag, row.real, {row.round, k[0], k[1], k[2], k[3], k[4], k[5], k[6]});

    T change[5][64];  // D
    for (unsigned x = 0; x < 5; ++x) {
      for (unsigned z = 0; z < 64; ++z) {
        const T &c = row.parity[x][z], &after = row.parity_after[x][z];
        assert_boolean(b, c);
        const T left_right = exclusive_or(row.parity[(x + 4) % 5][z], row.parity[(x + 1) % 5][(z + 63) % 64]);
        b.assert_zero(exclusive_or(c, left_right) - after);
        change[x][z] = exclusive_or(c, after);
        // The sum of a column's bits and its parity differ by 0, 2 or 4.
        T even = row.bits[x][z] - after;
        for (unsigned y = 1; y < 5; ++y) even = even + row.bits[x + 5 * y][z];
        b.assert_zero(even * (even - 2) * (even - 4));
      }
    }
    for (unsigned lane = 0; lane < kKeccakLanes; ++lane) {
      for (unsigned limb = 0; limb < 4; ++limb) {
        T sum = -row.before[4 * lane + limb];
        for (unsigned i = 0; i < 16; ++i) {
          const T& bit = row.bits[lane][16 * limb + i];
          assert_boolean(b, bit);
          sum = sum + exclusive_or(bit, change[lane % 5][16 * limb + i]) * (1u << i);
        }
        b.assert_zero(sum);
      }
    }
    T after[kKeccakLimbs];
    for (unsigned lane = 0; lane < kKeccakLanes; ++lane) {
      const unsigned x = lane % 5, y = lane / 5;
      for (unsigned limb = 0; limb < 4; ++limb) {
        T sum = b.constant(0);
        for (unsigned i = 0; i < 16; ++i) {
          const unsigned z = 16 * limb + i;
          const T chosen = (1 - turned(row, (x + 1) % 5, y, z)) * turned(row, (x + 2) % 5, y, z);
          T bit = exclusive_or(turned(row, x, y, z), chosen);
          if (lane == 0 && (z & (z + 1)) == 0) {
            const unsigned j = z == 0 ? 0 : z == 1 ? 1 : z == 3 ? 2 : z == 7 ? 3 : z == 15 ? 4 : z == 31 ? 5 : 6;
            b.assert_zero(bit - row.first[j]);
            bit = exclusive_or(row.first[j], row.constant[j]);
          }
          sum = sum + bit * (1u << i);
        }
        after[4 * lane + limb] = sum;
      }
    }
    hand_state(b, true, row.real, row.call, row.round + 1, after);
  }
};

/// The call: fifty words at a0, permuted in place.
struct Keccak : PlainChip {
  static constexpr const char* kName = "keccak";
  template <class T>
  struct Row {
    T real;
    PrimitiveCall<T> call;
    MemoryWord<T> word[kKeccakWords];
    Limbs<T> after[kKeccakWords];
  };
  template <class Builder>
  static constexpr void eval(Builder& b) {
    using T = ExprOf<Builder>;
    const auto& row = b.template row<Row>();
    const T zero = b.constant(0);
    assert_boolean(b, row.real);
    receive_primitive(b, row.real, row.real * kFunctionKeccak, row.call);
    T before[kKeccakLimbs], after[kKeccakLimbs], high[kKeccakWords + 1];
    for (unsigned i = 0; i < kKeccakWords; ++i) {
      before[2 * i] = row.word[i].lo;
      before[2 * i + 1] = row.word[i].hi;
      after[2 * i] = row.after[i].lo;
      after[2 * i + 1] = row.after[i].hi;
      high[i] =
          access_memory(b, row.real, row.call.index + i, row.word[i], row.after[i], row.call.time + kTickEcallWrites);
    }
    high[kKeccakWords] = zero;
    for (unsigned i = 0; i < kKeccakWords; i += 3) check_ticks(b, row.real, high[i], high[i + 1], high[i + 2]);
    hand_state(b, true, row.real, row.call.time, zero, before);
    // Sixteen bits a limb: the last round made them of bits.
    hand_state(b, false, row.real, row.call.time, b.constant(kKeccakRounds), after);
  }
};

}  // namespace atlas::zkvm::chips
