#include <algorithm>
#include <cmath>

#include <stark/security/security.hpp>
#include <stark/verifier/layout.hpp>
#include <stark/verifier/multilinear.hpp>

namespace atlas::stark {
namespace {

double field_bits() {
  return kExtensionDegree * std::log2(static_cast<double>(BabyBear::kModulus));
}

}  // namespace

Caps caps_of(const Machine& machine) {
  Caps out;
  out.constraints = out.columns = out.row_log = 0;
  for (const ChipDescription& chip : machine.chips) {
    out.constraints += chip.shape.constraints;
    out.columns += chip.shape.committed();
    out.row_log = std::max(out.row_log, std::max(kSkipLog, log2_ceil(std::max(chip.max_height, chip.fixed_height))));
  }
  return out;
}

SecurityReport security_of(const Parameters& p, const Caps& caps) {
  SecurityReport out;
  const auto add = [&out](std::string name, std::string formula, double rounds, double numerator, unsigned grinding) {
    out.terms.push_back(
        {std::move(name), std::move(formula), rounds, field_bits() - std::log2(numerator) + grinding, grinding});
  };
  const double codeword = std::exp2(p.stack_log + kRateLog);
  const double width_log = std::ceil(std::log2(p.max_width));
  const double folds = p.stack_log - p.final_log;
  const double arity = 1 + kArityLog;
  add("local bus", "messages * (1 + log2 arity) / |F|", 1, static_cast<double>(caps.local_messages) * arity,
      p.local_grinding);
  add("boundary bus", "messages * (1 + log2 arity) / |F|", 1, static_cast<double>(caps.boundary_messages) * arity,
      p.boundary_grinding);
  add("bus batching", "3 / |F|: four claims by powers", caps.bus_log, 3, 0);
  add("bus round", "3 / |F|: degree of a round", caps.bus_log * (caps.bus_log - 1) / 2.0, 3, 0);
  add("bus point", "1 / |F|: a line", caps.bus_log, 1, 0);
  add("zerocheck point", "variables / |F|", 1, caps.row_log, 0);
  add("constraint batching", "(constraints + 3) / |F|: powers of lambda, three of mu", 1, caps.constraints + 3.0, 0);
  add("constraint skip", "4 * (2^k - 1) / |F|: degree of the first message", 1, (kMaxDegree + 1.0) * (kSkip - 1), 0);
  add("constraint round", "4 / |F|: degree of a round", std::max(1.0, double(caps.row_log) - kSkipLog), kMaxDegree + 1,
      0);
  add("claim batching", "columns / |F|: powers of gamma", 1, caps.columns, 0);
  add("stack round", "2 / |F|: degree of a round", p.stack_log, 2, 0);
  add("column batching", "log2(width) * 2N / |F|: lines near the code, one a coordinate of rho", 1,
      width_log * codeword, 0);
  add("fold", "(2N + 1) / |F|: a line near the code, and the degree", folds, codeword + 1, 0);
  // A word farther than (1 − rate)/2 from the code escapes one query with probability at most 1 − (1 − rate)/2.
  const double rate = std::exp2(-static_cast<double>(kRateLog));
  out.terms.push_back({"query", "((1 + rate) / 2)^queries", 1,
                       -std::log2((1 + rate) / 2) * p.queries + p.query_grinding, p.query_grinding});

  double sum = 0;
  out.minimum = 1e9;
  for (const SecurityTerm& term : out.terms) {
    out.minimum = std::min(out.minimum, term.bits);
    sum += term.rounds * std::exp2(-term.bits);
  }
  out.union_bound = -std::log2(sum);
  return out;
}

std::string soundcalc_toml(const std::string& name, const Parameters& p, const Caps& caps) {
  std::string out;
  const auto line = [&out](const std::string& key, const std::string& value) { out += key + " = " + value + "\n"; };
  const auto number = [](u64 value) { return std::to_string(value); };
  std::string factors = "[";
  for (u32 i = 0; i < p.stack_log - p.final_log; ++i) factors += i == 0 ? "2" : ", 2";
  out += "[[circuits]]\n";
  line("name", "\"" + name + "\"");
  line("udr_only", "true");
  line("blowup_factor", number(u64{1} << kRateLog));
  line("rho", std::to_string(std::exp2(-static_cast<double>(kRateLog))));
  line("trace_length", number(u64{1} << caps.row_log));
  line("trace_columns", number(caps.columns));
  line("dense_length", number(u64{1} << p.stack_log));
  line("dense_batch", number(p.max_width));
  line("num_constraints", number(caps.constraints));
  line("air_max_degree", number(kMaxDegree));
  line("opening_points", "1");
  line("power_batching", "false");
  line("multilinear_batching", "true");
  line("multilinear_zerocheck", "true");
  line("num_queries", number(p.queries));
  line("fri_folding_factors", factors + "]");
  line("fri_early_stop_degree", number(u64{1} << p.final_log));
  line("grinding_batching_phase", "0");
  line("grinding_query_phase", number(p.query_grinding));
  const auto lookup = [&](const char* bus, u64 messages, u32 grinding) {
    out += "\n[[circuits.lookups]]\n";
    line("name", std::string("\"") + bus + "\"");
    line("logup_type", "\"multivariate\"");
    line("rows_L", number(u64{1} << 22));
    line("rows_T", "0");
    line("num_columns_S", number(kMaxArity));
    line("num_lookups_M", number((messages + (1u << 22) - 1) >> 22));
    line("grinding_bits_lookup", number(grinding));
    line("multilinear_fingerprint", "true");
  };
  lookup("local bus", caps.local_messages, p.local_grinding);
  lookup("boundary bus", caps.boundary_messages, p.boundary_grinding);
  return out;
}

}  // namespace atlas::stark
