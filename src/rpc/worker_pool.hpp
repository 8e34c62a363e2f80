#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include <rpc/dispatcher.hpp>

namespace atlas::rpc {

/// Threads for heavy methods, with a bounded queue before them: when it is full the caller refuses the request instead
/// of making everybody wait.
class WorkerPool {
 public:
  using Job = std::function<void(Scratch&)>;
  WorkerPool(const RpcConfig& config, unsigned threads, std::size_t queue_max);
  ~WorkerPool() { stop(); }
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// False if the queue is full or the pool has stopped.
  bool try_submit(Job job);
  /// Lets running jobs end and forgets the waiting ones.
  void stop();
  std::size_t queued() const;

 private:
  void run();

  const RpcConfig& config_;
  std::size_t queue_max_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace atlas::rpc
