#include <evm/program.hpp>
#include <evm/translator.hpp>

namespace atlas::evm {

void Program::reset(std::size_t code_size, Fork fork, bool metered) {
  insns_.assign(1, Insn{});
  targets_.clear();
  jumpdests_.clear();
  scanned_ = 0;
  code_size_ = code_size;
  entry_ = 0;
  fork_ = fork;
  metered_ = metered;
}

u32 Program::entry(ByteView code) {
  if (entry_ == 0) entry_ = Translator(*this, code).run(0);
  return entry_;
}

u32 Program::resolve(ByteView code, u64 pc) {
  if (pc >= code_size_) return 0;
  const auto at = static_cast<u32>(pc);
  if (at < targets_.size() && targets_[at] != 0) return targets_[at];
  return is_jumpdest(code, at) ? Translator(*this, code).run(at) : 0;
}

u32 Program::continue_at(ByteView code, u32 pc) {
  if (pc < targets_.size() && targets_[pc] != 0) return targets_[pc];
  return Translator(*this, code).run(pc);
}

bool Program::is_jumpdest(ByteView code, u64 target) {
  if (target >= code_size_) return false;
  const auto pc = static_cast<std::size_t>(target);
  if (code[pc] != static_cast<u8>(Opcode::kJumpdest)) return false;
  if (jumpdests_.empty()) jumpdests_.resize(code_size_ / 64 + 1);
  for (; scanned_ <= pc; scanned_ += 1 + immediate_size(code[scanned_])) {
    if (code[scanned_] == static_cast<u8>(Opcode::kJumpdest)) jumpdests_[scanned_ / 64] |= u64{1} << (scanned_ % 64);
  }
  return (jumpdests_[pc / 64] >> (pc % 64)) & 1;
}

std::size_t Program::footprint() const {
  return sizeof(Program) + insns_.capacity() * sizeof(Insn) + targets_.capacity() * sizeof(u32) +
         jumpdests_.capacity() * sizeof(u64);
}

}  // namespace atlas::evm
