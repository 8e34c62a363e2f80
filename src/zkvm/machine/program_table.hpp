#pragma once
// A program as the key holds it: what the program table says of each instruction, zones of initial words, the image.
#include <zkvm/isa/program.hpp>
#include <zkvm/machine/machine.hpp>
#include <zkvm/machine/parts.hpp>

namespace atlas::zkvm {

/// The row of one instruction. Constants of the layout are worked in, so that no chip needs pc or where memory begins:
/// JALR's immediate is imm − text_begin, that of loads and stores imm − memory_begin, ECALL's −memory_begin; LUI, AUIPC
/// and JAL have their result as immediate and the next slot as auxiliary, branches their target's slot, JALR its link.
/// Writes to x0 go to kDiscard. EBREAK and illegal instructions are kNone.
Fields<u32> fields_of(const Program& program, u32 slot);

struct Zone {
  u32 space = 0;
  bool in_image = false;
  u32 begin = 0, end = 0;  ///< indices
};
/// Registers, then memory by rising index.
std::vector<Zone> zones_of(const Program& program);

struct ImageWord {
  u32 index = 0;
  u32 value = 0;
};
/// By rising index.
std::vector<ImageWord> image_of(const Program& program);

/// Rows of a table with so many entries: a power of two.
u32 table_height(u64 entries);
MachineShape shape_of_program(const Program& program);

}  // namespace atlas::zkvm
