#include <chrono>

#include <prover/watch.hpp>
#include <sys/resource.h>

#include <zkvm/prover/proof_file.hpp>

namespace atlas::prover {

namespace fs = std::filesystem;

double core_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

u64 peak_memory_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<u64>(usage.ru_maxrss) * 1024;
}

std::string render(const WatchStats& stats) {
  std::string out;
  const auto put = [&out](const char* name, const char* type, const char* help, double value) {
    char line[64];
    std::snprintf(line, sizeof line, " %.9g\n", value);
    out += std::string("# HELP ") + name + " " + help + "\n# TYPE " + name + " " + type + "\n" + name + line;
  };
  const auto count = [](u64 n) { return static_cast<double>(n); };
  const double rate = stats.seconds == 0 ? 0 : count(stats.cycles) / stats.seconds;
  put("atlas_prover_backlog_batches", "gauge", "Batches that wait for their proof", count(stats.backlog));
  put("atlas_prover_latest_batch", "gauge", "Newest batch of the node", count(stats.latest));
  put("atlas_prover_progress_ratio", "gauge", "Of the proof in the making", stats.progress);
  put("atlas_prover_batches_total", "counter", "Batches proved", count(stats.proved));
  put("atlas_prover_missed_total", "counter", "Batches whose witness or output the node does not have",
      count(stats.missed));
  put("atlas_prover_failed_total", "counter", "Batches whose proof disagrees with the node", count(stats.failed));
  put("atlas_prover_transactions_total", "counter", "Transactions of proved batches", count(stats.transactions));
  put("atlas_prover_cycles_total", "counter", "Cycles proved", count(stats.cycles));
  put("atlas_prover_cycles_per_second", "gauge", "Rate over all proofs", rate);
  put("atlas_prover_seconds_total", "counter", "Time spent on proofs", stats.seconds);
  put("atlas_prover_core_seconds_total", "counter", "Processor time spent on proofs", stats.core_seconds);
  put("atlas_prover_seconds_last", "gauge", "Time that the last proof took", stats.seconds_last);
  put("atlas_prover_cost_dollars_total", "counter", "Processor time at 0.04 dollars a core-hour",
      cost_dollars(stats.core_seconds));
  return out;
}

Watch::Watch(const WatchConfig& config, const zkvm::ProgramProver& prover, Say say)
    : config_(config), prover_(prover), say_(std::move(say)), reader_(config.data) {
  fs::create_directories(config_.out);
}

WatchStats Watch::stats() const {
  const std::lock_guard lock(mutex_);
  return stats_;
}

/// The oldest batch that can be proved. A proof's name holds its public input, so that a batch that the chain replaced
/// is proved anew.
std::optional<Watch::Waiting> Watch::find() {
  const u64 latest = reader_.latest();
  std::optional<Waiting> first;
  u64 backlog = 0;
  for (u64 n = std::max<u64>(config_.first, 1); n <= latest; ++n) {
    const auto record = reader_.record(n);
    if (!record) break;
    const auto input = reader_.public_input(n);
    const std::string name = "batch-" + std::to_string(n);
    const fs::path proof =
        config_.out / (name + "-" + (input ? to_hex(input->view()).substr(2, 16) : "unknown") + ".proof");
    if (fs::exists(proof) || given_up_.contains(proof)) continue;
    if (!input || record->witness_bytes == 0) {
      given_up_.insert(proof);
      const std::lock_guard lock(mutex_);
      ++stats_.missed;
      continue;
    }
    ++backlog;
    if (!first) first = Waiting{*record, *input, proof};
  }
  const std::lock_guard lock(mutex_);
  stats_.latest = latest;
  stats_.backlog = backlog;
  return first;
}

bool Watch::prove_next() {
  const auto waiting = find();
  if (!waiting) return false;
  prove(*waiting);
  find();
  return true;
}

void Watch::prove(const Waiting& waiting) {
  using Clock = std::chrono::steady_clock;
  const std::string name = "batch " + std::to_string(waiting.record.number);
  const auto give_up = [&](u64 WatchStats::* counter, const std::string& why) {
    say_(name + ": " + why);
    given_up_.insert(waiting.proof);
    const std::lock_guard lock(mutex_);
    ++(stats_.*counter);
  };
  const auto witness = reader_.witness(waiting.record);
  if (!witness) return give_up(&WatchStats::missed, "the node keeps its witness no longer (batch.witness_batches)");

  const auto begin = Clock::now();
  const double cpu_begin = core_seconds();
  zkvm::ProveOptions options;
  options.progress = [this](const zkvm::ProveProgress& p) {
    const std::lock_guard lock(mutex_);
    stats_.progress = p.done;
  };
  const fs::path folder = fs::path(waiting.proof).replace_extension("work");
  zkvm::ProofJob job(prover_, *witness, folder);
  const auto proved = job.run(options);
  if (!proved) {
    job.leave_and_remove();
    return give_up(&WatchStats::failed, proved.error().text);
  }
  if (proved->claim.public_output != waiting.public_input) {
    job.leave_and_remove();
    return give_up(&WatchStats::failed, "the program comes to the public input " +
                                            to_hex(proved->claim.public_output.view()) + ", the node to " +
                                            to_hex(waiting.public_input.view()));
  }
  {
    const zkvm::FileLock lock = job.lock_result();
    zkvm::FileDraft draft(waiting.proof);
    draft.write(proved->bytes);
    draft.keep();
  }
  job.leave_and_remove();
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  const double cpu = core_seconds() - cpu_begin;
  {
    const std::lock_guard lock(mutex_);
    ++stats_.proved;
    stats_.transactions += waiting.record.l1_transactions + waiting.record.l2_transactions;
    stats_.cycles += proved->claim.cycles;
    stats_.seconds += seconds;
    stats_.core_seconds += cpu;
    stats_.seconds_last = seconds;
    stats_.progress = 0;
  }
  char line[160];
  std::snprintf(line, sizeof line, ": proved in %.1f s, %.1f core-seconds, %llu cycles, %u segments, $%.6f", seconds,
                cpu, static_cast<unsigned long long>(proved->claim.cycles), proved->segments, cost_dollars(cpu));
  say_(name + line);
}

}  // namespace atlas::prover
