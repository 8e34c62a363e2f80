#pragma once
// For tests: a program whose words live through many segments.
#include <zkvm/isa/assembler.hpp>
#include <zkvm/prover/small_machine.hpp>

namespace atlas::zkvm::test {

/// `rounds` times: a sum of two Fibonacci-like registers goes to a word `stride` words on in a window of 1,024, and the
/// word that was there is added. The sum of all is committed. With a hint, it is the first of the window's words.
inline Program scatter(u32 rounds, u32 stride, bool has_hint = false) {
  Assembler a;
  if (has_hint) a.call(static_cast<u32>(abi::Ecall::kHintRead), {kDataBegin, 1});
  a.li(s0, kDataBegin).li(s1, rounds).li(t0, 0).li(t3, 4 * stride);
  a(addi(a0, zero, 1))(addi(a1, zero, 2));
  const u32 loop = a.pc();
  a(add(t1, s0, t0))(lw(t2, t1, 0))(add(a2, a0, a1))(add(a2, a2, t2))(sw(a2, t1, 0));
  a(addi(a0, a1, 0))(addi(a1, a2, 0))(add(t0, t0, t3));
  a(slli(t0, t0, 20))(srli(t0, t0, 20))(addi(s1, s1, -1));
  a(bne(s1, zero, static_cast<i32>(loop - a.pc())));
  a(sw(a0, s0, 0));
  return a.finish().program({{kDataBegin, {5, 6, 7, 8}}});
}

}  // namespace atlas::zkvm::test
