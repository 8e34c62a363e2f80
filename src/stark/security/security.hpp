#pragma once
// Soundness as code: every round's error from the constants that prover and verifier use, round by round in the
// random-oracle model, in the unique-decoding regime. Nothing here is conjectured; docs/proof-system.md gives the
// argument of each term. Host only (logarithms).
#include <string>

#include <stark/air/machine.hpp>
#include <stark/verifier/parameters.hpp>

namespace atlas::stark {

/// The largest statement that a key admits.
struct Caps {
  u64 local_messages = BabyBear::kModulus - 1;         ///< make_layout() rejects p and more
  u64 boundary_messages = BabyBear::kModulus / 4 - 1;  ///< verify_execution() rejects p/4 and more
  u32 bus_log = 32;                                    ///< variables of the bus's leaves
  u32 row_log = 26;                                    ///< variables of the tallest chip
  u32 constraints = 4096;                              ///< over all chips
  u32 columns = 4096;                                  ///< column claims, over all chips
};
/// What a machine's key admits; at most the caps above.
Caps caps_of(const Machine& machine);

struct SecurityTerm {
  std::string name;
  std::string formula;
  double rounds = 1;  ///< how many rounds of a proof have this error
  double bits = 0;    ///< −log2 of one round's error, grinding included
  unsigned grinding = 0;
};

struct SecurityReport {
  std::vector<SecurityTerm> terms;
  double minimum = 0;      ///< of all terms: round-by-round soundness
  double union_bound = 0;  ///< −log2 of the sum of all rounds' errors
};
SecurityReport security_of(const Parameters& parameters, const Caps& caps = {});

/// One circuit of soundcalc's JAGGED family (github.com/ethereum/soundcalc), after a [zkevm] header.
std::string soundcalc_toml(const std::string& name, const Parameters& parameters, const Caps& caps = {});

}  // namespace atlas::stark
