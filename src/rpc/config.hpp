#pragma once
#include <string>
#include <vector>

#include <base/types.hpp>

namespace atlas::rpc {

/// Every bound of the RPC room, with defaults fit for a public node behind a proxy. Times in milliseconds.
struct RpcConfig {
  // Where.
  std::string host = "127.0.0.1";
  u16 port = 8545;  ///< 0: the system chooses; Server::port() tells
  /// Sockets, cheap methods, signature recovery of submitted transactions; 0: one for every four cores.
  unsigned io_threads = 0;
  unsigned workers = 2;  ///< calls, estimates, log queries

  // Who.
  std::vector<std::string> cors_origins = {"*"};           ///< for browsers, WebSocket included; "*": any
  std::vector<std::string> allowed_hosts = {"localhost"};  ///< Host headers besides IP addresses; "*": any
  std::size_t connections_max = 1'000;
  // … and how much of it one client may have (an IPv4 address, or an IPv6 network of 64 bits); 0: no limit of its own.
  std::size_t connections_per_client = 256;
  u64 requests_per_client_s = 5'000;               ///< each request of a batch counts; two seconds' worth at once
  u64 bytes_per_client_s = u64{64} * 1024 * 1024;  ///< in and out together
  std::vector<std::string> trusted_clients = {"127.0.0.1", "::1"};  ///< without these limits, as a proxy must be

  // Requests.
  std::size_t body_bytes_max = 5 * 1024 * 1024;
  std::size_t header_bytes_max = 16 * 1024;
  std::size_t json_depth_max = 64;
  std::size_t batch_items_max = 1'000;
  std::size_t response_bytes_max = 25'000'000;  ///< of one batch; what comes after is refused item by item
  std::size_t heavy_queue_max = 256;            ///< requests waiting for a worker
  std::size_t submit_queue_max = 4'096;         ///< transactions of one io thread waiting for signature recovery
  u64 idle_timeout_ms = 120'000;                ///< keep-alive without a request
  u64 request_timeout_ms = 30'000;              ///< from a request's first byte to its last, and for a blocked write

  // Methods.
  u64 call_gas_max = 50'000'000;  ///< eth_call and eth_estimateGas
  u64 call_time_ms_max = 5'000;
  u64 log_blocks_max = 10'000;  ///< eth_getLogs: blocks without address or topic, ten times as many with
  u64 log_results_max = 10'000;
  std::size_t fee_history_blocks_max = 1'024;
  u64 sync_timeout_ms = 2'000;  ///< eth_sendRawTransactionSync without a timeout of its own
  u64 sync_timeout_ms_max = 20'000;
  std::size_t sync_waiters_max = 10'000;
  std::size_t pool_content_max = 10'000;  ///< transactions in an answer of txpool_content

  // Filters and subscriptions.
  std::size_t filters_per_client = 500;  ///< a client is an IP address
  std::size_t filters_max = 20'000;
  u64 filter_expiry_ms = 300'000;  ///< without eth_getFilterChanges
  std::size_t subscriptions_per_connection = 128;
  std::size_t ws_queue_bytes_max = 8 * 1024 * 1024;  ///< unsent notifications; a slower consumer is disconnected
  std::size_t ws_in_flight_max = 64;                 ///< requests of one WebSocket being worked on
};

}  // namespace atlas::rpc
