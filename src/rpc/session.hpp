#pragma once
#include <memory>
#include <string>
#include <string_view>

#include <base/types.hpp>

namespace atlas::rpc {

class ClientAccount;

/// The client behind a request, as methods need to know it. Thread-safe.
class Session : public std::enable_shared_from_this<Session> {
 public:
  virtual ~Session() = default;
  /// For limits per client: the IP address.
  virtual std::string_view client() const = 0;
  /// Whether eth_subscribe can work (WebSocket).
  virtual bool can_notify() const { return false; }
  /// Queues one message. A consumer whose queue is full is disconnected.
  virtual void notify(std::shared_ptr<const std::string> /*json*/) {}
  /// Where its requests are counted; null if they are not.
  virtual ClientAccount* account() { return nullptr; }
  /// Unique in the process, never reused.
  virtual u64 id() const { return 0; }
};

}  // namespace atlas::rpc
