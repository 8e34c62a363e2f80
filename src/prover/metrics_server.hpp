#pragma once
// GET /metrics on a port of its own, for a process that is no node. One request at a time, each with a few seconds: it
// is asked every few seconds by one scraper.
#include <functional>
#include <string>
#include <thread>

#include <base/types.hpp>

namespace atlas::prover {

class MetricsServer {
 public:
  /// Listens on 127.0.0.1; port 0 takes a free one. `metrics` is called on the server's thread. Throws
  /// std::system_error if the port is taken.
  MetricsServer(u16 port, std::function<std::string()> metrics);
  ~MetricsServer();
  MetricsServer(const MetricsServer&) = delete;
  MetricsServer& operator=(const MetricsServer&) = delete;
  u16 port() const { return port_; }

 private:
  void run();
  void answer(int client) const;

  std::function<std::string()> metrics_;
  int listener_ = -1;
  u16 port_ = 0;
  std::thread thread_;
};

}  // namespace atlas::prover
