#pragma once
// BLAKE3 compressions side by side, one a lane.
#include <base/blake3_tables.hpp>
#include <stark/prover/vector/kernels.hpp>
#include <stark/prover/vector/words.hpp>

namespace atlas::stark {

template <class W>
struct HashKernelsOf {
  ATLAS_FORCE_INLINE static void mix(W& a, W& b, W& c, W& d, W x, W y) {
    a = W::add(W::add(a, b), x);
    d = W::template rotate<16>(W::exclusive_or(d, a));
    c = W::add(c, d);
    b = W::template rotate<12>(W::exclusive_or(b, c));
    a = W::add(W::add(a, b), y);
    d = W::template rotate<8>(W::exclusive_or(d, a));
    c = W::add(c, d);
    b = W::template rotate<7>(W::exclusive_or(b, c));
  }
  template <unsigned kRound>
  ATLAS_FORCE_INLINE static void round(W (&v)[16], const W (&m)[16]) {
    constexpr const u8* s = kBlake3Schedule.word[kRound];
    mix(v[0], v[4], v[8], v[12], m[s[0]], m[s[1]]);
    mix(v[1], v[5], v[9], v[13], m[s[2]], m[s[3]]);
    mix(v[2], v[6], v[10], v[14], m[s[4]], m[s[5]]);
    mix(v[3], v[7], v[11], v[15], m[s[6]], m[s[7]]);
    mix(v[0], v[5], v[10], v[15], m[s[8]], m[s[9]]);
    mix(v[1], v[6], v[11], v[12], m[s[10]], m[s[11]]);
    mix(v[2], v[7], v[8], v[13], m[s[12]], m[s[13]]);
    mix(v[3], v[4], v[9], v[14], m[s[14]], m[s[15]]);
  }
  /// Counter 0, length 64.
  ATLAS_FORCE_INLINE static void compress(W (&cv)[8], const W (&m)[16], u32 flags) {
    W v[16];
    for (unsigned i = 0; i < 8; ++i) v[i] = cv[i];
    for (unsigned i = 0; i < 4; ++i) v[8 + i] = W::broadcast(kBlake3Iv[i]);
    v[12] = v[13] = W::broadcast(0);
    v[14] = W::broadcast(64);
    v[15] = W::broadcast(flags);
    round<0>(v, m);
    round<1>(v, m);
    round<2>(v, m);
    round<3>(v, m);
    round<4>(v, m);
    round<5>(v, m);
    round<6>(v, m);
    for (unsigned i = 0; i < 8; ++i) cv[i] = W::exclusive_or(v[i], v[i + 8]);
  }

  static void absorb_rows(const u32* rows, std::size_t count, u32* state) {
    for (std::size_t i = 0; i < count; i += W::kLanes) {
      u32* lane = state + i / kHashLanes * (8 * kHashLanes) + i % kHashLanes;
      W m[16], cv[8];
      W::load_blocks(rows + 16 * i, m);
      for (unsigned k = 0; k < 8; ++k) cv[k] = W::load(lane + k * kHashLanes);
      compress(cv, m, kLeafFlag);
      for (unsigned k = 0; k < 8; ++k) cv[k].store(lane + k * kHashLanes);
    }
  }

  static void hash_nodes(const Digest* children, std::size_t count, Digest* out) {
    std::size_t i = 0;
    const auto group = [&](const u32* rows, std::size_t used) {
      W m[16], cv[8];
      W::load_blocks(rows, m);
      for (unsigned k = 0; k < 8; ++k) cv[k] = W::broadcast(kBlake3Iv[k]);
      compress(cv, m, kNodeFlag);
      u32 words[8][W::kLanes];
      for (unsigned k = 0; k < 8; ++k) cv[k].store(words[k]);
      for (std::size_t l = 0; l < used; ++l) {
        for (unsigned k = 0; k < 8; ++k) out[i + l].word[k] = words[k][l];
      }
    };
    for (; i + W::kLanes <= count; i += W::kLanes) group(children[2 * i].word, W::kLanes);
    if (i < count) {
      u32 rows[16 * W::kLanes] = {};
      for (std::size_t k = 0; k < 2 * (count - i); ++k) {
        for (unsigned w = 0; w < 8; ++w) rows[8 * k + w] = children[2 * i + k].word[w];
      }
      group(rows, count - i);
    }
  }

  static u64 grind(const Digest& state, u64 first, u64 count, unsigned bits) {
    const u32 mask = bits == 32 ? ~u32{0} : (u32{1} << bits) - 1;
    for (u64 nonce = first; nonce < first + count; nonce += W::kLanes) {
      u32 low[W::kLanes], high[W::kLanes];
      for (unsigned l = 0; l < W::kLanes; ++l) {
        low[l] = static_cast<u32>(nonce + l);
        high[l] = static_cast<u32>((nonce + l) >> 32);
      }
      W m[16], cv[8];
      for (unsigned w = 2; w < 16; ++w) m[w] = W::broadcast(0);
      m[0] = W::load(low);
      m[1] = W::load(high);
      for (unsigned k = 0; k < 8; ++k) cv[k] = W::broadcast(state.word[k]);
      compress(cv, m, u32{1} << 10);
      u32 words[W::kLanes];
      cv[0].store(words);
      for (unsigned l = 0; l < W::kLanes; ++l) {
        if ((words[l] & mask) == 0) return nonce + l;
      }
    }
    return first + count;
  }

  static constexpr HashKernels kTable{absorb_rows, hash_nodes, grind};
};

}  // namespace atlas::stark
