// modexp against OpenSSL's BN_mod_exp and against plain square and multiply.
#include <random>

#include <gtest/gtest.h>
#include <openssl/bn.h>

#include <base/u256.hpp>
#include <crypto/modexp.hpp>

namespace atlas::crypto {
namespace {

Bytes reference(ByteView base, ByteView exponent, ByteView modulus) {
  const auto number = [](ByteView bytes) { return BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr); };
  BN_CTX* context = BN_CTX_new();
  BIGNUM *b = number(base), *e = number(exponent), *m = number(modulus), *r = BN_new();
  Bytes out(modulus.size(), 0);
  if (!BN_is_zero(m)) {
    EXPECT_EQ(BN_mod_exp(r, b, e, m, context), 1);
    if (!out.empty()) BN_bn2binpad(r, out.data(), static_cast<int>(out.size()));
  }
  for (BIGNUM* n : {b, e, m, r}) BN_free(n);
  BN_CTX_free(context);
  return out;
}

std::mt19937_64 random_source(5);

/// Random bytes; sometimes with runs of zeros or ones, which reach the corrections of the division.
Bytes random_bytes(std::size_t size) {
  Bytes bytes(size);
  const auto kind = random_source() % 4;
  for (u8& b : bytes) b = static_cast<u8>(random_source());
  if (kind == 0) std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(size / 3), bytes.end(), u8{0xff});
  if (kind == 1) std::fill(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size / 2), u8{0});
  if (kind == 2 && size > 8) std::fill(bytes.begin() + 1, bytes.begin() + 8, u8{0});
  return bytes;
}

TEST(Modexp, AgreesWithOpenSsl) {
  for (int round = 0; round < 3000; ++round) {
    const std::size_t limit = round % 10 == 0 ? 200 : 40;
    const Bytes base = random_bytes(random_source() % limit);
    const Bytes exponent = random_bytes(random_source() % (limit / 2));
    Bytes modulus = random_bytes(random_source() % limit);
    // Odd, even, highly even.
    const auto kind = random_source() % 3;
    if (!modulus.empty() && kind == 0) modulus.back() |= 1;
    if (kind == 1) std::fill(modulus.end() - static_cast<std::ptrdiff_t>(modulus.size() / 2), modulus.end(), u8{0});
    ASSERT_EQ(to_hex(modexp(base, exponent, 0, modulus)), to_hex(reference(base, exponent, modulus)))
        << to_hex(base) << " " << to_hex(exponent) << " " << to_hex(modulus);
  }
}

TEST(Modexp, PowersOfTwo) {
  for (unsigned bits = 0; bits < 300; ++bits) {
    Bytes modulus(40, 0);
    modulus[39 - bits / 8] = static_cast<u8>(1 << (bits % 8));
    const Bytes base = random_bytes(50);
    const Bytes exponent = random_bytes(5);
    ASSERT_EQ(to_hex(modexp(base, exponent, 0, modulus)), to_hex(reference(base, exponent, modulus))) << bits;
  }
}

TEST(Modexp, DivisionCorner) {
  // Quotient digits whose estimate is too large (Knuth, 4.3.1, exercise 21 and its kind): all limbs at their extremes.
  for (const std::size_t size : {16u, 24u, 32u, 40u}) {
    for (int round = 0; round < 2000; ++round) {
      const auto extreme = [&](std::size_t n) {
        Bytes bytes(n);
        for (std::size_t i = 0; i < n; i += 8) {
          const u64 pick = random_source() % 5;
          for (std::size_t k = i; k < std::min(n, i + 8); ++k) {
            const bool edge = k == i || k == i + 7;
            bytes[k] = pick == 0   ? u8{0}
                       : pick == 1 ? u8{0xff}
                       : pick == 2 ? (k == i ? u8{0x80} : u8{0})
                       : pick == 3 ? (edge ? u8{1} : u8{0})
                                   : (k == i + 7 ? u8{0xfe} : u8{0xff});
          }
        }
        return bytes;
      };
      const Bytes base = extreme(size * 2), modulus = extreme(size), exponent{1};
      ASSERT_EQ(to_hex(modexp(base, exponent, 0, modulus)), to_hex(reference(base, exponent, modulus)))
          << to_hex(base) << " " << to_hex(modulus);
    }
  }
}

TEST(Modexp, Edges) {
  const Bytes zero{0}, one{1}, two{2}, five{5};
  EXPECT_EQ(modexp(zero, zero, 0, five), one) << "0^0 = 1";
  EXPECT_EQ(modexp({}, {}, 0, five), one);
  EXPECT_EQ(modexp(zero, zero, 0, one), zero) << "modulo 1 all is 0";
  EXPECT_EQ(modexp(five, two, 0, zero), zero) << "modulus 0 gives 0";
  EXPECT_TRUE(modexp(five, two, 0, {}).empty());
  // 2^(1·256) mod 2^256 − 1 is 1; the zero byte of the exponent is implied.
  EXPECT_EQ(modexp(two, one, 1, Bytes(32, 0xff)).back(), 1);
  EXPECT_EQ(modexp(two, one, 3, Bytes{0, 7}), modexp(two, Bytes{1, 0, 0, 0}, 0, Bytes{0, 7}));
}

}  // namespace
}  // namespace atlas::crypto
