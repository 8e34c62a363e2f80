#pragma once
// Watches a node over RPC and keeps what it was shown: what the node acknowledged and must show again.
#include <atomic>
#include <map>
#include <mutex>
#include <thread>

#include <load/rpc_client.hpp>

#include <base/bytes.hpp>

namespace atlas::crash {

/// A block as RPC showed it.
struct Seen {
  Hash256 hash;
  Hash256 receipts;  ///< Keccak of the receipts' JSON
  u64 transactions = 0;
};

/// Hash of a JSON value's canonical text.
Hash256 digest_of(const nlohmann::json& value);
std::string hex_number(u64 n);
u64 number_of(const nlohmann::json& hex);

class Witness {
 public:
  /// Follows the head from block `first` on, on a thread, until the node is gone or stop().
  void start(const load::Url& url, u64 first);
  void stop();
  u64 last() const { return last_; }
  /// After stop().
  const std::map<u64, Seen>& seen() const { return seen_; }
  /// Asks for block `number` now; nullopt if the node has none.
  static std::optional<Seen> look(load::RpcClient& rpc, u64 number);

 private:
  void follow(const load::Url& url);
  std::thread thread_;
  std::atomic<bool> stop_{false};
  std::atomic<u64> last_{0};
  u64 next_ = 1;
  std::map<u64, Seen> seen_;
};

}  // namespace atlas::crash
