// The promised bits, and the terms recomputed with other arithmetic from what prover and verifier really use.
#include <cmath>

#include <gtest/gtest.h>

#include <stark/security/security.hpp>
#include <stark/toy/machine.hpp>
#include <stark/verifier/multilinear.hpp>

namespace atlas::stark {
namespace {

const SecurityTerm& term(const SecurityReport& report, const std::string& name) {
  for (const SecurityTerm& t : report.terms) {
    if (t.name == name) return t;
  }
  throw std::runtime_error("no term " + name);
}

TEST(Security, SetsHoldTheirPromise) {
  for (const Parameters& p : {shipped_parameters(), hundred_bit_parameters()}) {
    const SecurityReport report = security_of(p);
    EXPECT_GE(report.minimum, p.promised_bits);
    EXPECT_GE(report.union_bound, p.promised_bits);
    EXPECT_LE(report.union_bound, report.minimum);
  }
  EXPECT_EQ(shipped_parameters().promised_bits, 128u);
  EXPECT_EQ(hundred_bit_parameters().promised_bits, 100u);
}

// The figures of the design, at the caps.
TEST(Security, KnownTerms) {
  const SecurityReport r = security_of(shipped_parameters());
  EXPECT_NEAR(term(r, "local bus").bits, 121.3 + 12, 0.05);
  EXPECT_NEAR(term(r, "boundary bus").bits, 123.3 + 10, 0.05);
  EXPECT_NEAR(term(r, "column batching").bits, 130.5, 0.05);
  EXPECT_NEAR(term(r, "fold").bits, 133.5, 0.05);
  EXPECT_NEAR(term(r, "query").bits, 106.25 + 24, 0.05);
}

// With fewer queries the promise breaks, and each kind of grinding is counted once, where it stands.
TEST(Security, FollowsTheConstants) {
  Parameters p = shipped_parameters();
  p.queries = 251;
  EXPECT_LT(security_of(p).union_bound, 128);
  const auto drops = [](u32 Parameters::* field, const char* name) {
    Parameters less = shipped_parameters();
    less.*field -= 3;
    EXPECT_NEAR(term(security_of(shipped_parameters()), name).bits - term(security_of(less), name).bits, 3, 1e-9);
  };
  drops(&Parameters::local_grinding, "local bus");
  drops(&Parameters::boundary_grinding, "boundary bus");
  drops(&Parameters::query_grinding, "query");
  Parameters taller = shipped_parameters();
  taller.stack_log += 1;
  EXPECT_NEAR(term(security_of(shipped_parameters()), "fold").bits - term(security_of(taller), "fold").bits, 1, 1e-5);
}

// Degrees and counts against the verifier's own: the lengths of its messages.
TEST(Security, AgreesWithTheVerifiersMessages) {
  const double field = kExtensionDegree * std::log2(static_cast<double>(BabyBear::kModulus));
  const SecurityReport r = security_of(shipped_parameters());
  // t has kSkipCoefficients coefficients and is multiplied by an interpolant of kSkip points.
  EXPECT_NEAR(term(r, "constraint skip").bits, field - std::log2(kSkipCoefficients - 1 + kSkip - 1), 1e-9);
  EXPECT_EQ(term(r, "fold").rounds, shipped_parameters().stack_log - shipped_parameters().final_log);
  EXPECT_NEAR(term(r, "query").bits, -256 * std::log2(0.75) + 24, 1e-9);
  // A machine's own caps never exceed the general ones.
  const Caps toy_caps = caps_of(toy::kMachine);
  EXPECT_EQ(toy_caps.constraints, 6u);
  EXPECT_EQ(toy_caps.columns, 8u + 1 + 2 + 7 + 5);
  EXPECT_EQ(toy_caps.row_log, 22u);
  EXPECT_GE(security_of(shipped_parameters(), toy_caps).union_bound, r.union_bound);
}

TEST(Security, Toml) {
  const std::string toml = soundcalc_toml("segment", shipped_parameters());
  for (const char* expected :
       {"name = \"segment\"", "rho = 0.5", "dense_length = 1048576", "dense_batch = 256", "num_queries = 256",
        "grinding_query_phase = 24", "fri_folding_factors = [2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2]",
        "fri_early_stop_degree = 256", "grinding_bits_lookup = 12", "num_lookups_M = 480"}) {
    EXPECT_NE(toml.find(expected), std::string::npos) << expected;
  }
}

}  // namespace
}  // namespace atlas::stark
