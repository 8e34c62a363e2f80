#include <base/guest_abi.hpp>
#include <zkvm/machine/chips.hpp>
#include <zkvm/machine/machine.hpp>

namespace atlas::zkvm {
namespace {

static_assert(chips::kFunctionHintRead == static_cast<u32>(abi::Ecall::kHintRead) &&
              chips::kFunctionCommit == static_cast<u32>(abi::Ecall::kCommit) &&
              chips::kFunctionLog == static_cast<u32>(abi::Ecall::kLog) &&
              chips::kFunctionLog + 1 == static_cast<u32>(abi::Ecall::kPhase) &&
              chips::kFunctionAdvise == static_cast<u32>(abi::Ecall::kAdviseInverse) &&
              chips::kFunctionAdvise + 1 == static_cast<u32>(abi::Ecall::kAdviseRoot) &&
              static_cast<u32>(abi::Ecall::kHalt) == 0 &&
              chips::kFirstPrimitive == static_cast<u32>(abi::Ecall::kKeccakF) &&
              abi::kHintWordsMax == 1u << (2 * kGapHighBits));

constexpr u32 kRowsMax = 1u << 23;  // of a chip of free height

// A segment's time is at most the ticks of all rows that its step chips may have. It and any gap stay below p together,
// so that times never wrap around it.
static_assert(u64{StepChips::kCount} * kRowsMax * kTicksPerEcall + kTimeMax < BabyBear::kModulus);

template <class Chip>
constexpr u32 fixed_height(const MachineShape& shape) {
  if constexpr (std::is_same_v<Chip, chips::SegmentTable>) return stark::kSkip;
  if constexpr (std::is_same_v<Chip, chips::Zones>) return kZonesHeight;
  if constexpr (std::is_same_v<Chip, chips::ProgramTable>) return shape.program_height;
  if constexpr (std::is_same_v<Chip, chips::ImageTable>) return shape.image_height;
  if constexpr (requires { Chip::kHeight; }) return Chip::kHeight;
  return 0;
}

std::vector<stark::PublicMessage> public_messages(const stark::Machine&, std::span<const u32> words) {
  const PublicValues v = PublicValues::from_words(words);
  std::vector<stark::PublicMessage> out = {{&kNumberTag, true, {v.number}}};
  if (v.number == 0) {
    const OrderPoint &a = v.order_in, &b = v.order_out;
    out.push_back({&kOrderTag, true, {a.zone, a.space, a.in_image, a.low}});
    out.push_back({&kOrderTag, false, {b.zone, b.space, b.in_image, b.low}});
    return out;
  }
  out.push_back({&kStateTag, true, {kFirstTick, v.slot_in}});
  out.push_back({&kStateTag, false, {v.time_out, v.slot_out}});
  out.push_back({&kCallTag, true, {0}});
  out.push_back({&kCallTag, false, {v.calls}});
  for (u32 k = 0; v.commits != 0 && k < chips::kOutputWords; ++k) {
    out.push_back({&kOutputTag, false, {chips::kOutputWords - k, v.output[2 * k], v.output[2 * k + 1]}});
  }
  return out;
}

/// Segments 1, 2, … from the entry to the halt, one of which commits; then initialisation segments through all zones.
/// Public values are below p, limbs below 2^16, and what a segment does not use is zero, so an execution has one
/// encoding.
bool is_execution(const stark::Machine& machine, std::span<const std::vector<u32>> segments) {
  u32 slot = machine.constants[0], commits = 0, number = 0;
  OrderPoint order{kFirstZone, kRegisterSpace, 0, 0};
  bool is_initialised = false;
  for (const std::vector<u32>& words : segments) {
    for (const u32 word : words) {
      if (word >= BabyBear::kModulus) return false;
    }
    const PublicValues v = PublicValues::from_words(words);
    for (const u32 limb : v.output) {
      if (limb >= 1u << 16 || (limb != 0 && v.commits == 0)) return false;
    }
    if (v.number == 0) {
      if (number == 0 || slot != kHaltSlot || v.order_in != order) return false;
      if (v.slot_in != 0 || v.slot_out != 0 || v.time_out != 0 || v.calls != 0 || v.commits != 0) return false;
      order = v.order_out;
      is_initialised = true;
    } else {
      if (is_initialised || v.number != ++number || v.slot_in != slot || v.slot_in >= kSlotsMax) return false;
      if (v.order_in != OrderPoint{} || v.order_out != OrderPoint{} || v.commits > 1) return false;
      if (v.calls >= kRowsMax || v.time_out <= kFirstTick + v.calls * kTicksPerStep) return false;
      slot = v.slot_out;
      commits += v.commits;
    }
  }
  return number != 0 && slot == kHaltSlot && commits == 1 && order == OrderPoint{machine.constants[1], 0, 0, 0};
}

}  // namespace

std::vector<u32> PublicValues::to_words() const {
  std::vector<u32> out = {number, slot_in, slot_out, time_out, calls, commits};
  out.insert(out.end(), output.begin(), output.end());
  for (const OrderPoint* p : {&order_in, &order_out}) out.insert(out.end(), {p->zone, p->space, p->in_image, p->low});
  return out;
}

PublicValues PublicValues::from_words(std::span<const u32> words) {
  ENSURE(words.size() == kWords, "a segment has as many public values as its machine says");
  PublicValues out;
  u32* const head[] = {&out.number, &out.slot_in, &out.slot_out, &out.time_out, &out.calls, &out.commits};
  std::size_t at = 0;
  for (u32* field : head) *field = words[at++];
  for (u32& limb : out.output) limb = words[at++];
  for (OrderPoint* p : {&out.order_in, &out.order_out}) {
    *p = {words[at], words[at + 1], words[at + 2], words[at + 3]};
    at += 4;
  }
  return out;
}

bool ProgramMachine::is_valid(const MachineShape& shape) {
  const auto is_height = [](u32 height, u32 maximum) {
    return (height & (height - 1)) == 0 && height >= stark::kSkip && height <= maximum;
  };
  return is_height(shape.program_height, kSlotsMax) && is_height(shape.image_height, kImageHeightMax) &&
         shape.entry_slot < shape.program_height && shape.last_zone > kFirstZone &&
         shape.last_zone <= kFirstZone + kZonesHeight;
}

ProgramMachine::ProgramMachine(const MachineShape& shape)
    : shape_(shape), constants_{shape.entry_slot, shape.last_zone} {
  ENSURE(is_valid(shape), "the machine's shape is not allowed");
  for_each_chip(AllChips{}, [&]<class Chip>(std::type_identity<Chip>) {
    const u32 fixed = fixed_height<Chip>(shape);
    chips_.push_back(stark::describe<Chip>(fixed != 0 ? fixed : kRowsMax, fixed));
  });
  machine_ = {"atlas rv32im", chips_, PublicValues::kWords, public_messages, is_execution, constants_};
}

ExecutionClaim claim_of(std::span<const std::vector<u32>> segments) {
  ExecutionClaim out;
  for (const std::vector<u32>& words : segments) {
    const PublicValues v = PublicValues::from_words(words);
    if (v.number == 0) continue;
    // An instruction lasts 4 ticks, an ecall 8.
    out.cycles += (v.time_out - kFirstTick) / kTicksPerStep - v.calls;
    for (std::size_t i = 0; v.commits != 0 && i < v.output.size(); ++i) {
      out.public_output[2 * i] = static_cast<u8>(v.output[i]);
      out.public_output[2 * i + 1] = static_cast<u8>(v.output[i] >> 8);
    }
  }
  return out;
}

}  // namespace atlas::zkvm
