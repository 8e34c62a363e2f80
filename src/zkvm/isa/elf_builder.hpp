#pragma once
// For tests: ELF files written field by field, so that each field can be spoiled.
#include <string>
#include <vector>

#include <base/bytes.hpp>

namespace atlas::zkvm::test {

struct ElfSegment {
  u32 begin = 0;
  Bytes bytes;
  u32 memory_size = 0;  ///< 0: as many as bytes
  u32 flags = 4;        ///< 1 execute, 2 write, 4 read
  u32 type = 1;         ///< PT_LOAD
};

struct ElfFunction {
  u32 begin;
  u32 size;
  std::string name;
};

inline void put16(Bytes& out, u32 v) {
  out.push_back(static_cast<u8>(v));
  out.push_back(static_cast<u8>(v >> 8));
}
inline void put32(Bytes& out, u32 v) {
  put16(out, v & 0xffff);
  put16(out, v >> 16);
}
inline Bytes bytes_of(const std::vector<u32>& words) {
  Bytes out;
  for (const u32 w : words) put32(out, w);
  return out;
}

/// Segments begin at file offsets that equal their addresses modulo a page, so that qemu can map them. Layout: header,
/// program headers, segments' bytes, symbol table, strings, section headers.
inline Bytes build_elf(u32 entry, const std::vector<ElfSegment>& segments,
                       const std::vector<ElfFunction>& functions = {}) {
  constexpr u32 kHeader = 52, kProgramHeader = 32;
  u32 offset = kHeader + kProgramHeader * static_cast<u32>(segments.size());
  Bytes headers, body;
  for (const ElfSegment& s : segments) {
    const auto size = static_cast<u32>(s.bytes.size());
    while ((offset + body.size() - s.begin) % 4096 != 0) body.push_back(0);
    for (const u32 v : {s.type, offset + static_cast<u32>(body.size()), s.begin, s.begin, size,
                        s.memory_size == 0 ? size : s.memory_size, s.flags, u32{4}}) {
      put32(headers, v);
    }
    append(body, s.bytes);
    while (body.size() % 4 != 0) body.push_back(0);
  }
  Bytes strings(1);
  Bytes symbols(16);
  for (const ElfFunction& f : functions) {
    put32(symbols, static_cast<u32>(strings.size()));
    put32(symbols, f.begin);
    put32(symbols, f.size);
    put32(symbols, 0x12 | 1U << 16);  // global function, section 1
    append(strings, as_bytes(f.name));
    strings.push_back(0);
  }
  while (strings.size() % 4 != 0) strings.push_back(0);
  const u32 symbols_at = offset + static_cast<u32>(body.size());
  const u32 strings_at = symbols_at + static_cast<u32>(symbols.size());
  const u32 sections_at = strings_at + static_cast<u32>(strings.size());

  Bytes out = {0x7f, 'E', 'L', 'F', 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  put16(out, 2);    // executable
  put16(out, 243);  // RISC-V
  put32(out, 1);
  put32(out, entry);
  put32(out, kHeader);
  put32(out, functions.empty() ? 0 : sections_at);
  put32(out, 0);  // flags
  put16(out, kHeader);
  put16(out, kProgramHeader);
  put16(out, static_cast<u32>(segments.size()));
  put16(out, 40);
  put16(out, functions.empty() ? 0 : 3);
  put16(out, 0);
  append(out, headers);
  append(out, body);
  if (functions.empty()) return out;
  append(out, symbols);
  append(out, strings);
  const auto section = [&](u32 type, u32 at, std::size_t size, u32 link, u32 entry_size) {
    for (const u32 v : {u32{0}, type, u32{0}, u32{0}, at, static_cast<u32>(size), link, u32{0}, u32{4}, entry_size})
      put32(out, v);
  };
  section(0, 0, 0, 0, 0);
  section(2, symbols_at, symbols.size(), 2, 16);
  section(3, strings_at, strings.size(), 0, 0);
  return out;
}

}  // namespace atlas::zkvm::test
