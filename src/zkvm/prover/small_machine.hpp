#pragma once
// For tests: the machine under parameters that make proofs fast and say nothing about security, and its chips as the
// AIR compiler and the trace checker want them.
#include <stark/prover/air/trace_checker.hpp>
#include <zkvm/prover/prove.hpp>

namespace atlas::zkvm::test {

inline constexpr stark::Parameters small_parameters() {
  stark::Parameters out;
  out.stack_log = 16;
  out.block_log = 12;
  out.cap_log = 2;
  out.final_log = 8;
  out.queries = 20;
  out.local_grinding = 3;
  out.boundary_grinding = 2;
  out.query_grinding = 4;
  out.promised_bits = 10;
  return out;
}

const std::vector<stark::ChipSource>& sources();  // small_machine_test.cpp

}  // namespace atlas::zkvm::test
