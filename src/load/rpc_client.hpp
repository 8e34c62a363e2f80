#pragma once
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace atlas::load {

/// The node could not be reached, or answered something that is not JSON-RPC. Names the URL and what to do.
struct RpcFailure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The node answered with a JSON-RPC error object.
struct RpcError : std::runtime_error {
  int code;
  RpcError(int c, const std::string& message) : std::runtime_error(message), code(c) {}
};

/// http://HOST[:PORT][/PATH]
struct Url {
  std::string host;
  std::string port;
  std::string path;
  /// Throws RpcFailure if it is not such a URL.
  static Url parse(std::string_view text);
};

/// One keep-alive connection, used by one thread at a time. Blocking; reconnects once if the server closed it.
class RpcClient {
 public:
  explicit RpcClient(const Url& url);
  ~RpcClient();
  RpcClient(RpcClient&&) noexcept;

  /// The `result` of one call. Throws RpcError or RpcFailure.
  nlohmann::json call(std::string_view method, nlohmann::json params = nlohmann::json::array());
  /// A whole HTTP request for a JSON body, ready for exchange().
  std::string request_for(std::string_view body) const;
  /// Sends prepared requests in one write and reads as many response bodies, in order; on_body is called for each.
  template <class F>
  void exchange(std::string_view requests, unsigned count, F&& on_body) {
    send(requests);
    for (unsigned i = 0; i < count; ++i) on_body(receive());
  }

 private:
  void send(std::string_view requests);
  std::string_view receive();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace atlas::load
