// Instructions a second on one core: the fast loop, the observed loop with times of access, and with nothing attached.
#include <benchmark/benchmark.h>

#include <base/ensure.hpp>
#include <zkvm/executor/observe.hpp>
#include <zkvm/executor/programs.hpp>

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

void run(benchmark::State& state, Program (*make)(), Mode mode) {
  const Program program = make();
  u64 cycles = 0;
  for (auto _ : state) {
    state.PauseTiming();
    Executor executor(program, {});
    ClockSink recorded(executor.memory());
    NullSink plain;
    state.ResumeTiming();
    Stop stop = Stop::kPaused;
    switch (mode) {
      case Mode::kFast:
        stop = executor.run(kCycles);
        break;
      case Mode::kPlain:
        stop = executor.observe(plain, kCycles / 4);
        break;
      case Mode::kRecorded:
        stop = executor.observe(recorded, kCycles / 4);
        benchmark::DoNotOptimize(recorded.sum);
        break;
    }
    ENSURE(stop == Stop::kPaused, "the program runs for ever");
    cycles += executor.state().cycle;
    state.PauseTiming();
    {
      Executor gone(std::move(executor));
    }
    state.ResumeTiming();
  }
  state.counters["instructions_per_s"] = benchmark::Counter(static_cast<double>(cycles), benchmark::Counter::kIsRate);
}

const int kRegistered = [] {
  struct Variant {
    const char* name;
    Mode mode;
  };
  for (const auto& program : test::endless_programs()) {
    for (const Variant& v : {Variant{"fast", Mode::kFast}, {"observed", Mode::kPlain}, {"recorded", Mode::kRecorded}}) {
      const std::string name = std::string("executor/") + program.first + "/" + v.name;
      benchmark::RegisterBenchmark(name.c_str(), [&program, v](benchmark::State& s) {
        run(s, program.second, v.mode);
      })->Unit(benchmark::kMillisecond);
    }
  }
  return 0;
}();

}  // namespace
}  // namespace atlas::zkvm

BENCHMARK_MAIN();
