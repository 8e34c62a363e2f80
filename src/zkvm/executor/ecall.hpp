#pragma once
// Ecalls in two steps: prepare() checks them and says what they will read and write, perform() does it. The recorder
// looks at memory in between.
#include <span>
#include <string>

#include <base/guest_abi.hpp>
#include <zkvm/executor/fault.hpp>
#include <zkvm/executor/memory.hpp>
#include <zkvm/executor/state.hpp>

namespace atlas::zkvm {

/// Consecutive words of memory, by word number in the window.
struct WordSpan {
  u32 word = 0;
  u32 count = 0;
};

/// A checked ecall. Reads are in the order of the arguments; there is at most one span of writes. `in_place`: it begins
/// where the first read does, whose words are all overwritten.
struct EcallPlan {
  static constexpr unsigned kReadsMax = 4;
  abi::Ecall function = abi::Ecall::kHalt;
  std::array<u32, 6> arguments{};
  std::array<WordSpan, kReadsMax> reads{};
  unsigned read_count = 0;
  WordSpan write;
  bool in_place = false;
  u32 hint_words = 0;  ///< consumed from the hints

  std::span<const WordSpan> read_spans() const { return {reads.data(), read_count}; }
};

/// What the program says on the side; it cannot hear an answer.
class EcallListener {
 public:
  virtual ~EcallListener() = default;
  virtual void log(const std::string& /*text*/) {}
  virtual void phase(const std::string& /*name; empty: ends*/) {}
};

enum class EcallResult : u8 { kDone, kHalted, kFault };

/// Reads a7 and a0 to a5. On false the ecall is a fault of which kind, address and detail are set; nothing was changed.
bool prepare_ecall(const State& state, const GuestMemory& memory, std::span<const u32> hints, EcallPlan& plan,
                   Fault& fault);
/// Executes it: memory, hint position, commit. Does not touch pc and cycle. On a fault nothing was changed.
EcallResult perform_ecall(const EcallPlan& plan, State& state, GuestMemory& memory, std::span<const u32> hints,
                          EcallListener* listener, Fault& fault);

/// "keccak_f"
const char* name_of(abi::Ecall function);

}  // namespace atlas::zkvm
