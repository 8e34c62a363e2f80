#pragma once
// The traces of the next segment, made by whichever thread is free while a segment is proved.
#include <optional>

#include <tbb/task_group.h>

#include <zkvm/prover/prove.hpp>

namespace atlas::zkvm {

class NextTraces {
 public:
  using Traces = Result<stark::SegmentWitness, ProveError>;

  ~NextTraces() {
    group_.cancel();
    group_.wait();
  }
  NextTraces() = default;
  NextTraces(const NextTraces&) = delete;
  NextTraces& operator=(const NextTraces&) = delete;

  template <class Make>
  void start(Make make) {
    group_.run([this, make] { traces_ = make(); });
  }
  void wait() { group_.wait(); }
  /// What start() began, or what `make` gives.
  template <class Make>
  Traces take(const Make& make) {
    wait();
    if (!traces_) return make();
    Traces out = std::move(*traces_);
    traces_.reset();
    return out;
  }

 private:
  tbb::task_group group_;
  std::optional<Traces> traces_;
};

}  // namespace atlas::zkvm
