#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <tbb/global_control.h>
#include <unistd.h>

#include <crypto/blake3.hpp>
#include <zkvm/prover/next_traces.hpp>
#include <zkvm/prover/plan_file.hpp>
#include <zkvm/prover/proof_job.hpp>
#include <zkvm/prover/segment_progress.hpp>
#include <zkvm/prover/snapshot_file.hpp>

namespace atlas::zkvm {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr u32 kSegmentMagic = 0x47535441;  // "ATSG"
constexpr u32 kSegmentVersion = 1;
constexpr auto kPause = std::chrono::milliseconds(50);

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

int open_lock(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), path.string() + " cannot be created");
  return fd;
}

/// Creates the folder if need be, and takes part in it.
FileLock take_part(const fs::path& folder) {
  const fs::path path = folder / "lock-job";
  for (;;) {
    std::error_code error;
    fs::create_directories(folder, error);
    if (error == std::errc::file_exists) {
      // A folder that is there first and removed a moment later is reported too; anything else of that name stays.
      std::error_code ignored;
      const fs::file_type type = fs::status(folder, ignored).type();
      if (type == fs::file_type::directory || type == fs::file_type::not_found) continue;
    }
    if (error) throw std::system_error(error, folder.string() + " cannot be created");
    try {
      FileLock out = FileLock::share(path);
      if (out.is_on(path)) return out;  // else the folder was removed while we waited
    } catch (const std::system_error& failed) {
      if (failed.code() != std::errc::no_such_file_or_directory) throw;  // likewise, before we had opened the file
    }
  }
}

}  // namespace

std::optional<FileLock> FileLock::try_lock(const fs::path& path) {
  FileLock out(open_lock(path));
  if (::flock(out.fd_, LOCK_EX | LOCK_NB) == 0) return out;
  if (errno == EWOULDBLOCK || errno == EINTR) return std::nullopt;
  throw std::system_error(errno, std::generic_category(), path.string() + " cannot be locked");
}

FileLock FileLock::share(const fs::path& path) {
  FileLock out(open_lock(path));
  while (::flock(out.fd_, LOCK_SH) != 0) {
    if (errno != EINTR) throw std::system_error(errno, std::generic_category(), path.string() + " cannot be locked");
  }
  return out;
}

void FileLock::note(const std::string& line) const {
  const std::string text = line + "\n";
  if (::write(fd_, text.data(), text.size()) != std::ssize(text)) {
    throw std::system_error(errno, std::generic_category(), "a lock's file cannot be written");
  }
}

bool FileLock::try_upgrade() {
  return ::flock(fd_, LOCK_EX | LOCK_NB) == 0;
}

bool FileLock::is_on(const fs::path& path) const {
  struct stat held{}, named{};
  return ::fstat(fd_, &held) == 0 && ::stat(path.c_str(), &named) == 0 && held.st_dev == named.st_dev &&
         held.st_ino == named.st_ino;
}

FileLock::~FileLock() {
  if (fd_ >= 0) ::close(fd_);
}

/// What a run works on.
struct ProofJob::Context {
  const ExecutionPlan& plan;
  const ProveOptions& options;
  stark::ExecutionHead head;
  std::vector<u32> left;  ///< segments that this run still waits for
  SegmentProgress progress;
  std::vector<stark::ProverTimes> times;
};

ProofJob::ProofJob(const ProgramProver& prover, ByteView hints, fs::path folder)
    : prover_(prover),
      hints_(hints),
      folder_(std::move(folder)),
      input_(input_of(prover.key().verifying().digest, hints)),
      part_(take_part(folder_)) {}

void ProofJob::leave_and_remove() {
  if (!part_.try_upgrade()) return;
  // Another name first: whoever comes now makes a folder of its own, and no file of it is removed.
  std::string gone = folder_.string() + ".removed-XXXXXX";
  if (::mkdtemp(gone.data()) == nullptr) {
    throw std::system_error(errno, std::generic_category(), gone + " cannot be created");
  }
  fs::rename(folder_, gone);  // a folder may take an empty one's name
  // Whoever was on the way into the folder may still put a lock's file there, sees that it is gone, and goes.
  std::error_code error;
  do fs::remove_all(gone, error);
  while (error == std::errc::directory_not_empty);
  if (error) throw std::system_error(error, gone + " cannot be removed");
}

fs::path ProofJob::segment_path(u32 segment) const {
  return folder_ / ("segment-" + std::to_string(segment));
}

bool ProofJob::is_mine() const {
  try {
    read_plan_file(folder_ / "plan", input_, prover_.key().verifying());
    return true;
  } catch (const JobError&) {
    return false;
  }
}

FileLock ProofJob::lock_result() const {
  for (;; std::this_thread::sleep_for(kPause)) {
    if (auto lock = FileLock::try_lock(folder_ / "lock-result")) return std::move(*lock);
  }
}

Result<ExecutionPlan, ProveError> ProofJob::plan(const ProveOptions& options) {
  const fs::path path = folder_ / "plan";
  const auto read = [&] { return read_plan_file(path, input_, prover_.key().verifying()); };
  for (bool is_told = false;; std::this_thread::sleep_for(kPause)) {
    if (auto known = read()) return std::move(*known);
    const auto lock = FileLock::try_lock(folder_ / "lock-plan");
    if (!lock) {
      if (!is_told && options.progress) options.progress({0, 0, "another process executes"});
      is_told = true;
      continue;
    }
    if (auto known = read()) return std::move(*known);  // written since we looked
    auto made = prover_.plan(hints_, options, [&](u32 number, const Snapshot& snapshot) {
      write_snapshot(folder_, number, input_, snapshot);
    });
    if (made) write_plan_file(path, input_, *made);
    return made;
  }
}

Result<stark::SegmentWitness, ProveError> ProofJob::trace(const Context& context, u32 segment) const {
  const auto memory_words =
      static_cast<u32>(std::min(prover_.program().memory_size, context.options.memory_limit) / sizeof(u32));
  const Snapshot snapshot = read_snapshot(folder_, context.plan.snapshot_of(segment), input_, memory_words,
                                          (hints_.size() + 3) / sizeof(u32));
  return prover_.trace(context.plan, segment, snapshot, hints_, context.options);
}

/// A segment that is neither proved nor being proved. Those that are proved leave `left`.
std::optional<ProofJob::Claim> ProofJob::claim(Context& context) const {
  for (std::size_t k = 0; k < context.left.size();) {
    const u32 segment = context.left[k];
    const auto is_proved = [&] {
      if (!fs::exists(segment_path(segment))) return false;
      context.progress.done(segment);
      context.left.erase(context.left.begin() + static_cast<std::ptrdiff_t>(k));
      return true;
    };
    if (is_proved()) continue;
    auto lock = FileLock::try_lock(folder_ / ("lock-" + std::to_string(segment)));
    if (lock && is_proved()) continue;  // whoever had the lock was done in between
    if (lock) return Claim{segment, std::move(*lock)};
    ++k;
  }
  return std::nullopt;
}

Result<void, ProveError> ProofJob::work(Context& context) const {
  // On one thread nothing is gained by a second claim.
  const bool is_parallel = tbb::global_control::active_value(tbb::global_control::max_allowed_parallelism) > 1;
  const stark::VerifyingKey& key = prover_.key().verifying();
  std::optional<Claim> current = claim(context), following;
  NextTraces next;
  for (; !context.left.empty(); current = following ? std::move(following) : claim(context), following.reset()) {
    if (!current) {
      context.progress.report("others prove what is left");
      std::this_thread::sleep_for(kPause);
      continue;
    }
    const u32 segment = current->segment;
    const PlannedSegment& planned = context.plan.segments[segment];
    const auto traces = next.take([&] { return trace(context, segment); });
    if (!traces) return Err(traces.error());
    if (is_parallel) following = claim(context);
    if (following) next.start([this, &context, s = following->segment] { return trace(context, s); });
    current->lock.note("process " + std::to_string(::getpid()));
    stark::ProverTimes times;
    const auto proof = prover_.prove_traced(
        planned, *traces, context.head.challenge, context.options,
        [&](stark::ProverPhase phase) { context.progress.begin(segment, phase); }, &times);
    next.wait();
    if (!proof) return Err(proof.error());
    const auto checked = stark::verify_segment(key, planned.public_values, context.head.challenge, *proof);
    if (!checked) {
      throw JobError(folder_.string() + " is damaged: the proof of segment " + std::to_string(segment) +
                     " does not verify; remove the folder");
    }
    std::vector<u32> words = {kSegmentMagic, kSegmentVersion, segment};
    const auto input = words_of(input_);
    words.insert(words.end(), input.begin(), input.end());
    words.insert(words.end(), proof->begin(), proof->end());
    write_words(segment_path(segment), words);
    context.times.push_back(times);
    current.reset();
  }
  return {};
}

std::vector<u32> ProofJob::read_segment(u32 segment) const {
  constexpr std::size_t kHead = 3 + kDigestWords;
  const fs::path path = segment_path(segment);
  auto words = read_words(path, kSegmentMagic, kHead);
  if (!words) throw JobError(path.string() + " is gone; run the job again");
  if ((*words)[1] != kSegmentVersion || (*words)[2] != segment ||
      !std::ranges::equal(words_of(input_), std::span(*words).subspan(3, kDigestWords))) {
    throw JobError(path.string() + " belongs to another proof; remove it");
  }
  words->erase(words->begin(), words->begin() + kHead);
  return std::move(*words);
}

Bytes ProofJob::join(const Context& context) const {
  std::vector<u32> words = context.head.words;
  const auto count = static_cast<u32>(context.plan.segments.size());
  for (u32 s = 0; s < count; ++s) {
    const std::vector<u32> proof = read_segment(s);
    stark::append_segment(words, context.plan.segments[s].public_values, proof);
  }
  Bytes out = stark::bytes_of(words);
  if (verify_execution(prover_.key(), out)) return out;
  for (u32 s = 0; s < count; ++s) {
    const auto& values = context.plan.segments[s].public_values;
    if (stark::verify_segment(prover_.key().verifying(), values, context.head.challenge, read_segment(s))) continue;
    throw JobError(segment_path(s).string() + " holds a proof that does not verify; remove it, and run the job again");
  }
  throw JobError(folder_.string() + " is damaged: its segments do not make an execution; remove the folder");
}

Result<Proved, ProveError> ProofJob::run(const ProveOptions& options) {
  return run_only({}, options);
}

Result<Proved, ProveError> ProofJob::run_only(std::span<const u32> segments, const ProveOptions& options) {
  const auto begin = Clock::now();
  if (options.progress) options.progress({0, 0, "executing"});
  const auto made = plan(options);
  if (!made) return Err(made.error());
  Proved out;
  out.execution_seconds = seconds_since(begin);
  out.claim = made->claim();
  const stark::Machine& machine = *prover_.key().verifying().machine;
  Context context{*made,
                  options,
                  stark::make_head(prover_.proving_key(), made->statements(machine), options.isa),
                  {segments.begin(), segments.end()},
                  SegmentProgress(*made, machine, options.progress),
                  {}};
  const auto count = static_cast<u32>(made->segments.size());
  out.segments = count;
  out.rows = made->rows();
  for (const u32 segment : segments) {
    if (segment >= count)
      throw JobError("there is no segment " + std::to_string(segment) + " of " + std::to_string(count));
  }
  for (u32 s = 0; segments.empty() && s < count; ++s) context.left.push_back(s);
  if (auto worked = work(context); !worked) return Err(worked.error());
  out.times = std::move(context.times);
  if (segments.empty()) out.bytes = join(context);
  return out;
}

}  // namespace atlas::zkvm
