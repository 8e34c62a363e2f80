#pragma once
// One non-blocking HTTP/1.1 connection of the load generator: requests out, response bodies in, in order. Two system
// calls a request, so that the client takes little from a node on the same machine.
#include <optional>
#include <string>
#include <string_view>

#include <load/rpc_client.hpp>

namespace atlas::load {

/// Takes HTTP responses apart: Content-Length and chunked bodies.
class ReplyReader {
 public:
  /// Where the next bytes may be written: at least `room` of them. Follow with commit().
  char* prepare(std::size_t room);
  void commit(std::size_t count) { end_ += count; }
  /// The next whole body, valid until the next call of any other function; nullopt if more bytes are needed. Throws
  /// RpcFailure if it is no HTTP response, or one with another status than 200.
  std::optional<std::string_view> next();

 private:
  struct Head {
    std::size_t size = 0;
    std::size_t length = 0;
    bool chunked = false;
  };
  std::optional<Head> head() const;
  std::optional<std::string_view> chunked_body(std::size_t from);

  std::string buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::string joined_;  // a chunked body
};

class Wire {
 public:
  /// Connects; throws RpcFailure.
  explicit Wire(const Url& url);
  ~Wire();
  Wire(Wire&& other) noexcept;
  Wire& operator=(Wire&&) = delete;

  int descriptor() const { return descriptor_; }
  /// Appends a request for a JSON body; it leaves with flush().
  void queue(std::string_view body);
  /// Sends what it can; true if nothing is left.
  bool flush();
  /// Takes in what has arrived. Throws RpcFailure if the node closed.
  void receive();
  ReplyReader& replies() { return replies_; }

 private:
  std::string where_;
  std::string header_;
  int descriptor_ = -1;
  std::string out_;
  std::size_t sent_ = 0;
  ReplyReader replies_;
};

}  // namespace atlas::load
