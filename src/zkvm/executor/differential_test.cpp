// Random programs: the fast loop in slices of any length, the observed loop and the plain reference agree on every
// register, byte and fault; and the arithmetic agrees with qemu's.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

#include <gtest/gtest.h>
#include <unistd.h>

#include <zkvm/executor/observe.hpp>
#include <zkvm/isa/assembler.hpp>
#include <zkvm/isa/elf_builder.hpp>
#include <zkvm/isa/reference.hpp>

namespace atlas::zkvm {
namespace {

using namespace test;

constexpr u32 kWindow = 256;  // bytes of data that random accesses stay in

class RandomProgram {
 public:
  explicit RandomProgram(u64 seed) : random_(seed) {}

  Program make() {
    Assembler a;
    a.li(s0, kDataBegin + kWindow / 2);
    for (u32 r = 1; r < 16; ++r) {
      if (r != s0) a.li(r, interesting());
    }
    const u32 size = 20 + pick(60);
    for (u32 k = 0; k < size; ++k) a(one(k, size));
    a(jal(zero, -4 * static_cast<i32>(1 + pick(size))));
    std::vector<u32> image(kWindow / 4);
    for (u32& w : image) w = static_cast<u32>(random_());
    return a.program({{kDataBegin, image}});
  }
  u32 pick(u32 bound) { return static_cast<u32>(random_() % bound); }
  u32 interesting() {
    constexpr u32 kValues[] = {0, 1, 2, 0x7fffffff, 0x80000000, 0x80000001, 0xffffffff, 0xffff, 0x10000, 31, 32, 33};
    return pick(3) == 0 ? kValues[pick(std::size(kValues))] : static_cast<u32>(random_());
  }

 private:
  u32 source() { return pick(16); }
  // Rarely s0, the base of loads and stores.
  u32 target() {
    const u32 r = pick(16);
    return r == s0 && pick(50) != 0 ? u32{t0} : r;
  }
  i32 immediate() { return static_cast<i32>(pick(4096)) - 2048; }
  i32 offset(u32 size) {
    const i32 at = static_cast<i32>(pick(kWindow)) - static_cast<i32>(kWindow / 2);
    return pick(40) == 0 ? at : at & -static_cast<i32>(size);
  }
  u32 one(u32 at, u32 size) {
    constexpr u32 kPlain[] = {0, 0x20000000};
    const auto reach = [&] {
      return 4 * (static_cast<i32>(pick(size + 1)) - static_cast<i32>(at)) + (pick(60) == 0 ? 2 : 0);
    };
    switch (pick(12)) {
      case 0:
        return pick(60) == 0 ? static_cast<u32>(random_()) : addi(target(), source(), immediate());
      case 1: {
        constexpr ImmediateOp kOps[] = {slti, sltiu, xori, ori, andi};
        return kOps[pick(5)](target(), source(), immediate());
      }
      case 2: {
        constexpr ImmediateOp kOps[] = {slli, srli, srai};
        return kOps[pick(3)](target(), source(), static_cast<i32>(pick(32)));
      }
      case 3:
        return pick(2) == 0 ? lui(target(), pick(1 << 20)) : auipc(target(), pick(1 << 20));
      case 4:
      case 5: {
        constexpr RegisterOp kOps[] = {add, sub, sll, slt, sltu, xor_, srl, sra, or_, and_};
        return kOps[pick(10)](target(), source(), source());
      }
      case 6: {
        constexpr RegisterOp kOps[] = {mul, mulh, mulhsu, mulhu, div, divu, rem, remu};
        return kOps[pick(8)](target(), source(), source());
      }
      case 7: {
        constexpr ImmediateOp kOps[] = {lb, lbu, lh, lhu, lw};
        constexpr u32 kSizes[] = {1, 1, 2, 2, 4};
        const u32 k = pick(5);
        return kOps[k](target(), s0, offset(kSizes[k]));
      }
      case 8: {
        constexpr ImmediateOp kOps[] = {sb, sh, sw};
        const u32 k = pick(3);
        return kOps[k](source(), s0, offset(1U << k));
      }
      case 9:
      case 10: {
        constexpr ImmediateOp kOps[] = {beq, bne, blt, bge, bltu, bgeu};
        return kOps[pick(6)](source(), source(), reach());
      }
      default:
        if (pick(4) != 0) return jal(pick(3) == 0 ? u32{ra} : u32{zero}, reach());
        return pick(10) == 0 ? jalr(ra, source(), immediate()) : addi(target(), zero, immediate()) + kPlain[0];
    }
  }
  using RegisterOp = u32 (*)(u32, u32, u32);
  using ImmediateOp = u32 (*)(u32, u32, i32);
  std::mt19937_64 random_;
};

struct Outcome {
  std::array<u32, 32> x;
  u32 pc;
  u64 cycles;
  std::string fault;
  std::vector<u32> memory;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};
Outcome outcome_of(const Executor& e, Stop stop) {
  Outcome o{e.state().x, e.state().pc, e.state().cycle, stop == Stop::kFault ? name_of(e.fault().kind) : "", {}};
  for (u32 k = 0; k < kWindow / 4; ++k) o.memory.push_back(*e.memory().word(e.memory().word_of(kDataBegin + 4 * k)));
  return o;
}
Outcome outcome_of(const Reference& r) {
  Outcome o{{}, r.pc, r.cycles, r.stopped, {}};
  std::copy(std::begin(r.x), std::end(r.x), o.x.begin());
  for (u32 k = 0; k < kWindow / 4; ++k) o.memory.push_back(r.load(kDataBegin + 4 * k, 4));
  return o;
}

TEST(Differential, RandomProgramsAgreeWithTheReference) {
  constexpr u64 kCycles = 600;
  std::map<std::string, int> endings;
  for (u64 seed = 0; seed < 4000; ++seed) {
    RandomProgram source(seed);
    const Program program = source.make();
    Reference reference(program);
    reference.run(kCycles);
    if (reference.stopped == "ecall") reference.stopped = "bad_ecall";

    Executor sliced(program, {}, {.memory_limit = u64{1} << 32});
    Stop stop = Stop::kPaused;
    while (stop == Stop::kPaused && sliced.state().cycle < kCycles) {
      stop = sliced.run(std::min<u64>(kCycles - sliced.state().cycle, 1 + source.pick(300)));
    }
    Executor whole(program, {});
    const Stop whole_stop = whole.run(kCycles);
    Executor observed(program, {});
    NullSink sink;
    const Stop observed_stop = observed.observe(sink, kCycles);

    const Outcome expected = outcome_of(reference);
    ASSERT_EQ(outcome_of(sliced, stop), expected) << "seed " << seed;
    ASSERT_EQ(outcome_of(whole, whole_stop), expected) << "seed " << seed;
    ASSERT_EQ(outcome_of(observed, observed_stop), expected) << "seed " << seed;
    ++endings[expected.fault];
  }
  // The programs must really go places.
  EXPECT_GT(endings[""], 1000);
  for (const char* fault :
       {"misaligned_load", "misaligned_store", "pc_outside", "misaligned_jump", "illegal_instruction"}) {
    EXPECT_GT(endings[fault], 3) << fault;
  }
}

// One ELF for Linux's RISC-V: stores the results of every computing instruction over pairs of values and writes the
// block to its standard output.
TEST(Differential, ArithmeticAgreesWithQemu) {
  if (std::system("command -v qemu-riscv32 >/dev/null 2>&1") != 0) {
    GTEST_SKIP() << "left out: qemu-riscv32 (package qemu-user) is not installed";
  }
  std::mt19937 random(7);
  RandomProgram values(7);
  Assembler a;
  u32 results = 0;
  a.li(s0, kDataBegin);
  const auto keep = [&](u32 word) {
    a(word)(sw(a0, s0, static_cast<i32>(4 * (results % 256))));
    if (++results % 256 == 0) a(addi(s0, s0, 1024));
  };
  for (int k = 0; k < 400; ++k) {
    a.li(a1, values.interesting()).li(a2, values.interesting());
    for (const auto op :
         {add, sub, sll, slt, sltu, xor_, srl, sra, or_, and_, mul, mulh, mulhsu, mulhu, div, divu, rem, remu}) {
      keep(op(a0, a1, a2));
    }
    const i32 imm = static_cast<i32>(random() % 4096) - 2048;
    for (const auto op : {addi, slti, sltiu, xori, ori, andi}) keep(op(a0, a1, imm));
    for (const auto op : {slli, srli, srai}) keep(op(a0, a1, imm & 31));
    a(sw(a1, s0, 2044));
    for (const i32 at : {0, 1, 2, 3}) keep(lb(a0, s0, 2044 + at)), keep(lbu(a0, s0, 2044 + at));
    for (const i32 at : {0, 2}) keep(lh(a0, s0, 2044 + at)), keep(lhu(a0, s0, 2044 + at));
    a(sb(a2, s0, 2045))(sh(a2, s0, 2046));
    keep(lw(a0, s0, 2044));
    keep(auipc(a0, static_cast<u32>(random()) & 0xfffff));
  }
  const u32 bytes = 4 * results;
  const u32 write_at = a.pc();
  a.li(a0, 1).li(a1, kDataBegin).li(a2, bytes).li(a7, 64)(ecall());
  a.li(a0, 0).li(a7, 93)(ecall());
  const Program program = a.program();

  const auto dir = std::filesystem::temp_directory_path() / ("atlas-zkvm-" + std::to_string(::getpid()));
  std::filesystem::create_directories(dir);
  const auto elf = dir / "arithmetic.elf", output = dir / "arithmetic.out";
  const Bytes file =
      build_elf(kTextBegin, {{kTextBegin, bytes_of(program.words), 0, 5, 1}, {kDataBegin, {0}, bytes + 4096, 6, 1}});
  std::ofstream(elf, std::ios::binary)
      .write(reinterpret_cast<const char*>(file.data()), static_cast<std::streamsize>(file.size()));
  std::filesystem::permissions(elf, std::filesystem::perms::owner_all);
  ASSERT_EQ(std::system(("qemu-riscv32 " + elf.string() + " > " + output.string()).c_str()), 0);
  std::ifstream in(output, std::ios::binary);
  const std::string theirs((std::istreambuf_iterator<char>(in)), {});
  std::filesystem::remove_all(dir);

  Executor e(program, {});
  ASSERT_EQ(e.run(), Stop::kFault);
  ASSERT_EQ(e.fault().kind, FaultKind::kBadEcall) << to_text(e.fault(), program);
  ASSERT_EQ(e.fault().pc, write_at + 32);
  const std::string ours = e.memory().text(kDataBegin, bytes);
  ASSERT_EQ(theirs.size(), bytes);
  for (u32 k = 0; k < bytes; k += 4) ASSERT_EQ(ours.substr(k, 4), theirs.substr(k, 4)) << "result " << k / 4;
}

}  // namespace
}  // namespace atlas::zkvm
