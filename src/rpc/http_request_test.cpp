// The HTTP parser between arbitrary pieces of a request.
#include <gtest/gtest.h>

#include <rpc/http_request.hpp>

namespace atlas::rpc {
namespace {

/// Feeds `text` as a connection does: what is not taken is offered again with `piece` bytes more.
std::string body_of(std::string_view text, std::size_t piece, boost::system::error_code& error) {
  RpcConfig config;
  std::string body;
  HttpRequest request(config, body);
  std::size_t taken = 0;
  for (std::size_t arrived = 0; arrived < text.size() && !request.is_done() && !error;) {
    arrived = std::min(text.size(), arrived + piece);
    taken += request.feed(text.substr(taken, arrived - taken), error);
  }
  EXPECT_TRUE(error || request.is_done()) << "pieces of " << piece;
  EXPECT_TRUE(error || taken == text.size());
  return body;
}

TEST(HttpRequest, ChunkedBodiesArriveInAnyPieces) {
  constexpr std::string_view kHead = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const auto& [chunks, body] : {std::pair<std::string, std::string>{"0\r\n\r\n", ""},
                                     {"1\r\nx\r\n0\r\n\r\n", "x"},
                                     {"3;a=b\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: x\r\n\r\n", "abcde"}}) {
    for (std::size_t piece = 1; piece <= kHead.size() + chunks.size(); ++piece) {
      boost::system::error_code error;
      EXPECT_EQ(body_of(std::string(kHead) + chunks, piece, error), body);
      EXPECT_FALSE(error) << error.message() << ", pieces of " << piece;
    }
  }
}

TEST(HttpRequest, BrokenChunksAreErrors) {
  for (const char* chunks : {"x\r\n\r\n", "1\r\nab\r\n0\r\n\r\n", "fffffffff\r\nabcdef"}) {
    for (const std::size_t piece : {1u, 2u, 100u}) {
      boost::system::error_code error;
      body_of(std::string("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n") + chunks, piece, error);
      EXPECT_TRUE(error) << chunks;
    }
  }
}

}  // namespace
}  // namespace atlas::rpc
