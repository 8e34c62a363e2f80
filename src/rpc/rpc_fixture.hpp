#pragma once
// For the tests of this room: a chain in memory with a few contracts, a dispatcher over it, and JSON in and out.
#include <future>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <rpc/dispatcher.hpp>
#include <rpc/events.hpp>
#include <rpc/memory_chain.hpp>

namespace atlas::rpc {

using nlohmann::json;

inline Address contract_address(u64 i) {
  return u256(0xc0de00 + i).to_address();
}
inline Address reverter() {
  return contract_address(1);
}
inline Address store() {
  return contract_address(2);
}
inline Address looper() {
  return contract_address(3);
}
inline Address panicker() {
  return contract_address(4);
}
inline Address gas_checker() {
  return contract_address(5);
}
inline Address forwarder() {
  return contract_address(6);
}
inline Address refunder() {
  return contract_address(7);
}
inline Address bad_opcode() {
  return contract_address(8);
}
inline Address block_teller() {
  return contract_address(9);
}

inline Bytes hex_bytes(std::string_view hex) {
  return *from_hex(hex);
}

/// PUSH1 size, PUSH1 10, PUSH0, CODECOPY, PUSH1 size, PUSH0, REVERT, data.
inline Bytes reverting_with(const Bytes& data) {
  const std::string size = to_hex(ByteView(std::array{static_cast<u8>(data.size())})).substr(2);
  Bytes code = hex_bytes("60" + size + "600a5f3960" + size + "5ffd");
  append(code, data);
  return code;
}

inline Bytes word_bytes(u64 v) {
  const Hash256 w = u256(v).to_be();
  return {w.begin(), w.end()};
}

inline std::vector<stf::GenesisAccount> test_contracts() {
  Bytes error = hex_bytes("08c379a0");
  append(error, word_bytes(32));
  append(error, word_bytes(4));
  append(error, hex_bytes("6e6f706500000000000000000000000000000000000000000000000000000000"));  // "nope"
  Bytes panic = hex_bytes("4e487b71");
  append(panic, word_bytes(0x11));
  const std::string checker = to_hex(gas_checker()).substr(2);
  return {
      {reverter(), 1, {}, reverting_with(error), {}},
      // sstore(1, calldata word); log1(topic 0x42, no data); return sload(1)
      {store(), 1, {}, hex_bytes("5f3560015560425f5fa16001545f5260205ff3"), {}},
      {looper(), 1, {}, hex_bytes("5b5f56"), {}},
      {panicker(), 1, {}, reverting_with(panic), {}},
      // if gas() < 100000 revert
      {gas_checker(), 1, {}, hex_bytes("620186a05a10600a57005b5f5ffd"), {}},
      // call gas_checker with all gas; revert if it failed
      {forwarder(), 1, {}, hex_bytes("5f5f5f5f5f73" + checker + "5af1602557" + "5f5ffd" + "000000" + "5b00"), {}},
      // clears slot 5: refund
      {refunder(), 1, {}, hex_bytes("5f60055500"), {{u256(5), u256(1)}}},
      {bad_opcode(), 1, {}, hex_bytes("fe"), {}},
      // return NUMBER, TIMESTAMP, BASEFEE, BLOCKHASH(NUMBER − 1), SLOAD(7), SELFBALANCE
      {block_teller(),
       1,
       {},
       hex_bytes("435f5242602052486040526001430340606052600754608052"
                 "4760a05260c05ff3"),
       {}},
  };
}

class NullSession : public Session {
 public:
  std::string_view client() const override { return "127.0.0.1"; }
};

/// Keeps what is sent to it.
class CollectingSession final : public Session {
 public:
  std::string_view client() const override { return "127.0.0.1"; }
  bool can_notify() const override { return true; }
  u64 id() const override { return 7; }
  void notify(std::shared_ptr<const std::string> text) override {
    const std::lock_guard lock(mutex_);
    messages_.push_back(json::parse(*text));
    arrived_.notify_all();
  }
  std::vector<json> wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    arrived_.wait_for(lock, std::chrono::seconds(60), [&] { return messages_.size() >= count; });
    return messages_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<json> messages_;
};

class RpcTest : public testing::Test {
 protected:
  RpcConfig config;
  MemoryChain chain{true, test_contracts()};
  std::unique_ptr<EventHub> hub;
  std::unique_ptr<Dispatcher> dispatcher;
  std::unique_ptr<Scratch> scratch;
  std::shared_ptr<Session> session = std::make_shared<NullSession>();

  void SetUp() override { restart(); }
  /// With the present `config`.
  void restart() {
    dispatcher.reset();
    hub.reset();
    hub = std::make_unique<EventHub>(chain, config);
    dispatcher = std::make_unique<Dispatcher>(chain, *hub, config);
    scratch = std::make_unique<Scratch>(config);
  }

  /// The text of the answer to a text, waiting if it comes later.
  std::string raw(std::string_view body) {
    std::string out;
    auto outcome = dispatcher->handle(*scratch, *session, body, Where::kAnywhere, out);
    if (outcome.kind == Dispatcher::Outcome::Kind::kLater) {
      std::promise<std::string> promise;
      outcome.start([&](std::string text) { promise.set_value(std::move(text)); });
      out = promise.get_future().get();
    }
    for (const auto& act : outcome.after) act();
    return out;
  }
  /// `params` that are no array count as the only parameter: in a braced list one json cannot be told from a list of
  /// it.
  json answer(std::string_view method, json params = json::array()) {
    if (!params.is_array()) params = json::array({std::move(params)});
    return json::parse(
        raw(json{{"jsonrpc", "2.0"}, {"id", 1}, {"method", method}, {"params", std::move(params)}}.dump()));
  }
  json result(std::string_view method, json params = json::array()) {
    const json whole = answer(method, std::move(params));
    EXPECT_TRUE(whole.contains("result")) << method << ": " << whole;
    return whole.value("result", json());
  }
  json error(std::string_view method, json params = json::array()) {
    const json whole = answer(method, std::move(params));
    EXPECT_TRUE(whole.contains("error")) << method << ": " << whole;
    return whole.value("error", json{{"code", 0}, {"message", ""}});
  }

  static Bytes signed_bytes(std::size_t from, Transaction tx) { return MemoryChain::signed_bytes(from, std::move(tx)); }
  static Transaction transfer(u64 nonce, const Address& to, u64 value = 1) {
    return MemoryChain::transfer(nonce, to, value);
  }
  static Transaction invoke(u64 nonce, const Address& to, Bytes data, u64 gas = 200'000) {
    Transaction tx = transfer(nonce, to, 0);
    tx.gas_limit = gas;
    tx.data = std::move(data);
    return tx;
  }
  /// Sends and returns the hash.
  std::string send(std::size_t from, const Transaction& tx) {
    return result("eth_sendRawTransaction", {to_hex(signed_bytes(from, tx))});
  }
};

inline std::string text(const Address& address) {
  return to_hex(address);
}

}  // namespace atlas::rpc
