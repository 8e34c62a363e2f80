#include <evm/opcodes.hpp>

namespace atlas::evm {
namespace {

constexpr std::string_view kPushNames[] = {
    "PUSH0",  "PUSH1",  "PUSH2",  "PUSH3",  "PUSH4",  "PUSH5",  "PUSH6",  "PUSH7",  "PUSH8",  "PUSH9",  "PUSH10",
    "PUSH11", "PUSH12", "PUSH13", "PUSH14", "PUSH15", "PUSH16", "PUSH17", "PUSH18", "PUSH19", "PUSH20", "PUSH21",
    "PUSH22", "PUSH23", "PUSH24", "PUSH25", "PUSH26", "PUSH27", "PUSH28", "PUSH29", "PUSH30", "PUSH31", "PUSH32"};
constexpr std::string_view kDupNames[] = {"DUP1", "DUP2",  "DUP3",  "DUP4",  "DUP5",  "DUP6",  "DUP7",  "DUP8",
                                          "DUP9", "DUP10", "DUP11", "DUP12", "DUP13", "DUP14", "DUP15", "DUP16"};
constexpr std::string_view kSwapNames[] = {"SWAP1",  "SWAP2",  "SWAP3",  "SWAP4",  "SWAP5",  "SWAP6",
                                           "SWAP7",  "SWAP8",  "SWAP9",  "SWAP10", "SWAP11", "SWAP12",
                                           "SWAP13", "SWAP14", "SWAP15", "SWAP16"};

}  // namespace

std::string_view mnemonic(u8 opcode) {
  if (is_push(opcode)) return kPushNames[opcode - 0x5f];
  if (opcode >= 0x80 && opcode <= 0x8f) return kDupNames[opcode - 0x80];
  if (opcode >= 0x90 && opcode <= 0x9f) return kSwapNames[opcode - 0x90];
  switch (static_cast<Opcode>(opcode)) {
#define X(value, name, text, pops, pushes, gas) \
  case Opcode::k##name:                         \
    return text;
    ATLAS_EVM_PLAIN_OPCODES(X)
    ATLAS_EVM_CALL_OPCODES(X)
    ATLAS_EVM_CREATE_OPCODES(X)
    ATLAS_EVM_FLOW_OPCODES(X)
#undef X
    default:
      return "";
  }
}

}  // namespace atlas::evm
