#pragma once
// Figures for /metrics, in Prometheus' text format.
#include <memory>
#include <optional>
#include <string>

#include <batch/batch_stage.hpp>

#include <sequencer/sequencer.hpp>

namespace atlas::node {

class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  /// Any thread.
  void observe(const Block& block, const sequencer::BlockTimes& times);

  /// Reads what others count and writes everything out. Any thread.
  std::string render(const storage::ChainStore& store, const sequencer::Mempool& pool,
                     const sequencer::SequencerStats& stats, const std::optional<batch::BatchStats>& batches) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Resident memory of this process; 0 if the system does not say.
u64 resident_bytes();

}  // namespace atlas::node
