#pragma once
// The machine that proves one program: chips, public values, what makes segments an execution. Shared by prover and
// verifier.
#include <array>
#include <memory>
#include <vector>

#include <base/bytes.hpp>
#include <stark/verifier/key.hpp>

namespace atlas::zkvm {

/// Where initial words continue: an order message.
struct OrderPoint {
  u32 zone = 0, space = 0, in_image = 0, low = 0;
  friend bool operator==(const OrderPoint&, const OrderPoint&) = default;
};

/// What a segment says in public. An initialisation segment has the number 0 and only `order`, an execution segment
/// none.
struct PublicValues {
  u32 number = 0;  ///< from 1
  u32 slot_in = 0;
  u32 slot_out = 0;              ///< kHaltSlot: halted
  u32 time_out = 0;              ///< ticks; the clock starts at kFirstTick
  u32 calls = 0;                 ///< ecalls
  u32 commits = 0;               ///< 1: the public output was committed here
  std::array<u32, 16> output{};  ///< limbs of the eight words, low first; zero if not committed
  OrderPoint order_in, order_out;

  static constexpr u32 kWords = 6 + 16 + 8;
  std::vector<u32> to_words() const;
  static PublicValues from_words(std::span<const u32> words);
};

/// What a program's machine depends on, besides the fixed columns.
struct MachineShape {
  u32 program_height = 0;  ///< rows of the program table, a power of two from 32 to kSlotsMax
  u32 image_height = 0;    ///< rows of the image, a power of two from 32
  u32 entry_slot = 0;
  u32 last_zone = 0;  ///< number that follows the zones'
  friend bool operator==(const MachineShape&, const MachineShape&) = default;
};
inline constexpr u32 kZonesHeight = 256;          ///< more than twice kSegmentsMax
inline constexpr u32 kImageHeightMax = 1u << 26;  ///< kImageBytesMax
inline constexpr u32 kFirstZone = 1;

/// Owns what stark::Machine points to. Not movable: keys point into it.
class ProgramMachine {
 public:
  explicit ProgramMachine(const MachineShape& shape);
  ProgramMachine(const ProgramMachine&) = delete;
  ProgramMachine& operator=(const ProgramMachine&) = delete;

  static bool is_valid(const MachineShape& shape);
  const MachineShape& shape() const { return shape_; }
  const stark::Machine& machine() const { return machine_; }

 private:
  MachineShape shape_;
  std::vector<stark::ChipDescription> chips_;
  std::array<u32, 2> constants_;  ///< entry slot, last zone
  stark::Machine machine_;
};

/// What a verified execution says.
struct ExecutionClaim {
  Hash256 public_output{};
  u64 cycles = 0;
};
/// `segments` are those that is_execution() accepted.
ExecutionClaim claim_of(std::span<const std::vector<u32>> segments);

}  // namespace atlas::zkvm
