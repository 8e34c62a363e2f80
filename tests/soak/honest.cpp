#include "honest.hpp"

#include <algorithm>
#include <optional>
#include <thread>

namespace atlas::soak {
namespace {

using Json = nlohmann::json;
constexpr auto kPoll = std::chrono::milliseconds(20);
constexpr auto kGiveUp = std::chrono::seconds(30);

/// A call that survives refusals of the connection; the words of what failed go to `result`.
template <class F>
bool attempt(std::optional<load::RpcClient>& rpc, const load::Url& url, HonestResult& result, F&& call) {
  try {
    if (!rpc) rpc.emplace(url);
    call(*rpc);
    return true;
  } catch (const load::RpcError& error) {
    const std::string words = error.what();
    if (words.find("already known") != std::string::npos) return true;  // taken, the answer was lost
    ++result.reasons[reason_of(words.substr(words.find(": ") + 2))];
  } catch (const load::RpcFailure& failure) {
    ++result.reasons[reason_of(failure.what())];
    rpc.reset();
  }
  ++result.refused_tries;
  std::this_thread::sleep_for(kPoll);
  return false;
}

void run_client(const load::Url& url, const load::Workload& workload, unsigned client, unsigned clients, double rate,
                const std::atomic<bool>& stop, HonestResult& result) {
  std::optional<load::RpcClient> rpc;
  const auto start = Clock::now();
  u64 turn = 0;
  for (const load::PreparedTx& tx : workload.transactions) {
    if (tx.sender != client) continue;
    const double at = (static_cast<double>(turn++) * clients + client) / rate;
    const auto due = start + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(at));
    while (Clock::now() < due && !stop)
      std::this_thread::sleep_for(std::min<Clock::duration>(due - Clock::now(), kPoll));
    if (stop) return;
    ++result.sent;
    const auto until = due + kGiveUp;
    bool taken = false;
    while (!taken && Clock::now() < until) {
      taken = attempt(rpc, url, result, [&](load::RpcClient& node) { node.call("eth_sendRawTransaction", {tx.raw}); });
    }
    const std::string hash = to_hex(tx.hash);
    Json receipt;
    while (taken && receipt.is_null() && Clock::now() < until) {
      attempt(rpc, url, result,
              [&](load::RpcClient& node) { receipt = node.call("eth_getTransactionReceipt", {hash}); });
      if (receipt.is_null()) std::this_thread::sleep_for(kPoll);
    }
    result.milliseconds.push_back(std::chrono::duration<double, std::milli>(Clock::now() - due).count());
    if (receipt.is_null()) continue;
    ++result.confirmed;
    result.receipts[hash] = receipt.dump();
  }
}

}  // namespace

HonestResult be_honest(const load::Url& url, const load::Workload& workload, unsigned clients, double rate,
                       const std::atomic<bool>& stop) {
  std::vector<HonestResult> parts(clients);
  std::vector<std::thread> threads;
  for (unsigned k = 0; k < clients; ++k) {
    threads.emplace_back([&, k] { run_client(url, workload, k, clients, rate, stop, parts[k]); });
  }
  for (std::thread& thread : threads) thread.join();
  HonestResult all;
  for (HonestResult& part : parts) {
    all.sent += part.sent;
    all.confirmed += part.confirmed;
    all.refused_tries += part.refused_tries;
    for (const auto& [reason, count] : part.reasons) all.reasons[reason] += count;
    all.milliseconds.insert(all.milliseconds.end(), part.milliseconds.begin(), part.milliseconds.end());
    all.receipts.merge(part.receipts);
  }
  std::sort(all.milliseconds.begin(), all.milliseconds.end());
  return all;
}

}  // namespace atlas::soak
