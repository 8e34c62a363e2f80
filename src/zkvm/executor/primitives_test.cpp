// Each primitive against its portable twin or the plain definition, its refusals, and overlapping operands.
#include <random>

#include <gtest/gtest.h>

#include <crypto/blake3.hpp>
#include <crypto/keccak.hpp>
#include <crypto/secp256k1.hpp>
#include <crypto/sha256.hpp>
#include <field/extension.hpp>
#include <zkvm/executor/observe.hpp>
#include <zkvm/executor/primitives.hpp>
#include <zkvm/isa/assembler.hpp>

namespace atlas::zkvm {
namespace {

using namespace test;
using abi::Ecall;

std::mt19937_64 source(11);
std::vector<u32> words(std::size_t count) {
  std::vector<u32> out(count);
  for (u32& w : out) w = static_cast<u32>(source());
  return out;
}
u256 random_u256() {
  return u256(source(), source(), source(), source());
}
std::vector<u32> words_of(const u256& v) {
  std::vector<u32> out(8);
  std::memcpy(out.data(), v.limb, 32);
  return out;
}
u256 u256_of(const std::vector<u32>& w, std::size_t at = 0) {
  u256 v;
  std::memcpy(v.limb, w.data() + at, 32);
  return v;
}
std::vector<u32> operator+(std::vector<u32> a, const std::vector<u32>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

/// Runs one ecall over the words at kDataBegin and gives them back; both loops must agree. Arguments below 2^16 that
/// belong to pointers are given as kDataBegin + 4·index by the caller.
struct CallResult {
  std::vector<u32> memory;
  std::optional<Fault> fault;
};
CallResult call(Ecall function, std::initializer_list<u32> arguments, const std::vector<u32>& memory,
                const std::vector<u32>& hints = {}) {
  Assembler a;
  a.call(static_cast<u32>(function), arguments)(ebreak());
  const Program program = a.program({{kDataBegin, memory}});
  const ByteView hint_bytes(reinterpret_cast<const u8*>(hints.data()), 4 * hints.size());
  Executor fast(program, hint_bytes);
  Executor observed(program, hint_bytes);
  NullSink sink;
  EXPECT_EQ(fast.run(), Stop::kFault);
  EXPECT_EQ(observed.observe(sink), Stop::kFault);
  EXPECT_EQ(fast.state(), observed.state());
  CallResult out;
  out.memory.resize(memory.size());
  const u32* begin = fast.memory().word(fast.memory().word_of(kDataBegin));
  std::copy(begin, begin + memory.size(), out.memory.begin());
  if (fast.fault().kind != FaultKind::kBreakpoint) {
    out.fault = fast.fault();
    EXPECT_EQ(out.memory, memory) << "a refused ecall wrote";
    EXPECT_EQ(fast.state().hint_position, 0u);
  } else {
    EXPECT_EQ(fast.state().hint_position, hints.size());
  }
  return out;
}
constexpr u32 at(u32 word) {
  return kDataBegin + 4 * word;
}
void expect_refused(const CallResult& r, std::string_view why, FaultKind kind = FaultKind::kBadArgument) {
  ASSERT_TRUE(r.fault) << "not refused: " << why;
  EXPECT_EQ(r.fault->kind, kind);
  EXPECT_NE(r.fault->detail.find(why), std::string::npos) << r.fault->detail;
}
std::vector<u32> slice(const std::vector<u32>& w, std::size_t from, std::size_t count) {
  return {w.begin() + static_cast<std::ptrdiff_t>(from), w.begin() + static_cast<std::ptrdiff_t>(from + count)};
}

TEST(Primitive, KeccakF) {
  const auto state = words(50);
  u64 lanes[25];
  std::memcpy(lanes, state.data(), sizeof lanes);
  crypto::portable::keccak_f1600(lanes);
  std::vector<u32> expected(50);
  std::memcpy(expected.data(), lanes, sizeof lanes);
  EXPECT_EQ(call(Ecall::kKeccakF, {at(0)}, state).memory, expected);
}

TEST(Primitive, Sha256) {
  const auto memory = words(8 + 48);
  u32 expected[8];
  std::copy_n(memory.begin(), 8, expected);
  crypto::portable::sha256_compress(expected, reinterpret_cast<const u8*>(memory.data() + 8), 3);
  EXPECT_EQ(slice(call(Ecall::kSha256, {at(0), at(8), 3}, memory).memory, 0, 8),
            std::vector<u32>(expected, expected + 8));
  expect_refused(call(Ecall::kSha256, {at(0), at(8), 0}, memory), "outside 1 to 4096");
  expect_refused(call(Ecall::kSha256, {at(0), at(8), 4097}, memory), "outside 1 to 4096");
}

TEST(Primitive, Blake3IsAChunkOfTheStandardHash) {
  for (const u32 size : {1u, 63u, 64u, 65u, 128u, 1000u, 1024u}) {
    const u32 blocks = (size + 63) / 64;
    std::vector<u32> memory(8 + 16 * blocks);
    std::copy(std::begin(crypto::kBlake3Iv), std::end(crypto::kBlake3Iv), memory.begin());
    auto* bytes = reinterpret_cast<u8*>(memory.data() + 8);
    for (u32 k = 0; k < size; ++k) bytes[k] = static_cast<u8>(source());
    const Hash256 expected = crypto::blake3({bytes, size});
    const u32 flags = crypto::kBlake3ChunkStart | (crypto::kBlake3ChunkEnd | crypto::kBlake3Root) << 16;
    const auto r = call(Ecall::kBlake3, {at(0), at(8), blocks, flags, size - 64 * (blocks - 1)}, memory);
    EXPECT_EQ(std::memcmp(r.memory.data(), expected.data(), 32), 0) << size;
  }
  // The counter stands in the upper bits.
  const auto memory = words(24);
  u32 expected[8];
  crypto::blake3_compress(memory.data(), memory.data() + 8, 0xabcdef, 64, 3, expected);
  EXPECT_EQ(slice(call(Ecall::kBlake3, {at(0), at(8), 1, 1 | 2 << 16, 64 | 0xabcdefu << 8}, memory).memory, 0, 8),
            std::vector<u32>(expected, expected + 8));
  expect_refused(call(Ecall::kBlake3, {at(0), at(8), 1, 0, 65}, memory), "above 64");
  // The chaining value inside the blocks: all is read first.
  crypto::blake3_compress(memory.data() + 12, memory.data() + 8, 0, 64, 0, expected);
  EXPECT_EQ(slice(call(Ecall::kBlake3, {at(12), at(8), 1, 0, 64}, memory).memory, 12, 8),
            std::vector<u32>(expected, expected + 8));
}

TEST(Primitive, MerklePathAndUpdate) {
  constexpr u32 kLevels = 5, kIndex = 0b10110, kFlags = 1 << 8;
  const auto memory = words(16);
  const auto siblings = words(8 * kLevels);
  const auto root_of = [&](const u32* leaf) {
    std::vector<u32> digest(leaf, leaf + 8);
    for (u32 level = 0; level < kLevels; ++level) {
      const auto sibling = slice(siblings, 8 * level, 8);
      const auto block = (kIndex >> level & 1) != 0 ? sibling + digest : digest + sibling;
      crypto::blake3_compress(crypto::kBlake3Iv, block.data(), 0, 64, kFlags, digest.data());
    }
    return digest;
  };
  const auto old_root = root_of(memory.data());
  EXPECT_EQ(call(Ecall::kMerklePath, {at(0), kIndex, kLevels, kFlags}, memory, siblings).memory,
            old_root + slice(memory, 8, 8));
  EXPECT_EQ(call(Ecall::kMerkleUpdate, {at(0), kIndex, kLevels, kFlags}, memory, siblings).memory,
            old_root + root_of(memory.data() + 8));
  expect_refused(call(Ecall::kMerklePath, {at(0), 32, kLevels, kFlags}, memory, siblings), "more bits");
  expect_refused(call(Ecall::kMerklePath, {at(0), 0, 33, kFlags}, memory, siblings), "outside 1 to 32");
  expect_refused(call(Ecall::kMerklePath, {at(0), 0, kLevels, 1 << 16}, memory, siblings), "16 bits");
  expect_refused(call(Ecall::kMerklePath, {at(0), 0, 6, kFlags}, memory, siblings), "48 words wanted",
                 FaultKind::kHintExhausted);
}

// q·m + r = a·b + c on 512 bits, by hand.
void expect_division(const u256& a, const u256& b, const u256& c, const u256& m) {
  const auto memory = words_of(a) + words_of(b) + words_of(c) + words_of(m) + std::vector<u32>(16);
  const auto div = call(Ecall::kMulDiv, {at(0), at(8), at(16), at(24), at(32)}, memory);
  const auto mod = call(Ecall::kMulMod, {at(0), at(8), at(16), at(24), at(32)}, memory);
  ASSERT_FALSE(div.fault);
  ASSERT_FALSE(mod.fault);
  const u256 q = u256_of(div.memory, 32), r = u256_of(div.memory, 40);
  EXPECT_EQ(u256_of(mod.memory, 32), r);
  EXPECT_LT(r, m);
  std::vector<u64> left(16), right(16);  // 32-bit digits with room
  const auto digit = [](const u256& v, unsigned i) { return v.word(i / 2) >> (32 * (i % 2)) & 0xffffffff; };
  const auto fill = [&](std::vector<u64>& sum, const u256& x, const u256& y, const u256& plus) {
    u64 carry = 0;
    for (unsigned k = 0; k < 8; ++k) sum[k] = digit(plus, k);
    for (unsigned i = 0; i < 8; ++i) {
      carry = 0;
      for (unsigned j = 0; j < 8; ++j) {
        const u64 t = sum[i + j] + digit(x, i) * digit(y, j) + carry;
        sum[i + j] = t & 0xffffffff;
        carry = t >> 32;
      }
      for (unsigned k = i + 8; carry != 0; ++k) {
        const u64 t = sum[k] + carry;
        sum[k] = t & 0xffffffff;
        carry = t >> 32;
      }
    }
  };
  fill(left, a, b, c);
  fill(right, q, m, r);
  EXPECT_EQ(left, right);
}

TEST(Primitive, MulDiv) {
  const u256 max = u256::max();
  expect_division(u256(7), u256(9), u256(5), u256(10));
  expect_division(max - u256(1), max, max, max);
  expect_division(max, max - u256(1), max, max);
  expect_division(u256(0), max, max, u256(1));
  expect_division(max, u256(0), max, u256(1));
  expect_division(u256(1), max, max, u256(2));
  expect_division(u256::power_of_two(255) - u256(1), max, max, u256::power_of_two(255));
  for (int k = 0; k < 300; ++k) {
    u256 m = random_u256() >> static_cast<unsigned>(source() % 256);
    if (k % 3 == 0) m = m << static_cast<unsigned>(source() % 256);
    if (m.is_zero()) m = u256(1);
    const u256 small = random_u256() % m, any = random_u256();
    k % 2 == 0 ? expect_division(small, any, random_u256(), m) : expect_division(any, small, random_u256(), m);
  }
  const auto memory =
      words_of(u256(5)) + words_of(u256(6)) + words_of(u256(0)) + words_of(u256(5)) + std::vector<u32>(16);
  expect_refused(call(Ecall::kMulMod, {at(0), at(8), at(16), at(24), at(32)}, memory), "neither factor");
  expect_refused(call(Ecall::kMulDiv, {at(0), at(8), at(24), at(16), at(32)}, memory), "modulus is zero");
  // The result over an operand.
  EXPECT_EQ(u256_of(call(Ecall::kMulMod, {at(16), at(8), at(8), at(24), at(24)}, memory).memory, 24), u256(1));
}

struct Point {
  u256 x, y;
};
Point multiple_of_generator(u64 k) {
  const auto key = crypto::public_key_of(u256(k).to_be());
  return {u256::from_be(key->data()), u256::from_be(key->data() + 32)};
}
std::vector<u32> words_of(const Point& p) {
  return words_of(p.x) + words_of(p.y);
}

TEST(Primitive, Secp256k1) {
  const u256 p = u256(0) - u256((u64{1} << 32) + 977);
  for (const u64 k : {1ull, 2ull, 77ull, 123456789ull}) {
    EXPECT_EQ(call(Ecall::kSecp256k1Double, {at(0)}, words_of(multiple_of_generator(k))).memory,
              words_of(multiple_of_generator(2 * k)));
    const auto memory = words_of(multiple_of_generator(k)) + words_of(multiple_of_generator(k + 5));
    EXPECT_EQ(slice(call(Ecall::kSecp256k1Add, {at(0), at(16)}, memory).memory, 0, 16),
              words_of(multiple_of_generator(2 * k + 5)));
  }
  const Point g = multiple_of_generator(1);
  expect_refused(call(Ecall::kSecp256k1Add, {at(0), at(0)}, words_of(g)), "same x");
  expect_refused(call(Ecall::kSecp256k1Add, {at(0), at(16)}, words_of(g) + words_of(Point{g.x, p - g.y})), "same x");
  expect_refused(call(Ecall::kSecp256k1Double, {at(0)}, words_of(Point{g.x, u256(0)})), "y = 0");
  expect_refused(call(Ecall::kSecp256k1Double, {at(0)}, words_of(Point{p, g.y})), "not below");
  expect_refused(call(Ecall::kSecp256k1Double, {at(0)}, words_of(Point{g.x, p})), "not below");
  // x + p is the same residue and must not pass for a different x.
  expect_refused(call(Ecall::kSecp256k1Add, {at(0), at(16)},
                      words_of(Point{u256(1), u256(2)}) + words_of(Point{p + u256(1), u256(2)})),
                 "not below");
  // Overlap: P and Q share y_P = x_Q.
  const u256 y2 = random_u256() % p;
  const auto shared = words_of(u256(3)) + words_of(u256(4)) + words_of(y2);
  const auto apart = words_of(Point{u256(3), u256(4)}) + words_of(Point{u256(4), y2});
  EXPECT_EQ(slice(call(Ecall::kSecp256k1Add, {at(0), at(8)}, shared).memory, 0, 16),
            slice(call(Ecall::kSecp256k1Add, {at(0), at(16)}, apart).memory, 0, 16));
}

using Element = field::Extension<field::BabyBear, 5>;
Element random_element() {
  Element e;
  for (auto& c : e.c) c = field::BabyBear(static_cast<u32>(source()));
  return e;
}
std::vector<u32> words_of(const Element& e) {
  std::vector<u32> out;
  for (const auto& c : e.c) out.push_back(c.raw);
  return out;
}

TEST(Primitive, ExtensionDotAndEq) {
  constexpr u32 kCount = 7;
  std::vector<u32> base, left, right;
  Element sum = random_element(), with_base = sum, with_extension = sum;
  std::vector<u32> start = words_of(sum);
  for (u32 k = 0; k < kCount; ++k) {
    const field::BabyBear a(static_cast<u32>(source()));
    const Element x = random_element(), y = random_element();
    with_base = with_base + Element(a) * y;
    with_extension = with_extension + x * y;
    base.push_back(a.raw);
    left = left + words_of(x);
    right = right + words_of(y);
  }
  EXPECT_EQ(
      slice(call(Ecall::kExtensionDotBase, {at(0), at(5), at(5 + kCount), kCount}, start + base + right).memory, 0, 5),
      words_of(with_base));
  const auto memory = start + left + right;
  EXPECT_EQ(slice(call(Ecall::kExtensionDot, {at(0), at(5), at(5 + 5 * kCount), kCount}, memory).memory, 0, 5),
            words_of(with_extension));
  for (const u32 spoiled : {0u, 5u, 39u, 40u, 74u}) {
    auto bad = memory;
    bad[spoiled] = field::BabyBear::kModulus;
    expect_refused(call(Ecall::kExtensionDot, {at(0), at(5), at(5 + 5 * kCount), kCount}, bad),
                   "not below the modulus");
  }
  expect_refused(call(Ecall::kExtensionDot, {at(0), at(5), at(5), 0}, memory), "outside 1 to 4096");

  // eq(x, r) over the cube, a variable at a time.
  const Element r[3] = {random_element(), random_element(), random_element()};
  std::vector<u32> table = words_of(Element::one()) + std::vector<u32>(35);
  for (u32 k = 0; k < 3; ++k) {
    table = slice(call(Ecall::kEqExpand, {at(0), at(40), 1u << k}, table + words_of(r[k])).memory, 0, 40);
  }
  for (u32 x = 0; x < 8; ++x) {
    Element expected = Element::one();
    for (u32 k = 0; k < 3; ++k) expected = expected * ((x >> k & 1) != 0 ? r[k] : Element::one() - r[k]);
    EXPECT_EQ(slice(table, 5 * x, 5), words_of(expected));
  }
  auto bad = table + words_of(r[0]);
  bad[42] = ~0u;
  expect_refused(call(Ecall::kEqExpand, {at(0), at(40), 4}, bad), "not below the modulus");
}

TEST(Primitive, Advice) {
  const u256 m = crypto::kSecp256k1Order;
  const u256 p = u256(0) - u256((u64{1} << 32) + 977);
  for (int k = 0; k < 20; ++k) {
    const u256 x = random_u256() % m;
    const auto inverse =
        call(Ecall::kAdviseInverse, {at(16), at(0), at(8)}, words_of(x) + words_of(m) + std::vector<u32>(8));
    EXPECT_EQ(mulmod(u256_of(inverse.memory, 16), x, m), u256(1));
    const u256 y = random_u256() % p;
    const u256 root = u256_of(call(Ecall::kAdviseRoot, {at(8), at(0)}, words_of(y) + std::vector<u32>(8)).memory, 8);
    const u256 square = mulmod(root, root, p);
    EXPECT_TRUE(square == y || square == p - y);
  }
  // No inverse: zero, and no crash for any modulus.
  for (const u64 modulus : {0u, 1u, 6u}) {
    const auto r =
        call(Ecall::kAdviseInverse, {at(16), at(0), at(8)}, words_of(u256(4)) + words_of(u256(modulus)) + words(8));
    EXPECT_EQ(u256_of(r.memory, 16), u256(0));
  }
}

}  // namespace
}  // namespace atlas::zkvm
