#pragma once
// For tests: the rows of one call on trial, without a program around it. Constraints and look-ups are judged row by
// row; of the messages, those that rows of the call do not answer among themselves are left over: the request, and
// accesses of memory.
#include <map>
#include <string>

#include <zkvm/chips/ecall/primitive.hpp>
#include <zkvm/prover/row_judge.hpp>

namespace atlas::zkvm::test {

class CallJudge {
 public:
  using Message = std::vector<u32>;  ///< tag, fields

  template <class Chip>
  void append(const RowOf<Chip>& row) {
    const auto* cells = reinterpret_cast<const u32*>(&row);
    std::vector<BabyBear> values;
    for (std::size_t i = 0; i < sizeof(row) / sizeof(u32); ++i) values.push_back(BabyBear(cells[i]));
    stark::Recorded<BabyBear> recorded;
    stark::RecordingBuilder<BabyBear> builder(values.data(), recorded);
    Chip::eval(builder);
    constexpr stark::ChipShape kShape = stark::shape_of<Chip>();
    rows_ += 1;
    cells_ += kShape.width();
    messages_ += kShape.message_count;
    const auto complain = [&](const stark::SourceLine& where, const std::string& what) {
      problems_.push_back(std::string(Chip::kName) + ", " + where.file + ":" + std::to_string(where.line) + ": " +
                          what);
    };
    for (const auto& constraint : recorded.constraints) {
      if (!constraint.value.is_zero()) complain(constraint.where, "constraint");
    }
    for (const auto& message : recorded.messages) {
      if (message.multiplicity.is_zero()) continue;
      if (message.tag->kind == TagKind::kLookup) {
        if (!is_in_table(*message.tag, message.fields))
          complain(message.where, std::string("look-up ") + message.tag->name);
        continue;
      }
      Message key = {message.tag->id};
      for (const BabyBear& field : message.fields) key.push_back(field.canonical());
      if ((balance_[key] += message.is_send ? 1 : -1) == 0) balance_.erase(key);
    }
  }

  const std::vector<std::string>& problems() const { return problems_; }
  /// Messages that nothing in the call answers, with what they are sent (or, below zero, received) too often.
  const std::map<Message, int>& left_over() const { return balance_; }
  /// The same without the request and memory.
  u64 unanswered() const {
    u64 count = 0;
    for (const auto& [key, times] : balance_) {
      const bool is_request = key[0] == kPrimitiveTag.id && times == -1;
      count += !is_request && key[0] != kAccessTag.id;
    }
    return count;
  }
  u64 rows() const { return rows_; }
  u64 cells() const { return cells_; }
  u64 messages() const { return messages_; }

 private:
  std::vector<std::string> problems_;
  std::map<Message, int> balance_;
  u64 rows_ = 0, cells_ = 0, messages_ = 0;
};

/// One executed call over memory of its own, with random last accesses: what a recorder hands on.
class TestCall {
 public:
  static constexpr u32 kTime = 5000, kBegin = 0x10000;  ///< byte address where the window begins

  TestCall(abi::Ecall function, std::vector<u32> memory, std::vector<u32> hints = {})
      : memory_(std::move(memory)), last_(memory_.size()), hints_(std::move(hints)) {
    plan_.function = function;
    for (std::size_t i = 0; i < last_.size(); ++i) last_[i] = static_cast<u32>(i * 7919 % kTime);
  }
  static u32 address_of(u32 index) { return kBegin + 4 * index; }
  TestCall& argument(unsigned k, u32 value) {
    plan_.arguments[k] = value;
    return *this;
  }
  /// Accesses in the order of the recorder: reads, then the words that are written in place.
  TestCall& read(u32 operand, u32 index, u32 count) {
    for (u32 i = 0; i < count; ++i) reads_.push_back(touch(index + i, kTickEcallReads + operand));
    return *this;
  }
  TestCall& write(u32 index, u32 count) {
    for (u32 i = 0; i < count; ++i) writes_.push_back(touch(index + i, kTickEcallWrites));
    first_written_ = index;
    return *this;
  }
  /// `execute(words)` changes the words that are written.
  template <class Execute>
  const EcallStep& finish(const Execute& execute) {
    execute(memory_.data());
    for (std::size_t i = 0; i < writes_.size(); ++i) writes_[i].after = memory_[first_written_ + i];
    step_.time = kTime;
    step_.plan = &plan_;
    step_.reads = reads_;
    step_.writes = writes_;
    step_.hints = hints_;
    return step_;
  }
  const std::vector<u32>& memory() const { return memory_; }

 private:
  EcallWord touch(u32 index, u32 tick) {
    const u32 last = last_[index];
    last_[index] = kTime + tick;
    return {index, memory_[index], memory_[index], last};
  }
  EcallPlan plan_;
  std::vector<u32> memory_, last_, hints_;
  std::vector<EcallWord> reads_, writes_;
  u32 first_written_ = 0;
  EcallStep step_;
};

}  // namespace atlas::zkvm::test
