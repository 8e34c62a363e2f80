#pragma once
// For tests: a short program in which every instruction, and so every chip, occurs with operands that matter.
#include <zkvm/isa/assembler.hpp>
#include <zkvm/prover/small_machine.hpp>

namespace atlas::zkvm::test {

/// Operands of arithmetic calls, by word: a, b, c, m from 0, 8, 16, 24; points at 32, 48 and, with coordinates close to
/// secp256k1's p, 64; from 80 on elements of the extension. Every word is below BabyBear's p but for the edge.
inline std::vector<u32> arithmetic_operands() {
  std::vector<u32> out(144);
  for (u32 i = 0; i < out.size(); ++i) out[i] = (i * i + 3) * 0x9e3779b9 % BabyBear::kModulus;
  out[7] = 5;  // a < m
  for (u32 i = 64; i < 80; ++i) out[i] = ~u32{0};
  out[65] = out[73] = 0xfffffffe;
  out[64] = 0xfffffc2d;  // x = p − 2
  out[72] = 0xfffe0000;  // y = p − 0x1fc2f
  return out;
}

inline Program all_chips_program() {
  using Encode = u32 (*)(u32, u32, u32);
  using EncodeImmediate = u32 (*)(u32, u32, i32);
  constexpr Encode kRegister[] = {add,  sub, sll,  slt,    sltu,  xor_, srl,  sra, or_,
                                  and_, mul, mulh, mulhsu, mulhu, div,  divu, rem, remu};
  constexpr EncodeImmediate kImmediate[] = {addi, slti, sltiu, xori, ori, andi};
  constexpr EncodeImmediate kBranches[] = {beq, bne, blt, bge, bltu, bgeu};
  Assembler a;
  a.li(s0, kDataBegin);
  constexpr std::pair<u32, u32> kOperands[] = {
      {0x9abcdef1, 0x12345678}, {0x12345, 0xffff8007}, {0x80000000, 0xffffffff}, {77, 0}, {0xfffffff3, 5}};
  for (const auto& [x, y] : kOperands) {
    a.li(t0, x).li(t1, y);
    for (const Encode encode : kRegister) a(encode(t2, t0, t1));
    for (const EncodeImmediate encode : kImmediate) a(encode(t2, t0, -1234));
    for (const EncodeImmediate encode : kBranches)
      a(encode(t0, t1, 8))(addi(zero, zero, 1))(encode(t0, t0, 8))(addi(zero, zero, 2));
    for (const i32 amount : {0, 5, 13, 22, 31}) a(slli(t2, t0, amount))(srli(t2, t0, amount))(srai(t2, t0, amount));
    a(sw(t0, s0, 32))(lw(t3, s0, 32))(sb(t1, s0, 33))(sh(t1, s0, 34))(sb(t0, s0, 36));
    for (i32 k = 0; k < 4; ++k) a(lb(t2, s0, 32 + k))(lbu(t2, s0, 32 + k));
    for (i32 k = 0; k < 4; k += 2) a(lh(t2, s0, 32 + k))(lhu(t2, s0, 32 + k));
  }
  a(lui(t2, 0x12345))(auipc(zero, 1))(jal(ra, 8))(ebreak());
  a.li(t0, a.pc() + 17)(jalr(ra, t0, 0))(ebreak());
  a.call(static_cast<u32>(abi::Ecall::kHintRead), {kDataBegin + 64, 3});
  a.call(static_cast<u32>(abi::Ecall::kLog), {0, 0}).call(static_cast<u32>(abi::Ecall::kPhase), {0, 0});
  a.call(static_cast<u32>(abi::Ecall::kAdviseRoot), {kDataBegin + 128, kDataBegin});
  a.call(static_cast<u32>(abi::Ecall::kAdviseInverse), {kDataBegin + 128, kDataBegin, kDataBegin + 64});
  constexpr u32 kHashes = kDataBegin + 256;  // digests, then blocks that overlap them
  a.call(static_cast<u32>(abi::Ecall::kBlake3), {kHashes, kHashes + 64, 1, 0x000b0003, 0x01234540});
  a.call(static_cast<u32>(abi::Ecall::kBlake3), {kHashes, kHashes + 16, 3, 0x000b0001, 0x00000511});
  a.call(static_cast<u32>(abi::Ecall::kKeccakF), {kHashes});
  a.call(static_cast<u32>(abi::Ecall::kSha256), {kHashes, kHashes + 16, 2});
  a.call(static_cast<u32>(abi::Ecall::kMerklePath), {kHashes, 0x5, 3, 4});
  a.call(static_cast<u32>(abi::Ecall::kMerkleUpdate), {kHashes, 0x1fffe, 17, 4});
  constexpr u32 kNumbers = kDataBegin + 0x400;
  const auto word = [](u32 i) { return kNumbers + 4 * i; };
  a.call(static_cast<u32>(abi::Ecall::kMulMod), {word(0), word(8), word(16), word(24), word(128)});
  a.call(static_cast<u32>(abi::Ecall::kMulDiv), {word(0), word(8), word(16), word(24), word(13)});
  a.call(static_cast<u32>(abi::Ecall::kSecp256k1Add), {word(32), word(48)});
  a.call(static_cast<u32>(abi::Ecall::kSecp256k1Add), {word(48), word(64)});
  a.call(static_cast<u32>(abi::Ecall::kSecp256k1Double), {word(32)});
  a.call(static_cast<u32>(abi::Ecall::kSecp256k1Double), {word(64)});
  a.call(static_cast<u32>(abi::Ecall::kExtensionDotBase), {word(80), word(86), word(84), 3});
  a.call(static_cast<u32>(abi::Ecall::kExtensionDot), {word(80), word(85), word(95), 2});
  a.call(static_cast<u32>(abi::Ecall::kEqExpand), {word(80), word(88), 3});
  return a.finish().program({{kDataBegin, {1, 2, 3, 0x80018002}}, {kNumbers, arithmetic_operands()}});
}
inline Bytes all_chips_hints() {
  Bytes out(12 + 32 * (3 + 17));
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<u8>(i * i + 0xab);
  return out;
}

}  // namespace atlas::zkvm::test
