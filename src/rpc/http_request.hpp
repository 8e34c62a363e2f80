#pragma once
// Beast's HTTP/1.1 parser, kept down to what the server looks at: no header is copied that nobody reads.
#include <string>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>

#include <rpc/config.hpp>

namespace atlas::rpc {

namespace http = boost::beast::http;

class HttpRequest final : public http::basic_parser<true> {
 public:
  /// `body` is cleared and filled; its capacity is reused from request to request.
  HttpRequest(const RpcConfig& config, std::string& body) : body_(body) {
    body_.clear();
    header_limit(static_cast<std::uint32_t>(config.header_bytes_max));
    body_limit(config.body_bytes_max);
    eager(true);
  }

  http::verb verb = http::verb::unknown;
  std::string target;
  std::string content_type;
  std::string origin;
  std::string host;
  bool expects_continue = false;
  bool wants_websocket = false;
  int version = 11;  ///< 10 or 11

  /// Takes what it can of `data`; the number of bytes taken. need_more is no error.
  std::size_t feed(std::string_view data, boost::system::error_code& error) {
    std::size_t used = 0;
    error = {};
    while (!is_done() && used < data.size()) {
      // Beast before 1.86 asserts this many bytes behind the header of the last chunk (boostorg/beast#2861). Nothing is
      // lost by waiting: no chunked body ends in fewer.
      if (is_header_done() && chunked() && data.size() - used < kLastChunkBytes) break;
      const std::size_t n = put(boost::asio::buffer(data.data() + used, data.size() - used), error);
      used += n;
      if (error == http::error::need_more) error = {};
      if (error || n == 0) break;
    }
    return used;
  }

 private:
  static constexpr std::size_t kLastChunkBytes = 5;  // "0", CRLF, CRLF
  using Error = boost::beast::error_code;
  using Text = boost::beast::string_view;

  void on_request_impl(http::verb method, Text, Text path, int minor_version, Error& error) override {
    verb = method;
    version = minor_version;
    target.assign(path.data(), path.size());
    error = {};
  }
  void on_response_impl(int, Text, int, Error& error) override { error = {}; }
  void on_field_impl(http::field name, Text, Text value, Error& error) override {
    error = {};
    const auto keep = [&](std::string& to) { to.assign(value.data(), value.size()); };
    switch (name) {
      case http::field::content_type:
        return keep(content_type);
      case http::field::origin:
        return keep(origin);
      case http::field::host:
        return keep(host);
      case http::field::expect:
        expects_continue = boost::beast::iequals(value, "100-continue");
        return;
      case http::field::upgrade:
        wants_websocket = boost::beast::iequals(value, "websocket");
        return;
      default:
        return;
    }
  }
  void on_header_impl(Error& error) override { error = {}; }
  void on_body_init_impl(boost::optional<std::uint64_t> const& length, Error& error) override {
    error = {};
    constexpr std::uint64_t kReserveMax = 1 << 20;  // a stated length is not yet a sent one
    if (length) body_.reserve(std::min(*length, kReserveMax));
  }
  std::size_t on_body_impl(Text data, Error& error) override {
    error = {};
    body_.append(data.data(), data.size());
    return data.size();
  }
  void on_chunk_header_impl(std::uint64_t, Text, Error& error) override { error = {}; }
  std::size_t on_chunk_body_impl(std::uint64_t, Text data, Error& error) override {
    error = {};
    body_.append(data.data(), data.size());
    return data.size();
  }
  void on_finish_impl(Error& error) override { error = {}; }

  std::string& body_;
};

}  // namespace atlas::rpc
