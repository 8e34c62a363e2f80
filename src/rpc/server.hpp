#pragma once
// JSON-RPC over HTTP/1.1 and WebSocket on one port, with GET /health and GET /metrics beside it.
#include <functional>
#include <memory>
#include <string>

#include <rpc/backend.hpp>
#include <rpc/config.hpp>

namespace atlas::rpc {

struct HealthReport {
  bool ok = true;    ///< false answers 503
  std::string json;  ///< the body
};

/// What the node puts on the same port; either may be empty. Called from io threads: quick.
struct ServerHooks {
  std::function<HealthReport()> health;
  std::function<std::string()> metrics;  ///< Prometheus text, put before the server's own
};

class Server {
 public:
  /// `backend` must outlive the server.
  Server(Backend& backend, RpcConfig config, ServerHooks hooks = {});
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Binds and serves. Throws std::runtime_error that names the address and what to do when the port is taken.
  void start();
  /// Closes every connection and joins the threads. Calls in progress end first.
  void stop();
  /// The bound port, once started.
  u16 port() const;
  /// Prometheus text of the RPC room alone.
  std::string metrics() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace atlas::rpc
