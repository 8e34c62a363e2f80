#pragma once
// The two LogUp sums, local and boundary, by one GKR argument. Both have the same number of variables; leaves outside
// the blocks of messages are 0/1.
#include <stark/transcript/channel.hpp>
#include <stark/verifier/layout.hpp>

namespace atlas::stark {

struct Fraction {
  Ext numerator;
  Ext denominator;
};

/// Both buses' fractions, at the root or at a leaf point.
struct BusClaims {
  Fraction root[kBusCount];
  Fraction leaf[kBusCount];  ///< multilinear extensions of the leaves at `point`
  std::vector<Ext> point;    ///< lowest variable first
};

/// draws α and β.
BusChallenge draw_bus_challenge(Transcript& transcript, Label label);
Ext fingerprint(const BusChallenge& challenge, const PublicMessage& message);

Result<BusClaims, VerifyError> verify_bus(VerifierChannel& channel, u32 log);

/// Is the local root zero once the public messages are added?
Result<void, VerifyError> check_local_bus(const Fraction& root, const BusChallenge& challenge,
                                          std::span<const PublicMessage> messages);

/// eq(ξ_hi, block) of every message of every chip, and 1 − their sum: what the leaves outside the blocks come to.
struct LeafWeights {
  std::vector<std::vector<Ext>> of_chip;  ///< [chip][message]
  Ext outside[kBusCount];
};
LeafWeights leaf_weights(const Machine& machine, const Layout& layout, std::span<const Ext> point);

}  // namespace atlas::stark
