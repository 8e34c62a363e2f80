#include <zkvm/prover/small_machine.hpp>

namespace atlas::zkvm::test {

const std::vector<stark::ChipSource>& sources() {
  static const std::vector<stark::ChipSource> kSources = [] {
    static const ProgramMachine machine({stark::kSkip, stark::kSkip, 0, kFirstZone + 1});
    std::vector<stark::ChipSource> out;
    for_each_chip(AllChips{}, [&]<class Chip>(std::type_identity<Chip>) {
      out.push_back(stark::source_of<Chip>(machine.machine().chips[kIndexOf<Chip>]));
    });
    return out;
  }();
  return kSources;
}

}  // namespace atlas::zkvm::test
