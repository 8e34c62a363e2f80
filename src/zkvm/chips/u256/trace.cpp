#include <zkvm/chips/u256/trace.hpp>
#include <zkvm/executor/primitives.hpp>

namespace atlas::zkvm::chips {
namespace {

LessWitness<u32> less_witness(const Number<u32>& x, const Number<u32>& y) {
  LessWitness<u32> out{};
  for (unsigned i = kNumberLimbs; i-- > 0;) {
    if (x.limb[i] == y.limb[i]) continue;
    out.highest[i] = 1;
    out.margin = field_of(i64{y.limb[i]} - x.limb[i] - 1);
    break;
  }
  return out;
}
bool is_less(const Number<u32>& x, const Number<u32>& y) {
  for (unsigned i = kNumberLimbs; i-- > 0;) {
    if (x.limb[i] != y.limb[i]) return x.limb[i] < y.limb[i];
  }
  return false;
}
/// sums[k] += sign·coefficient k of x·y.
template <i64 kSign>
void add_coefficients(const NumberBytes<u32>& x, const NumberBytes<u32>& y, i64* sums) {
  for (unsigned i = 0; i < kNumberBytes; ++i) {
    for (unsigned j = 0; j < kNumberBytes; ++j) sums[i + j] += kSign * static_cast<i64>(x.byte[i] * y.byte[j]);
  }
}

}  // namespace

void complete(RowOf<U256>& row) {
  const Number<u32> a = number_in(row.a), b = number_in(row.b), c = number_in(row.c), m = number_in(row.m);
  row.a_low = low_bytes_of(a);
  row.b_low = low_bytes_of(b);
  row.m_low = low_bytes_of(m);
  i64 sums[2 * kNumberBytes] = {};
  add_coefficients<1>(bytes_of(a), bytes_of(b), sums);
  add_coefficients<-1>(row.quotient, bytes_of(m), sums);
  i64 carry = 0;
  for (unsigned j = 0; j < U256::kCarries; ++j) {
    if (j < kNumberLimbs) carry += i64{c.limb[j]} - row.remainder.limb[j];
    carry = (carry + sums[2 * j] + sums[2 * j + 1] * 256) >> 16;
    row.carry[j] = field_of(carry);
  }
  row.remainder_less = less_witness(row.remainder, m);
  row.is_a = is_less(a, m);
  row.factor_less = less_witness(row.is_a != 0 ? a : b, m);
}

RowOf<U256> u256_row(const EcallStep& s) {
  RowOf<U256> row{};
  const bool is_div = s.plan->function == abi::Ecall::kMulDiv;
  row.is_mod = !is_div;
  row.is_div = is_div;
  row.call = primitive_call(s, 0, s.reads[0].word);
  const auto operand = [&](unsigned k) { return s.reads.subspan(k * kNumberWords, kNumberWords); };
  for (unsigned k = 1; k < 4; ++k) row.pointer[k - 1] = address_of_index(operand(k)[0].word);
  row.pointer[3] = address_of_index(s.writes[0].word);
  MemoryWord<u32>* const operands[] = {row.a, row.b, row.c, row.m};
  for (unsigned k = 0; k < 4; ++k) set_words(operand(k), s.time + kTickEcallReads + k, operands[k]);
  const u32 written = s.time + kTickEcallWrites;
  if (is_div) set_words(s.writes.first(kNumberWords), written, row.old_quotient);
  set_words(s.writes.last(kNumberWords), written, row.old_remainder);
  row.remainder = number_of(s.writes.last(kNumberWords), &EcallWord::after);

  u32 words[4][kNumberWords], result[2 * kNumberWords];
  for (unsigned k = 0; k < 4; ++k) {
    for (unsigned i = 0; i < kNumberWords; ++i) words[k][i] = operand(k)[i].before;
  }
  const char* refused = primitives::mul_div(words[0], words[1], words[2], words[3], result, true);
  ENSURE(refused == nullptr, "the executor refuses what it did before");
  for (unsigned i = 0; i < kNumberBytes; ++i) row.quotient.byte[i] = result[i / 4] >> 8 * (i % 4) & 255;
  complete(row);
  return row;
}

}  // namespace atlas::zkvm::chips
