#pragma once
// The transactions of a run: who sends them, which the node has accepted, which are in blocks.
#include <atomic>
#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <random>
#include <thread>
#include <unordered_map>
#include <vector>

#include <load/rpc_client.hpp>

#include <types/transaction.hpp>

namespace atlas::crash {

using Clock = std::chrono::steady_clock;

inline constexpr u64 kChainId = 4'711;
inline constexpr u32 kSenders = 256;
/// Of these the last ones leave a gap of one nonce, so that their transactions wait in the pool until the next round.
inline constexpr u32 kWaiters = 16;

Hash256 key_of(u32 sender);
const Address& address_of(u32 sender);
/// The i-th of the accounts that only receive.
Address receiver(u64 i);
/// Calls a million receivers into being: call data = first index ‖ end index, one wei each.
extern const Address kSpreader;
Bytes spreader_code();
/// Writes slot data[0] := data[1] and logs its call data with the caller and data[0] as topics.
extern const Address kRecorder;
Bytes recorder_code();

struct Sent {
  SignedTransaction tx;
  std::string raw;  ///< "0x…"
  u32 sender = 0;
  /// When the node answered with its hash; the epoch if it has not.
  std::atomic<Clock::rep> accepted{0};
  bool mined = false;
  bool gapped = false;  ///< waits for the transaction before it
};

class Traffic {
 public:
  explicit Traffic(u64 seed) : random_(seed) {}

  enum class Load : u8 { kMixed, kBulky /* much call data: the log grows by tens of MiB */ };
  /// Makes transactions so that `count` wait to be sent. `receivers`: how many accounts there are to pay.
  void prepare(std::size_t count, Load load, u64 receivers);
  /// Makes the transactions that call receivers [0, count) into being.
  void prepare_receivers(u64 count);

  /// Sends everything that is not mined, in nonce order, from two threads, until all is sent or the node is gone.
  void start(const load::Url& url);
  /// Waits for the threads.
  void join();
  bool sending() const { return running_ > 0; }
  u64 accepted_now() const { return accepted_now_; }
  /// Refusals that nothing explains (not: already known, pool full, nonce too low after a crash).
  const std::vector<std::string>& refusals() const { return refusals_; }

  /// For the model: the transaction of a hash; null if this run never sent it.
  const SignedTransaction* find(const Hash256& hash) const;
  void mark_mined(const Hash256& hash);
  /// Nothing else is in the way of these: accepted before `limit`, not mined.
  std::vector<const Sent*> accepted_before(Clock::time_point limit) const;
  std::size_t unmined() const;
  /// Forgets mined transactions, so that a long run stays small.
  void forget_mined();
  /// Not mined, without a gap before them.
  std::size_t executable() const;

 private:
  void add(u32 sender, Transaction tx, bool gapped);
  void send_share(const load::Url& url, u32 share);

  std::mt19937_64 random_;
  std::vector<u64> next_nonce_ = std::vector<u64>(kSenders, 0);
  std::vector<bool> gap_open_ = std::vector<bool>(kSenders, false);
  std::deque<std::unique_ptr<Sent>> all_;  // in the order of making, so nonces of a sender ascend
  std::unordered_map<Hash256, Sent*> by_hash_;
  std::vector<std::thread> threads_;
  std::atomic<int> running_{0};
  std::atomic<u64> accepted_now_{0};
  std::mutex refusals_mutex_;
  std::vector<std::string> refusals_;
};

}  // namespace atlas::crash
