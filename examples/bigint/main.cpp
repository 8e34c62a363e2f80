// Computes 3^(2^n − 1) modulo 2^255 − 19 by squarings of 256-bit numbers in plain words, with divisions on the way; n
// is the first word of the hints.
#include <atlas/guest.hpp>

using namespace atlas;

namespace {

constexpr unsigned kLimbs = 8;
struct Number {
  u32 limb[kLimbs] = {};
};

/// a·b modulo 2^255 − 19: the product's high part counts 38 times, as 2^256 = 38.
Number multiply(const Number& a, const Number& b) {
  u32 wide[2 * kLimbs] = {};
  for (unsigned i = 0; i < kLimbs; ++i) {
    u64 carry = 0;
    for (unsigned j = 0; j < kLimbs; ++j) {
      carry += u64{a.limb[i]} * b.limb[j] + wide[i + j];
      wide[i + j] = static_cast<u32>(carry);
      carry >>= 32;
    }
    wide[i + kLimbs] = static_cast<u32>(carry);
  }
  Number out;
  u64 carry = 0;
  for (unsigned i = 0; i < kLimbs; ++i) {
    carry += wide[i] + u64{38} * wide[i + kLimbs];
    out.limb[i] = static_cast<u32>(carry);
    carry >>= 32;
  }
  while (carry != 0) {
    carry *= 38;
    for (unsigned i = 0; i < kLimbs; ++i) {
      carry += out.limb[i];
      out.limb[i] = static_cast<u32>(carry);
      carry >>= 32;
    }
  }
  return out;
}

/// The remainder by a small number, limb by limb from the top.
u32 remainder(const Number& a, u32 divisor) {
  u32 rest = 0;
  for (unsigned i = kLimbs; i-- > 0;) {
    rest = static_cast<u32>((u64{rest} << 16 | a.limb[i] >> 16) % divisor);
    rest = static_cast<u32>((u64{rest} << 16 | (a.limb[i] & 0xffff)) % divisor);
  }
  return rest;
}

}  // namespace

int main() {
  const u32 n = guest::hint_word();
  Number three, power;
  three.limb[0] = 3;
  power.limb[0] = 1;
  u32 check = 0;
  for (u32 i = 0; i < n; ++i) {
    power = multiply(multiply(power, power), three);
    check = check * 31 + remainder(power, 65521 + i % 8);
  }
  power.limb[kLimbs - 1] ^= check;
  Hash256 output;
  std::memcpy(output.data(), power.limb, sizeof power.limb);
  guest::commit(output);
  return 0;
}
