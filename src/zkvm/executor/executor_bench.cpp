// Instructions a second on one core: the fast loop, and the observed loop with nothing attached and with times of
// access.
#include <filesystem>
#include <fstream>

#include <benchmark/benchmark.h>

#include <base/ensure.hpp>
#include <zkvm/executor/observe.hpp>
#include <zkvm/executor/programs.hpp>
#include <zkvm/isa/elf.hpp>

namespace atlas::zkvm {
namespace {

constexpr u64 kCycles = 20'000'000;

struct ClockSink {
  static constexpr bool kClocked = true;
  explicit ClockSink(const GuestMemory& memory) : clock_(memory) { clock_.begin_segment(); }
  AccessClock& clock() { return clock_; }
  bool step(const Step& s) {
    sum += s.rd ^ s.rs1_last ^ s.memory.last;
    return clock_.time() < (1U << 25) || (clock_.begin_segment(), true);
  }
  bool ecall(const EcallStep&) { return true; }
  u64 sum = 0;

 private:
  AccessClock clock_;
};

enum class Mode { kFast, kPlain, kRecorded };

Stop run_once(Executor& executor, Mode mode) {
  switch (mode) {
    case Mode::kFast:
      return executor.run(kCycles);
    case Mode::kPlain: {
      NullSink sink;
      return executor.observe(sink, kCycles / 4);
    }
    case Mode::kRecorded: {
      ClockSink sink(executor.memory());
      const Stop stop = executor.observe(sink, kCycles / 4);
      benchmark::DoNotOptimize(sink.sum);
      return stop;
    }
  }
  return Stop::kFault;
}

void run(benchmark::State& state, const Program& program, const Bytes& hints, Mode mode) {
  u64 cycles = 0;
  for (auto _ : state) {
    state.PauseTiming();
    auto executor = std::make_unique<Executor>(program, hints);
    state.ResumeTiming();
    ENSURE(run_once(*executor, mode) != Stop::kFault, "the program runs");
    state.PauseTiming();
    cycles += executor->state().cycle;
    executor.reset();
    state.ResumeTiming();
  }
  state.counters["instructions_per_s"] = benchmark::Counter(static_cast<double>(cycles), benchmark::Counter::kIsRate);
}

void add(const std::string& name, const Program& program, const Bytes& hints = {}) {
  struct Variant {
    const char* name;
    Mode mode;
  };
  for (const Variant& v : {Variant{"fast", Mode::kFast}, {"observed", Mode::kPlain}, {"recorded", Mode::kRecorded}}) {
    benchmark::RegisterBenchmark((name + "/" + v.name).c_str(), [program, hints, v](benchmark::State& s) {
      run(s, program, hints, v.mode);
    })->Unit(benchmark::kMillisecond);
  }
}

/// A program of examples/, as `tools/guest examples` leaves it, with a hint of a length and so many bytes.
void add_example(const std::string& name, u32 hint_bytes) {
  const std::filesystem::path path = std::filesystem::path(ATLAS_SOURCE_DIR) / "build/guest" / (name + ".elf");
  std::ifstream in(path, std::ios::binary);
  const Bytes file((std::istreambuf_iterator<char>(in)), {});
  if (file.empty()) {
    std::fprintf(stderr, "left out: example %s; tools/guest examples builds it\n", name.c_str());
    return;
  }
  const auto program = load_elf(file);
  ENSURE(program.ok(), "the example loads");
  Bytes hints(4 + hint_bytes, 0x61);
  std::memcpy(hints.data(), &hint_bytes, sizeof hint_bytes);
  add("example_" + name, *program, hints);
}

const int kRegistered = [] {
  for (const auto& [name, make] : test::endless_programs()) add(name, make());
  add_example("fibonacci", 4'000'000);
  add_example("sha256", 200'000);
  return 0;
}();

}  // namespace
}  // namespace atlas::zkvm

BENCHMARK_MAIN();
