#pragma once
// What an upgrade can do that no user can: place code at addresses of its choice, system contracts among them.
#include <optional>
#include <vector>

#include <state/journal.hpp>

namespace atlas::stf {

/// An upgrade (type 0x7e) that is sent here places code. ZKsync's contract deployer stands at this address; here there
/// is no contract, and for every other transaction it is an account like any.
inline constexpr Address kDeployerAddress{{0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
                                           0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x80, 0x06}};

/// Its call data: count u32 ‖ (address ‖ length u32 ‖ code) … ‖ [address ‖ call data], big-endian. Views of the data.
struct Placements {
  struct Code {
    Address address;
    ByteView code;
  };
  std::vector<Code> codes;
  std::optional<Address> call_to;  ///< called once the code is in place, from the upgrade's sender
  ByteView call_data;
};

/// nullopt for anything else, and for code that no creation could leave: longer than EIP-170 or beginning with 0xef
/// (EIP-3541).
std::optional<Placements> decode_placements(ByteView data);

/// Gives each account its code. Balance, nonce and storage stay; a nonce of 0 becomes 1, as of a contract (EIP-161).
void place(const Placements& placements, Journal& journal);

}  // namespace atlas::stf
