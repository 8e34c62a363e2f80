#pragma once
// For tests: rows of arithmetic calls from the numbers that they claim, true or not.
#include <cstring>
#include <random>

#include <base/u256.hpp>
#include <crypto/secp256k1_field.hpp>
#include <zkvm/chips/extension/trace.hpp>
#include <zkvm/chips/secp256k1/trace.hpp>
#include <zkvm/chips/u256/trace.hpp>
#include <zkvm/executor/primitives.hpp>
#include <zkvm/prover/call_judge.hpp>
#include <zkvm/prover/omission_trial.hpp>

namespace atlas::zkvm::test {

using abi::Ecall;

template <class Chip>
CallJudge judged(const RowOf<Chip>& row) {
  CallJudge judge;
  judge.append<Chip>(row);
  return judge;
}
using Words = std::array<u32, 8>;
inline Words words_of(const u256& x) {
  Words out;
  std::memcpy(out.data(), x.limb, sizeof out);
  return out;
}
template <unsigned kCount>
void put(const u256& x, MemoryWord<u32> (&words)[kCount], unsigned at = 0) {
  for (unsigned i = 0; i < 8; ++i) {
    words[at + i].lo = words_of(x)[i] & 0xffff;
    words[at + i].hi = words_of(x)[i] >> 16;
  }
}
inline chips::Number<u32> number_of(const u256& x) {
  chips::Number<u32> out;
  for (unsigned i = 0; i < 16; ++i) out.limb[i] = words_of(x)[i / 2] >> 16 * (i % 2) & 0xffff;
  return out;
}
inline u256 random_u256(std::mt19937_64& random) {
  return u256(random(), random(), random(), random());
}

inline constexpr u256 kMax = u256::max();
/// Words of a, b, c, m, result by index.
struct Layout {
  u32 a = 1, b = 12, c = 24, m = 40, result = 60;
};

inline RowOf<chips::U256> u256_row(const u256& a, const u256& b, const u256& c, const u256& m, const u256& q,
                                   const u256& r) {
  const Layout at;
  std::vector<u32> memory(90, 1);
  memory[at.m] = 2;  // a call that is allowed, to begin with
  TestCall call(Ecall::kMulMod, std::move(memory));
  const u32 indices[] = {at.a, at.b, at.c, at.m, at.result};
  for (unsigned k = 0; k < 5; ++k) call.argument(k, TestCall::address_of(indices[k]));
  for (unsigned k = 0; k < 4; ++k) call.read(k, indices[k], 8);
  RowOf<chips::U256> row = chips::u256_row(call.write(at.result, 8).finish([](u32*) {}));
  put(a, row.a);
  put(b, row.b);
  put(c, row.c);
  put(m, row.m);
  row.remainder = number_of(r);
  row.quotient = chips::bytes_of(number_of(q));
  complete(row);
  return row;
}

using Coordinate = crypto::Secp256k1Field<>;
struct Point {
  u256 x, y;
};
inline const u256 kPrime = kMax - u256((u64{1} << 32) + 976);
inline u256 value_of(const Coordinate& x) {
  return std::bit_cast<u256>(x.to_number());
}
inline Coordinate coordinate(const u256& x) {
  return Coordinate::from_number(std::bit_cast<Coordinate::Number>(x));
}

inline RowOf<chips::Secp256k1Add> add_row(const Point& p, const Point& q, const u256& slope, const Point& sum) {
  TestCall call(Ecall::kSecp256k1Add, std::vector<u32>(60, 1));
  call.argument(0, TestCall::address_of(3)).argument(1, TestCall::address_of(30)).read(1, 30, 16).write(3, 16);
  const EcallStep& step = call.finish([&](u32*) {});
  RowOf<chips::Secp256k1Add> row{};
  row.real = 1;
  row.call = chips::primitive_call(step, 0, 3);
  row.pointer = chips::address_of_index(30);
  chips::set_words(step.reads, step.time + kTickEcallReads + 1, row.q);
  chips::set_words(step.writes, step.time + kTickEcallWrites, row.p);
  put(p.x, row.p);
  put(p.y, row.p, 8);
  put(q.x, row.q);
  put(q.y, row.q, 8);
  row.slope = chips::bytes_of(number_of(slope));
  row.x = number_of(sum.x);
  row.y = number_of(sum.y);
  complete(row);
  return row;
}
inline RowOf<chips::Secp256k1Double> double_row(const Point& p, const u256& slope, const Point& result) {
  TestCall call(Ecall::kSecp256k1Double, std::vector<u32>(40, 1));
  call.argument(0, TestCall::address_of(5)).write(5, 16);
  const EcallStep& step = call.finish([&](u32*) {});
  RowOf<chips::Secp256k1Double> row{};
  row.real = 1;
  row.call = chips::primitive_call(step, 0, 5);
  chips::set_words(step.writes, step.time + kTickEcallWrites, row.p);
  put(p.x, row.p);
  put(p.y, row.p, 8);
  row.slope = chips::bytes_of(number_of(slope));
  row.x = number_of(result.x);
  row.y = number_of(result.y);
  complete(row);
  return row;
}
/// The third point of a line, mirrored.
inline Point third(const u256& x1, const u256& y1, const u256& x2, const u256& slope) {
  const Coordinate s = coordinate(slope), x = s.sqr() - coordinate(x1) - coordinate(x2);
  return {value_of(x), value_of(s * (coordinate(x1) - x) - coordinate(y1))};
}
inline u32 word_of(u64 x) {
  return static_cast<u32>(x % kP);
}
inline std::vector<u32> field_words(std::size_t count, u64 seed) {
  std::mt19937_64 random(seed);
  std::vector<u32> out(count);
  constexpr u32 kEdges[] = {0, 1, kP - 1, 0xffff, 0x10000, 0x77ff0000, 0x77ffffff};
  for (u32& word : out) word = random() % 3 == 0 ? kEdges[random() % std::size(kEdges)] : word_of(random());
  return out;
}

template <class Chip>
RowOf<Chip> first_row(Ecall function, u32 count, std::vector<u32> memory) {
  TestCall call(function, std::move(memory));
  const bool is_base = function == Ecall::kExtensionDotBase;
  RowCatcher<Chip> rows;
  call.argument(0, TestCall::address_of(2)).argument(1, TestCall::address_of(10));
  if (function == Ecall::kEqExpand) {
    call.argument(2, count).read(1, 70, 5).write(2, 10 * count);
    call.argument(1, TestCall::address_of(70));
    chips::append_extension(rows, call.finish([&](u32* w) { primitives::eq_expand(w + 2, w + 70, count); }));
  } else {
    call.argument(2, TestCall::address_of(40)).argument(3, count);
    call.read(1, 10, is_base ? count : 5 * count).read(2, 40, 5 * count).write(2, 5);
    chips::append_extension(
        rows, call.finish([&](u32* w) { primitives::extension_dot(w + 2, w + 10, w + 40, count, is_base); }));
  }
  return rows.rows.at(0);
}

}  // namespace atlas::zkvm::test
