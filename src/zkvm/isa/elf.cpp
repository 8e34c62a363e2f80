#include <tuple>

#include <zkvm/isa/elf.hpp>

namespace atlas::zkvm {
namespace {

using Kind = ElfError::Kind;

constexpr u32 kHeaderSize = 52;
constexpr u32 kProgramHeaderSize = 32;
constexpr u32 kSectionHeaderSize = 40;
constexpr u32 kSymbolSize = 16;
constexpr u16 kTypeExecutable = 2;
constexpr u16 kMachineRiscv = 243;
constexpr u32 kFlagCompressed = 1, kFlagFloat = 6, kFlagEmbedded = 8;  // RVC, float ABI, RVE
constexpr u32 kSegmentLoad = 1, kSegmentDynamic = 2, kSegmentInterpreter = 3, kSegmentTls = 7;
constexpr u32 kExecute = 1, kWrite = 2;
constexpr u32 kSectionSymbols = 2;
constexpr u8 kSymbolFunction = 2;
constexpr u64 kAddressSpace = u64{1} << 32;

Err<ElfError> fail(Kind kind, std::string text) {
  return Err(ElfError{kind, "ELF: " + std::move(text)});
}
template <class T>
T load(ByteView file, u64 at) {
  T v;
  std::memcpy(&v, file.data() + at, sizeof v);
  return v;
}
bool inside(ByteView file, u64 at, u64 size) {
  return at <= file.size() && size <= file.size() - at;
}

struct Segment {
  u32 index;
  u32 offset;
  u32 begin;
  u32 file_size;
  u32 memory_size;
  u32 flags;
  u64 end() const { return u64{begin} + memory_size; }
  bool executable() const { return (flags & kExecute) != 0; }
  std::string name() const {
    return "segment " + std::to_string(index) + " (" + hex32(begin) + " to " + hex32(static_cast<u32>(end() - 1)) + ")";
  }
};

Result<void, ElfError> check_header(ByteView file) {
  constexpr u8 kMagic[7] = {0x7f, 'E', 'L', 'F', 1 /* 32 bits */, 1 /* little-endian */, 1 /* version */};
  if (file.size() < kHeaderSize) {
    return fail(Kind::kNotElf, "the file has " + std::to_string(file.size()) + " bytes, fewer than the header's 52");
  }
  if (std::memcmp(file.data(), kMagic, 4) != 0) return fail(Kind::kNotElf, "the file does not begin with 7f 'ELF'");
  if (std::memcmp(file.data(), kMagic, sizeof kMagic) != 0) {
    return fail(Kind::kNotElf, "not a 32-bit little-endian file of version 1; compile for riscv32-unknown-elf");
  }
  const auto type = load<u16>(file, 16);
  if (type != kTypeExecutable) {
    return fail(Kind::kNotForUs,
                "type " + std::to_string(type) + " at offset 16 is not an executable (2); link statically");
  }
  const auto machine = load<u16>(file, 18);
  if (machine != kMachineRiscv) {
    return fail(Kind::kNotForUs, "machine " + std::to_string(machine) + " at offset 18 is not RISC-V (243)");
  }
  const auto flags = load<u32>(file, 36);
  if ((flags & (kFlagCompressed | kFlagFloat | kFlagEmbedded)) != 0) {
    return fail(Kind::kNotForUs,
                "flags " + hex(flags) +
                    " at offset 36 ask for compressed instructions, floating point or RV32E; compile with "
                    "-march=rv32im -mabi=ilp32");
  }
  return {};
}

Result<std::vector<Segment>, ElfError> read_segments(ByteView file) {
  const auto table = load<u32>(file, 28);
  const auto entry_size = load<u16>(file, 42);
  const auto count = load<u16>(file, 44);
  if (count == 0) return fail(Kind::kNoText, "no program headers; this is not a linked executable");
  if (entry_size != kProgramHeaderSize) {
    return fail(Kind::kNotForUs, "program headers of " + std::to_string(entry_size) + " bytes, not 32");
  }
  if (count > kSegmentsMax) {
    return fail(Kind::kBadSegment, std::to_string(count) + " program headers; at most " + std::to_string(kSegmentsMax));
  }
  if (!inside(file, table, u64{count} * kProgramHeaderSize)) {
    return fail(Kind::kTruncated, "the program headers at offset " + hex(table) + " reach beyond the file's end");
  }
  std::vector<Segment> segments;
  for (u32 i = 0; i < count; ++i) {
    const u64 at = table + u64{i} * kProgramHeaderSize;
    const auto type = load<u32>(file, at);
    if (type == kSegmentDynamic || type == kSegmentInterpreter || type == kSegmentTls) {
      return fail(Kind::kNotForUs,
                  "program header " + std::to_string(i) + " of type " + std::to_string(type) +
                      ": dynamic linking and thread-local storage do not exist here; link with -static");
    }
    if (type != kSegmentLoad) continue;
    const Segment s{i,
                    load<u32>(file, at + 4),
                    load<u32>(file, at + 8),
                    load<u32>(file, at + 16),
                    load<u32>(file, at + 20),
                    load<u32>(file, at + 24)};
    if (s.memory_size == 0) continue;
    if (s.begin % 4 != 0) return fail(Kind::kBadSegment, s.name() + " is not aligned to 4 bytes");
    if (s.end() > kAddressSpace) return fail(Kind::kBadSegment, s.name() + " reaches beyond 2^32");
    if (s.file_size > s.memory_size) {
      return fail(Kind::kBadSegment, s.name() + " has " + std::to_string(s.file_size) + " bytes in the file but " +
                                         std::to_string(s.memory_size) + " in memory");
    }
    if (!inside(file, s.offset, s.file_size)) {
      return fail(Kind::kTruncated,
                  s.name() + ": its bytes at offset " + hex(s.offset) + " reach beyond the file's end");
    }
    segments.push_back(s);
  }
  std::sort(segments.begin(), segments.end(), [](const Segment& a, const Segment& b) { return a.begin < b.begin; });
  for (std::size_t i = 1; i < segments.size(); ++i) {
    if (segments[i - 1].end() > segments[i].begin) {
      return fail(Kind::kBadSegment, segments[i - 1].name() + " overlaps " + segments[i].name());
    }
  }
  return segments;
}

Result<void, ElfError> check_text(const std::vector<Segment>& segments) {
  const Segment* text = nullptr;
  for (const Segment& s : segments) {
    if (!s.executable()) continue;
    if ((s.flags & kWrite) != 0) {
      return fail(Kind::kBadSegment, s.name() +
                                         " is writable and executable: code that changes itself cannot be proved; "
                                         "link with guest/runtime/link.ld");
    }
    if (text != nullptr) {
      return fail(Kind::kNoText,
                  text->name() + " and " + s.name() + " are both executable; link all code into one .text");
    }
    if (s.memory_size % 4 != 0 || s.file_size != s.memory_size) {
      return fail(Kind::kBadSegment, s.name() + " is executable but no whole number of instructions from the file");
    }
    if (s.memory_size > kTextBytesMax || s.end() == kAddressSpace) {
      return fail(Kind::kBadSegment, s.name() +
                                         " is executable and too large or at the end of the address space; at most " +
                                         std::to_string(kTextBytesMax) + " bytes of text");
    }
    text = &s;
  }
  if (text == nullptr) return fail(Kind::kNoText, "no executable segment");
  return {};
}

std::vector<u32> read_words(ByteView file, const Segment& s) {
  // Zeros at the end need not be stored: memory outside the image is zero.
  std::vector<u32> words((s.file_size + 3) / 4);
  if (s.file_size != 0) std::memcpy(words.data(), file.data() + s.offset, s.file_size);
  return words;
}

// Functions only; anything odd ends the search.
std::vector<Symbol> read_symbols(ByteView file, const Program& program) {
  std::vector<Symbol> symbols;
  const auto table = load<u32>(file, 32);
  const auto count = load<u16>(file, 48);
  if (load<u16>(file, 46) != kSectionHeaderSize || !inside(file, table, u64{count} * kSectionHeaderSize)) return {};
  for (u32 i = 0; i < count; ++i) {
    const u64 at = table + u64{i} * kSectionHeaderSize;
    if (load<u32>(file, at + 4) != kSectionSymbols) continue;
    const auto offset = load<u32>(file, at + 16);
    const auto size = load<u32>(file, at + 20);
    const auto link = load<u32>(file, at + 24);
    if (!inside(file, offset, size) || link >= count) return {};
    const u64 strings_at = table + u64{link} * kSectionHeaderSize;
    const auto strings = load<u32>(file, strings_at + 16);
    const auto strings_size = load<u32>(file, strings_at + 20);
    if (!inside(file, strings, strings_size)) return {};
    for (u32 k = 0; k < std::min(size / kSymbolSize, kSymbolsMax); ++k) {
      const u64 entry = offset + u64{k} * kSymbolSize;
      const auto name = load<u32>(file, entry);
      const auto value = load<u32>(file, entry + 4);
      const auto length = load<u32>(file, entry + 8);
      const auto type = load<u8>(file, entry + 12) & 15;
      if (type != kSymbolFunction || program.at(value) == nullptr || name >= strings_size) continue;
      const char* text = reinterpret_cast<const char*>(file.data()) + strings + name;
      constexpr u32 kNameMax = 1024;  // long enough for mangled templates; bounds what a table of tails can cost
      symbols.push_back({value, length, std::string(text, strnlen(text, std::min(strings_size - name, kNameMax)))});
    }
    break;
  }
  // Of several names for one place the longest reach wins, then the first by alphabet.
  std::sort(symbols.begin(), symbols.end(), [](const Symbol& a, const Symbol& b) {
    return std::tie(a.begin, b.size, a.name) < std::tie(b.begin, a.size, b.name);
  });
  const auto same_place = [](const Symbol& a, const Symbol& b) { return a.begin == b.begin; };
  symbols.erase(std::unique(symbols.begin(), symbols.end(), same_place), symbols.end());
  return symbols;
}

}  // namespace

Result<Program, ElfError> load_elf(ByteView file) {
  if (auto good = check_header(file); !good) return Err(good.error());
  auto segments = read_segments(file);
  if (!segments) return Err(segments.error());
  if (auto good = check_text(*segments); !good) return Err(good.error());

  u32 text_begin = 0;
  u64 image_bytes = 0;
  std::vector<u32> text;
  std::vector<ImageSegment> image;
  for (const Segment& s : *segments) {
    if (s.executable()) {
      text_begin = s.begin;
      text = read_words(file, s);
      continue;
    }
    image_bytes += s.file_size;
    if (image_bytes > kImageBytesMax) {
      return fail(Kind::kBadSegment, s.name() + " brings the initial data above " + std::to_string(kImageBytesMax) +
                                         " bytes; pass large data as a hint");
    }
    image.push_back({s.begin, read_words(file, s)});
  }
  const auto entry = load<u32>(file, 24);
  Program program = make_program(text_begin, std::move(text), std::move(image));
  const Instruction* first = program.at(entry);
  if (first == nullptr || first->op == Op::kIllegal) {
    return fail(Kind::kBadEntry, "the entry point " + hex32(entry) + " is no instruction of the text, " +
                                     hex32(program.text_begin) + " to " + hex32(program.text_end()));
  }
  program.entry = entry;
  program.symbols = read_symbols(file, program);
  return program;
}

}  // namespace atlas::zkvm
