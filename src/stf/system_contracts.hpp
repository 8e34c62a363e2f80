#pragma once
// Contracts that Ethereum's rules place at fixed addresses.
#include <base/bytes.hpp>

namespace atlas::stf {

/// Sender of system calls (EIP-2935, EIP-4788).
inline constexpr Address kSystemAddress{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                         0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe}};
inline constexpr u64 kSystemCallGas = 30'000'000;

/// EIP-2935: a ring buffer of block hashes, block n in slot n mod 8191.
inline constexpr Address kHistoryAddress{{0x00, 0x00, 0xf9, 0x08, 0x27, 0xf1, 0xc5, 0x3a, 0x10, 0xcb,
                                          0x7a, 0x02, 0x33, 0x5b, 0x17, 0x53, 0x20, 0x00, 0x29, 0x35}};
inline constexpr u64 kHistoryWindow = 8191;

/// EIP-4788: beacon roots. Deployed on the chain, never written: an L2 has no beacon block.
inline constexpr Address kBeaconRootsAddress{{0x00, 0x0f, 0x3d, 0xf6, 0xd7, 0x32, 0x80, 0x7e, 0xf1, 0x31,
                                              0x9f, 0xb7, 0xb8, 0xbb, 0x85, 0x22, 0xd0, 0xbe, 0xac, 0x02}};

/// Runtime code, byte for byte as the EIPs give it.
Bytes history_code();
Bytes beacon_roots_code();

// The chain's own, at addresses and with entry points of ZKsync (types/l2_to_l1_log.hpp names them). They are plain EVM
// code that genesis places; the state transition knows nothing of them but the events of 0x8008.

/// 0x8001: nobody's code. It holds the hash of the chain's rules (stf/chain_rules.hpp) and refuses calls.
inline constexpr u8 kBootloaderCode[] = {0xfe};
/// 0x8008: sendToL1(bytes) → keccak256 of the message; emits L1MessageSent(address sender, bytes32 hash, bytes
/// message).
Bytes l1_messenger_code();
/// 0x800a: withdraw(address receiver) and withdrawWithMessage(address receiver, bytes), both payable. What was
/// withdrawn stays here for good. Messages as L1's nullifier reads them: 0x6c0960f9 ‖ receiver ‖ amount [‖ sender ‖
/// bytes].
Bytes base_token_code();

}  // namespace atlas::stf
