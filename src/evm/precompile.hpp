#pragma once
// Precompiled contracts: Ethereum's 0x01-0x11 and 0x100, pure functions of their input.
#include <base/bytes.hpp>
#include <types/fork.hpp>

namespace atlas::evm {

struct Precompile {
  /// Gas price of a call with this input. Saturates at the largest u64, which also says "always fails" (EIP-7823).
  u64 (*gas)(ByteView input, Fork fork) = nullptr;
  /// Replaces `output` by the result. False: the call fails and consumes all its gas; `output` is then empty.
  bool (*run)(ByteView input, Bytes& output) = nullptr;
  /// Cycles of proving a unit of gas, at most, over all inputs (docs/fees.md).
  u32 native_per_gas = 0;
};

/// The precompile at `address` under `fork`, or null if there is none. Cheap for the common case of an ordinary
/// contract.
const Precompile* find_precompile(const Address& address, Fork fork);

}  // namespace atlas::evm
