#include "proof_bar.hpp"

#include <zkvm/prover/proof_file.hpp>

namespace atlas::apps {

namespace fs = std::filesystem;

Result<zkvm::Proved, zkvm::ProveError> prove_to_file(const FileToProve& to, const zkvm::ProveOptions& options) {
  // Without a folder of the user's, the job has one of its own, which an earlier run may have left behind.
  const bool is_own = to.work.empty();
  const fs::path folder = is_own ? fs::path(to.out.string() + ".work") : to.work;
  const auto take_part = [&] { return std::make_unique<zkvm::ProofJob>(to.prover, to.hints, folder); };
  auto job = take_part();
  if (is_own && !job->is_mine()) {
    job->leave_and_remove();
    job = take_part();
  }
  // Processes that share the job may have been told to write the same file; and whether it can be written is known
  // before the work, not after.
  const auto write = [&](ByteView bytes) {
    const zkvm::FileLock lock = job->lock_result();
    zkvm::FileDraft draft(to.out);
    if (bytes.empty()) return;
    draft.write(bytes);
    draft.keep();
  };
  write({});
  auto proved = job->run(options);
  if (proved) write(proved->bytes);
  if (is_own) job->leave_and_remove();
  return proved;
}

}  // namespace atlas::apps
