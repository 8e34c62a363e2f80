#pragma once
// A program as the machine knows it: Harvard style, instructions apart from memory (docs/zkvm.md, the machine).
#include <string>
#include <vector>

#include <base/bytes.hpp>
#include <zkvm/isa/instruction.hpp>

namespace atlas::zkvm {

/// A function of the symbol table, for messages and reports; it has no part in what is proved.
struct Symbol {
  u32 begin = 0;
  u32 size = 0;  ///< bytes; 0: unknown, it reaches to the next symbol
  std::string name;
};

/// Initial memory: `words` at `begin`; everything outside the image is zero.
struct ImageSegment {
  u32 begin = 0;  ///< byte address, a multiple of 4
  std::vector<u32> words;
};

struct Program {
  u32 entry = 0;
  u32 text_begin = 0;               ///< byte address of text[0], a multiple of 4
  std::vector<u32> words;           ///< the encodings
  std::vector<Instruction> text;    ///< the same, decoded; text[i] stands at text_begin + 4i
  std::vector<ImageSegment> image;  ///< by rising address, apart from each other and from the text
  std::vector<Symbol> symbols;      ///< functions by rising address

  /// Memory is the window of `memory_size` bytes that begins where the text ends and wraps at 2^32. It reaches to 2^32
  /// when all data lie above the text, so that the addresses below the text (null pointers, a stack that overflowed)
  /// are no memory; otherwise it is everything but the text.
  u32 memory_begin = 0;
  u64 memory_size = 0;

  u32 text_end() const { return text_begin + 4 * static_cast<u32>(text.size()); }
  /// The instruction at a pc; null outside the text or between instructions.
  const Instruction* at(u32 pc) const {
    const u32 offset = pc - text_begin;
    return offset % 4 == 0 && offset / 4 < text.size() ? &text[offset / 4] : nullptr;
  }
  /// The function that holds an address; null if none does.
  const Symbol* symbol_at(u32 address) const;
  /// "name+0x12", demangled, or "" if no symbol is known there.
  std::string place(u32 address) const;
};

/// A C++ symbol as its author wrote it; other names as they are.
std::string demangled(const std::string& name);

/// A program from encodings and image segments, as the ELF loader makes it: decodes and finds the memory window. For
/// tests and generated programs; the arguments must satisfy what the members of Program promise.
Program make_program(u32 text_begin, std::vector<u32> words, std::vector<ImageSegment> image = {});

}  // namespace atlas::zkvm
