#include <stdexcept>

#include <rpc/server_core.hpp>

namespace atlas::rpc {
namespace {

constexpr auto kSweepEvery = std::chrono::seconds(1);
constexpr auto kAcceptPause = std::chrono::milliseconds(100);  // when the process is out of file descriptors

void sweep(IoThread& io) {
  io.sweep.expires_after(kSweepEvery);
  io.sweep.async_wait([&io](boost::system::error_code error) {
    if (error) return;
    const auto now = Clock::now();
    for (Supervised* connection : io.connections) connection->check_time(now);
    sweep(io);
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
        refuse(std::move(socket));
      } else {
        // The socket sits in shared memory because handlers may be copied.
        asio::post(target.context, [this, &target, held = std::make_shared<tcp::socket>(std::move(socket))] {
          serve_http(core, target, std::move(*held));
        });
      }
      accept();
    });
  }

  /// A short word and out; never waits for the peer.
  void refuse(tcp::socket socket) {
    core.counters.refused_connections.fetch_add(1);
    static constexpr std::string_view kAnswer =
        "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: "
        "21\r\n\r\n"
        "too many connections\n";
    boost::system::error_code ignored;
    socket.non_blocking(true, ignored);
    socket.write_some(asio::buffer(kAnswer), ignored);
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
    sweep(*io);
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
