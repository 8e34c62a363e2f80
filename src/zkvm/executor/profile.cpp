#include <algorithm>
#include <set>
#include <tuple>

#include <zkvm/executor/profile.hpp>

namespace atlas::zkvm {
namespace {

constexpr unsigned kRa = 1, kT0 = 5;    // link registers of calls, the second of outlined code
constexpr std::size_t kDepthMax = 512;  // deeper recursion stays on its path's last node
constexpr std::size_t kReturnSearch = 64;
constexpr u32 kNobody = 0;

bool links(unsigned reg) {
  return reg == kRa || reg == kT0;
}

}  // namespace

Profile::Profile(const Program& program)
    : program_(program), functions_{"(unknown)"}, function_of_(program.text.size()) {
  for (u32 k = 0; k < program.symbols.size(); ++k) {
    const Symbol& s = program.symbols[k];
    functions_.push_back(demangled(s.name));
    const u32 first = (s.begin - program.text_begin) / 4;
    const u32 next = k + 1 < program.symbols.size() ? (program.symbols[k + 1].begin - program.text_begin + 3) / 4
                                                    : static_cast<u32>(program.text.size());
    const u32 last = s.size == 0 ? next : static_cast<u32>(std::min<u64>(next, first + (u64{s.size} + 3) / 4));
    for (u32 i = first; i < last; ++i) function_of_[i] = k + 1;
  }
  nodes_.push_back({kNobody, 0});
  node_ = child(0, function_at(program.entry));
}

u32 Profile::function_at(u32 pc) const {
  const u32 index = (pc - program_.text_begin) / 4;
  return index < function_of_.size() ? function_of_[index] : kNobody;
}

u32 Profile::child(u32 parent, u32 function) {
  const auto [found, added] = children_.try_emplace({parent, function}, static_cast<u32>(nodes_.size()));
  if (added) nodes_.push_back({function, parent});
  return found->second;
}

void Profile::count(u32 pc) {
  ++cycles_;
  ++nodes_[node_].self;
  ++families_[static_cast<unsigned>(family_of(program_.at(pc)->op))];
}

bool Profile::step(const Step& s) {
  count(s.pc);
  const Instruction& i = *s.instruction;
  const bool jump = i.op == Op::kJal || i.op == Op::kJalr;
  if (jump && links(i.rd)) {
    if (stack_.size() < kDepthMax) {
      stack_.push_back({node_, s.pc + 4});
      node_ = child(node_, function_at(s.next_pc));
    }
    return true;
  }
  if (i.op == Op::kJalr && i.rd == 0 && links(i.rs1)) {
    const std::size_t lowest = stack_.size() > kReturnSearch ? stack_.size() - kReturnSearch : 0;
    for (std::size_t k = stack_.size(); k > lowest; --k) {
      if (stack_[k - 1].return_pc != s.next_pc) continue;
      node_ = stack_[k - 1].node;
      stack_.resize(k - 1);
      return true;
    }
  }
  // A jump or fall into another function replaces this one (tail call).
  if (s.next_pc != s.pc + 4 || jump) {
    const u32 function = function_at(s.next_pc);
    if (function != nodes_[node_].function && stack_.size() < kDepthMax) node_ = child(nodes_[node_].parent, function);
  }
  return true;
}

bool Profile::ecall(const EcallStep& e) {
  count(e.pc);
  Primitive& p = primitives_[e.plan->function];
  ++p.calls;
  switch (e.plan->function) {
    case abi::Ecall::kHintRead:
      p.units += e.plan->arguments[1];
      break;
    case abi::Ecall::kBlake3:
    case abi::Ecall::kSha256:
    case abi::Ecall::kMerklePath:
    case abi::Ecall::kMerkleUpdate:
    case abi::Ecall::kEqExpand:
      p.units += e.plan->arguments[2];
      break;
    case abi::Ecall::kExtensionDot:
    case abi::Ecall::kExtensionDotBase:
      p.units += e.plan->arguments[3];
      break;
    default:
      ++p.units;
  }
  return true;
}

void Profile::log(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
}

void Profile::enter_phase(u32 index) {
  phase_cycles_[phase_stack_.back()] += cycles_ - phase_begin_;
  phase_begin_ = cycles_;
  phase_stack_.push_back(index);
}

void Profile::phase(const std::string& name) {
  if (name.empty()) {
    if (phase_stack_.size() == 1) return;
    const u32 below = phase_stack_[phase_stack_.size() - 2];
    enter_phase(below);
    phase_stack_.resize(phase_stack_.size() - 2);
    return;
  }
  // A program that makes up names without end gets one for the rest.
  constexpr std::size_t kPhasesMax = 256;
  auto found = std::find(phase_names_.begin() + 1, phase_names_.end(), name);
  if (found == phase_names_.end()) {
    if (phase_names_.size() < kPhasesMax) {
      phase_names_.push_back(name);
      phase_cycles_.push_back(0);
    }
    found = phase_names_.end() - 1;
  }
  enter_phase(static_cast<u32>(found - phase_names_.begin()));
}

std::vector<std::pair<std::string, u64>> Profile::by_phase() const {
  std::vector<std::pair<std::string, u64>> out;
  for (std::size_t k = 0; k < phase_names_.size(); ++k) {
    const u64 open = phase_stack_.back() == k ? cycles_ - phase_begin_ : 0;
    out.emplace_back(phase_names_[k], phase_cycles_[k] + open);
  }
  std::rotate(out.begin(), out.begin() + 1, out.end());
  return out;
}

std::vector<Profile::Count> Profile::by_function() const {
  std::vector<Count> out(functions_.size());
  for (std::size_t f = 0; f < functions_.size(); ++f) out[f].name = functions_[f];
  for (const Node& n : nodes_) {
    if (n.self == 0) continue;
    out[n.function].self += n.self;
    std::set<u32> seen;
    for (u32 at = static_cast<u32>(&n - nodes_.data()); at != 0; at = nodes_[at].parent) {
      if (seen.insert(nodes_[at].function).second) out[nodes_[at].function].total += n.self;
    }
  }
  std::erase_if(out, [](const Count& c) { return c.total == 0; });
  std::sort(out.begin(), out.end(),
            [](const Count& a, const Count& b) { return std::tie(b.self, a.name) < std::tie(a.self, b.name); });
  return out;
}

}  // namespace atlas::zkvm
