#include "witness.hpp"

#include <chrono>

#include <crypto/keccak.hpp>

namespace atlas::crash {

Hash256 digest_of(const nlohmann::json& value) {
  return crypto::keccak256(as_bytes(value.dump()));
}

std::string hex_number(u64 n) {
  char text[19];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(n));
  return text;
}

u64 number_of(const nlohmann::json& hex) {
  return std::stoull(hex.get<std::string>(), nullptr, 16);
}

std::optional<Seen> Witness::look(load::RpcClient& rpc, u64 number) {
  const auto block = rpc.call("eth_getBlockByNumber", {hex_number(number), false});
  if (!block.is_object()) return std::nullopt;
  const auto receipts = rpc.call("eth_getBlockReceipts", {hex_number(number)});
  if (!receipts.is_array()) return std::nullopt;
  const auto hash = fixed_from_hex<32>(block.at("hash").get<std::string>());
  if (!hash) throw load::RpcFailure("a block has no hash: " + block.dump());
  return Seen{*hash, digest_of(receipts), receipts.size()};
}

void Witness::start(const load::Url& url, u64 first) {
  stop_ = false;
  next_ = first;
  last_ = first - 1;
  seen_.clear();
  thread_ = std::thread([this, url] { follow(url); });
}

void Witness::stop() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
}

void Witness::follow(const load::Url& url) try {
  load::RpcClient rpc(url);
  while (!stop_) {
    const auto seen = look(rpc, next_);
    if (!seen) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      continue;
    }
    seen_[next_] = *seen;
    last_ = next_++;
  }
} catch (const load::RpcFailure&) {
  // The node was killed; an answer cut short counts for nothing.
}

}  // namespace atlas::crash
