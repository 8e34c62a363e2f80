#pragma once
// A proof in the making, in a folder that outlives its processes and that several of them may share.
//
//   plan        where segments lie and what they said: written once the program has run (execution_plan.hpp)
//   snapshot-K  the machine before execution segment K, from 0 (snapshot_file.hpp)
//   segment-K   the proof of segment K, from 0
//   lock-job    held, shared, by every process of the job: the last one may remove the folder
//   lock-plan, lock-K  held (flock) by the process that executes, or that proves segment K; the kernel frees them when
//               the process ends in any way. lock-K has a line for each time that somebody began to prove it
//
// Files appear when they are whole, so whoever finds one need not ask who wrote it. What they hold is checked: they may
// have been damaged, or belong to something else, and at the end the proof is verified.
#include <zkvm/prover/prove.hpp>
#include <zkvm/prover/word_file.hpp>

namespace atlas::zkvm {

/// Use of something, by a lock on a file, for as long as the object lives.
class FileLock {
 public:
  /// Alone. nullopt: another process has it.
  static std::optional<FileLock> try_lock(const std::filesystem::path& path);
  /// Along with others. Waits.
  static FileLock share(const std::filesystem::path& path);
  /// Makes a shared lock one's own, if nobody else has it; if somebody has, it is no lock any more.
  bool try_upgrade();
  /// Appends a line to the file.
  void note(const std::string& line) const;
  /// Is the file that it locks still the one of this name?
  bool is_on(const std::filesystem::path& path) const;
  FileLock(FileLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileLock& operator=(FileLock&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~FileLock();

 private:
  explicit FileLock(int fd) : fd_(fd) {}
  int fd_ = -1;
};

class ProofJob {
 public:
  /// Creates the folder if need be, and takes part in it. Prover and hints must outlive the job.
  ProofJob(const ProgramProver& prover, ByteView hints, std::filesystem::path folder);

  // Errors are the program's. All throw JobError for files that are not what they should be, std::system_error for
  // trouble with disk.

  /// The first pass, unless its result is there; waits for another process that is at it.
  Result<ExecutionPlan, ProveError> plan(const ProveOptions& options);
  /// Works until the proof is whole: proves segments that nobody else proves, waits for the others, and gives all of
  /// it, verified. `times` are those of the segments proved here.
  Result<Proved, ProveError> run(const ProveOptions& options);
  /// Proves and verifies these segments alone.
  Result<Proved, ProveError> run_only(std::span<const u32> segments, const ProveOptions& options);

  /// Removes the folder, unless another process takes part in it: that one finds all that it needs, and removes it in
  /// its turn. The job cannot be used any more.
  void leave_and_remove();
  /// Is the folder's plan, if there is one, this job's?
  bool is_mine() const;
  /// For writing the result to where other processes of this job may write it, too. Waits.
  FileLock lock_result() const;

  std::filesystem::path segment_path(u32 segment) const;

 private:
  struct Claim {
    u32 segment;
    FileLock lock;
  };
  struct Context;
  std::optional<Claim> claim(Context& context) const;
  Result<stark::SegmentWitness, ProveError> trace(const Context& context, u32 segment) const;
  Result<void, ProveError> work(Context& context) const;
  std::vector<u32> read_segment(u32 segment) const;
  Bytes join(const Context& context) const;

  const ProgramProver& prover_;
  const ByteView hints_;
  const std::filesystem::path folder_;
  Hash256 input_;  ///< of key and hints
  FileLock part_;  ///< in the folder
};

}  // namespace atlas::zkvm
