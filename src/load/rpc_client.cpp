#include <optional>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <load/rpc_client.hpp>

namespace atlas::load {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;

constexpr std::uint64_t kMaxResponseBytes = std::uint64_t{1} << 30;

}  // namespace

Url Url::parse(std::string_view text) {
  constexpr std::string_view kScheme = "http://";
  if (!text.starts_with(kScheme)) {
    throw RpcFailure("URL '" + std::string(text) + "' must start with http:// (for example http://127.0.0.1:8545)");
  }
  std::string_view rest = text.substr(kScheme.size());
  const std::size_t slash = rest.find('/');
  Url url;
  url.path = slash == std::string_view::npos ? "/" : std::string(rest.substr(slash));
  rest = rest.substr(0, slash);
  const std::size_t colon = rest.rfind(':');
  url.host = std::string(rest.substr(0, colon));
  url.port = colon == std::string_view::npos ? "80" : std::string(rest.substr(colon + 1));
  if (url.host.empty() || url.port.empty() || url.port.find_first_not_of("0123456789") != std::string::npos) {
    throw RpcFailure("URL '" + std::string(text) + "' has no valid host and port");
  }
  return url;
}

struct RpcClient::Impl {
  Url url;
  asio::io_context context;
  tcp::socket socket{context};
  boost::beast::flat_buffer buffer;
  std::optional<http::response_parser<http::string_body>> parser;
  std::string header;
  unsigned next_id = 1;

  void connect() {
    boost::system::error_code error;
    tcp::resolver resolver(context);
    const auto endpoints = resolver.resolve(url.host, url.port, error);
    if (!error) asio::connect(socket, endpoints, error);
    if (error) {
      throw RpcFailure("cannot connect to http://" + url.host + ":" + url.port + ": " + error.message() +
                       "; is the node running?");
    }
    socket.set_option(tcp::no_delay(true));
    buffer.clear();
  }
  void close() {
    boost::system::error_code ignored;
    socket.close(ignored);
  }
};

RpcClient::RpcClient(const Url& url) : impl_(std::make_unique<Impl>()) {
  impl_->url = url;
  impl_->header = "POST " + url.path + " HTTP/1.1\r\nHost: " + url.host + ":" + url.port +
                  "\r\nContent-Type: application/json\r\nConnection: keep-alive\r\nContent-Length: ";
  impl_->connect();
}
RpcClient::~RpcClient() = default;
RpcClient::RpcClient(RpcClient&&) noexcept = default;

std::string RpcClient::request_for(std::string_view body) const {
  std::string out;
  out.reserve(impl_->header.size() + body.size() + 16);
  out += impl_->header;
  out += std::to_string(body.size());
  out += "\r\n\r\n";
  out += body;
  return out;
}

void RpcClient::send(std::string_view requests) {
  boost::system::error_code error;
  asio::write(impl_->socket, asio::buffer(requests.data(), requests.size()), error);
  if (error) {  // an idle connection may have been closed by the server: once more on a new one
    impl_->close();
    impl_->connect();
    asio::write(impl_->socket, asio::buffer(requests.data(), requests.size()), error);
    if (error) throw RpcFailure("sending to " + impl_->url.host + ":" + impl_->url.port + ": " + error.message());
  }
}

std::string_view RpcClient::receive() {
  impl_->parser.emplace();
  impl_->parser->body_limit(kMaxResponseBytes);
  boost::system::error_code error;
  http::read(impl_->socket, impl_->buffer, *impl_->parser, error);
  if (error) {
    impl_->close();
    throw RpcFailure("reading from " + impl_->url.host + ":" + impl_->url.port + ": " + error.message());
  }
  return impl_->parser->get().body();
}

nlohmann::json RpcClient::call(std::string_view method, nlohmann::json params) {
  const nlohmann::json request = {
      {"jsonrpc", "2.0"}, {"id", impl_->next_id++}, {"method", method}, {"params", std::move(params)}};
  nlohmann::json answer;
  exchange(request_for(request.dump()), 1, [&answer, this](std::string_view body) {
    answer = nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
    if (!answer.is_object()) {
      throw RpcFailure("http://" + impl_->url.host + ":" + impl_->url.port +
                       " does not speak JSON-RPC; it answered: " + std::string(body.substr(0, 200)));
    }
  });
  if (const auto error = answer.find("error"); error != answer.end() && error->is_object()) {
    throw RpcError(error->value("code", 0), std::string(method) + ": " + error->value("message", "unnamed error"));
  }
  return answer.value("result", nlohmann::json());
}

}  // namespace atlas::load
