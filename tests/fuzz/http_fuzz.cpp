// Any bytes on a connection in memory → the real connections (HTTP/1.1, pipelining, upgrade, WebSocket frames) over a
// small real chain. Whatever comes in, what goes out is well-formed HTTP and then well-formed frames of JSON, and a
// connection whose peer has gone is gone too.
//
// Input: how (bits 0-1: HTTP bytes, a WebSocket's bytes, frames made from the input, HTTP bytes; bit 2 the peer closes
// for writing; bit 3 time runs out), bytes a write (0: all at once), then the bytes.
#include <cstdlib>

#include "memory_socket.hpp"
#include <boost/asio/executor_work_guard.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <nlohmann/json.hpp>

#include <rpc/http_connection.hpp>
#include <rpc/memory_chain.hpp>

namespace {

using namespace atlas;
namespace asio = boost::asio;

constexpr std::string_view kUpgrade =
    "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

[[noreturn]] void found(const char* what) {
  std::fprintf(stderr, "broken invariant: %s\n", what);
  std::abort();
}

struct World {
  rpc::RpcConfig config = [] {
    rpc::RpcConfig c;
    c.workers = 0;  // heavy calls are refused at once, so that nothing depends on another thread's pace
    c.heavy_queue_max = 0;
    c.header_bytes_max = 1'024;  // small inputs reach the limits
    c.body_bytes_max = 2'048;
    c.batch_items_max = 8;
    c.filters_per_client = 16;
    c.subscriptions_per_connection = 4;
    c.ws_in_flight_max = 2;
    c.sync_timeout_ms = c.sync_timeout_ms_max = 0;
    return c;
  }();
  rpc::MemoryChain chain{false};
  rpc::ServerCore core{chain, config, {}};
  rpc::IoThread io{core.config, core.dispatcher};
  asio::executor_work_guard<asio::io_context::executor_type> work{io.context.get_executor()};
};

/// The client's end of a connection.
class Peer {
 public:
  explicit Peer(World& world) : world_(world) {
    rpc::serve_http(world.core, world.io, fuzz::MemorySocket(world.io.context, wire_), {});
  }
  ~Peer() { leave(); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  void write(std::string_view bytes, std::size_t piece) {
    while (!bytes.empty() && !wire_->server_closed) {
      const auto part = bytes.substr(0, piece);
      bytes.remove_prefix(part.size());
      wire_->to_server += part;
      wire_->wake();
      world_.io.context.poll();
    }
  }
  void end_writing() {
    wire_->client_ended = true;
    wire_->wake();
    world_.io.context.poll();
  }
  void leave() {
    wire_->client_left = true;
    end_writing();
  }
  const std::string& received() const { return wire_->to_client; }

 private:
  World& world_;
  std::shared_ptr<fuzz::Wire> wire_ = std::make_shared<fuzz::Wire>();
};

void check_json(std::string_view text) {
  if (!nlohmann::json::accept(text)) found("an answer that is not JSON");
}

/// Frames from the server: unmasked, whole messages, control frames short.
void check_frames(std::string_view data) {
  while (!data.empty()) {
    if (data.size() < 2) return;  // the connection ended in between
    const unsigned opcode = data[0] & 0x0f;
    const bool whole = (data[0] & 0x80) != 0;
    std::size_t size = static_cast<u8>(data[1]);
    if ((data[0] & 0x70) != 0 || size >= 0x80) found("reserved bits, or a masked frame from the server");
    std::size_t head = 2;
    if (size >= 126) {
      head += size == 126 ? 2 : 8;
      if (data.size() < head) return;
      size = 0;
      for (std::size_t i = 2; i < head; ++i) size = size << 8 | static_cast<u8>(data[i]);
    }
    if (opcode >= 8 && (head != 2 || !whole)) found("a long or broken control frame");
    if (opcode > 10 || (opcode > 2 && opcode < 8)) found("an unknown opcode from the server");
    if (data.size() - head < size) return;
    if (opcode == 1 && whole) check_json(data.substr(head, size));
    data.remove_prefix(head + size);
  }
}

/// Responses one after another, until one ends the conversation or makes it a WebSocket's.
void check_responses(std::string_view data) {
  namespace beast_http = boost::beast::http;
  while (!data.empty()) {
    if (data.starts_with("HTTP/1.1 100 Continue\r\n\r\n")) {
      data.remove_prefix(25);
      continue;
    }
    if (data.starts_with("HTTP/1.1 101 ")) {
      const auto end = data.find("\r\n\r\n");
      if (end == std::string_view::npos) found("an upgrade without end");
      return check_frames(data.substr(end + 4));
    }
    beast_http::response_parser<beast_http::string_body> parser;
    parser.body_limit(1u << 26);
    parser.eager(true);
    if (data.starts_with("HTTP/1.1 204 ") || data.starts_with("HTTP/1.1 304 ")) parser.skip(true);
    boost::system::error_code error;
    std::size_t used = 0;
    while (!parser.is_done() && used < data.size()) {
      const std::size_t n = parser.put(asio::buffer(data.data() + used, data.size() - used), error);
      if (error == beast_http::error::need_more) error = {};
      if (error) found("a response that is not HTTP");
      used += n;
      if (n == 0) break;
    }
    if (!parser.is_done()) found("half a response");
    const auto& message = parser.get();
    if (message[beast_http::field::content_type] == "application/json" && !message.body().empty()) {
      check_json(message.body());
    }
    data.remove_prefix(used);
  }
}

/// Frames of the input's making, masked with zeros: first byte and length from the input, then as many bytes.
std::string frames(std::string_view input) {
  std::string out;
  while (input.size() >= 2) {
    const std::size_t size = std::min<std::size_t>(static_cast<u8>(input[1]), input.size() - 2);
    out += input[0];
    if (size < 126) {
      out += static_cast<char>(0x80 | size);
    } else {
      out += static_cast<char>(0xfe);
      out += '\0';
      out += static_cast<char>(size);
    }
    out.append(4, '\0');
    out += input.substr(2, size);
    input.remove_prefix(2 + size);
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2 || size > 8192) return 0;
  static World& world = *new World();  // never destroyed: libFuzzer leaves through exit()
  const unsigned how = data[0];
  const std::size_t piece = data[1] == 0 ? std::string::npos : data[1] * std::size_t{16};
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  {
    Peer peer(world);
    if ((how & 3) == 1) {
      peer.write(kUpgrade, std::string::npos);
      peer.write(bytes, piece);
    } else if ((how & 3) == 2) {
      peer.write(kUpgrade, std::string::npos);
      peer.write(frames(bytes), piece);
    } else {
      peer.write(bytes, piece);
    }
    if ((how & 4) != 0) peer.end_writing();
    if ((how & 8) != 0) {
      const auto connections = world.io.connections;
      for (rpc::Supervised* connection : connections) connection->check_time(rpc::Clock::time_point::max());
      world.io.context.poll();
    }
    check_responses(peer.received());
  }
  if (!world.io.connections.empty()) found("a connection outlives its peer");
  return 0;
}
