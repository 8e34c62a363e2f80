#include <algorithm>
#include <atomic>

#include <crypto/blake3.hpp>
#include <stark/prover/opening_prover.hpp>
#include <stark/prover/parallel.hpp>
#include <stark/prover/split_eq.hpp>
#include <stark/prover/vector/sumcheck_kernels.hpp>

namespace atlas::stark {
namespace {

constexpr std::size_t kGrain = std::size_t{1} << 12;

/// Two vectors whose product is summed; the lowest variable is bound round by round.
struct ProductSum {
  ExtPlanes a, b;
  std::size_t length = 0;

  void add_round(Ext sums[2], Isa isa) const {
    if (length < 2) return;
    const std::size_t pairs = length / 2;
    const auto part = parallel_sums<2>((pairs + kGrain - 1) / kGrain, [&](std::size_t i, std::array<Ext, 2>& total) {
      const std::size_t first = i * kGrain, count = std::min(kGrain, pairs - first);
      Ext out[2];
      sumcheck_kernels(isa, count)
          .product_round(a.data() + 2 * first, a.stride(), b.data() + 2 * first, b.stride(), count, out);
      for (unsigned k = 0; k < 2; ++k) total[k] += out[k];
    });
    for (unsigned k = 0; k < 2; ++k) sums[k] += part[k];
  }
  void bind(const Ext& r, Isa isa) {
    if (length < 2) return;
    length /= 2;
    for (ExtPlanes* vector : {&a, &b}) {
      ExtPlanes folded(length);
      parallel_ranges(length, kGrain, [&](std::size_t first, std::size_t count) {
        sumcheck_kernels(isa, count)
            .fold(vector->data() + 2 * first, vector->stride(), folded.data() + first, folded.stride(), count, r);
      });
      *vector = std::move(folded);
    }
  }
};

/// weight(row) of the first 2^log rows: Lagrange on the low bits ⊗ eq on the others.
ExtPlanes row_weights(const ColumnClaims& claims, u32 log) {
  const std::vector<Ext> high = eq_table(std::span(claims.high).first(log - kSkipLog));
  ExtPlanes out(std::size_t{1} << log);
  tbb::parallel_for(std::size_t{0}, high.size(), [&](std::size_t i) {
    for (unsigned t = 0; t < kSkip; ++t) out.set(i * kSkip + t, claims.low[t] * high[i]);
  });
  return out;
}

/// Everything stacked, tree after tree, block after block.
struct Stack {
  u32 block_log;
  u32 blocks_log;  ///< blocks of a column
  std::vector<const u32*> blocks;
  std::vector<Ext> weights;  ///< of whole blocks of tall columns, over the row weights; zero elsewhere
};

/// A codeword of extension elements, by leaves: a leaf's 80 words, word w of leaf l at tiles[w / 16][16·l + w % 16].
struct FoldLayer {
  u32 leaf_log = 0;
  WordBuffer words;
  MerkleTree tree;
  const u32* block(std::size_t tile, std::size_t leaf) const { return words.data() + (tile << leaf_log | leaf) * 16; }
};
constexpr std::size_t kLeafBlocks = kCoset * kExtensionDegree / kTileColumns;

FoldLayer commit_layer(const ExtPlanes& message, u32 log, u32 cap_log, Isa isa) {
  ColumnBlocks columns{log, log, 1, std::vector<const u32*>(kTileColumns, nullptr)};
  for (unsigned k = 0; k < kExtensionDegree; ++k) columns.blocks[k] = message.data() + k * message.stride();
  const Codewords codeword = encode(columns, isa, false).codewords;
  FoldLayer out;
  out.leaf_log = log + kRateLog - kFoldLog;
  const std::size_t leaves = std::size_t{1} << out.leaf_log;
  out.words = WordBuffer(leaves * kLeafBlocks * 16);
  DigestBuffer digests(leaves);
  const std::size_t grain = std::min<std::size_t>(leaves, 256);
  parallel_ranges(leaves, grain, [&](std::size_t first, std::size_t count) {
    for (std::size_t leaf = first; leaf < first + count; ++leaf) {
      for (u32 k = 0; k < kCoset; ++k) {
        const u32* row = codeword.row(0, leaf * kCoset + k);
        for (unsigned c = 0; c < kExtensionDegree; ++c) {
          const std::size_t word = k * kExtensionDegree + c;
          out.words.data()[((word / 16) << out.leaf_log | leaf) * 16 + word % 16] = row[c];
        }
      }
    }
    std::vector<u32> state(count * 8);
    for (std::size_t i = 0; i < state.size(); ++i) state[i] = crypto::kBlake3Iv[i / kHashLanes % 8];
    for (std::size_t t = 0; t < kLeafBlocks; ++t)
      hash_kernels(isa).absorb_rows(out.block(t, first), count, state.data());
    for (std::size_t i = 0; i < count; ++i) {
      for (unsigned k = 0; k < 8; ++k) {
        digests[first + i].word[k] = state[i / kHashLanes * (8 * kHashLanes) + k * kHashLanes + i % kHashLanes];
      }
    }
  });
  out.tree = MerkleTree(std::move(digests), cap_log, isa);
  return out;
}

}  // namespace

void grind(ProverChannel& channel, Label label, u32 bits, Isa isa) {
  const Digest state = channel.transcript().grinding_state(label);
  u64 nonce = 0;
  if (bits != 0) {
    // Waves of pieces side by side: the smallest nonce of a wave is the smallest of all.
    constexpr u64 kPiece = u64{1} << 14;
    constexpr u64 kPieces = 32;
    for (u64 wave = 0;; wave += kPiece * kPieces) {
      std::atomic<u64> best = ~u64{0};
      tbb::parallel_for(u64{0}, kPieces, [&](u64 i) {
        const u64 first = wave + i * kPiece;
        if (first > best.load()) return;
        const u64 found = hash_kernels(isa).grind(state, first, kPiece, bits);
        if (found == first + kPiece) return;
        u64 known = best.load();
        while (found < known && !best.compare_exchange_weak(known, found)) {
        }
      });
      if (best != ~u64{0}) {
        nonce = best;
        break;
      }
    }
  }
  channel.send_nonce(label, nonce);
}

void prove_opening(ProverChannel& channel, const Parameters& parameters, const Layout& layout,
                   const StackedTree* const* trees, const ColumnClaims& claims, Isa isa) {
  Transcript& transcript = channel.transcript();
  const u32 stack_log = parameters.stack_log, block_log = parameters.block_log;
  const std::size_t block = std::size_t{1} << block_log;
  const Ext gamma = transcript.draw(Label::kClaimBatching);
  std::vector<Ext> powers;
  Ext power = Ext::one();
  for (u32 i = 0; i < layout.claim_count; ++i, power *= gamma) powers.push_back(power);

  // Blocks of tall columns share their row weights: Σ_b c_b·⟨Q_b, w⟩ = ⟨Σ_b c_b·Q_b, w⟩, one vector. Short columns are
  // multiplied out, cell by cell.
  Stack stack{block_log, stack_log - block_log, {}, {}};
  u64 short_blocks = 0;
  for (unsigned t = 0; t < kTreeCount; ++t) {
    if (trees[t]->empty()) continue;
    stack.blocks.insert(stack.blocks.end(), trees[t]->blocks.blocks.begin(), trees[t]->blocks.blocks.end());
    short_blocks += trees[t]->short_cells.size() >> block_log;
  }
  stack.weights.assign(stack.blocks.size(), Ext::zero());
  ProductSum tall, shorts;
  shorts.length = short_blocks << block_log;
  shorts.a = ExtPlanes(shorts.length);
  shorts.b = ExtPlanes(shorts.length);
  shorts.a.fill(0, shorts.length, Ext::zero());
  shorts.b.fill(0, shorts.length, Ext::zero());
  std::vector<std::size_t> short_places;  // block of the stack that the i-th short block is
  std::vector<ExtPlanes> weights_of(block_log + 1);
  std::size_t tree_base = 0, short_base = 0;
  for (unsigned t = 0; t < kTreeCount; ++t) {
    const StackedTree& tree = *trees[t];
    if (tree.empty()) continue;
    std::copy(tree.short_cells.data(), tree.short_cells.data() + tree.short_cells.size(), shorts.a.data() + short_base);
    for (std::size_t i = 0; i < tree.short_cells.size() >> block_log; ++i) {
      short_places.push_back(tree_base + tree.short_block + i);
    }
    for (const PlacedColumn& placed : layout.trees[t].columns) {
      const Ext& factor = powers[layout.claim_offset[placed.chip] + placed.column];
      const u32 height = layout.heights[placed.chip], log = layout.row_logs[placed.chip];
      if (height >> block_log != 0) {
        const auto high = std::span(claims.high).subspan(block_log - kSkipLog, log - block_log);
        const std::vector<Ext> of_block = eq_table(high);
        for (u32 b = 0; b < height >> block_log; ++b) {
          stack.weights[tree_base + (placed.offset >> block_log) + b] = factor * of_block[b];
        }
      } else {
        if (weights_of[log].size() == 0) weights_of[log] = row_weights(claims, log);
        const std::size_t at = short_base + placed.offset - (tree.short_block << block_log);
        for (u32 row = 0; row < height; ++row) shorts.b.set(at + row, factor * weights_of[log].get(row));
      }
    }
    short_base += tree.short_cells.size();
    tree_base += tree.blocks.blocks.size();
  }
  const bool has_tall = layout.max_row_log >= block_log;
  const LinearKernels& linear = linear_kernels(isa);
  // out[y] = Σ over blocks of factors[b]·block[y], a piece of y at a time so that the sum stays in the nearest cache.
  const auto combine = [&](const std::vector<std::pair<const u32*, Ext>>& terms, u32* out, std::size_t stride) {
    constexpr std::size_t kPiece = 512;
    parallel_ranges(block, kPiece, [&](std::size_t first, std::size_t count) {
      for (unsigned k = 0; k < kExtensionDegree; ++k) {
        std::fill(out + k * stride + first, out + k * stride + first + count, 0);
      }
      for (const auto& [values, factor] : terms) linear.accumulate(out + first, stride, values + first, count, factor);
    });
  };
  if (has_tall) {
    tall.length = block;
    tall.a = ExtPlanes(block);
    tall.b = row_weights(claims, block_log);
    std::vector<std::pair<const u32*, Ext>> terms;
    for (std::size_t b = 0; b < stack.blocks.size(); ++b) {
      if (stack.blocks[b] != nullptr && !stack.weights[b].is_zero())
        terms.emplace_back(stack.blocks[b], stack.weights[b]);
    }
    combine(terms, tall.a.data(), tall.a.stride());
  }

  std::vector<Ext> u;
  const auto send_round = [&](const Ext sums[2]) {
    channel.send(Label::kStackRound, std::span(sums, 2));
    u.push_back(transcript.draw(Label::kStackRound));
    return u.back();
  };
  for (u32 i = 0; i < block_log; ++i) {
    Ext sums[2] = {Ext::zero(), Ext::zero()};
    tall.add_round(sums, isa);
    if (shorts.length != 0) shorts.add_round(sums, isa);
    const Ext r = send_round(sums);
    tall.bind(r, isa);
    if (shorts.length != 0) shorts.bind(r, isa);
  }
  // One value and one weight a block.
  const std::size_t blocks = stack.blocks.size();
  std::vector<Ext> values(blocks, Ext::zero()), weights(blocks, Ext::zero());
  if (has_tall) {
    const std::vector<Ext> table = eq_table(std::span<const Ext>(u));
    ExtPlanes at_u(block);
    for (std::size_t i = 0; i < block; ++i) at_u.set(i, table[i]);
    const Ext weight = tall.b.get(0);
    tbb::parallel_for(std::size_t{0}, blocks, [&](std::size_t b) {
      if (stack.blocks[b] == nullptr || stack.weights[b].is_zero()) return;
      values[b] = linear.dot(stack.blocks[b], at_u.data(), at_u.stride(), block);
      weights[b] = weight * stack.weights[b];
    });
  }
  for (std::size_t i = 0; i < short_places.size(); ++i) {
    values[short_places[i]] = shorts.a.get(i);
    weights[short_places[i]] = shorts.b.get(i);
  }
  for (u32 i = 0; i < stack.blocks_log; ++i) {
    const std::size_t pairs = values.size() / 2;
    Ext sums[2] = {Ext::zero(), Ext::zero()};
    for (std::size_t k = 0; k < pairs; ++k) {
      sums[0] += values[2 * k] * weights[2 * k];
      sums[1] += (values[2 * k + 1] - values[2 * k]) * (weights[2 * k + 1] - weights[2 * k]);
    }
    const Ext r = send_round(sums);
    for (std::size_t k = 0; k < pairs; ++k) {
      values[k] = values[2 * k] + r * (values[2 * k + 1] - values[2 * k]);
      weights[k] = weights[2 * k] + r * (weights[2 * k + 1] - weights[2 * k]);
    }
    values.resize(pairs);
    weights.resize(pairs);
  }
  channel.send(Label::kStackValues, values);

  std::vector<Ext> rho(log2_ceil(layout.width));
  transcript.draw(Label::kColumnBatching, rho);
  const std::vector<Ext> columns = eq_table(rho);
  ExtPlanes g(std::size_t{1} << stack_log);
  const std::size_t per_column = std::size_t{1} << stack.blocks_log;
  for (std::size_t k = 0; k < per_column; ++k) {
    std::vector<std::pair<const u32*, Ext>> terms;
    for (u32 j = 0; j < layout.width; ++j) {
      if (stack.blocks[j * per_column + k] != nullptr) terms.emplace_back(stack.blocks[j * per_column + k], columns[j]);
    }
    combine(terms, g.data() + k * block, g.stride());
  }

  const u32 folds = (stack_log - parameters.final_log) / kFoldLog;
  std::vector<FoldLayer> layers;
  u32 bound = 0;
  for (u32 f = 0; f < folds; ++f) {
    layers.push_back(commit_layer(g, stack_log - bound, parameters.cap_log, isa));
    channel.send(Label::kFoldRoot, layers.back().tree.cap());
    for (u32 k = 0; k < kFoldLog; ++k, ++bound) {
      const SplitEq eq(std::span<const Ext>(u).subspan(bound + 1));
      const std::size_t pairs = g.size() / 2, chunk = eq.chunk();
      const auto difference =
          parallel_sums<1>((pairs + chunk - 1) / chunk, [&](std::size_t i, std::array<Ext, 1>& sum) {
            sum[0] += eq.outer(i) * sumcheck_kernels(isa, chunk)
                                        .difference_dot(g.data() + 2 * i * chunk, g.stride(), eq.inner().data(),
                                                        eq.inner().stride(), chunk);
          });
      channel.send(Label::kFoldRound, difference[0]);
      const Ext r = transcript.draw(Label::kFoldRound);
      ExtPlanes folded(pairs);
      parallel_ranges(pairs, kGrain, [&](std::size_t first, std::size_t count) {
        sumcheck_kernels(isa, count)
            .fold(g.data() + 2 * first, g.stride(), folded.data() + first, folded.stride(), count, r);
      });
      g = std::move(folded);
    }
  }
  std::vector<Ext> final_values;
  for (std::size_t i = 0; i < g.size(); ++i) final_values.push_back(g.get(i));
  channel.send(Label::kFinalPolynomial, final_values);

  grind(channel, Label::kQueryGrinding, parameters.query_grinding, isa);
  std::vector<u32> drawn(parameters.queries);
  transcript.draw_indices(Label::kQueries, stack_log + kRateLog, drawn);
  std::vector<u32> positions = unique_sorted(std::move(drawn));
  const auto open_siblings = [&](const MerkleTree& tree, std::span<const u32> indices) {
    for (const Digest& sibling : tree.open(indices)) channel.open(sibling);
  };
  for (unsigned t = 0; t < kTreeCount; ++t) {
    if (trees[t]->empty()) continue;
    for (const u32 position : positions) {
      for (u32 tile = 0; tile < layout.trees[t].tiles; ++tile) {
        channel.open(std::span(trees[t]->codewords.row(tile, position), kTileColumns));
      }
    }
    open_siblings(trees[t]->tree, positions);
  }
  for (const FoldLayer& layer : layers) {
    std::vector<u32> leaves;
    for (const u32 position : positions) leaves.push_back(position / kCoset);
    positions = unique_sorted(std::move(leaves));
    for (const u32 leaf : positions) {
      for (std::size_t t = 0; t < kLeafBlocks; ++t) channel.open(std::span(layer.block(t, leaf), 16));
    }
    open_siblings(layer.tree, positions);
  }
}

}  // namespace atlas::stark
