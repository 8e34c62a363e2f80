#pragma once
// What one client may have of the server: connections, requests a second, bytes a second. A client is an IPv4 address
// or the first 64 bits of an IPv6 address, which is what one customer of a provider has.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include <boost/asio/ip/address.hpp>

#include <base/result.hpp>
#include <rpc/config.hpp>

namespace atlas::rpc {

/// The name under which an address is counted: "192.0.2.1", "2001:db8:0:1::/64".
std::string client_name(const boost::asio::ip::address& address);

/// A rate in the form of a debt: what is used makes debt, time pays it off, and who owes more than a burst waits. What
/// a request costs may so become known after it was let in. Thread-safe, without locks.
class Meter {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::nanoseconds kBurst = std::chrono::seconds(2);

  explicit Meter(u64 per_s) : per_s_(per_s) {}
  /// How long until the debt is within the burst again; zero: at once.
  std::chrono::nanoseconds wait(Time now) const {
    return std::max(
        std::chrono::nanoseconds(paid_ns_.load(std::memory_order_relaxed)) - now.time_since_epoch() - kBurst,
        std::chrono::nanoseconds(0));
  }
  void charge(Time now, u64 amount);
  bool is_settled(Time now) const { return paid_ns_.load(std::memory_order_relaxed) <= now.time_since_epoch().count(); }
  u64 per_s() const { return per_s_; }

 private:
  const u64 per_s_;              ///< 0: no limit
  std::atomic<i64> paid_ns_{0};  ///< when everything will be paid off, on the steady clock
};

/// One client's meters and connections. Shared by the connections, whatever their threads.
class ClientAccount {
 public:
  using Time = Meter::Time;

  ClientAccount(std::string name, const RpcConfig& config)
      : name_(std::move(name)), requests_(config.requests_per_client_s), bytes_(config.bytes_per_client_s) {}

  /// Why a request must wait: a sentence that names limit, client and time. nullopt: it need not.
  std::optional<std::string> refusal(Time now) const;
  void charge_requests(Time now, u64 count) { requests_.charge(now, count); }
  void charge_bytes(Time now, u64 count) { bytes_.charge(now, count); }

 private:
  friend class ClientLimits;
  friend class ClientSlot;
  std::string name_;
  Meter requests_;
  Meter bytes_;
  std::atomic<u64> connections_{0};
};

/// A connection's place in its client's account; empty for clients without limits.
class ClientSlot {
 public:
  ClientSlot() = default;
  explicit ClientSlot(std::shared_ptr<ClientAccount> account) : account_(std::move(account)) {}
  ~ClientSlot() { give_back(); }
  ClientSlot(ClientSlot&&) = default;
  ClientSlot& operator=(ClientSlot&& other) {
    give_back();
    account_ = std::move(other.account_);
    return *this;
  }
  ClientAccount* get() const { return account_.get(); }
  ClientAccount* operator->() const { return account_.get(); }
  explicit operator bool() const { return account_ != nullptr; }

 private:
  void give_back();
  std::shared_ptr<ClientAccount> account_;
};

/// All accounts. Thread-safe.
class ClientLimits {
 public:
  explicit ClientLimits(const RpcConfig& config) : config_(config) {}

  /// A place for one more connection, or the sentence that refuses it.
  Result<ClientSlot, std::string> open(const boost::asio::ip::address& address);
  /// Forgets clients that have no connection and no debt.
  void sweep(Meter::Time now);
  std::size_t size() const;

 private:
  const RpcConfig& config_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<ClientAccount>> accounts_;
};

}  // namespace atlas::rpc
