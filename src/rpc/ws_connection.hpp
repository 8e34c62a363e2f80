#pragma once
// One WebSocket: a message is a JSON-RPC request or batch; answers may overtake each other, notifications never do.
#include <algorithm>
#include <deque>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>

#include <rpc/server_core.hpp>

namespace atlas::rpc {

namespace websocket = boost::beast::websocket;

template <class Socket>
class WsConnection final : public Session, public Supervised {
  using Message = std::shared_ptr<const std::string>;

 public:
  WsConnection(IoThread& io, ServerCore& core, Socket socket, ClientSlot slot)
      : core_(core),
        io_(io),
        slot_(std::move(slot)),
        client_(client_address(socket)),
        id_(core.next_session++),
        stream_(std::move(socket)) {
    core_.counters.connections.fetch_add(1);
    core_.counters.websockets.fetch_add(1);
    io_.connections.insert(this);
  }
  ~WsConnection() override {
    io_.connections.erase(this);
    core_.counters.connections.fetch_sub(1);
    core_.counters.websockets.fetch_sub(1);
  }

  std::string_view client() const override { return client_; }
  u64 id() const override { return id_; }
  ClientAccount* account() override { return slot_.get(); }
  bool can_notify() const override { return true; }

  void notify(Message message) override {
    const std::size_t size = message->size();
    if (overflowed_.load()) return;
    if (unsent_.fetch_add(size) + size > core_.config.ws_queue_bytes_max) {
      if (!overflowed_.exchange(true)) {
        asio::post(io_.context, [me = self()] { me->close_slow(); });
      }
      return;
    }
    asio::post(io_.context, [me = self(), message = std::move(message)]() mutable { me->push(std::move(message)); });
  }

  void start(std::string_view request) {
    stream_.set_option(websocket::stream_base::timeout{std::chrono::milliseconds(core_.config.request_timeout_ms),
                                                       std::chrono::milliseconds(core_.config.idle_timeout_ms),
                                                       true /* ping an idle peer */});
    stream_.read_message_max(core_.config.body_bytes_max);
    stream_.text(true);
    stream_.async_accept(asio::buffer(request.data(), request.size()), [me = self()](boost::system::error_code error) {
      if (error) return me->end();
      me->read();
    });
  }

  void check_time(Clock::time_point now) override {
    if (now < deadline_) return;
    boost::system::error_code ignored;
    stream_.next_layer().close(ignored);
  }

 private:
  static constexpr std::size_t kUnsentAnswersMax = 1 << 20;  // reading pauses while this much waits to be sent
  static constexpr std::size_t kSharesOfSubmissions = 4;     // requests of other kinds are in flight, too
  static constexpr u64 kCloseMs = 5'000;                     // for the closing handshake with a peer that may not read

  std::shared_ptr<WsConnection> self() { return std::static_pointer_cast<WsConnection>(shared_from_this()); }

  void read() {
    const std::size_t in_flight_max =
        std::min(core_.config.ws_in_flight_max, kSharesOfSubmissions * io_.submissions.share());
    if (reading_ || closing_ || in_flight_ >= in_flight_max || unsent_.load() > kUnsentAnswersMax) return;
    reading_ = true;
    stream_.async_read(in_, [me = self()](boost::system::error_code error, std::size_t) {
      me->reading_ = false;
      if (error) return me->end();
      me->take_message();
    });
  }

  void take_message() {
    body_.assign(static_cast<const char*>(in_.data().data()), in_.size());
    in_.consume(in_.size());
    if (in_.capacity() > kUnsentAnswersMax) in_.shrink_to_fit();
    auto text = std::make_shared<std::string>();
    std::vector<std::function<void()>> after;
    ++in_flight_;
    if (slot_) {
      const auto now = Clock::now();
      slot_->charge_bytes(now, body_.size());
      if (const auto why = slot_->refusal(now)) {
        core_.counters.refused_rate.fetch_add(1, std::memory_order_relaxed);
        core_.dispatcher.refuse(io_.scratch, body_, *why, *text);
        answered(std::move(text), {});
        return read();
      }
    }
    const Processed how = process(core_, io_, shared_from_this(), body_, false, *text, after,
                                  [me = self()](std::string late, std::vector<std::function<void()>> then) {
                                    me->answered(std::make_shared<std::string>(std::move(late)), then);
                                  });
    if (how == Processed::kDone) answered(std::move(text), after);
    read();
  }

  void answered(Message text, const std::vector<std::function<void()>>& after) {
    --in_flight_;
    // Before the answer leaves: a block that the client causes once it has the answer must find the subscription
    // active. Notifications still come behind the answer, since they are queued by later handlers of this thread.
    for (const auto& act : after) act();
    if (ended_) core_.hub->drop(id_);  // it ended while the answer was being made
    if (!text->empty() && !overflowed_.load()) {
      unsent_.fetch_add(text->size());
      push(std::move(text));
    }
    read();
  }

  void push(Message message) {
    if (closing_) return;
    queue_.push_back(std::move(message));
    if (queue_.size() == 1) write();
  }

  void write() {
    if (slot_) slot_->charge_bytes(Clock::now(), queue_.front()->size());
    stream_.async_write(asio::buffer(*queue_.front()), [me = self()](boost::system::error_code error, std::size_t) {
      if (error) return me->end();
      me->unsent_.fetch_sub(me->queue_.front()->size());
      me->queue_.pop_front();
      if (me->closing_) return;
      if (!me->queue_.empty()) me->write();
      me->read();
    });
  }

  void close_slow() {
    if (closing_ || ended_) return;
    core_.counters.slow_consumers.fetch_add(1);
    closing_ = true;
    core_.hub->drop(id_);
    if (queue_.size() > 1) queue_.erase(queue_.begin() + 1, queue_.end());  // the first is being sent
    deadline_ = Clock::now() + std::chrono::milliseconds(kCloseMs);
    stream_.async_close(
        websocket::close_reason(websocket::close_code::policy_error, "slow consumer: too many unsent notifications"),
        [me = self()](boost::system::error_code) { me->end(); });
  }

  void end() {
    if (ended_) return;
    ended_ = true;
    closing_ = true;
    core_.hub->drop(id_);
    boost::system::error_code ignored;
    stream_.next_layer().close(ignored);
  }

  ServerCore& core_;
  IoThread& io_;
  ClientSlot slot_;
  std::string client_;
  u64 id_;
  websocket::stream<Socket> stream_;
  boost::beast::flat_buffer in_;
  std::string body_;
  std::deque<Message> queue_;
  std::atomic<std::size_t> unsent_{0};  // bytes queued, including those on their way from other threads
  std::atomic<bool> overflowed_{false};
  std::size_t in_flight_ = 0;
  bool reading_ = false;
  bool closing_ = false;
  bool ended_ = false;
  Clock::time_point deadline_ = Clock::time_point::max();
};

/// Goes on with `socket` as a WebSocket; `request` holds the bytes of the upgrade request and what came after.
template <class Socket>
void serve_websocket(ServerCore& core, IoThread& io, Socket socket, ClientSlot slot, std::string_view request) {
  make_connection<WsConnection<Socket>>(io, core, std::move(socket), std::move(slot))->start(request);
}

}  // namespace atlas::rpc
