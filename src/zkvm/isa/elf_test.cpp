#include <functional>

#include <gtest/gtest.h>

#include <zkvm/isa/assembler.hpp>
#include <zkvm/isa/elf.hpp>
#include <zkvm/isa/elf_builder.hpp>

namespace atlas::zkvm {
namespace {

using namespace test;
using Kind = ElfError::Kind;

const std::vector<u32> kText = {addi(a0, zero, 1), addi(a1, zero, 2), jal(zero, -8)};

std::vector<ElfSegment> segments() {
  return {{kTextBegin, bytes_of(kText), 0, 5, 1}, {kDataBegin, {1, 2, 3, 4, 5}, 0x100, 6, 1}};
}

TEST(Elf, TextDataAndSymbols) {
  const Bytes file = build_elf(kTextBegin + 4, segments(), {{kTextBegin, 4, "_start"}, {kTextBegin + 4, 8, "loop"}});
  const auto loaded = load_elf(file);
  ASSERT_TRUE(loaded) << loaded.error().text;
  const Program& p = *loaded;
  EXPECT_EQ(p.entry, kTextBegin + 4);
  EXPECT_EQ(p.words, kText);
  EXPECT_EQ(p.text[2], (Instruction{Op::kJal, 0, 0, 0, -8}));
  ASSERT_EQ(p.image.size(), 1u);
  EXPECT_EQ(p.image[0].words, (std::vector<u32>{0x04030201, 5}));
  EXPECT_EQ(p.memory_begin, kTextBegin + 12);
  EXPECT_EQ(p.memory_begin + p.memory_size, u64{1} << 32);
  EXPECT_EQ(p.place(kTextBegin), "_start");
  EXPECT_EQ(p.place(kTextBegin + 8), "loop+0x4");
  EXPECT_EQ(p.place(kTextBegin + 12), "");
  EXPECT_EQ(p.at(kTextBegin + 2), nullptr);
  EXPECT_EQ(p.at(kTextBegin + 12), nullptr);
  EXPECT_EQ(p.at(kTextBegin - 4), nullptr);
}

TEST(Elf, DataBelowTheTextOpenAllMemory) {
  auto s = segments();
  s[1].begin = 0x1000;
  const auto p = load_elf(build_elf(kTextBegin, s));
  ASSERT_TRUE(p);
  EXPECT_EQ(p->memory_size, (u64{1} << 32) - 12);
}

void expect_error(const Bytes& file, Kind kind, std::string_view mention) {
  const auto p = load_elf(file);
  ASSERT_FALSE(p);
  EXPECT_EQ(p.error().kind, kind) << p.error().text;
  EXPECT_NE(p.error().text.find(mention), std::string::npos) << p.error().text << " does not mention " << mention;
}
void set32(Bytes& file, std::size_t at, u32 v) {
  std::memcpy(file.data() + at, &v, 4);
}

TEST(Elf, HeaderIsChecked) {
  const Bytes good = build_elf(kTextBegin, segments());
  expect_error({}, Kind::kNotElf, "0 bytes");
  expect_error(Bytes(good.begin(), good.begin() + 51), Kind::kNotElf, "51 bytes");
  const auto with = [&](std::size_t at, u8 v) {
    Bytes f = good;
    f[at] = v;
    return f;
  };
  expect_error(with(0, 0), Kind::kNotElf, "7f 'ELF'");
  expect_error(with(4, 2), Kind::kNotElf, "32-bit");
  expect_error(with(5, 2), Kind::kNotElf, "little-endian");
  expect_error(with(16, 3), Kind::kNotForUs, "type 3");
  expect_error(with(18, 62), Kind::kNotForUs, "machine 62");
  expect_error(with(36, 1), Kind::kNotForUs, "compressed");
  expect_error(with(36, 2), Kind::kNotForUs, "floating");
  expect_error(with(36, 8), Kind::kNotForUs, "RV32E");
  expect_error(with(42, 56), Kind::kNotForUs, "56 bytes");
  expect_error(with(44, 0), Kind::kNoText, "no program headers");
  expect_error(with(45, 0xff), Kind::kBadSegment, "program headers");
  Bytes far = good;
  set32(far, 28, 0xfffffff0);
  expect_error(far, Kind::kTruncated, "0xfffffff0");
}

TEST(Elf, SegmentsAreChecked) {
  const auto with = [](const std::function<void(std::vector<ElfSegment>&)>& change) {
    auto s = segments();
    change(s);
    return build_elf(kTextBegin, s);
  };
  expect_error(with([](auto& s) { s[1].begin = kTextBegin + 8; }), Kind::kBadSegment, "overlaps");
  expect_error(with([](auto& s) { s[1].begin = kDataBegin + 1; }), Kind::kBadSegment, "not aligned");
  expect_error(with([](auto& s) { s[1].begin = 0xffffff80; }), Kind::kBadSegment, "beyond 2^32");
  expect_error(with([](auto& s) { s[1].memory_size = 0xffffffff; }), Kind::kBadSegment, "beyond 2^32");
  expect_error(with([](auto& s) { s[1].memory_size = 3; }), Kind::kBadSegment, "5 bytes in the file");
  expect_error(with([](auto& s) { s[0].flags = 7; }), Kind::kBadSegment, "writable and executable");
  expect_error(with([](auto& s) {
                 s[1].flags = 5;
                 s[1].bytes.resize(8);
                 s[1].memory_size = 8;
               }),
               Kind::kNoText, "both executable");
  expect_error(with([](auto& s) { s[0].flags = 4; }), Kind::kNoText, "no executable");
  expect_error(with([](auto& s) { s[0].bytes.push_back(0); }), Kind::kBadSegment, "whole number");
  expect_error(with([](auto& s) { s[0].memory_size = 16; }), Kind::kBadSegment, "whole number");
  expect_error(with([](auto& s) { s[0].begin = 0xfffffff4; }), Kind::kBadSegment, "end of the address space");
  expect_error(with([](auto& s) { s[1].type = 2; }), Kind::kNotForUs, "dynamic");
  expect_error(with([](auto& s) { s[1].type = 3; }), Kind::kNotForUs, "dynamic");
  expect_error(with([](auto& s) { s[1].type = 7; }), Kind::kNotForUs, "thread-local");
  expect_error(with([](auto& s) {
                 s[0].bytes.resize(kTextBytesMax + 4);
                 s[1].begin = 0x20000000;
               }),
               Kind::kBadSegment, "too large");
  Bytes cut = build_elf(kTextBegin, segments());
  set32(cut, 52 + 32 + 16, 0x40);  // more bytes in the file than there are
  expect_error(cut, Kind::kTruncated, "segment 1");
}

TEST(Elf, EntryMustBeAnInstruction) {
  expect_error(build_elf(kTextBegin + 2, segments()), Kind::kBadEntry, "0x01000002");
  expect_error(build_elf(kDataBegin, segments()), Kind::kBadEntry, "entry point");
  auto s = segments();
  s[0].bytes = Bytes(12);
  expect_error(build_elf(kTextBegin, s), Kind::kBadEntry, "entry point");
}

TEST(Elf, DamagedSymbolsCostNamesOnly) {
  const Bytes good = build_elf(kTextBegin, segments(), {{kTextBegin, 4, "_start"}});
  for (std::size_t at = good.size() - 120; at < good.size(); ++at) {
    Bytes bad = good;
    bad[at] ^= 0xff;
    const auto p = load_elf(bad);
    ASSERT_TRUE(p);
    EXPECT_EQ(p->words, kText);
  }
}

}  // namespace
}  // namespace atlas::zkvm
