#include <cerrno>
#include <system_error>

#include <arpa/inet.h>
#include <prover/metrics_server.hpp>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace atlas::prover {
namespace {

[[noreturn]] void fail(int descriptor, u16 port) {
  const int error = errno;
  if (descriptor >= 0) ::close(descriptor);
  throw std::system_error(error, std::generic_category(), "metrics: cannot listen on port " + std::to_string(port));
}

}  // namespace

MetricsServer::MetricsServer(u16 port, std::function<std::string()> metrics) : metrics_(std::move(metrics)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listener_ < 0) fail(listener_, port);
  const int on = 1;
  ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  socklen_t size = sizeof address;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 8) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    fail(listener_, port);
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { run(); });
}

MetricsServer::~MetricsServer() {
  ::shutdown(listener_, SHUT_RDWR);  // accept() returns with an error
  thread_.join();
  ::close(listener_);
}

void MetricsServer::run() {
  for (;;) {
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) {
      if (errno == EINVAL || errno == EBADF) return;
      if (errno != EINTR && errno != ECONNABORTED) ::usleep(100'000);  // no descriptors left, say
      continue;
    }
    answer(client);
    ::close(client);
  }
}

void MetricsServer::answer(int client) const {
  constexpr std::size_t kRequestMax = 8192;
  const timeval patience{.tv_sec = 2, .tv_usec = 0};
  ::setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  std::string request;
  char buffer[1024];
  while (request.find("\r\n\r\n") == std::string::npos) {
    const ssize_t got = ::recv(client, buffer, sizeof buffer, 0);
    if (got <= 0 || request.size() > kRequestMax) return;
    request.append(buffer, static_cast<std::size_t>(got));
  }
  const bool is_known = request.starts_with("GET /metrics ");
  const std::string body = is_known ? metrics_() : "GET /metrics\n";
  std::string out = is_known ? "HTTP/1.1 200 OK" : "HTTP/1.1 404 Not Found";
  out += "\r\nContent-Type: text/plain; version=0.0.4\r\nConnection: close\r\nContent-Length: ";
  out += std::to_string(body.size()) + "\r\n\r\n" + body;
  for (std::size_t sent = 0; sent < out.size();) {
    const ssize_t wrote = ::send(client, out.data() + sent, out.size() - sent, MSG_NOSIGNAL);
    if (wrote <= 0) return;
    sent += static_cast<std::size_t>(wrote);
  }
}

}  // namespace atlas::prover
