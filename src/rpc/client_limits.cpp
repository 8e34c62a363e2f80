#include <algorithm>

#include <rpc/client_limits.hpp>

namespace atlas::rpc {

std::string client_name(const boost::asio::ip::address& address) {
  if (address.is_v4()) return address.to_string();
  boost::asio::ip::address_v6 v6 = address.to_v6();
  if (v6.is_v4_mapped()) return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, v6).to_string();
  if (v6.is_loopback()) return v6.to_string();
  auto bytes = v6.to_bytes();
  std::fill(bytes.begin() + 8, bytes.end(), u8{0});
  return boost::asio::ip::address_v6(bytes).to_string() + "/64";
}

void Meter::charge(Time now, u64 amount) {
  if (per_s_ == 0 || amount == 0) return;
  constexpr double kNsPerS = 1e9;
  const auto cost = static_cast<i64>(static_cast<double>(amount) * kNsPerS / static_cast<double>(per_s_));
  const i64 now_ns = now.time_since_epoch().count();
  i64 paid = paid_ns_.load(std::memory_order_relaxed);
  while (!paid_ns_.compare_exchange_weak(paid, std::max(paid, now_ns) + cost, std::memory_order_relaxed)) {
  }
}

std::optional<std::string> ClientAccount::refusal(Time now) const {
  const auto requests = requests_.wait(now);
  const auto bytes = bytes_.wait(now);
  if (requests.count() == 0 && bytes.count() == 0) return std::nullopt;
  const bool which = requests >= bytes;
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(std::max(requests, bytes)).count() + 1;
  return name_ + " has used up its " +
         (which ? std::to_string(requests_.per_s()) + " requests a second (requests_per_client_s)"
                : std::to_string(bytes_.per_s()) + " bytes a second (bytes_per_client_s)") +
         "; try again in " + std::to_string(ms) + " ms";
}

void ClientSlot::give_back() {
  if (account_) account_->connections_.fetch_sub(1, std::memory_order_relaxed);
  account_.reset();
}

Result<ClientSlot, std::string> ClientLimits::open(const boost::asio::ip::address& address) {
  const std::string name = client_name(address);
  const auto& trusted = config_.trusted_clients;
  if (std::find(trusted.begin(), trusted.end(), name) != trusted.end()) return ClientSlot();
  if (config_.connections_per_client == 0 && config_.requests_per_client_s == 0 && config_.bytes_per_client_s == 0) {
    return ClientSlot();
  }
  const std::lock_guard lock(mutex_);
  auto& account = accounts_[name];
  if (!account) account = std::make_shared<ClientAccount>(name, config_);
  if (config_.connections_per_client != 0 && account->connections_.load() >= config_.connections_per_client) {
    return Err("too many connections from " + name + ": at most " + std::to_string(config_.connections_per_client) +
               " (connections_per_client)");
  }
  account->connections_.fetch_add(1, std::memory_order_relaxed);
  return ClientSlot(account);
}

void ClientLimits::sweep(Meter::Time now) {
  const std::lock_guard lock(mutex_);
  std::erase_if(accounts_, [&](const auto& entry) {
    const ClientAccount& account = *entry.second;
    return account.connections_.load() == 0 && account.requests_.is_settled(now) && account.bytes_.is_settled(now);
  });
}

std::size_t ClientLimits::size() const {
  const std::lock_guard lock(mutex_);
  return accounts_.size();
}

}  // namespace atlas::rpc
