#include <stdexcept>

#include <rpc/http_connection.hpp>

namespace atlas::rpc {
namespace {

constexpr auto kSweepEvery = std::chrono::seconds(1);
constexpr auto kAcceptPause = std::chrono::milliseconds(100);  // when the process is out of file descriptors

void sweep(ServerCore& core, IoThread& io) {
  io.sweep.expires_after(kSweepEvery);
  io.sweep.async_wait([&core, &io](boost::system::error_code error) {
    if (error) return;
    const auto now = Clock::now();
    for (Supervised* connection : io.connections) connection->check_time(now);
    core.limits.sweep(now);
    sweep(core, io);
  });
}

}  // namespace

struct Server::Impl {
  Impl(Backend& backend, RpcConfig config, ServerHooks hooks) : core(backend, std::move(config), std::move(hooks)) {
    constexpr unsigned kCoresPerThread = 4;  // the others execute, write, and recover on other io threads
    const unsigned automatic = std::max(1u, std::thread::hardware_concurrency() / kCoresPerThread);
    const unsigned count = core.config.io_threads != 0 ? core.config.io_threads : automatic;
    for (unsigned i = 0; i < count; ++i) io.push_back(std::make_unique<IoThread>(core.config, core.dispatcher));
    acceptor.emplace(io.front()->context);
    pause.emplace(io.front()->context);
  }

  void bind() {
    const std::string where = core.config.host + ':' + std::to_string(core.config.port);
    boost::system::error_code error;
    const auto address =
        asio::ip::make_address(core.config.host == "localhost" ? "127.0.0.1" : core.config.host, error);
    if (error) {
      throw std::runtime_error("RPC host \"" + core.config.host +
                               "\" is not an IP address; write 127.0.0.1 or 0.0.0.0");
    }
    const tcp::endpoint endpoint(address, core.config.port);
    acceptor->open(endpoint.protocol(), error);
    if (!error) acceptor->set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor->bind(endpoint, error);
    if (!error) acceptor->listen(asio::socket_base::max_listen_connections, error);
    if (error) {
      throw std::runtime_error("cannot listen on " + where + ": " + error.message() +
                               "; stop what uses the port, or choose another");
    }
  }

  void accept() {
    IoThread& target = *io[next_io++ % io.size()];
    acceptor->async_accept(target.context, [this, &target](boost::system::error_code error, tcp::socket socket) {
      if (error == asio::error::operation_aborted) return;
      if (error) {
        pause->expires_after(kAcceptPause);
        return pause->async_wait([this](boost::system::error_code stopped) {
          if (!stopped) accept();
        });
      }
      if (core.counters.connections.load() >= core.config.connections_max) {
        refuse(std::move(socket), "503 Service Unavailable", "too many connections\n");
      } else {
        admit(target, std::move(socket));
      }
      accept();
    });
  }

  void admit(IoThread& target, tcp::socket socket) {
    boost::system::error_code gone;
    const auto endpoint = socket.remote_endpoint(gone);
    if (gone) return;
    auto slot = core.limits.open(endpoint.address());
    if (!slot.ok()) return refuse(std::move(socket), "429 Too Many Requests", slot.error() + '\n');
    // Both sit in shared memory because handlers may be copied.
    auto held = std::make_shared<std::pair<tcp::socket, ClientSlot>>(std::move(socket), std::move(*slot));
    asio::post(target.context,
               [this, &target, held] { serve_http(core, target, std::move(held->first), std::move(held->second)); });
  }

  /// A short word and out; never waits for the peer.
  void refuse(tcp::socket socket, std::string_view status, std::string_view why) {
    core.counters.refused_connections.fetch_add(1);
    const std::string answer =
        "HTTP/1.1 " + std::string(status) +
        "\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: " + std::to_string(why.size()) +
        "\r\n\r\n" + std::string(why);
    boost::system::error_code ignored;
    socket.non_blocking(true, ignored);
    socket.write_some(asio::buffer(answer), ignored);
    socket.shutdown(tcp::socket::shutdown_send, ignored);
  }

  void stop() {
    if (!running) return;
    running = false;
    for (auto& thread : io) thread->context.stop();
    for (auto& thread : io) thread->thread.join();
    boost::system::error_code ignored;
    acceptor->close(ignored);
    core.workers.stop();
    core.hub.reset();
    // Now nobody posts any more; what is left in the loops goes with them, connections included.
    acceptor.reset();
    pause.reset();
    io.clear();
  }

  ServerCore core;
  std::vector<std::unique_ptr<IoThread>> io;
  std::optional<tcp::acceptor> acceptor;
  std::optional<asio::steady_timer> pause;
  std::size_t next_io = 0;
  bool running = false;
  u16 port = 0;
};

Server::Server(Backend& backend, RpcConfig config, ServerHooks hooks)
    : impl_(std::make_unique<Impl>(backend, std::move(config), std::move(hooks))) {}

Server::~Server() {
  stop();
}

void Server::start() {
  Impl& impl = *impl_;
  ENSURE(!impl.running && !impl.io.empty(), "a server starts once");
  impl.bind();
  impl.port = impl.acceptor->local_endpoint().port();
  impl.running = true;
  impl.accept();
  for (auto& io : impl.io) {
    sweep(impl.core, *io);
    io->thread = std::thread([&context = io->context] { context.run(); });
  }
}

void Server::stop() {
  impl_->stop();
}
u16 Server::port() const {
  return impl_->port;
}
std::string Server::metrics() const {
  return impl_->core.metrics();
}

}  // namespace atlas::rpc
