#pragma once
// Static ELF32 RISC-V executables (System V ABI, chapter 4; RISC-V ELF psABI 1.0) as programs.
#include <string>

#include <base/result.hpp>
#include <zkvm/isa/program.hpp>

namespace atlas::zkvm {

struct ElfError {
  enum class Kind : u8 {
    kNotElf,      ///< no ELF32 little-endian file
    kNotForUs,    ///< another machine, ABI, extension or file type
    kTruncated,   ///< a table or segment reaches beyond the file
    kBadSegment,  ///< misaligned, overlapping, writable and executable, beyond 2^32, or too large
    kNoText,      ///< no executable segment, or more than one
    kBadEntry,    ///< the entry point is no instruction
  };
  Kind kind;
  std::string text;  ///< what is wrong, where in the file, and what to do
};

/// Bounds of what load_elf accepts; they bound the key of a program and what a file can make us allocate.
inline constexpr u64 kTextBytesMax = u64{64} << 20;
inline constexpr u64 kImageBytesMax = u64{256} << 20;
inline constexpr u32 kSegmentsMax = 64;
inline constexpr u32 kSymbolsMax = 1U << 20;

/// Reads and checks an executable. Exactly one segment is executable: the program text, which holds instructions only
/// (the linker keeps .rodata outside, guest/runtime/link.ld); all others are initial memory. Total: any bytes give a
/// program or an error, and memory use is bounded by the file's size and kImageBytesMax. A symbol table that is absent
/// or damaged costs names in messages, nothing else.
Result<Program, ElfError> load_elf(ByteView file);

}  // namespace atlas::zkvm
