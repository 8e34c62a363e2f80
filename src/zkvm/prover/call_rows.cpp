#include <zkvm/chips/ecall/trace.hpp>
#include <zkvm/prover/arithmetic_rows.hpp>
#include <zkvm/prover/call_rows.hpp>
#include <zkvm/prover/hash_rows.hpp>

namespace atlas::zkvm {
namespace {

using abi::Ecall;

/// Words moved into memory or to the public output, a row each.
void append_transfers(const EcallStep& s, SegmentRows& rows) {
  const bool is_commit = s.plan->function == Ecall::kCommit;
  const std::span<const EcallWord> words = is_commit ? s.reads : s.writes;
  for (std::size_t k = 0; k < words.size(); ++k) {
    rows.append<chips::Transfer>(chips::transfer_row(s, words[k], is_commit, static_cast<u32>(words.size() - k)));
  }
}

}  // namespace

bool count_call_rows(const EcallPlan& plan, RowCounts& counts) {
  switch (plan.function) {
    case Ecall::kHalt:
    case Ecall::kLog:
    case Ecall::kPhase:
      return true;
    case Ecall::kCommit:
      counts.add<chips::Transfer>(plan.reads[0].count);
      return true;
    case Ecall::kHintRead:
    case Ecall::kAdviseInverse:
    case Ecall::kAdviseRoot:
      counts.add<chips::Transfer>(plan.write.count);
      return true;
    case Ecall::kKeccakF:
    case Ecall::kBlake3:
    case Ecall::kMerklePath:
    case Ecall::kMerkleUpdate:
    case Ecall::kSha256:
      count_hash_rows(plan, counts);
      return true;
    case Ecall::kMulMod:
    case Ecall::kMulDiv:
    case Ecall::kSecp256k1Add:
    case Ecall::kSecp256k1Double:
    case Ecall::kExtensionDotBase:
    case Ecall::kExtensionDot:
    case Ecall::kEqExpand:
      count_arithmetic_rows(plan, counts);
      return true;
    default:
      return false;
  }
}

void append_call_rows(const EcallStep& s, SegmentRows& rows) {
  switch (s.plan->function) {
    case Ecall::kCommit:
    case Ecall::kHintRead:
    case Ecall::kAdviseInverse:
    case Ecall::kAdviseRoot:
      return append_transfers(s, rows);
    case Ecall::kKeccakF:
    case Ecall::kBlake3:
    case Ecall::kMerklePath:
    case Ecall::kMerkleUpdate:
    case Ecall::kSha256:
      return append_hash_rows(s, rows);
    case Ecall::kMulMod:
    case Ecall::kMulDiv:
    case Ecall::kSecp256k1Add:
    case Ecall::kSecp256k1Double:
    case Ecall::kExtensionDotBase:
    case Ecall::kExtensionDot:
    case Ecall::kEqExpand:
      return append_arithmetic_rows(s, rows);
    default:
      return;
  }
}

}  // namespace atlas::zkvm
