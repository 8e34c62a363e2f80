#include <algorithm>

#include <stark/verifier/multilinear.hpp>
#include <stark/verifier/opening.hpp>

namespace atlas::stark {
namespace {

u32 reverse_bits(u32 x, u32 bits) {
  u32 out = 0;
  for (u32 i = 0; i < bits; ++i) out |= (x >> i & 1) << (bits - 1 - i);
  return out;
}

/// Reads `indices.size()` leaves of `words` field elements and the siblings, and checks them against the cap.
Result<std::vector<u32>, VerifyError> open_leaves(VerifierChannel& channel, const MerkleCap& cap, u32 height_log,
                                                  u32 cap_log, std::span<const u32> indices, std::size_t words) {
  std::span<const u32> data;
  if (!channel.open_elements(indices.size() * words, data)) return Err(VerifyError::kTruncated);
  std::vector<Digest> leaves;
  leaves.reserve(indices.size());
  for (std::size_t i = 0; i < indices.size(); ++i) leaves.push_back(hash_leaf(data.subspan(i * words, words)));
  const std::size_t count = count_siblings(indices, height_log, cap_log);
  if (channel.remaining() < count * 8) return Err(VerifyError::kTruncated);
  std::vector<Digest> siblings(count);
  for (Digest& sibling : siblings) {
    if (!channel.open(sibling)) return Err(VerifyError::kTruncated);
  }
  if (!verify_openings(cap, height_log, indices, leaves, siblings)) return Err(VerifyError::kMerkle);
  return std::vector<u32>(data.begin(), data.end());
}

Ext element_at(const u32* words) {
  Ext out;
  for (unsigned k = 0; k < kExtensionDegree; ++k) out.c[k] = BabyBear::from_raw(words[k]);
  return out;
}

/// The final polynomial on all 2^log positions: bit-reversed order, as codewords are.
std::vector<Ext> encode_final(std::vector<Ext> values, u32 log) {
  values.resize(std::size_t{1} << log);  // above the degree: zeros
  for (u32 m = log; m > 0; --m) {
    const std::size_t half = std::size_t{1} << (m - 1);
    const BabyBear root = BabyBear::root_of_unity(m);
    for (std::size_t block = 0; block < values.size(); block += 2 * half) {
      BabyBear w = BabyBear::one();
      for (std::size_t j = 0; j < half; ++j, w *= root) {
        const Ext a = values[block + j], b = values[block + j + half];
        values[block + j] = a + b;
        values[block + j + half] = (a - b) * w;
      }
    }
  }
  return values;
}

}  // namespace

BabyBear domain_point(u32 position, u32 log) {
  return BabyBear::root_of_unity(log).pow(reverse_bits(position, log));
}

Ext fold_coset(const Ext* values, u32 leaf, u32 log, const Ext* challenges) {
  Ext current[kCoset];
  std::copy(values, values + kCoset, current);
  const BabyBear half = BabyBear(2).inverse();
  u32 first = leaf * kCoset;
  for (u32 k = 0; k < kFoldLog; ++k, --log, first /= 2) {
    for (u32 i = 0; i < kCoset >> (k + 1); ++i) {
      const Ext plus = current[2 * i], minus = current[2 * i + 1];  // at x and −x
      const BabyBear inverse = domain_point(first + 2 * i, log).inverse();
      const Ext even = (plus + minus) * half;
      const Ext odd = (plus - minus) * (half * inverse);
      current[i] = even + challenges[k] * (odd - even);
    }
  }
  return current[0];
}

std::vector<u32> unique_sorted(std::vector<u32> values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return values;
}

std::vector<Ext> stacked_weights(const Machine& machine, const Parameters& parameters, const Layout& layout,
                                 const ColumnClaims& claims, const Ext& gamma, std::span<const Ext> u) {
  std::vector<Ext> powers;
  Ext power = Ext::one();
  for (u32 i = 0; i < layout.claim_count; ++i, power *= gamma) powers.push_back(power);
  // low[n]: Σ over the first n bits of a row of weight(row)·eq(u, row).
  std::vector<Ext> low(parameters.block_log + 1, Ext::zero());
  const std::vector<Ext> u_skip = eq_table(u.first(kSkipLog));
  for (unsigned i = 0; i < kSkip; ++i) low[kSkipLog] += claims.low[i] * u_skip[i];
  for (u32 n = kSkipLog; n < parameters.block_log; ++n) {
    // Rows above every chip's height have no challenge and are never asked for.
    if (n - kSkipLog < claims.high.size()) low[n + 1] = low[n] * eq(claims.high[n - kSkipLog], u[n]);
  }
  const std::vector<Ext> u_block = eq_table(u.subspan(parameters.block_log));

  std::vector<std::vector<Ext>> row_blocks(machine.chips.size());  // of tall chips: weights of their blocks
  for (std::size_t c = 0; c < machine.chips.size(); ++c) {
    if (layout.heights[c] >> parameters.block_log == 0) continue;
    const auto high = std::span(claims.high).first(layout.row_logs[c] - kSkipLog);
    row_blocks[c] = eq_table(high.subspan(parameters.block_log - kSkipLog));
  }

  std::vector<Ext> out(layout.width, Ext::zero());
  u32 base = 0;
  const u64 mask = (u64{1} << parameters.stack_log) - 1;
  for (const TreeLayout& tree : layout.trees) {
    for (const PlacedColumn& placed : tree.columns) {
      const Ext& factor = powers[layout.claim_offset[placed.chip] + placed.column];
      const u32 height = layout.heights[placed.chip];
      if (height >> parameters.block_log != 0) {
        for (u32 b = 0; b < height >> parameters.block_log; ++b) {
          const u64 cell = placed.offset + (u64{b} << parameters.block_log);
          // Offsets are below width·2^stack_log: the quotients fit 32 bits.
          const auto column = static_cast<u32>(cell >> parameters.stack_log);
          const auto place = static_cast<u32>((cell & mask) >> parameters.block_log);
          out[base + column] += factor * low[parameters.block_log] * row_blocks[placed.chip][b] * u_block[place];
        }
      } else {
        const u32 n = layout.row_logs[placed.chip];
        out[base + static_cast<u32>(placed.offset >> parameters.stack_log)] +=
            factor * low[n] * eq_at(u.subspan(n), (placed.offset & mask) >> n);
      }
    }
    base += tree.width();
  }
  return out;
}

Result<void, VerifyError> verify_opening(VerifierChannel& channel, const Machine& machine, const Parameters& parameters,
                                         const Layout& layout, const MerkleCap* caps, const ColumnClaims& claims) {
  Transcript& transcript = channel.transcript();
  const u32 stack_log = parameters.stack_log;

  // Σ over claims of γ^i·claim = Σ over cells of weight·cell, down to one point u of every stacked column.
  const Ext gamma = transcript.draw(Label::kClaimBatching);
  Ext claim = evaluate(claims.values, gamma);
  std::vector<Ext> u;
  for (u32 i = 0; i < stack_log; ++i) {
    Ext s[2];  // coefficients of 1 and X^2
    if (!channel.receive(Label::kStackRound, s)) return Err(VerifyError::kTruncated);
    const Ext coefficients[] = {s[0], claim - s[0] - s[0] - s[1], s[1]};
    u.push_back(transcript.draw(Label::kStackRound));
    claim = evaluate(coefficients, u.back());
  }
  std::vector<Ext> values(layout.width);
  if (!channel.receive(Label::kStackValues, values)) return Err(VerifyError::kTruncated);
  const std::vector<Ext> weights = stacked_weights(machine, parameters, layout, claims, gamma, u);
  Ext sum = Ext::zero();
  for (u32 j = 0; j < layout.width; ++j) sum += values[j] * weights[j];
  if (!(sum == claim)) return Err(VerifyError::kStackedClaim);

  // g = Σ eq(ρ, j)·Q_j, claimed at u.
  std::vector<Ext> rho(log2_ceil(layout.width));
  transcript.draw(Label::kColumnBatching, rho);
  const std::vector<Ext> columns = eq_table(rho);
  claim = Ext::zero();
  for (u32 j = 0; j < layout.width; ++j) claim += columns[j] * values[j];

  const u32 folds = (stack_log - parameters.final_log) / kFoldLog;
  std::vector<MerkleCap> fold_caps(folds);
  std::vector<Ext> challenges;
  const u32 domain_log = stack_log + kRateLog;
  std::vector<Ext> final_values(std::size_t{1} << parameters.final_log);
  for (u32 f = 0; f < folds; ++f) {
    const u32 cap_log = std::min(parameters.cap_log, domain_log - kFoldLog * (f + 1));
    if (!channel.receive(Label::kFoldRoot, std::size_t{1} << cap_log, fold_caps[f]))
      return Err(VerifyError::kTruncated);
    for (u32 k = 0; k < kFoldLog; ++k) {
      // The claim is (1 − u_i)·a + u_i·b, a and b being g's halves at the rest of u; the message is b − a.
      Ext difference;
      if (!channel.receive(Label::kFoldRound, difference)) return Err(VerifyError::kTruncated);
      challenges.push_back(transcript.draw(Label::kFoldRound));
      claim += (challenges.back() - u[f * kFoldLog + k]) * difference;
    }
  }
  if (!channel.receive(Label::kFinalPolynomial, final_values)) return Err(VerifyError::kTruncated);
  const std::vector<Ext> rest = eq_table(std::span(u).subspan(folds * kFoldLog));
  Ext at_rest = Ext::zero();
  for (std::size_t i = 0; i < final_values.size(); ++i) at_rest += rest[i] * final_values[i];
  if (!(at_rest == claim)) return Err(VerifyError::kFinalPolynomial);

  if (!channel.receive_work(Label::kQueryGrinding, parameters.query_grinding)) return Err(VerifyError::kProofOfWork);
  std::vector<u32> drawn(parameters.queries);
  transcript.draw_indices(Label::kQueries, domain_log, drawn);
  std::vector<u32> positions = unique_sorted(std::move(drawn));

  // Rows of every tree, combined as g is.
  std::vector<Ext> expected(positions.size(), Ext::zero());
  u32 base = 0;
  for (unsigned t = 0; t < kTreeCount; ++t) {
    const u32 width = layout.trees[t].width();
    if (width == 0) continue;
    const auto rows = open_leaves(channel, caps[t], domain_log, parameters.cap_log, positions, width);
    if (!rows) return Err(rows.error());
    for (std::size_t i = 0; i < positions.size(); ++i) {
      for (u32 j = 0; j < width; ++j) expected[i] += columns[base + j] * BabyBear::from_raw((*rows)[i * width + j]);
    }
    base += width;
  }

  for (u32 f = 0; f < folds; ++f) {
    const u32 log = domain_log - f * kFoldLog;
    std::vector<u32> leaves;
    for (const u32 position : positions) leaves.push_back(position / kCoset);
    leaves = unique_sorted(std::move(leaves));
    constexpr std::size_t kWords = kCoset * kExtensionDegree;
    const auto words = open_leaves(channel, fold_caps[f], log - kFoldLog, parameters.cap_log, leaves, kWords);
    if (!words) return Err(words.error());
    std::vector<Ext> folded;
    std::size_t next = 0;
    for (std::size_t i = 0; i < leaves.size(); ++i) {
      Ext coset[kCoset];
      for (u32 k = 0; k < kCoset; ++k) coset[k] = element_at(words->data() + i * kWords + k * kExtensionDegree);
      for (; next < positions.size() && positions[next] / kCoset == leaves[i]; ++next) {
        if (!(coset[positions[next] % kCoset] == expected[next])) return Err(VerifyError::kFold);
      }
      folded.push_back(fold_coset(coset, leaves[i], log, challenges.data() + f * kFoldLog));
    }
    positions = std::move(leaves);
    expected = std::move(folded);
  }
  const std::vector<Ext> final_codeword = encode_final(std::move(final_values), parameters.final_log + kRateLog);
  for (std::size_t i = 0; i < positions.size(); ++i) {
    if (!(final_codeword[positions[i]] == expected[i])) return Err(VerifyError::kFold);
  }
  return {};
}

}  // namespace atlas::stark
