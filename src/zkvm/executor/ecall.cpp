#include <zkvm/executor/ecall.hpp>
#include <zkvm/executor/primitives.hpp>

namespace atlas::zkvm {
namespace {

using abi::Ecall;

constexpr u32 kKeccakWords = 50;
constexpr u32 kDigestWords = 8;
constexpr u32 kBlockWords = 16;
constexpr u32 kU256Words = 8;
constexpr u32 kPointWords = 16;
constexpr u32 kDegree = abi::kExtensionDegree;

// Collects the spans of an ecall and keeps the first thing that is wrong.
class Planner {
 public:
  Planner(const GuestMemory& memory, EcallPlan& plan, Fault& fault) : memory_(memory), plan_(plan), fault_(fault) {}

  u32 argument(unsigned i) const { return plan_.arguments[i]; }
  Planner& read(unsigned i, u32 count) {
    if (check(i, count)) plan_.reads[plan_.read_count++] = {memory_.word_of(argument(i)), count};
    return *this;
  }
  Planner& write(unsigned i, u32 count) {
    if (check(i, count)) plan_.write = {memory_.word_of(argument(i)), count};
    return *this;
  }
  /// A result that replaces the first operand, written after all reads. Comes last.
  Planner& write_in_place(u32 count) {
    plan_.in_place = true;
    return write(0, count);
  }
  /// Memory that is looked at, but not read as far as a proof is concerned.
  Planner& peek(unsigned i, u32 count) {
    check(i, count);
    return *this;
  }
  Planner& count(unsigned i, u32 maximum) {
    if (good_ && (argument(i) == 0 || argument(i) > maximum)) {
      refuse(FaultKind::kBadArgument, "a" + std::to_string(i) + " = " + std::to_string(argument(i)) +
                                          " is outside 1 to " + std::to_string(maximum));
    }
    return *this;
  }
  Planner& hints(u32 words, u64 left) {
    if (good_ && words > left) {
      refuse(FaultKind::kHintExhausted, std::to_string(words) + " words wanted, " + std::to_string(left) + " left");
    }
    if (good_) plan_.hint_words = words;
    return *this;
  }
  void refuse(FaultKind kind, std::string detail) {
    if (!good_) return;
    good_ = false;
    fault_.kind = kind;
    fault_.address = static_cast<u32>(plan_.function);
    fault_.detail = std::string(name_of(plan_.function)) + ": " + std::move(detail);
  }
  bool good() const { return good_; }

 private:
  bool check(unsigned i, u32 count) {
    if (!good_) return false;
    if (memory_.holds(argument(i), count)) return true;
    refuse(FaultKind::kBadPointer, "a" + std::to_string(i) + " = " + hex32(argument(i)) + " with " +
                                       std::to_string(count) + " words is " +
                                       (argument(i) % 4 != 0 ? "misaligned" : "not all memory"));
    fault_.address = argument(i);
    return false;
  }

  const GuestMemory& memory_;
  EcallPlan& plan_;
  Fault& fault_;
  bool good_ = true;
};

}  // namespace

const char* name_of(Ecall function) {
  switch (function) {
    case Ecall::kHalt:
      return "halt";
    case Ecall::kHintRead:
      return "hint_read";
    case Ecall::kCommit:
      return "commit";
    case Ecall::kLog:
      return "log";
    case Ecall::kPhase:
      return "phase";
    case Ecall::kAdviseInverse:
      return "advise_inverse";
    case Ecall::kAdviseRoot:
      return "advise_root";
    case Ecall::kKeccakF:
      return "keccak_f";
    case Ecall::kBlake3:
      return "blake3";
    case Ecall::kMerklePath:
      return "merkle_path";
    case Ecall::kMerkleUpdate:
      return "merkle_update";
    case Ecall::kMulMod:
      return "mul_mod";
    case Ecall::kMulDiv:
      return "mul_div";
    case Ecall::kSecp256k1Add:
      return "secp256k1_add";
    case Ecall::kSecp256k1Double:
      return "secp256k1_double";
    case Ecall::kExtensionDotBase:
      return "extension_dot_base";
    case Ecall::kExtensionDot:
      return "extension_dot";
    case Ecall::kEqExpand:
      return "eq_expand";
    case Ecall::kSha256:
      return "sha256";
  }
  return "unknown";
}

bool prepare_ecall(const State& state, const GuestMemory& memory, std::span<const u32> hints, EcallPlan& plan,
                   Fault& fault) {
  plan = {};
  plan.function = static_cast<Ecall>(state.x[17]);
  for (unsigned i = 0; i < 6; ++i) plan.arguments[i] = state.x[10 + i];
  const u64 hints_left = hints.size() - state.hint_position;
  Planner p(memory, plan, fault);
  switch (plan.function) {
    case Ecall::kHalt:
      if (p.argument(0) == 0 && !state.committed) {
        p.refuse(FaultKind::kHaltWithoutCommit, "halt(0) before the public output was committed");
      }
      break;
    case Ecall::kHintRead:
      p.count(1, abi::kHintWordsMax).write(0, p.argument(1)).hints(p.argument(1), hints_left);
      break;
    case Ecall::kCommit:
      if (state.committed) p.refuse(FaultKind::kDoubleCommit, "the public output was committed before");
      p.read(0, kDigestWords);
      break;
    case Ecall::kLog:
    case Ecall::kPhase:
      break;
    case Ecall::kAdviseInverse:
      p.peek(1, kU256Words).peek(2, kU256Words).write(0, kU256Words);
      break;
    case Ecall::kAdviseRoot:
      p.peek(1, kU256Words).write(0, kU256Words);
      break;
    case Ecall::kKeccakF:
      p.read(0, kKeccakWords).write_in_place(kKeccakWords);
      break;
    case Ecall::kBlake3:
      p.count(2, abi::kHashBlocksMax).read(0, kDigestWords).read(1, kBlockWords * p.argument(2));
      p.write_in_place(kDigestWords);
      break;
    case Ecall::kMerklePath:
    case Ecall::kMerkleUpdate: {
      const u32 words = plan.function == Ecall::kMerklePath ? kDigestWords : 2 * kDigestWords;
      p.count(2, abi::kMerkleLevelsMax).read(0, words).write_in_place(words);
      p.hints(kDigestWords * p.argument(2), hints_left);
      break;
    }
    case Ecall::kMulMod:
    case Ecall::kMulDiv:
      for (unsigned i = 0; i < 4; ++i) p.read(i, kU256Words);
      p.write(4, plan.function == Ecall::kMulMod ? kU256Words : 2 * kU256Words);
      break;
    case Ecall::kSecp256k1Add:
      p.read(0, kPointWords).read(1, kPointWords).write_in_place(kPointWords);
      break;
    case Ecall::kSecp256k1Double:
      p.read(0, kPointWords).write_in_place(kPointWords);
      break;
    case Ecall::kExtensionDotBase:
    case Ecall::kExtensionDot: {
      const u32 per_element = plan.function == Ecall::kExtensionDot ? kDegree : 1;
      p.count(3, abi::kExtensionRunMax).read(0, kDegree).read(1, per_element * p.argument(3));
      p.read(2, kDegree * p.argument(3)).write_in_place(kDegree);
      break;
    }
    case Ecall::kEqExpand:
      p.count(2, abi::kExtensionRunMax).read(0, kDegree * p.argument(2)).read(1, kDegree);
      p.write_in_place(2 * kDegree * p.argument(2));
      break;
    case Ecall::kSha256:
      p.count(2, abi::kHashBlocksMax).read(0, kDigestWords).read(1, kBlockWords * p.argument(2));
      p.write_in_place(kDigestWords);
      break;
    default:
      fault.kind = FaultKind::kBadEcall;
      fault.address = state.x[17];
      fault.detail = "a7 = " + std::to_string(state.x[17]) + " is no function of docs/guest-abi.md";
      return false;
  }
  return p.good();
}

EcallResult perform_ecall(const EcallPlan& plan, State& state, GuestMemory& memory, std::span<const u32> hints,
                          EcallListener* listener, Fault& fault) {
  const auto& a = plan.arguments;
  const auto read = [&](unsigned i) { return memory.word(plan.reads[i].word); };
  const auto peek = [&](unsigned i) { return memory.word(memory.word_of(a[i])); };
  u32* const out = memory.word(plan.write.word);
  const u32* const hint = hints.data() + state.hint_position;
  const char* refused = nullptr;
  switch (plan.function) {
    case Ecall::kHalt:
      if (a[0] == 0) return EcallResult::kHalted;
      fault.kind = FaultKind::kHalted;
      fault.address = a[0];
      return EcallResult::kFault;
    case Ecall::kHintRead:
      std::memcpy(out, hint, u64{4} * plan.hint_words);
      break;
    case Ecall::kCommit:
      state.committed = true;
      std::memcpy(state.output.data(), read(0), sizeof state.output);
      break;
    case Ecall::kLog:
      if (listener != nullptr) listener->log(memory.text(a[0], a[1]));
      break;
    case Ecall::kPhase: {
      constexpr u32 kPhaseNameMax = 64;
      if (listener != nullptr) listener->phase(memory.text(a[0], std::min(a[1], kPhaseNameMax)));
      break;
    }
    case Ecall::kAdviseInverse:
      primitives::advise_inverse(out, peek(1), peek(2));
      break;
    case Ecall::kAdviseRoot:
      primitives::advise_root(out, peek(1));
      break;
    case Ecall::kKeccakF:
      primitives::keccak_f(out);
      break;
    case Ecall::kBlake3:
      refused = primitives::blake3(out, read(1), a[2], a[3], a[4]);
      break;
    case Ecall::kMerklePath:
      refused = primitives::merkle_path(out, 1, a[1], a[2], a[3], hint);
      break;
    case Ecall::kMerkleUpdate:
      refused = primitives::merkle_path(out, 2, a[1], a[2], a[3], hint);
      break;
    case Ecall::kMulMod:
    case Ecall::kMulDiv:
      refused = primitives::mul_div(read(0), read(1), read(2), read(3), out, plan.function == Ecall::kMulDiv);
      break;
    case Ecall::kSecp256k1Add:
      refused = primitives::secp256k1_add(out, read(1));
      break;
    case Ecall::kSecp256k1Double:
      refused = primitives::secp256k1_double(out);
      break;
    case Ecall::kExtensionDotBase:
    case Ecall::kExtensionDot:
      refused = primitives::extension_dot(out, read(1), read(2), a[3], plan.function == Ecall::kExtensionDotBase);
      break;
    case Ecall::kEqExpand:
      refused = primitives::eq_expand(out, read(1), a[2]);
      break;
    case Ecall::kSha256:
      primitives::sha256(out, read(1), a[2]);
      break;
  }
  if (refused != nullptr) {
    fault.kind = FaultKind::kBadArgument;
    fault.address = static_cast<u32>(plan.function);
    fault.detail = std::string(name_of(plan.function)) + ": " + refused;
    return EcallResult::kFault;
  }
  state.hint_position += plan.hint_words;
  return EcallResult::kDone;
}

}  // namespace atlas::zkvm
