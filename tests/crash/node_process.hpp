#pragma once
// `atlas node` as a child process: started, watched, killed.
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <load/rpc_client.hpp>
#include <sys/types.h>

namespace atlas::crash {

struct NodeExit {
  int code = -1;       ///< exit code; −1: ended by a signal
  std::string stderr;  ///< everything it wrote
};

class NodeProcess {
 public:
  /// Starts `atlas node --config FILE`; `in_child` runs between fork and exec (limits).
  NodeProcess(const std::filesystem::path& atlas, const std::filesystem::path& config,
              const std::function<void()>& in_child = {});
  /// Kills it if it still runs.
  ~NodeProcess();
  NodeProcess(const NodeProcess&) = delete;
  NodeProcess& operator=(const NodeProcess&) = delete;

  /// Waits for the first answered RPC call; milliseconds since just before exec. Throws if the node ends first or does
  /// not answer within 60 s; the error holds what it wrote.
  double wait_for_answer();
  /// Processor time that it has used so far, all threads, milliseconds.
  double cpu_ms() const;
  load::Url url() const { return load::Url::parse(url_); }

  void kill9();
  /// SIGTERM; the exit.
  NodeExit stop();
  /// Waits for it to end by itself; nullopt if it still runs after `limit`.
  std::optional<NodeExit> wait_exit(std::chrono::milliseconds limit);
  std::string output() const;

 private:
  void read_output();
  NodeExit reap(int status);

  pid_t pid_ = -1;
  int pipe_ = -1;
  std::chrono::steady_clock::time_point started_;
  std::string url_;
  std::thread reader_;
  mutable std::mutex mutex_;  // over the two below
  std::string text_;
  bool closed_ = false;
  std::condition_variable more_;
};

}  // namespace atlas::crash
