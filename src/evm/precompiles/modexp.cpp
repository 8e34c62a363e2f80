#include <base/u256.hpp>
#include <crypto/modexp.hpp>
#include <evm/precompiles/entries.hpp>

namespace atlas::evm::precompiles {
namespace {

// Input: the lengths of base, exponent and modulus, 32 bytes each, then the three numbers; missing bytes are zeros.
constexpr std::size_t kHeaderSize = 96;
constexpr u64 kNever = ~u64{0};
/// EIP-7823, Osaka: the longest operand, in bytes.
constexpr u64 kOsakaLengthMax = 1024;
/// Before Osaka no length is forbidden, but a base or modulus above this costs more than 5.7·10⁹ gas (EIP-2565), which
/// no block offers: it is priced as impossible, so that memory stays bounded whatever the gas limit.
constexpr u64 kLengthMax = u64{1} << 20;
/// The exponent is never stored; its implicit zeros only cost time, which the price covers.
constexpr u64 kExponentLengthMax = u64{1} << 40;

/// Bytes [at, at + size) of the input as far as they are there.
ByteView part(ByteView input, u64 at, u64 size) {
  if (at >= input.size()) return {};
  return input.subspan(static_cast<std::size_t>(at), static_cast<std::size_t>(std::min<u64>(size, input.size() - at)));
}
u256 length_at(ByteView input, unsigned index) {
  u8 word[32] = {};
  const ByteView there = part(input, index * 32u, 32);
  std::copy(there.begin(), there.end(), word);
  return u256::from_be(word);
}

struct Lengths {
  u256 base, exponent, modulus;
  explicit Lengths(ByteView input)
      : base(length_at(input, 0)), exponent(length_at(input, 1)), modulus(length_at(input, 2)) {}
  u256 longest() const { return std::max(base, modulus); }
};

/// Bits below the exponent's highest, those after its first 32 bytes weighted by `tail_weight`; one at least. Exact up
/// to kExponentLengthMax, beyond which the caller does not ask.
u64 iteration_count(ByteView input, const Lengths& lengths, u64 tail_weight) {
  const u64 size = lengths.exponent.low_u64();
  const u64 head_size = std::min<u64>(size, 32);
  u8 head[32] = {};
  const ByteView there = part(input, kHeaderSize + lengths.base.low_u64(), head_size);
  std::copy(there.begin(), there.end(), head + (32 - head_size));
  const unsigned bits = u256::from_be(head).bit_length();
  return std::max<u64>((size - head_size) * tail_weight + (bits > 0 ? bits - 1 : 0), 1);
}

u64 saturated(const u256& price) {
  return price.fits_u64() ? price.low_u64() : kNever;
}

/// EIP-2565.
u64 berlin_gas(ByteView input, const Lengths& lengths) {
  constexpr u64 kMin = 200;
  if (lengths.longest().is_zero()) return kMin;
  if (lengths.longest() > u256(kLengthMax) || lengths.exponent > u256(kExponentLengthMax)) return kNever;
  const u64 words = (lengths.longest().low_u64() + 7) / 8;
  const u256 price = u256(words * words) * u256(iteration_count(input, lengths, 8)) / u256(3);
  return std::max(kMin, saturated(price));
}

/// EIP-7823 and EIP-7883.
u64 osaka_gas(ByteView input, const Lengths& lengths) {
  constexpr u64 kMin = 500;
  const u256 bound(kOsakaLengthMax);
  if (lengths.longest() > bound || lengths.exponent > bound) return kNever;
  const u64 longest = lengths.longest().low_u64();
  const u64 words = (longest + 7) / 8;
  const u64 complexity = longest <= 32 ? 16 : 2 * words * words;
  return std::max(kMin, complexity * iteration_count(input, lengths, 16));
}

}  // namespace

u64 modexp_gas(ByteView input, Fork fork) {
  const Lengths lengths(input);
  return fork >= Fork::kOsaka ? osaka_gas(input, lengths) : berlin_gas(input, lengths);
}

// Called only with an input that modexp_gas priced below kNever.
bool modexp_run(ByteView input, Bytes& output) {
  output.clear();
  const Lengths lengths(input);
  if (lengths.longest() > u256(kLengthMax)) return false;
  if (lengths.modulus.is_zero()) return true;
  if (lengths.exponent > u256(kExponentLengthMax)) return false;
  const u64 base_size = lengths.base.low_u64();
  const u64 exponent_size = lengths.exponent.low_u64();
  const u64 modulus_size = lengths.modulus.low_u64();
  const auto padded = [&](u64 at, u64 size) {
    Bytes r(static_cast<std::size_t>(size), 0);
    const ByteView there = part(input, at, size);
    std::copy(there.begin(), there.end(), r.begin());
    return r;
  };
  const Bytes base = padded(kHeaderSize, base_size);
  const ByteView exponent = part(input, kHeaderSize + base_size, exponent_size);
  const Bytes modulus = padded(kHeaderSize + base_size + exponent_size, modulus_size);
  output = crypto::modexp(base, exponent, exponent_size - exponent.size(), modulus);
  return true;
}

}  // namespace atlas::evm::precompiles
