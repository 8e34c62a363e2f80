#include <crypto/bls12_381.hpp>
#include <evm/precompiles/entries.hpp>

namespace atlas::evm::precompiles {
namespace {

using namespace crypto::bls12_381;

// EIP-2537. A field element is 64 bytes, of which the first 16 are zero; Fp2 has its real coefficient first.
constexpr std::size_t kFpSize = 64;
constexpr std::size_t kPadding = 16;
constexpr std::size_t kG1Size = 2 * kFpSize;
constexpr std::size_t kG2Size = 4 * kFpSize;
constexpr std::size_t kScalarSize = 32;
constexpr std::size_t kPairSize = kG1Size + kG2Size;

constexpr u64 kG1MultiplyGas = 12000;
constexpr u64 kG2MultiplyGas = 22500;
constexpr u64 kDiscountUnit = 1000;
/// Price of k scalar multiplications in thousandths of k single ones, for k = 1 … 128 and above.
constexpr u16 kG1Discount[] = {
    1000, 949, 848, 797, 764, 750, 738, 728, 719, 712, 705, 698, 692, 687, 682, 677, 673, 669, 665, 661, 658, 654,
    651,  648, 645, 642, 640, 637, 635, 632, 630, 627, 625, 623, 621, 619, 617, 615, 613, 611, 609, 608, 606, 604,
    603,  601, 599, 598, 596, 595, 593, 592, 591, 589, 588, 586, 585, 584, 582, 581, 580, 579, 577, 576, 575, 574,
    573,  572, 570, 569, 568, 567, 566, 565, 564, 563, 562, 561, 560, 559, 558, 557, 556, 555, 554, 553, 552, 551,
    550,  549, 548, 547, 547, 546, 545, 544, 543, 542, 541, 540, 540, 539, 538, 537, 536, 536, 535, 534, 533, 532,
    532,  531, 530, 529, 528, 528, 527, 526, 525, 525, 524, 523, 522, 522, 521, 520, 520, 519};
constexpr u16 kG2Discount[] = {
    1000, 1000, 923, 884, 855, 832, 812, 796, 782, 770, 759, 749, 740, 732, 724, 717, 711, 704, 699, 693, 688, 683,
    679,  674,  670, 666, 663, 659, 655, 652, 649, 646, 643, 640, 637, 634, 632, 629, 627, 624, 622, 620, 618, 615,
    613,  611,  609, 607, 606, 604, 602, 600, 598, 597, 595, 593, 592, 590, 589, 587, 586, 584, 583, 582, 580, 579,
    578,  576,  575, 574, 573, 571, 570, 569, 568, 567, 566, 565, 563, 562, 561, 560, 559, 558, 557, 556, 555, 554,
    553,  552,  552, 551, 550, 549, 548, 547, 546, 545, 545, 544, 543, 542, 541, 541, 540, 539, 538, 537, 537, 536,
    535,  535,  534, 533, 532, 532, 531, 530, 530, 529, 528, 528, 527, 526, 526, 525, 524, 524};
static_assert(std::size(kG1Discount) == 128 && std::size(kG2Discount) == 128);

u64 msm_gas(std::size_t terms, u64 single, std::span<const u16> discount) {
  if (terms == 0) return 0;
  return terms * single * discount[std::min(terms, discount.size()) - 1] / kDiscountUnit;
}

// --- Decoding: nullopt for nonzero padding, a coordinate not below p, a point off the curve. ---

std::optional<Fp> read_fp(const u8* in) {
  if (std::any_of(in, in + kPadding, [](u8 b) { return b != 0; })) return std::nullopt;
  return Fp::from_be(std::span<const u8, kFpSize - kPadding>(in + kPadding, kFpSize - kPadding));
}
std::optional<F2> read_fp2(const u8* in) {
  const auto c0 = read_fp(in), c1 = read_fp(in + kFpSize);
  if (!c0 || !c1) return std::nullopt;
  return F2{*c0, *c1};
}
/// All zeros is infinity.
struct ReadG1 {
  using Point = G1;
  static constexpr std::size_t kSize = kG1Size;
  static std::optional<G1> read(const u8* in) {
    const auto x = read_fp(in), y = read_fp(in + kFpSize);
    if (!x || !y || !is_on_curve(G1{*x, *y})) return std::nullopt;
    return G1{*x, *y};
  }
};
struct ReadG2 {
  using Point = G2;
  static constexpr std::size_t kSize = kG2Size;
  static std::optional<G2> read(const u8* in) {
    const auto x = read_fp2(in), y = read_fp2(in + 2 * kFpSize);
    if (!x || !y || !is_on_curve(G2{*x, *y})) return std::nullopt;
    return G2{*x, *y};
  }
};

void append_fp(const Fp& a, Bytes& output) {
  output.resize(output.size() + kFpSize, 0);
  a.to_be(std::span<u8, kFpSize - kPadding>(output.end() - (kFpSize - kPadding), output.end()));
}
void write(const G1& p, Bytes& output) {
  for (const Fp* a : {&p.x, &p.y}) append_fp(*a, output);
}
void write(const G2& p, Bytes& output) {
  for (const Fp* a : {&p.x.c0, &p.x.c1, &p.y.c0, &p.y.c1}) append_fp(*a, output);
}

/// Sum of two points of the curve; no subgroup check (EIP-2537, "Subgroup checks").
template <class Reader>
bool add_run(ByteView input, Bytes& output) {
  output.clear();
  if (input.size() != 2 * Reader::kSize) return false;
  const auto p = Reader::read(input.data()), q = Reader::read(input.data() + Reader::kSize);
  if (!p || !q) return false;
  write(crypto::add_affine(*p, *q), output);
  return true;
}

template <class Reader>
bool msm_run(ByteView input, Bytes& output) {
  constexpr std::size_t kTermSize = Reader::kSize + kScalarSize;
  output.clear();
  if (input.empty() || input.size() % kTermSize != 0) return false;
  std::vector<typename Reader::Point> points;
  std::vector<u256> scalars;
  points.reserve(input.size() / kTermSize);
  scalars.reserve(input.size() / kTermSize);
  for (std::size_t at = 0; at < input.size(); at += kTermSize) {
    const auto p = Reader::read(input.data() + at);
    if (!p || !is_in_subgroup(*p)) return false;
    points.push_back(*p);
    scalars.push_back(u256::from_be(input.data() + at + Reader::kSize));
  }
  write(multi_scalar_multiply(points, scalars), output);
  return true;
}

}  // namespace

u64 bls12_g1_add_gas(ByteView, Fork) {
  return 375;
}
u64 bls12_g2_add_gas(ByteView, Fork) {
  return 600;
}
u64 bls12_g1_msm_gas(ByteView input, Fork) {
  return msm_gas(input.size() / (kG1Size + kScalarSize), kG1MultiplyGas, kG1Discount);
}
u64 bls12_g2_msm_gas(ByteView input, Fork) {
  return msm_gas(input.size() / (kG2Size + kScalarSize), kG2MultiplyGas, kG2Discount);
}
u64 bls12_pairing_gas(ByteView input, Fork) {
  constexpr u64 kBase = 37700;
  constexpr u64 kPerPair = 32600;
  return kBase + kPerPair * (input.size() / kPairSize);
}
u64 bls12_map_fp_to_g1_gas(ByteView, Fork) {
  return 5500;
}
u64 bls12_map_fp2_to_g2_gas(ByteView, Fork) {
  return 23800;
}

bool bls12_g1_add_run(ByteView input, Bytes& output) {
  return add_run<ReadG1>(input, output);
}
bool bls12_g2_add_run(ByteView input, Bytes& output) {
  return add_run<ReadG2>(input, output);
}
bool bls12_g1_msm_run(ByteView input, Bytes& output) {
  return msm_run<ReadG1>(input, output);
}
bool bls12_g2_msm_run(ByteView input, Bytes& output) {
  return msm_run<ReadG2>(input, output);
}

bool bls12_pairing_run(ByteView input, Bytes& output) {
  output.clear();
  if (input.empty() || input.size() % kPairSize != 0) return false;
  std::vector<Pair> pairs;
  pairs.reserve(input.size() / kPairSize);
  for (std::size_t at = 0; at < input.size(); at += kPairSize) {
    const auto p = ReadG1::read(input.data() + at);
    const auto q = ReadG2::read(input.data() + at + kG1Size);
    if (!p || !q || !is_in_subgroup(*p) || !is_in_subgroup(*q)) return false;
    pairs.push_back({*p, *q});
  }
  output.assign(32, 0);
  output[31] = pairing_product_is_one(pairs) ? 1 : 0;
  return true;
}

bool bls12_map_fp_to_g1_run(ByteView input, Bytes& output) {
  output.clear();
  const auto u = input.size() == kFpSize ? read_fp(input.data()) : std::nullopt;
  if (!u) return false;
  write(map_to_g1(*u), output);
  return true;
}

bool bls12_map_fp2_to_g2_run(ByteView input, Bytes& output) {
  output.clear();
  const auto u = input.size() == 2 * kFpSize ? read_fp2(input.data()) : std::nullopt;
  if (!u) return false;
  write(map_to_g2(*u), output);
  return true;
}

}  // namespace atlas::evm::precompiles
