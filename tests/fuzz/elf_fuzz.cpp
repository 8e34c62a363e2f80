// The ELF loader is total: any bytes give a program that keeps its promises, or an error that says something. What
// loads also runs for a while, in both loops, which must agree.
#include <cstdlib>

#include <zkvm/executor/observe.hpp>
#include <zkvm/isa/elf.hpp>

using namespace atlas;

namespace {

void require(bool good) {
  if (!good) std::abort();
}

void run_both(const zkvm::Program& program) {
  constexpr u64 kCycles = 500;
  zkvm::Executor fast(program, {});
  zkvm::Executor observed(program, {});
  zkvm::NullSink sink;
  const zkvm::Stop stop = fast.run(kCycles);
  require(stop == observed.observe(sink, kCycles));
  require(fast.state() == observed.state());
  if (stop == zkvm::Stop::kFault) {
    require(fast.fault().kind == observed.fault().kind && fast.fault().address == observed.fault().address);
    require(!to_text(fast.fault(), program).empty());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8* data, std::size_t size) {
  const auto loaded = zkvm::load_elf({data, size});
  if (!loaded) {
    require(loaded.error().text.size() > 10);
    return 0;
  }
  const zkvm::Program& p = *loaded;
  require(p.at(p.entry) != nullptr && p.text.size() == p.words.size());
  require(p.memory_begin == p.text_end());
  u64 end = 0;
  for (const zkvm::ImageSegment& s : p.image) {
    require(s.begin % 4 == 0 && s.begin >= end);
    end = u64{s.begin} + 4 * s.words.size();
    require(s.begin >= p.text_end() || end <= p.text_begin);
  }
  for (const zkvm::Symbol& s : p.symbols) require(!p.place(s.begin).empty());
  run_both(p);
  return 0;
}
