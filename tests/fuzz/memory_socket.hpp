#pragma once
// The server's end of a connection that lives in memory: what the connections of src/rpc need of a tcp::socket, without
// the kernel. One thread.
#include <algorithm>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/role.hpp>

namespace atlas::fuzz {

/// Both ends hold it.
struct Wire {
  std::string to_server;
  std::string to_client;
  std::size_t taken = 0;       ///< of to_server
  bool client_ended = false;   ///< what is in to_server is all
  bool client_left = false;    ///< writes fail
  bool server_closed = false;  ///< nothing moves any more
  std::function<void(boost::system::error_code)> wake_reader;

  void wake(boost::system::error_code error = {}) {
    if (auto reader = std::exchange(wake_reader, {})) reader(error);
  }
};

class MemorySocket {
  using Error = boost::system::error_code;

 public:
  using executor_type = boost::asio::io_context::executor_type;

  MemorySocket(boost::asio::io_context& context, std::shared_ptr<Wire> wire)
      : executor_(context.get_executor()), wire_(std::move(wire)) {}
  MemorySocket(MemorySocket&&) = default;
  MemorySocket& operator=(MemorySocket&&) = default;
  ~MemorySocket() {
    if (wire_) close_now();
  }

  executor_type get_executor() const { return executor_; }
  template <class Option>
  void set_option(const Option&, Error& error) {
    error = {};
  }
  bool is_open() const { return !wire_->server_closed; }
  void close(Error& error) {
    error = {};
    close_now();
  }
  void shutdown(boost::asio::ip::tcp::socket::shutdown_type, Error& error) { error = {}; }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return boost::asio::async_initiate<Token, void(Error, std::size_t)>(
        [this, buffers](auto handler) { this->read(buffers, std::move(handler)); }, token);
  }

  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return boost::asio::async_initiate<Token, void(Error, std::size_t)>(
        [this, buffers](auto handler) {
          if (wire_->server_closed) return this->finish(std::move(handler), boost::asio::error::bad_descriptor, 0);
          if (wire_->client_left) return finish(std::move(handler), boost::asio::error::broken_pipe, 0);
          const std::size_t before = wire_->to_client.size();
          for (auto it = boost::asio::buffer_sequence_begin(buffers); it != boost::asio::buffer_sequence_end(buffers);
               ++it) {
            const boost::asio::const_buffer part(*it);
            wire_->to_client.append(static_cast<const char*>(part.data()), part.size());
          }
          finish(std::move(handler), {}, wire_->to_client.size() - before);
        },
        token);
  }

 private:
  /// Handlers run later, from the event loop, as a socket's do.
  template <class Handler>
  void finish(Handler handler, Error error, std::size_t n) {
    const auto executor = boost::asio::get_associated_executor(handler, executor_);
    boost::asio::post(executor, [handler = std::move(handler), error, n]() mutable { handler(error, n); });
  }

  template <class Buffers, class Handler>
  void read(const Buffers& buffers, Handler handler) {
    Wire& wire = *wire_;
    if (wire.server_closed) return finish(std::move(handler), boost::asio::error::bad_descriptor, 0);
    if (boost::asio::buffer_size(buffers) == 0) return finish(std::move(handler), {}, 0);
    if (wire.taken < wire.to_server.size()) {
      const std::size_t n = boost::asio::buffer_copy(
          buffers, boost::asio::buffer(wire.to_server.data() + wire.taken, wire.to_server.size() - wire.taken));
      wire.taken += n;
      return finish(std::move(handler), {}, n);
    }
    if (wire.client_ended) return finish(std::move(handler), boost::asio::error::eof, 0);
    // The socket may be moved while the read waits, so nothing here refers to it.
    auto held = std::make_shared<Handler>(std::move(handler));
    wire.wake_reader = [wire = &wire, executor = executor_, buffers, held](Error error) {
      MemorySocket again(executor, wire);
      error ? again.finish(std::move(*held), error, 0) : again.read(buffers, std::move(*held));
      again.wire_.reset();
    };
  }

  /// Stands in for one that was moved; does not own the wire.
  MemorySocket(executor_type executor, Wire* wire)
      : executor_(std::move(executor)), wire_(std::shared_ptr<Wire>(), wire) {}

  void close_now() {
    wire_->server_closed = true;
    wire_->wake(boost::asio::error::operation_aborted);
  }

  executor_type executor_;
  std::shared_ptr<Wire> wire_;
};

// What Beast and the connections ask of a socket by its type.
inline std::string client_address(const MemorySocket&) {
  return "127.0.0.1";
}
inline void beast_close_socket(MemorySocket& socket) {
  boost::system::error_code ignored;
  socket.close(ignored);
}
inline void teardown(boost::beast::role_type, MemorySocket& socket, boost::system::error_code& error) {
  socket.close(error);
}
template <class Handler>
void async_teardown(boost::beast::role_type, MemorySocket& socket, Handler&& handler) {
  boost::system::error_code error;
  socket.close(error);
  const auto executor = boost::asio::get_associated_executor(handler, socket.get_executor());
  boost::asio::post(executor, [handler = std::forward<Handler>(handler), error]() mutable { handler(error); });
}

}  // namespace atlas::fuzz
