#include <algorithm>

#include <load/tracker.hpp>

namespace atlas::load {
namespace {

// Often enough to tell 250 ms blocks apart, rarely enough to cost the node nothing.
constexpr auto kPollInterval = std::chrono::milliseconds(10);

}  // namespace

Tracker::Tracker(const Url& url, const Workload& workload) : seen_(workload.transactions.size()) {
  index_.reserve(workload.transactions.size());
  for (std::size_t i = 0; i < workload.transactions.size(); ++i) {
    index_.emplace(workload.transactions[i].hash, static_cast<u32>(i));
  }
  RpcClient rpc(url);
  first_block_ = next_block_ =
      parse_u256(rpc.call("eth_blockNumber").get<std::string>()).value_or(u256()).low_u64() + 1;
  thread_ = std::thread([this, url] { follow(url); });
}

Tracker::~Tracker() {
  stop();
}

void Tracker::stop() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
}

void Tracker::follow(const Url& url) {
  try {
    RpcClient rpc(url);
    while (!stop_) {
      const nlohmann::json block = rpc.call("eth_getBlockByNumber", {to_quantity(u256(next_block_)), false});
      if (!block.is_object()) {
        std::this_thread::sleep_for(kPollInterval);
        continue;
      }
      const auto now = Clock::now();
      ++next_block_;
      ++blocks_;
      const u64 before = confirmed_;
      for (const auto& hash : block.value("transactions", nlohmann::json::array())) {
        const auto key = hash.is_string() ? fixed_from_hex<32>(hash.get_ref<const std::string&>()) : std::nullopt;
        if (!key) continue;
        const auto found = index_.find(*key);
        if (found == index_.end() || seen_[found->second] != Clock::time_point{}) continue;
        seen_[found->second] = now;
        last_ = now;
        ++confirmed_;
      }
      if (confirmed_ > before) note_fees(block);
    }
  } catch (const std::exception& e) {
    failure_ = e.what();
    failed_ = true;
  }
}

void Tracker::note_fees(const nlohmann::json& block) {
  const auto quantity = [&block](const char* name) {
    return parse_u256(block.value(name, std::string("0x0"))).value_or(u256());
  };
  base_fee_last_ = quantity("baseFeePerGas");
  if (fullest_ == 0) base_fee_first_ = base_fee_last_;
  const auto limit = static_cast<double>(quantity("gasLimit").low_u64());
  if (limit > 0) fullest_ = std::max(fullest_, static_cast<double>(quantity("gasUsed").low_u64()) / limit);
}

}  // namespace atlas::load
