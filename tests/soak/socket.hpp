#pragma once
// A plain TCP socket for clients that misbehave: no library would let them.
#include <string>
#include <string_view>

#include <load/rpc_client.hpp>

namespace atlas::soak {

class Socket {
 public:
  Socket() = default;
  /// Non-blocking, to the node on this machine, from `source` (an address of 127/8, so that limits per client can tell
  /// groups apart). Not open if the node refuses.
  Socket(const load::Url& url, const char* source);
  ~Socket() { close(); }
  Socket(Socket&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  Socket& operator=(Socket&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }

  bool is_open() const { return fd_ >= 0; }
  int fd() const { return fd_; }
  /// Bytes taken at once, 0 if none now; closes the socket if the peer has gone.
  std::size_t send(std::string_view bytes);
  /// What has arrived, at most 64 KiB; closes the socket at its end.
  std::string_view receive();
  /// Sends all, waiting for the peer, for at most so long. False if it did not take all.
  bool send_all(std::string_view bytes, unsigned milliseconds);
  void close();
  /// Ends with a reset instead of a farewell.
  void reset();

 private:
  int fd_ = -1;
};

/// A POST with this body; keep-alive.
std::string post(std::string_view body);
/// The bytes that turn a connection into a WebSocket.
std::string upgrade();
/// A text frame as clients send it, masked with zeros.
std::string text_frame(std::string_view text);

}  // namespace atlas::soak
