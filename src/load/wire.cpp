#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <load/wire.hpp>
#include <netdb.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace atlas::load {
namespace {

constexpr std::size_t kReadBytes = 64 * 1024;

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return (x >= 'A' && x <= 'Z' ? x + 32 : x) == y; });
}

std::string_view trimmed(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t')) s.remove_suffix(1);
  return s;
}

std::size_t number(std::string_view text, int base) {
  std::size_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out, base);
  if (error != std::errc() || end == text.data()) throw RpcFailure("the node's HTTP response has a malformed length");
  return out;
}

}  // namespace

char* ReplyReader::prepare(std::size_t room) {
  if (begin_ == end_) begin_ = end_ = 0;
  if (begin_ > 0 && buffer_.size() - end_ < room) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (buffer_.size() - end_ < room) buffer_.resize(end_ + std::max(room, buffer_.size()));
  return buffer_.data() + end_;
}

std::optional<ReplyReader::Head> ReplyReader::head() const {
  const std::string_view data(buffer_.data() + begin_, end_ - begin_);
  const std::size_t end = data.find("\r\n\r\n");
  if (end == std::string_view::npos) return std::nullopt;
  constexpr std::string_view kGood = "HTTP/1.1 200";
  if (!data.starts_with(kGood)) {
    throw RpcFailure("the node answered \"" + std::string(data.substr(0, data.find('\r'))) + "\" instead of HTTP 200");
  }
  Head out{end + 4, 0, false};
  for (std::size_t at = data.find("\r\n") + 2; at < end;) {
    const std::size_t line_end = data.find("\r\n", at);
    const std::string_view line = data.substr(at, line_end - at);
    at = line_end + 2;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (equals_ignoring_case(name, "content-length")) out.length = number(value, 10);
    if (equals_ignoring_case(name, "transfer-encoding")) out.chunked = equals_ignoring_case(value, "chunked");
  }
  return out;
}

std::optional<std::string_view> ReplyReader::next() {
  const auto found = head();
  if (!found) return std::nullopt;
  if (found->chunked) return chunked_body(begin_ + found->size);
  if (end_ - begin_ < found->size + found->length) return std::nullopt;
  const std::string_view body(buffer_.data() + begin_ + found->size, found->length);
  begin_ += found->size + found->length;
  return body;
}

std::optional<std::string_view> ReplyReader::chunked_body(std::size_t from) {
  joined_.clear();
  const std::string_view data(buffer_.data(), end_);
  for (;;) {
    const std::size_t line_end = data.find("\r\n", from);
    if (line_end == std::string_view::npos) return std::nullopt;
    const std::size_t size = number(data.substr(from, line_end - from), 16);
    const std::size_t content = line_end + 2;
    if (end_ < content + size + 2) return std::nullopt;
    joined_.append(data, content, size);
    from = content + size + 2;
    if (size == 0) break;  // load generators meet no trailers
  }
  begin_ = from;
  return joined_;
}

Wire::Wire(const Url& url) : where_("http://" + url.host + ":" + url.port) {
  header_ = "POST " + url.path + " HTTP/1.1\r\nHost: " + url.host + ":" + url.port +
            "\r\nContent-Type: application/json\r\nContent-Length: ";
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  std::string why = "no address";
  if (const int code = ::getaddrinfo(url.host.c_str(), url.port.c_str(), &hints, &found); code != 0) {
    why = ::gai_strerror(code);
  }
  for (const addrinfo* each = found; each != nullptr && descriptor_ < 0; each = each->ai_next) {
    descriptor_ = ::socket(each->ai_family, each->ai_socktype | SOCK_CLOEXEC, each->ai_protocol);
    if (descriptor_ >= 0 && ::connect(descriptor_, each->ai_addr, each->ai_addrlen) == 0) break;
    why = std::strerror(errno);
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = -1;
  }
  if (found != nullptr) ::freeaddrinfo(found);
  if (descriptor_ < 0) throw RpcFailure("cannot connect to " + where_ + ": " + why + "; is the node running?");
  const int on = 1;
  ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::fcntl(descriptor_, F_SETFL, ::fcntl(descriptor_, F_GETFL) | O_NONBLOCK);
}

Wire::~Wire() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Wire::Wire(Wire&& other) noexcept
    : where_(std::move(other.where_)),
      header_(std::move(other.header_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      out_(std::move(other.out_)),
      sent_(other.sent_),
      replies_(std::move(other.replies_)) {}

void Wire::queue(std::string_view body) {
  out_ += header_;
  out_ += std::to_string(body.size());
  out_ += "\r\n\r\n";
  out_ += body;
}

bool Wire::flush() {
  while (sent_ < out_.size()) {
    const ssize_t n = ::send(descriptor_, out_.data() + sent_, out_.size() - sent_, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return false;
    if (n < 0) throw RpcFailure("sending to " + where_ + ": " + std::strerror(errno));
    sent_ += static_cast<std::size_t>(n);
  }
  out_.clear();
  sent_ = 0;
  return true;
}

void Wire::receive() {
  for (;;) {
    char* to = replies_.prepare(kReadBytes);
    const ssize_t n = ::recv(descriptor_, to, kReadBytes, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
    if (n <= 0) {
      throw RpcFailure("reading from " + where_ + ": " +
                       (n == 0 ? "the node closed the connection" : std::strerror(errno)));
    }
    replies_.commit(static_cast<std::size_t>(n));
    if (static_cast<std::size_t>(n) < kReadBytes) return;
  }
}

}  // namespace atlas::load
