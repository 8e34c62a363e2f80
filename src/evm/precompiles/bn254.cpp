#include <crypto/bn254.hpp>
#include <evm/precompiles/entries.hpp>

namespace atlas::evm::precompiles {
namespace {

using namespace crypto::bn254;

constexpr std::size_t kWord = 32;
constexpr std::size_t kG1Size = 2 * kWord;
constexpr std::size_t kPairSize = 6 * kWord;

std::optional<Fp> read_fp(const u8* in) {
  return Fp::from_be(std::span<const u8, kWord>(in, kWord));
}
/// x ‖ y; (0, 0) is infinity. nullopt if a coordinate is not below p or the point is not on the curve.
std::optional<G1> read_g1(const u8* in) {
  const auto x = read_fp(in), y = read_fp(in + kWord);
  if (!x || !y) return std::nullopt;
  const G1 p{*x, *y};
  return is_on_curve(p) ? std::optional(p) : std::nullopt;
}
/// x ‖ y with the imaginary coefficient first; in the subgroup.
std::optional<G2> read_g2(const u8* in) {
  const auto x1 = read_fp(in), x0 = read_fp(in + kWord), y1 = read_fp(in + 2 * kWord), y0 = read_fp(in + 3 * kWord);
  if (!x1 || !x0 || !y1 || !y0) return std::nullopt;
  const G2 p{{*x0, *x1}, {*y0, *y1}};
  return is_on_curve(p) && is_in_subgroup(p) ? std::optional(p) : std::nullopt;
}
void write_g1(const G1& p, Bytes& output) {
  output.resize(kG1Size);
  p.x.to_be(std::span<u8, kWord>(output.data(), kWord));
  p.y.to_be(std::span<u8, kWord>(output.data() + kWord, kWord));
}
/// The first N bytes, filled up with zeros.
template <std::size_t N>
std::array<u8, N> padded(ByteView input) {
  std::array<u8, N> r{};
  std::copy_n(input.begin(), std::min(input.size(), N), r.begin());
  return r;
}

}  // namespace

u64 bn254_add_gas(ByteView, Fork) {
  return 150;
}
u64 bn254_mul_gas(ByteView, Fork) {
  return 6000;
}
u64 bn254_pairing_gas(ByteView input, Fork) {
  constexpr u64 kBase = 45000;
  constexpr u64 kPerPair = 34000;
  return kBase + kPerPair * (input.size() / kPairSize);
}

bool bn254_add_run(ByteView input, Bytes& output) {
  output.clear();
  const auto in = padded<2 * kG1Size>(input);
  const auto p = read_g1(in.data()), q = read_g1(in.data() + kG1Size);
  if (!p || !q) return false;
  write_g1(crypto::add_affine(*p, *q), output);
  return true;
}

bool bn254_mul_run(ByteView input, Bytes& output) {
  output.clear();
  const auto in = padded<kG1Size + kWord>(input);
  const auto p = read_g1(in.data());
  if (!p) return false;
  write_g1(multiply(*p, u256::from_be(in.data() + kG1Size)), output);
  return true;
}

bool bn254_pairing_run(ByteView input, Bytes& output) {
  output.clear();
  if (input.size() % kPairSize != 0) return false;
  std::vector<Pair> pairs;
  pairs.reserve(input.size() / kPairSize);
  for (std::size_t at = 0; at < input.size(); at += kPairSize) {
    const auto p = read_g1(input.data() + at);
    const auto q = p ? read_g2(input.data() + at + kG1Size) : std::nullopt;
    if (!q) return false;
    pairs.push_back({*p, *q});
  }
  output.assign(kWord, 0);
  output[kWord - 1] = pairing_product_is_one(pairs) ? 1 : 0;
  return true;
}

}  // namespace atlas::evm::precompiles
