#pragma once
#include <zkvm/chips/extension/chip.hpp>
#include <zkvm/chips/u256/number_trace.hpp>

namespace atlas::zkvm::chips {

inline FieldWord<u32> field_word(const EcallWord& w, u32 time) {
  return {memory_word(w.before, w.last, time), (w.before & 0xffff) != 0};
}
inline NewFieldWord<u32> new_field_word(const EcallWord& w) {
  return {limbs_of(w.after), (w.after & 0xffff) != 0};
}
/// Words as field elements: their own value, which is the element in Montgomery form.
inline Element<BabyBear> element_of(std::span<const EcallWord> words, u32 EcallWord::* value) {
  Element<BabyBear> out;
  for (unsigned i = 0; i < kElementWords; ++i) out.c[i] = BabyBear(words[i].*value);
  return out;
}
inline Element<u32> cells_of(const Element<BabyBear>& x) {
  Element<u32> out;
  for (unsigned i = 0; i < kElementWords; ++i) out.c[i] = x.c[i].canonical();
  return out;
}

template <unsigned kLeftWords, class Rows>
void append_dot(Rows& rows, const EcallStep& s) {
  const u32 count = s.plan->arguments[3];
  const std::span<const EcallWord> left = s.reads.first(kLeftWords * count), right = s.reads.subspan(left.size());
  RowOf<ExtensionDot> row{};
  row.is_base = kLeftWords == 1;
  row.is_extension = kLeftWords != 1;
  row.call = primitive_call(s, 0, s.writes[0].word);
  row.left = address_of_index(left[0].word);
  row.right = address_of_index(right[0].word);
  row.count_low = (count - 1) & 63;
  row.left_words = kLeftWords * count;
  for (unsigned i = 0; i < kElementWords; ++i) {
    row.sum[i] = field_word(s.writes[i], s.time + kTickEcallWrites);
    row.next[i] = new_field_word(s.writes[i]);
  }
  rows.template append<ExtensionDot>(row);

  Element<BabyBear> sum = element_of(s.writes, &EcallWord::before);
  for (u32 k = 0; k < count; ++k) {
    const auto x = left.subspan(std::size_t{k} * kLeftWords, kLeftWords);
    const auto y = right.subspan(std::size_t{k} * kElementWords, kElementWords);
    RowOf<DotTermOf<kLeftWords>> term{};
    term.real = 1;
    term.time = s.time;
    term.left_index = x[0].word;
    term.right_index = y[0].word;
    term.left = count - k;
    for (unsigned i = 0; i < kLeftWords; ++i) term.x[i] = field_word(x[i], s.time + kTickEcallReads + 1);
    for (unsigned i = 0; i < kElementWords; ++i) term.y[i] = field_word(y[i], s.time + kTickEcallReads + 2);
    term.sum = cells_of(sum);
    const Element<BabyBear> factor = element_of(y, &EcallWord::before);
    if constexpr (kLeftWords == 1) {
      const BabyBear scale = BabyBear(x[0].before) * BabyBear(kInverse32);
      for (unsigned i = 0; i < kElementWords; ++i) sum.c[i] += scale * factor.c[i];
    } else {
      const Element<BabyBear> added = product(element_of(x, &EcallWord::before), factor);
      for (unsigned i = 0; i < kElementWords; ++i) sum.c[i] += added.c[i];
    }
    term.next = cells_of(sum);
    rows.template append<DotTermOf<kLeftWords>>(term);
  }
}

template <class Rows>
void append_eq_expand(Rows& rows, const EcallStep& s) {
  const u32 count = s.plan->arguments[2];
  const u32 time = s.time + kTickEcallWrites;
  RowOf<EqExpand> row{};
  row.real = 1;
  row.call = primitive_call(s, 0, s.writes[0].word);
  row.pointer = address_of_index(s.reads[0].word);
  row.count_low = (count - 1) & 63;
  for (unsigned i = 0; i < kElementWords; ++i) row.r[i] = field_word(s.reads[i], s.time + kTickEcallReads + 1);
  rows.template append<EqExpand>(row);

  const Element<u32> r = cells_of(element_of(s.reads, &EcallWord::before));
  for (u32 k = 0; k < count; ++k) {
    const auto lower = s.writes.subspan(std::size_t{k} * kElementWords, kElementWords);
    const auto upper = s.writes.subspan((std::size_t{count} + k) * kElementWords, kElementWords);
    RowOf<EqStep> step{};
    step.real = 1;
    step.time = s.time;
    step.lower_index = lower[0].word;
    step.upper_index = upper[0].word;
    step.left = count - k;
    step.r = r;
    for (unsigned i = 0; i < kElementWords; ++i) {
      step.t[i] = field_word(lower[i], time);
      step.lower[i] = new_field_word(lower[i]);
      step.found[i] = memory_word(upper[i].before, upper[i].last, time);
      step.upper[i] = new_field_word(upper[i]);
    }
    rows.template append<EqStep>(step);
  }
}

/// All functions of this folder.
template <class Rows>
void append_extension(Rows& rows, const EcallStep& s) {
  if (s.plan->function == abi::Ecall::kExtensionDotBase) return append_dot<1>(rows, s);
  if (s.plan->function == abi::Ecall::kExtensionDot) return append_dot<kElementWords>(rows, s);
  append_eq_expand(rows, s);
}

}  // namespace atlas::zkvm::chips
