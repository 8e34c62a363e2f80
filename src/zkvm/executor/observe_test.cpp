// What the prover's buses will check, checked here on the records: every access continues the one before, in time and
// value, within a segment by times and across segments by boundary words; snapshots resume without a difference.
#include <random>

#include <gtest/gtest.h>

#include <zkvm/executor/observe.hpp>
#include <zkvm/executor/profile.hpp>
#include <zkvm/executor/programs.hpp>
#include <zkvm/executor/snapshot.hpp>

namespace atlas::zkvm {
namespace {

using namespace test;

struct Recorder {
  static constexpr bool kClocked = true;
  explicit Recorder(const GuestMemory& window) : clock_(window) {}
  AccessClock& clock() { return clock_; }

  struct Cell {
    u32 value = 0;
    u32 time = 0;
    u32 segment = 0;
  };
  void access(std::map<u32, Cell>& space, u32 index, u32 before, u32 after, u32 last, u32 now) {
    Cell& cell = space[index];
    const bool first = cell.segment != clock_.segment();
    EXPECT_EQ(last, first ? 0 : cell.time);
    EXPECT_LT(last, now);
    if (first) ++first_touches;
    if (first && cell.segment == 0 && &space == &memory)
      cell.value = before;  // the image's, checked by the executor's tests
    EXPECT_EQ(before, cell.value) << index;
    cell = {after, now, clock_.segment()};
  }
  bool step(const Step& s) {
    EXPECT_EQ(s.pc, pc);
    EXPECT_EQ(s.time, time);
    const Instruction& i = *s.instruction;
    const Format f = format_of(i.op);
    if (reads_rs1(f)) access(registers, i.rs1, s.rs1, s.rs1, s.rs1_last, s.time);
    if (reads_rs2(f)) access(registers, i.rs2, s.rs2, s.rs2, s.rs2_last, s.time + kTickRs2);
    if (is_load(i.op) || is_store(i.op)) {
      access(memory, s.memory.word, s.memory.before, s.memory.after, s.memory.last, s.time + kTickMemory);
      if (is_load(i.op)) {
        EXPECT_EQ(s.memory.before, s.memory.after);
      }
    }
    if (writes_rd(f) && i.rd != 0) access(registers, i.rd, s.rd_before, s.rd, s.rd_last, s.time + kTickRd);
    pc = s.next_pc;
    time += kTicksPerStep;
    return ++steps % slice != 0;
  }
  bool ecall(const EcallStep& e) {
    EXPECT_EQ(e.pc, pc);
    EXPECT_EQ(e.time, time);
    for (unsigned k = 0; k < 6; ++k)
      access(registers, 10 + k, e.plan->arguments[k], e.plan->arguments[k], e.registers_last[k], e.time);
    const u32 number = static_cast<u32>(e.plan->function);
    access(registers, 17, number, number, e.registers_last[6], e.time);
    std::size_t k = 0;
    for (unsigned s = e.plan->in_place; s < e.plan->read_count; ++s) {
      const WordSpan& span = e.plan->reads[s];
      for (u32 n = 0; n < span.count; ++n, ++k) {
        EXPECT_EQ(e.reads[k].word, span.word + n);
        access(memory, e.reads[k].word, e.reads[k].before, e.reads[k].after, e.reads[k].last,
               e.time + kTickEcallReads + s);
        EXPECT_EQ(e.reads[k].before, e.reads[k].after);
      }
    }
    EXPECT_EQ(k, e.reads.size());
    EXPECT_EQ(e.writes.size(), e.plan->write.count);
    for (const EcallWord& w : e.writes) access(memory, w.word, w.before, w.after, w.last, e.time + kTickEcallWrites);
    EXPECT_EQ(e.hints.size(), e.plan->hint_words);
    pc += 4;
    time += kTicksPerEcall;
    return ++steps % slice != 0;
  }
  void begin_segment() {
    clock_.begin_segment();
    time = kFirstTick;
    first_touches = 0;
  }

  std::map<u32, Cell> registers, memory;
  u32 pc = kTextBegin, time = 0;
  u64 steps = 0, slice = 1000, first_touches = 0;

 private:
  AccessClock clock_;
};

/// Ecalls with overlapping and repeated operands among ordinary code, so that cuts fall everywhere.
Program busy_program() {
  Assembler a;
  a.li(s0, kDataBegin).li(s1, 0).li(s2, 60);
  const u32 loop = a.pc();
  a.call(16, {kDataBegin}).call(1, {kDataBegin + 16, 2}).call(27, {kDataBegin, kDataBegin + 32, 2});
  a.call(17, {kDataBegin + 64, kDataBegin + 32, 1, 0, 64});
  a.call(18, {kDataBegin + 300, 1, 1, 256});
  a(lw(a0, s0, 0))(mul(a0, a0, s2))(sb(a0, s0, 5))(lh(a1, s0, 4))(div(a2, a0, a1))(sw(a2, s0, 2000))(add(zero, a0, a0));
  a(addi(s1, s1, 1))(addi(s0, s0, 4));
  a(bne(s1, s2, static_cast<i32>(loop - a.pc())));
  return a.finish().program({{kDataBegin, {1, 2, 3, 4, 5, 6}}});
}
Bytes hints_of(u32 words) {
  std::mt19937 random(3);
  Bytes out(4 * words);
  for (u8& b : out) b = static_cast<u8>(random());
  return out;
}

TEST(Observe, RecordsChainWithinAndAcrossSegments) {
  const Program program = busy_program();
  const Bytes hints = hints_of(60 * 10);
  Executor executor(program, hints);
  Recorder recorder(executor.memory());
  recorder.slice = 257;
  std::map<u32, std::pair<u32, u32>> memory_out;  // word → (value, segment) at the last boundary
  Stop stop = Stop::kPaused;
  u32 segments = 0;
  while (stop == Stop::kPaused) {
    recorder.begin_segment();
    stop = executor.observe(recorder);
    ++segments;
    const AccessClock& clock = recorder.clock();
    EXPECT_EQ(clock.segment(), segments);
    EXPECT_EQ(clock.touched().size() + clock.registers_touched().size(), recorder.first_touches);
    for (const BoundaryWord& w : clock.touched()) {
      const auto before = memory_out.find(w.index);
      if (before == memory_out.end()) {
        EXPECT_EQ(w.segment_in, 0u);
      } else {
        EXPECT_EQ((std::pair{w.value_in, w.segment_in}), before->second);
      }
      memory_out[w.index] = {*executor.memory().word(w.index), segments};
    }
  }
  EXPECT_EQ(stop, Stop::kHalted);
  EXPECT_GT(segments, 5u);
  Executor fast(program, hints);
  EXPECT_EQ(fast.run(), Stop::kHalted);
  EXPECT_EQ(fast.state(), executor.state());
  EXPECT_EQ(recorder.steps, executor.state().cycle);
}

TEST(Observe, OrdinaryProgramsChain) {
  for (const auto& [name, make] : endless_programs()) {
    const Program program = make();
    Executor executor(program, {});
    Recorder recorder(executor.memory());
    recorder.begin_segment();
    recorder.slice = 20'000;
    EXPECT_EQ(executor.observe(recorder), Stop::kPaused) << name;
    EXPECT_EQ(executor.state().cycle, 20'000u);
  }
}

// A segment proved from its snapshot alone sees the same records.
struct Digest {
  static constexpr bool kClocked = true;
  explicit Digest(const GuestMemory& memory) : clock_(memory) {}
  AccessClock& clock() { return clock_; }
  void mix(u64 v) { value = (value ^ v) * 0x9e3779b97f4a7c15ULL + (value >> 29); }
  bool step(const Step& s) {
    for (const u32 v : {s.pc, s.next_pc, s.time, s.rs1, s.rs2, s.rd_before, s.rd, s.rs1_last, s.rs2_last, s.rd_last,
                        s.memory.word, s.memory.before, s.memory.after, s.memory.last}) {
      mix(v);
    }
    return true;
  }
  bool ecall(const EcallStep& e) {
    for (const EcallWord& w : e.reads) mix(w.before), mix(w.last);
    for (const EcallWord& w : e.writes) mix(w.after), mix(w.last);
    for (const u32 h : e.hints) mix(h);
    return true;
  }
  void mix_boundary() {
    for (const BoundaryWord& w : clock_.touched()) mix(w.index), mix(w.value_in), mix(w.segment_in);
    for (const BoundaryWord& w : clock_.registers_touched()) mix(w.index), mix(w.value_in), mix(w.segment_in);
  }
  u64 value = 0;

 private:
  AccessClock clock_;
};

TEST(Snapshot, EachSegmentResumesAlone) {
  const Program program = busy_program();
  const Bytes hints = hints_of(60 * 10);
  constexpr u64 kSegment = 400;
  std::vector<Snapshot> snapshots(1);
  std::vector<u64> digests;
  Executor whole(program, hints);
  Digest sink(whole.memory());
  for (Stop stop = Stop::kPaused; stop == Stop::kPaused;) {
    sink.value = 0;
    sink.clock().begin_segment();
    stop = whole.observe(sink, kSegment);
    sink.mix_boundary();
    digests.push_back(sink.value);
    snapshots.push_back(Snapshot(snapshots.back(), whole, sink.clock()));
  }
  ASSERT_GT(digests.size(), 4u);
  for (std::size_t k = digests.size(); k-- > 0;) {
    Executor part(program, hints);
    Digest again(part.memory());
    snapshots[k].restore(part, again.clock());
    EXPECT_EQ(part.state().cycle, k * kSegment);
    again.clock().begin_segment();
    EXPECT_EQ(again.clock().segment(), k + 1);
    part.observe(again, kSegment);
    again.mix_boundary();
    EXPECT_EQ(again.value, digests[k]) << "segment " << k + 1;
    EXPECT_EQ(part.state(), snapshots[k + 1].state());
  }
}

TEST(Profile, CyclesByFunctionPathPhaseAndPrimitive) {
  // main: phase "work" { f twice (f calls g) }, then commit and halt.
  Assembler a;
  a.call(4, {kDataBegin, 4});
  const u32 first_call = a.pc();
  a(jal(ra, 0))(jal(ra, 0));
  a.call(4, {0, 0}).call(16, {kDataBegin + 64}).finish();
  const u32 f = a.pc();
  a(addi(s0, ra, 0))(jal(ra, 12))(addi(ra, s0, 0))(jalr(zero, ra, 0));
  const u32 g = a.pc();
  a(addi(a3, a3, 1))(addi(a3, a3, 1))(jalr(zero, ra, 0));
  std::vector<u32> words = a.program().words;
  const auto patch = [&](u32 pc) { words[(pc - kTextBegin) / 4] = jal(ra, static_cast<i32>(f - pc)); };
  patch(first_call);
  patch(first_call + 4);
  Program program = make_program(kTextBegin, words, {{kDataBegin, {0x6b726f77}}});
  program.symbols = {{kTextBegin, f - kTextBegin, "main"}, {f, g - f, "_Z1fv"}, {g, 12, "g"}};

  Profile profile(program);
  Executor executor(program, {}, {.listener = &profile});
  ASSERT_EQ(executor.observe(profile), Stop::kHalted);
  EXPECT_EQ(profile.cycles(), executor.state().cycle);
  std::map<std::string, std::pair<u64, u64>> counts;
  for (const auto& c : profile.by_function()) counts[c.name] = {c.self, c.total};
  EXPECT_EQ(counts["f()"], (std::pair<u64, u64>{8, 14}));
  EXPECT_EQ(counts["g"], (std::pair<u64, u64>{6, 6}));
  EXPECT_EQ(counts["main"].second, profile.cycles());
  EXPECT_EQ(counts["main"].first, profile.cycles() - 14);
  const auto phases = profile.by_phase();
  ASSERT_EQ(phases.size(), 2u);
  EXPECT_EQ(phases[0].first, "work");
  EXPECT_EQ(phases[0].second, 2u + 14 + 7);  // the two calls, their cycles, and the ecall that ends the phase
  EXPECT_EQ(phases[0].second + phases[1].second, profile.cycles());
  EXPECT_EQ(profile.primitives().at(abi::Ecall::kKeccakF).calls, 1u);
  EXPECT_EQ(profile.by_family()[static_cast<unsigned>(Family::kJump)], 2u + 2 * 3);
  const std::string json = report_json(profile), svg = flame_graph_svg(profile, "a<b");
  EXPECT_NE(json.find("{\"name\":\"f()\",\"self\":8,\"total\":14}"), std::string::npos) << json;
  EXPECT_NE(json.find("\"phases\":{\"work\":23,\"\":"), std::string::npos) << json;
  EXPECT_NE(json.find("\"keccak_f\":{\"calls\":1,\"units\":1}"), std::string::npos) << json;
  EXPECT_NE(svg.find("a&lt;b"), std::string::npos);
  EXPECT_NE(svg.find("<title>g: 6 cycles"), std::string::npos);
  EXPECT_NE(report_text(profile).find("f()"), std::string::npos);
}

}  // namespace
}  // namespace atlas::zkvm
