#pragma once
#include <stark/prover/chip_kernels.hpp>
#include <stark/prover/vector/linear_impl.hpp>
#include <stark/prover/vector/words.hpp>

namespace atlas::stark {

/// An extension element whose products are calls. The later rounds see a thirty-second of the rows; inlined, their
/// products would be most of a machine's code and of the time to compile it. Of P, so that no two instruction sets
/// share such a function.
template <class P, class X>
struct Called {
  using Base = typename X::Base;
  X value;

  Called() = default;
  ATLAS_FORCE_INLINE explicit Called(const X& v) : value(v) {}
  ATLAS_FORCE_INLINE explicit Called(const Base& v) : value(v) {}

  [[gnu::noinline]] static void multiply(const X& a, const X& b, X& out) { out = a * b; }
  [[gnu::noinline]] static void scale(const X& a, const Base& b, X& out) { out = a * b; }
  ATLAS_FORCE_INLINE friend X operator*(const X& a, const Called& b) {
    X out;
    multiply(a, b.value, out);
    return out;
  }
  ATLAS_FORCE_INLINE friend Called operator*(const Called& a, const Called& b) { return Called(a.value * b); }
  ATLAS_FORCE_INLINE friend Called operator*(const Called& a, const Base& b) {
    Called out;
    scale(a.value, b, out.value);
    return out;
  }
  ATLAS_FORCE_INLINE friend Called operator*(const Base& a, const Called& b) { return b * a; }
  ATLAS_FORCE_INLINE friend Called operator+(const Called& a, const Called& b) { return Called(a.value + b.value); }
  ATLAS_FORCE_INLINE friend Called operator+(const Called& a, const Base& b) { return Called(a.value + b); }
  ATLAS_FORCE_INLINE friend Called operator+(const Base& a, const Called& b) { return b + a; }
  ATLAS_FORCE_INLINE friend Called operator-(const Called& a, const Called& b) { return Called(a.value - b.value); }
  ATLAS_FORCE_INLINE friend Called operator-(const Called& a, const Base& b) { return Called(a.value - b); }
  ATLAS_FORCE_INLINE friend Called operator-(const Base& a, const Called& b) { return Called(a - b.value); }
  ATLAS_FORCE_INLINE Called operator-() const { return Called(-value); }
};

/// Writes each message's fraction.
template <class P, class X>
class LeafBuilder {
 public:
  using Expr = P;
  ATLAS_FORCE_INLINE LeafBuilder(const P* row, std::size_t at, const BusChallenge* challenges,
                                 const LeafTarget* targets)
      : row_(row), at_(at), challenges_(challenges), targets_(targets) {}
  template <template <class> class Row>
  ATLAS_FORCE_INLINE const Row<P>& row() const {
    return *reinterpret_cast<const Row<P>*>(row_);
  }
  ATLAS_FORCE_INLINE P constant(u32 value) const { return P(value); }
  ATLAS_FORCE_INLINE void assert_zero(const P&, std::source_location = {}) {}
  template <std::size_t N>
  ATLAS_FORCE_INLINE void send(const Tag& tag, const P& multiplicity, const P (&fields)[N], std::source_location = {}) {
    message(tag, multiplicity, fields);
  }
  template <std::size_t N>
  ATLAS_FORCE_INLINE void receive(const Tag& tag, const P& multiplicity, const P (&fields)[N],
                                  std::source_location = {}) {
    message(tag, -multiplicity, fields);
  }

 private:
  template <std::size_t N>
  ATLAS_FORCE_INLINE void message(const Tag& tag, const P& numerator, const P (&fields)[N]) {
    using L = LinearKernelsOf<P>;
    const Ext* beta = challenges_[static_cast<unsigned>(tag.bus)].beta + 1;
    const LeafTarget& target = *targets_++;
    if (target.denominator == nullptr) return;
    X denominator = L::broadcast(target.start);
    for (unsigned k = 0; k < kExtensionDegree; ++k) {
      field::SumOfProducts<P> sum;
      for (std::size_t i = 0; i + 1 < N; i += 2)
        sum.add(P(beta[i].c[k]), fields[i], P(beta[i + 1].c[k]), fields[i + 1]);
      if constexpr (N % 2 == 1) sum.add(P(beta[N - 1].c[k]), fields[N - 1]);
      denominator.c[k] -= sum.value();
    }
    L::store(denominator, target.denominator, target.stride, at_);
    numerator.store(target.numerator + at_);
  }
  const P* row_;
  std::size_t at_;
  const BusChallenge* challenges_;
  const LeafTarget* targets_;
};

template <class Chip, class P, class W>
struct ChipKernelsOf {
  using L = LinearKernelsOf<P>;
  using X = typename L::X;
  static constexpr unsigned kWidth = sizeof(typename Chip::template Row<u32>) / sizeof(u32);
  static constexpr unsigned kParts = 16 / P::kLanes;
  static constexpr ChipShape kShape = shape_of<Chip>();

  static constexpr bool has_only_linear() {
    bool out = kShape.constraints == 0;
    for (u32 j = 0; j < kShape.message_count; ++j) out = out && kShape.messages[j].is_linear;
    return out;
  }
  static Ext linear(const Ext* row, const FoldWeights& fold) {
    FoldingBuilder<Called<P, Ext>, Ext, FoldPart::kLinear, &kShape> builder(
        reinterpret_cast<const Called<P, Ext>*>(row), fold);
    Chip::eval(builder);
    return builder.sum();
  }

  static void leaves(const u32* const* columns, std::size_t first, std::size_t count, const BusChallenge* challenges,
                     const LeafTarget* targets) {
    for (std::size_t i = first; i < first + count; i += P::kLanes) {
      P row[kWidth];
      for (unsigned c = 0; c < kWidth; ++c) row[c] = P::load(columns[c] + i);
      LeafBuilder<P, X> builder(row, i - first, challenges, targets);
      Chip::eval(builder);
    }
  }

  /// Powers of the roots that the 32-point transforms need, for the forward and the inverse direction.
  struct Roots {
    BabyBear forward[kSkip / 2], backward[kSkip / 2];
    BabyBear shift[kSkipCosets][kSkip];  ///< [coset][position]: g^rev(position)/32
  };
  static constexpr unsigned reverse5(unsigned x) {
    return (x & 1) << 4 | (x & 2) << 2 | (x & 4) | (x & 8) >> 2 | (x & 16) >> 4;
  }
  static constexpr Roots make_roots() {
    Roots out{};
    const BabyBear w = BabyBear::root_of_unity(kSkipLog), w_inverse = w.inverse();
    BabyBear a = BabyBear::one(), b = BabyBear::one();
    for (unsigned i = 0; i < kSkip / 2; ++i, a *= w, b *= w_inverse) out.forward[i] = a, out.backward[i] = b;
    for (unsigned coset = 0; coset < kSkipCosets; ++coset) {
      const BabyBear g = coset == 0 ? BabyBear::one() : BabyBear::root_of_unity(kSkipLog + coset);
      for (unsigned i = 0; i < kSkip; ++i) out.shift[coset][i] = g.pow(reverse5(i)) * BabyBear(kSkip).inverse();
    }
    return out;
  }
  static constexpr Roots kRoots = make_roots();

  /// Values on H to coefficients times 32, bit-reversed.
  ATLAS_FORCE_INLINE static void interpolate(P (&x)[kSkip]) {
    for (unsigned half = kSkip / 2; half != 0; half /= 2) {
      for (unsigned block = 0; block < kSkip; block += 2 * half) {
        for (unsigned j = 0; j < half; ++j) {
          const P a = x[block + j], b = x[block + j + half];
          x[block + j] = a + b;
          x[block + j + half] = (a - b) * P(kRoots.backward[j * (kSkip / 2 / half)]);
        }
      }
    }
  }
  /// Bit-reversed coefficients to values on H.
  ATLAS_FORCE_INLINE static void evaluate(P (&x)[kSkip]) {
    for (unsigned half = 1; half != kSkip; half *= 2) {
      for (unsigned block = 0; block < kSkip; block += 2 * half) {
        for (unsigned j = 0; j < half; ++j) {
          const P a = x[block + j], b = x[block + j + half] * P(kRoots.forward[j * (kSkip / 2 / half)]);
          x[block + j] = a + b;
          x[block + j + half] = a - b;
        }
      }
    }
  }

  static void skip(const u32* const* columns, std::size_t first, std::size_t count, const u32* weights,
                   std::size_t weight_stride, const FoldWeights& fold, u32* scratch, Ext* sums) {
    static constexpr u32 kZeros[kSkip] = {};
    u32* const values = scratch;                      // [column][row of 32][block of 16], then coefficients
    u32* const rows = scratch + kWidth * kSkip * 16;  // [point][part][column][lane]
    X totals[kSkipPoints];
    for (X& total : totals) total = X::zero();
    for (std::size_t block = first; block < first + count; block += 16) {
      for (unsigned c = 0; c < kWidth; ++c) {
        for (unsigned half = 0; half < kSkip; half += 16) {
          const u32* source[16];
          for (unsigned l = 0; l < 16; ++l) {
            source[l] = (block + l < first + count ? columns[c] + (block + l) * kSkip : kZeros) + half;
          }
          W::transpose(source, values + (c * kSkip + half) * 16);
        }
      }
      for (unsigned coset = 0; coset < kSkipCosets; ++coset) {
        for (unsigned c = 0; c < kWidth; ++c) {
          for (unsigned part = 0; part < kParts; ++part) {
            u32* const at = values + c * kSkip * 16 + part * P::kLanes;
            P x[kSkip];
            for (unsigned t = 0; t < kSkip; ++t) x[t] = P::load(at + t * 16);
            if (coset != 0) {
              if (coset == 1) {
                interpolate(x);
                for (unsigned t = 0; t < kSkip; ++t) x[t].store(at + t * 16);
              }
              for (unsigned t = 0; t < kSkip; ++t) x[t] = x[t] * P(kRoots.shift[coset][t]);
              evaluate(x);
            }
            for (unsigned t = 0; t < kSkip; ++t) x[t].store(rows + ((t * kParts + part) * kWidth + c) * P::kLanes);
          }
        }
        for (unsigned t = 0; t < kSkip; ++t) {
          for (unsigned part = 0; part < kParts; ++part) {
            P row[kWidth];
            for (unsigned c = 0; c < kWidth; ++c)
              row[c] = P::load(rows + ((t * kParts + part) * kWidth + c) * P::kLanes);
            FoldingBuilder<P, X, FoldPart::kOthers, &kShape> builder(row, fold);
            Chip::eval(builder);
            const X w = L::load(weights, weight_stride, block + part * P::kLanes);
            totals[coset * kSkip + t] += w * builder.sum();
          }
        }
      }
    }
    for (unsigned i = 0; i < kSkipPoints; ++i) sums[i] += L::sum_lanes(totals[i]);
  }

  static void round(const u32* const* columns, std::size_t stride, std::size_t first, std::size_t count,
                    const u32* weights, std::size_t weight_stride, const FoldWeights& fold, Ext* out) {
    X totals[kRoundPoints];
    for (X& total : totals) total = X::zero();
    for (std::size_t i = first; i < first + count; i += P::kLanes) {
      Called<P, X> row[kWidth];
      X slope[kWidth];
      for (unsigned c = 0; c < kWidth; ++c) {
        for (unsigned k = 0; k < kExtensionDegree; ++k) {
          const u32* at = columns[c] + k * stride + 2 * i;
          P odd;
          P::deinterleave(P::load(at), P::load(at + P::kLanes), row[c].value.c[k], odd);
          slope[c].c[k] = odd - row[c].value.c[k];
        }
      }
      const X w = L::load(weights, weight_stride, i);
      for (unsigned point = 0; point < kRoundPoints; ++point) {
        if (point != 0) {
          for (unsigned c = 0; c < kWidth; ++c) row[c].value += point == 1 ? slope[c] + slope[c] : slope[c];
        }
        FoldingBuilder<Called<P, X>, X, FoldPart::kOthers, &kShape> builder(row, fold);
        Chip::eval(builder);
        totals[point] += w * builder.sum();
      }
    }
    for (unsigned k = 0; k < kRoundPoints; ++k) out[k] += L::sum_lanes(totals[k]);
  }

  static constexpr ChipKernels kTable{leaves, skip, round, linear, has_only_linear()};
};

template <class P, class W, class... Chips>
struct MachineKernelsOf {
  static constexpr ChipKernels kTables[] = {ChipKernelsOf<Chips, P, W>::kTable...};
};

}  // namespace atlas::stark
