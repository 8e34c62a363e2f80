#pragma once
// One HTTP/1.1 connection: keep-alive and pipelining. Requests are answered in order, one at a time, except that
// transactions one behind the other go into the pool together; what arrives together is answered with one write.
// A template, so that the fuzzer can drive it without sockets: `Socket` is tcp::socket or something like it.
#include <algorithm>
#include <deque>
#include <optional>

#include <boost/asio/write.hpp>

#include <rpc/access.hpp>
#include <rpc/http_request.hpp>
#include <rpc/server_core.hpp>
#include <rpc/ws_connection.hpp>

namespace atlas::rpc {

template <class Socket>
class HttpConnection final : public Session, public Supervised {
 public:
  HttpConnection(IoThread& io, ServerCore& core, Socket socket, ClientSlot slot)
      : core_(core),
        io_(io),
        socket_(std::move(socket)),
        slot_(std::move(slot)),
        client_(client_address(socket_)),
        id_(core.next_session++) {
    core_.counters.connections.fetch_add(1);
    io_.connections.insert(this);
  }
  ~HttpConnection() override {
    io_.connections.erase(this);
    core_.counters.connections.fetch_sub(1);
  }

  std::string_view client() const override { return client_; }
  u64 id() const override { return id_; }
  ClientAccount* account() override { return slot_.get(); }

  void start() {
    boost::system::error_code ignored;
    socket_.set_option(tcp::no_delay(true), ignored);
    read();
  }

  void check_time(Clock::time_point now) override {
    if (now < deadline_) return;
    boost::system::error_code ignored;
    socket_.close(ignored);
  }

 private:
  static constexpr std::size_t kReadBytes = 4 * 1024;       // most requests fit
  static constexpr std::size_t kBodyReadBytes = 64 * 1024;  // in the middle of one that does not
  static constexpr std::size_t kBufferKept = 1 << 20;       // larger buffers are given back after use
  static constexpr std::size_t kUnsentMax = 1 << 20;        // pipelined requests wait while this much is unsent
  static constexpr std::string_view kLengthField = "Content-Length:           ";  // the number is filled in afterwards
  static constexpr std::size_t kLengthDigits = 10;

  std::shared_ptr<HttpConnection> self() { return std::static_pointer_cast<HttpConnection>(shared_from_this()); }

  void give_until(u64 ms) { deadline_ = Clock::now() + std::chrono::milliseconds(ms); }

  void read() {
    if (!request_) give_until(core_.config.idle_timeout_ms);
    const std::size_t used = in_.size();
    const std::size_t room = request_ ? kBodyReadBytes : kReadBytes;
    in_.resize(used + room);
    reading_ = true;
    socket_.async_read_some(asio::buffer(in_.data() + used, room),
                            [me = self(), used](boost::system::error_code error, std::size_t n) {
                              me->reading_ = false;
                              me->in_.resize(used + (error ? 0 : n));
                              if (error) return;
                              if (me->slot_) me->slot_->charge_bytes(Clock::now(), n);
                              me->work();
                            });
  }

  /// Whether a request that has arrived may be looked at.
  bool may_begin() const {
    return !reading_ && !alone_ && !held_ && !close_ && out_.size() < kUnsentMax &&
           slots_.size() < io_.submissions.share();
  }

  /// Answers every whole request that has arrived, then sends.
  void work() {
    while (may_begin()) {
      if (request_ && request_->is_done()) {  // it was held
        answer();
        continue;
      }
      const std::string_view data = std::string_view(in_).substr(taken_);
      if (data.empty()) break;
      if (!request_) {
        request_.emplace(core_.config, body_);
        give_until(core_.config.request_timeout_ms);
      }
      const bool had_header = request_->is_header_done();
      boost::system::error_code error;
      const std::size_t n = request_->feed(data, error);
      if (error) {
        refuse_malformed(error);
        break;
      }
      taken_ += n;
      if (!had_header && request_->is_header_done() && !check_header(data)) return;  // became a WebSocket
      if (close_) break;
      if (!request_->is_done()) {
        if (n == 0 || taken_ == in_.size()) break;  // wants more bytes
        continue;
      }
      answer();
    }
    if (!reading_) {
      in_.erase(0, taken_);
      taken_ = 0;
    }
    flush();
  }

  /// What can be decided before the body. False if the socket has been handed on.
  bool check_header(std::string_view data) {
    keep_alive_ = request_->keep_alive();
    if (!host_allowed(core_.config, request_->host)) {
      respond("403 Forbidden", "text/plain",
              "host \"" + request_->host.substr(0, 200) + "\" is not allowed; add it to the RPC's allowed hosts\n",
              true);
    } else if (request_->wants_websocket && request_->verb == http::verb::get) {
      if (!out_.empty() || !slots_.empty()) {
        respond("400 Bad Request", "text/plain", "a WebSocket upgrade cannot be pipelined behind other requests\n",
                true);
      } else if (origin_allowed(core_.config, request_->origin)) {
        deadline_ = Clock::time_point::max();
        // Copied first: the socket takes the connection's future with it.
        const std::string bytes(data);
        request_.reset();
        serve_websocket(core_, io_, std::move(socket_), std::move(slot_), bytes);
        return false;
      } else {
        respond("403 Forbidden", "text/plain", "origin is not allowed; add it to the RPC's CORS origins\n", true);
      }
    } else if (request_->expects_continue && !request_->is_done()) {
      const std::size_t head = out_.size();
      out_ += "HTTP/1.1 100 Continue\r\n\r\n";
      queue_behind_outstanding(head);
    }
    return true;
  }

  void refuse_malformed(const boost::system::error_code& error) {
    keep_alive_ = false;
    if (error == http::error::body_limit) {
      respond("413 Payload Too Large", "text/plain",
              "request body is larger than " + std::to_string(core_.config.body_bytes_max) + " bytes\n", true);
    } else if (error == http::error::header_limit) {
      respond("431 Request Header Fields Too Large", "text/plain",
              "request header is larger than " + std::to_string(core_.config.header_bytes_max) + " bytes\n", true);
    } else {
      respond("400 Bad Request", "text/plain", "not an HTTP/1.1 request: " + error.message() + '\n', true);
    }
  }

  /// Writes status and headers up to the body; returns where the length belongs.
  std::size_t open_response(std::string_view status, std::string_view content_type) {
    out_ += "HTTP/1.1 ";
    out_ += status;
    out_ += "\r\nContent-Type: ";
    out_ += content_type;
    if (!request_ || !request_->origin.empty()) append_cors();
    if (!keep_alive_) {
      out_ += "\r\nConnection: close";
    } else if (request_ && request_->version < 11) {
      out_ += "\r\nConnection: keep-alive";
    }
    out_ += "\r\n";
    out_ += kLengthField;
    const std::size_t end_of_length = out_.size();
    out_ += "\r\n\r\n";
    return end_of_length;
  }

  void append_cors() {
    if (!request_ || !origin_allowed(core_.config, request_->origin)) return;
    const auto& list = core_.config.cors_origins;
    if (std::find(list.begin(), list.end(), "*") != list.end()) {
      out_ += "\r\nAccess-Control-Allow-Origin: *";
    } else {
      out_ += "\r\nVary: Origin\r\nAccess-Control-Allow-Origin: " + request_->origin;
    }
  }

  /// Fills in the length of the body that ends `text`.
  static void close_response(std::string& text, std::size_t end_of_length) {
    constexpr std::size_t kGap = 4;  // blank line
    const std::string digits = std::to_string(text.size() - end_of_length - kGap);
    ENSURE(digits.size() <= kLengthDigits, "an answer of more than 10^10 bytes");
    std::copy(digits.begin(), digits.end(), text.begin() + static_cast<std::ptrdiff_t>(end_of_length - digits.size()));
  }

  /// What stands in out_ from `head` on comes after answers that are still being worked on.
  void queue_behind_outstanding(std::size_t head) {
    if (slots_.empty()) return;
    slots_.push_back({out_.substr(head), 0, true});
    out_.resize(head);
  }

  void respond(std::string_view status, std::string_view content_type, std::string_view body, bool close = false) {
    if (close) keep_alive_ = false;
    const std::size_t head = out_.size();
    const std::size_t mark = open_response(status, content_type);
    out_ += body;
    close_response(out_, mark);
    queue_behind_outstanding(head);
    finish_request();
  }

  void finish_request() {
    request_.reset();
    if (!keep_alive_) close_ = true;
    core_.counters.http_requests.fetch_add(1, std::memory_order_relaxed);
  }

  void answer() {
    if (slot_) {
      const auto now = Clock::now();
      if (const auto why = slot_->refusal(now)) return refuse_rate(*why);
      if (request_->verb != http::verb::post) slot_->charge_requests(now, 1);
    }
    switch (request_->verb) {
      case http::verb::post:
        return answer_post();
      case http::verb::get:
      case http::verb::head:
        return answer_get();
      case http::verb::options: {
        const std::size_t head = out_.size();
        out_ += "HTTP/1.1 204 No Content\r\nAllow: POST, GET, OPTIONS";
        if (!request_->origin.empty()) {
          append_cors();
          out_ +=
              "\r\nAccess-Control-Allow-Methods: POST, GET, OPTIONS\r\nAccess-Control-Allow-Headers: Content-Type, "
              "Authorization\r\nAccess-Control-Max-Age: 600";
        }
        if (!keep_alive_) out_ += "\r\nConnection: close";
        out_ += "\r\n\r\n";
        queue_behind_outstanding(head);
        return finish_request();
      }
      default:
        return respond("405 Method Not Allowed", "text/plain", "send JSON-RPC with POST, or open a WebSocket\n");
    }
  }

  /// With an error for each request in the body, so that clients of either kind understand.
  void refuse_rate(const std::string& why) {
    core_.counters.refused_rate.fetch_add(1, std::memory_order_relaxed);
    std::string text;
    if (request_->verb == http::verb::post) core_.dispatcher.refuse(io_.scratch, body_, why, text);
    respond("429 Too Many Requests\r\nRetry-After: 1", "application/json", text);
  }

  void answer_get() {
    const std::string path = request_->target.substr(0, request_->target.find('?'));
    if (request_->verb == http::verb::head) return respond("405 Method Not Allowed", "text/plain", "");
    if (path == "/health") {
      HealthReport report{true, R"({"status":"ok"})"};
      if (core_.hooks.health) report = core_.hooks.health();
      return respond(report.ok ? "200 OK" : "503 Service Unavailable", "application/json", report.json);
    }
    if (path == "/metrics") {
      std::string text = core_.hooks.metrics ? core_.hooks.metrics() : std::string();
      return respond("200 OK", "text/plain; version=0.0.4", text + core_.metrics());
    }
    respond("405 Method Not Allowed", "text/plain",
            "this is a JSON-RPC endpoint: send POST, open a WebSocket, or GET /health or /metrics\n");
  }

  void answer_post() {
    if (!content_type_allowed(request_->content_type)) {
      return respond("415 Unsupported Media Type", "text/plain",
                     "invalid content type, only application/json is supported\n");
    }
    const std::size_t head = out_.size();
    const std::size_t mark = open_response("200 OK", "application/json");
    std::vector<std::function<void()>> after;
    const u64 number = first_slot_ + slots_.size();
    const Processed how = process(core_, io_, shared_from_this(), body_, !slots_.empty(), out_, after,
                                  [me = self(), number](std::string text, std::vector<std::function<void()>> then) {
                                    me->finish_later(number, text, then);
                                  });
    switch (how) {
      case Processed::kDone:
        for (const auto& act : after) act();
        close_response(out_, mark);
        queue_behind_outstanding(head);
        break;
      case Processed::kUntouched:
        out_.resize(head);
        held_ = true;
        return;
      case Processed::kLater:
        alone_ = true;
        [[fallthrough]];
      case Processed::kSubmitted:
        slots_.push_back({out_.substr(head), mark - head, false});
        out_.resize(head);
        deadline_ = Clock::time_point::max();  // workers and waiters have limits of their own
        break;
    }
    finish_request();
  }

  void finish_later(u64 number, const std::string& text, const std::vector<std::function<void()>>& after) {
    Slot& slot = slots_[number - first_slot_];
    slot.text += text;
    close_response(slot.text, slot.mark);
    slot.done = true;
    for (const auto& act : after) act();
    while (!slots_.empty() && slots_.front().done) {
      out_ += slots_.front().text;
      slots_.pop_front();
      ++first_slot_;
    }
    if (slots_.empty()) {
      alone_ = false;
      held_ = false;
    }
    if (!writing_) work();
  }

  void flush() {
    if (writing_) return;
    const std::size_t ready = out_.size();
    if (ready == 0) {
      if (slots_.empty() && close_) return shut();
      if (!reading_ && may_begin()) read();
      return;
    }
    if (slot_) slot_->charge_bytes(Clock::now(), ready);
    sending_.swap(out_);
    out_.clear();
    writing_ = true;
    give_until(core_.config.request_timeout_ms);
    asio::async_write(socket_, asio::buffer(sending_.data(), ready),
                      [me = self()](boost::system::error_code error, std::size_t) {
                        me->writing_ = false;
                        if (error) return;
                        if (me->sending_.capacity() > kBufferKept) std::string().swap(me->sending_);
                        if (!me->slots_.empty()) me->deadline_ = Clock::time_point::max();
                        me->work();
                      });
  }

  void shut() {
    boost::system::error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
    // What the client still sends is read and dropped for a moment: closing over unread bytes would reset the
    // connection and might take the answer with it.
    give_until(kLingerMs);
    linger();
  }

  static constexpr u64 kLingerMs = 1'000;
  void linger() {
    in_.resize(kReadBytes);
    socket_.async_read_some(asio::buffer(in_), [me = self()](boost::system::error_code error, std::size_t) {
      if (!error) me->linger();
    });
  }

  ServerCore& core_;
  IoThread& io_;
  Socket socket_;
  ClientSlot slot_;
  std::string client_;
  u64 id_;
  std::string in_;
  std::size_t taken_ = 0;  // bytes of in_ that are parsed
  std::optional<HttpRequest> request_;
  std::string body_;
  std::string out_;      // answers not yet handed to the socket
  std::string sending_;  // what the socket is sending
  /// An answer that is being worked on, or that stands behind one.
  struct Slot {
    std::string text;      // its head; then all of it
    std::size_t mark = 0;  // where the length ends
    bool done = false;
  };
  std::deque<Slot> slots_;  // in the order of the requests
  u64 first_slot_ = 0;      // number of the front one
  bool alone_ = false;      // the outstanding request is no transaction: nothing may begin beside it
  bool held_ = false;       // request_ is complete, but must wait for the outstanding ones
  bool reading_ = false;    // the socket writes into in_
  bool writing_ = false;
  bool close_ = false;  // after what is in out_
  bool keep_alive_ = true;
  Clock::time_point deadline_ = Clock::time_point::max();
};

/// Serves HTTP on `socket` until it closes or becomes a WebSocket.
template <class Socket>
void serve_http(ServerCore& core, IoThread& io, Socket socket, ClientSlot slot) {
  make_connection<HttpConnection<Socket>>(io, core, std::move(socket), std::move(slot))->start();
}

}  // namespace atlas::rpc
