#include <gtest/gtest.h>

#include <rpc/client_limits.hpp>

namespace atlas::rpc {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

boost::asio::ip::address ip(const char* text) {
  return boost::asio::ip::make_address(text);
}

TEST(ClientLimits, CountIpv6ByNetwork) {
  EXPECT_EQ(client_name(ip("192.0.2.7")), "192.0.2.7");
  EXPECT_EQ(client_name(ip("::ffff:192.0.2.7")), "192.0.2.7");
  EXPECT_EQ(client_name(ip("2001:db8:0:1:aaaa::1")), "2001:db8:0:1::/64");
  EXPECT_EQ(client_name(ip("2001:db8:0:1:bbbb::2")), client_name(ip("2001:db8:0:1::")));
  EXPECT_NE(client_name(ip("2001:db8:0:2::1")), client_name(ip("2001:db8:0:1::1")));
  EXPECT_EQ(client_name(ip("::1")), "::1");
}

TEST(ClientLimits, MetersAllowABurstAndThenTheRate) {
  Meter meter(100);
  Meter::Time now{seconds(1'000)};
  meter.charge(now, 200);  // two seconds' worth
  EXPECT_EQ(meter.wait(now).count(), 0);
  meter.charge(now, 50);
  EXPECT_EQ(meter.wait(now), milliseconds(500));
  EXPECT_EQ(meter.wait(now + milliseconds(500)).count(), 0);
  EXPECT_FALSE(meter.is_settled(now + milliseconds(2'499)));
  EXPECT_TRUE(meter.is_settled(now + milliseconds(2'500)));
  now += seconds(60);  // idle time is not saved up
  meter.charge(now, 300);
  EXPECT_EQ(meter.wait(now), seconds(1));
  Meter none(0);
  none.charge(now, ~u64{0});
  EXPECT_EQ(none.wait(now).count(), 0);
}

TEST(ClientLimits, BoundConnectionsOfAClientAndForgetIt) {
  RpcConfig config;
  config.connections_per_client = 2;
  ClientLimits limits(config);
  auto first = limits.open(ip("192.0.2.1"));
  auto second = limits.open(ip("192.0.2.1"));
  ASSERT_TRUE(first.ok() && second.ok());
  const auto third = limits.open(ip("192.0.2.1"));
  ASSERT_FALSE(third.ok());
  EXPECT_EQ(third.error(), "too many connections from 192.0.2.1: at most 2 (connections_per_client)");
  EXPECT_TRUE(limits.open(ip("192.0.2.2")).ok());
  {
    const ClientSlot gone = std::move(*first);
  }
  EXPECT_TRUE(limits.open(ip("192.0.2.1")).ok());

  // A client with a debt stays known, so that a new connection does not wipe it out.
  const auto now = std::chrono::steady_clock::now();
  (*second)->charge_requests(now, config.requests_per_client_s * 3);
  {
    const ClientSlot gone = std::move(*second);
  }
  limits.sweep(now);
  EXPECT_EQ(limits.size(), 1u);
  auto again = limits.open(ip("192.0.2.1"));
  const auto why = (*again)->refusal(now);
  ASSERT_TRUE(why);
  EXPECT_EQ(*why, "192.0.2.1 has used up its 5000 requests a second (requests_per_client_s); try again in 1001 ms");
  EXPECT_FALSE((*again)->refusal(now + seconds(2)));
  {
    const ClientSlot gone = std::move(*again);
  }
  limits.sweep(now + seconds(4));
  EXPECT_EQ(limits.size(), 0u);
}

TEST(ClientLimits, TrustedClientsHaveNone) {
  RpcConfig config;
  config.connections_per_client = 1;
  config.trusted_clients = {"127.0.0.1", "198.51.100.7"};
  ClientLimits limits(config);
  for (int i = 0; i < 3; ++i) {
    const auto slot = limits.open(ip("198.51.100.7"));
    ASSERT_TRUE(slot.ok());
    EXPECT_FALSE(*slot);
  }
  EXPECT_EQ(limits.size(), 0u);
}

}  // namespace
}  // namespace atlas::rpc
