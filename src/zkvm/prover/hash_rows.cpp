#include <zkvm/chips/blake3/trace.hpp>
#include <zkvm/chips/keccak/trace.hpp>
#include <zkvm/chips/merkle/trace.hpp>
#include <zkvm/chips/sha256/trace.hpp>
#include <zkvm/prover/hash_rows.hpp>

namespace atlas::zkvm {

using abi::Ecall;

void count_hash_rows(const EcallPlan& plan, RowCounts& counts) {
  if (plan.function == Ecall::kKeccakF) {
    counts.add<chips::Keccak>(1);
    counts.add<chips::KeccakRound>(chips::kKeccakRounds);
    return;
  }
  if (plan.function == Ecall::kSha256) {
    counts.add<chips::Sha256>(1);
    counts.add<chips::Sha256Block>(plan.arguments[2]);
    counts.add<chips::Sha256Quarter>(u64{plan.arguments[2]} * chips::kSha256Quarters);
    return;
  }
  u64 compressions = 0;
  if (plan.function == Ecall::kBlake3) {
    compressions = plan.arguments[2];
    counts.add<chips::Blake3>(1);
    counts.add<chips::Blake3Block>(compressions);
  } else {
    const bool is_update = plan.function == Ecall::kMerkleUpdate;
    compressions = u64{plan.arguments[2]} * (is_update ? 2 : 1);
    if (is_update) {
      counts.add<chips::MerkleUpdate>(1);
    } else {
      counts.add<chips::MerklePath>(1);
    }
    counts.add<chips::MerkleLevel>(compressions);
  }
  counts.add<chips::Blake3Round>(compressions * chips::kBlake3Rounds);
}

void append_hash_rows(const EcallStep& s, SegmentRows& rows) {
  switch (s.plan->function) {
    case Ecall::kKeccakF:
      return chips::append_keccak(rows, s);
    case Ecall::kBlake3:
      return chips::append_blake3(rows, s);
    case Ecall::kMerklePath:
      return chips::append_merkle<1>(rows, s);
    case Ecall::kMerkleUpdate:
      return chips::append_merkle<2>(rows, s);
    case Ecall::kSha256:
      return chips::append_sha256(rows, s);
    default:
      return;
  }
}

}  // namespace atlas::zkvm
