#pragma once
// Where the cycles of an execution went: by function, call path, phase, instruction family and primitive. A sink of the
// observed loop; it needs the program's symbols and trusts nothing of the program but that it returns by ra.
#include <map>
#include <string>
#include <vector>

#include <zkvm/executor/observe.hpp>

namespace atlas::zkvm {

class Profile final : public EcallListener {
 public:
  static constexpr bool kClocked = false;
  explicit Profile(const Program& program);

  bool step(const Step& s);
  bool ecall(const EcallStep& e);
  void log(const std::string& text) override;
  void phase(const std::string& name) override;

  /// A call path: a function under its callers. Node 0 is the root, whose children are entry points.
  struct Node {
    u32 function;  ///< index into functions()
    u32 parent;
    u64 self = 0;  ///< cycles in the function itself on this path
  };
  struct Count {
    std::string name;
    u64 self = 0;
    u64 total = 0;  ///< with callees; a recursive function counts once
  };

  u64 cycles() const { return cycles_; }
  const std::vector<std::string>& functions() const { return functions_; }
  const std::vector<Node>& nodes() const { return nodes_; }
  /// Functions by falling self cycles.
  std::vector<Count> by_function() const;
  /// Phases in order of first begin, last "" for what lies outside all phases.
  std::vector<std::pair<std::string, u64>> by_phase() const;
  const std::array<u64, kFamilies>& by_family() const { return families_; }
  /// Calls of each ecall, and the units (blocks, levels, words, elements) that they took together.
  struct Primitive {
    u64 calls = 0;
    u64 units = 0;
  };
  const std::map<abi::Ecall, Primitive>& primitives() const { return primitives_; }

 private:
  struct Frame {
    u32 node;
    u32 return_pc;
  };
  u32 function_at(u32 pc) const;
  u32 child(u32 parent, u32 function);
  void count(u32 pc);
  void enter_phase(u32 index);

  const Program& program_;
  std::vector<std::string> functions_;  // 0: unknown
  std::vector<u32> function_of_;        // by instruction
  std::vector<Node> nodes_;
  std::map<std::pair<u32, u32>, u32> children_;
  std::vector<Frame> stack_;
  u32 node_ = 0;
  u64 cycles_ = 0;
  std::array<u64, kFamilies> families_{};
  std::map<abi::Ecall, Primitive> primitives_;
  std::vector<std::string> phase_names_{""};
  std::vector<u64> phase_cycles_{0};
  std::vector<u32> phase_stack_{0};
  u64 phase_begin_ = 0;
};

/// Tables for people: functions (the first `rows`), phases, families, primitives.
std::string report_text(const Profile& profile, std::size_t rows = 30);
/// The same as one JSON object, complete.
std::string report_json(const Profile& profile);
/// Call paths as nested bars, width by cycles: an SVG file that needs nothing else.
std::string flame_graph_svg(const Profile& profile, const std::string& title);

}  // namespace atlas::zkvm
