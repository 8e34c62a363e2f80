#pragma once
// What prove and prove-batch have in common: the line that says how far they are, and the way to the proof file.
#include <chrono>
#include <string>

#include <fmt/core.h>
#include <unistd.h>

#include <zkvm/prover/proof_job.hpp>

namespace atlas::apps {

/// One line on a terminal: how far, how fast, how long still.
class ProofBar {
 public:
  void show(const zkvm::ProveProgress& p) {
    if (!is_terminal_) return;
    std::string line = fmt::format("\r[{:<24}] {:3.0f} %  {}", std::string(static_cast<std::size_t>(24 * p.done), '#'),
                                   100 * p.done, p.phase);
    if (p.cycles != 0) line += fmt::format(", {} cycles", p.cycles);
    if (p.segments != 0) {
      line += fmt::format(", {} of {} segments", p.segments_done, p.segments);
      // What was done before, in a run that was cut off, says nothing about the rate.
      if (first_done_ < 0) {
        first_done_ = p.done;
        first_seconds_ = seconds();
      }
      const double done = p.done - first_done_, elapsed = seconds() - first_seconds_;
      if (done > 0) {
        line += fmt::format(", {:.0f} cycles/s, {:.0f} s left", static_cast<double>(p.cycles) * done / elapsed,
                            elapsed * (1 - p.done) / done);
      }
    }
    fmt::print(stderr, "{:<110}", line);
    std::fflush(stderr);
  }
  void clear() {
    if (is_terminal_) fmt::print(stderr, "\r{:<110}\r", "");
  }
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

 private:
  bool is_terminal_ = isatty(STDERR_FILENO) == 1;
  double first_done_ = -1, first_seconds_ = 0;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

struct FileToProve {
  const zkvm::ProgramProver& prover;
  ByteView hints;
  std::filesystem::path out;
  std::filesystem::path work;  ///< empty: OUT.work, removed at the end
};

/// Proves into a file, which appears when it is whole.
Result<zkvm::Proved, zkvm::ProveError> prove_to_file(const FileToProve& to, const zkvm::ProveOptions& options);

}  // namespace atlas::apps
