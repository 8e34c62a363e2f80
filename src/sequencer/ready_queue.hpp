#pragma once
// The executable heads of all senders, ordered by what they pay the sequencer at the current base fee.
#include <boost/intrusive/set.hpp>

#include <sequencer/pool_types.hpp>

namespace atlas::sequencer {

struct PoolSender;

/// One transaction of the pool. Fees are saturated to u64 for ordering only (18 ETH a gas); execution uses the exact
/// ones.
struct PoolEntry {
  enum class Place : u8 { kWaiting, kTipLimited, kCapLimited, kParked, kInFlight };

  TxPtr tx;
  PoolSender* sender = nullptr;
  u256 cost;  ///< gas limit × max fee + value
  u64 nonce = 0;
  u64 fee_cap = 0;  ///< wei a gas
  u64 tip = 0;      ///< wei a gas, at most fee_cap
  u64 arrival = 0;  ///< serial number
  u64 turn = 0;     ///< its place among equally paying heads: its arrival, or when the one before it was taken
  u64 bytes = 0;    ///< charged against PoolLimits::max_bytes
  Place place = Place::kWaiting;
  std::vector<Address> authorities;  ///< of its EIP-7702 authorizations

  using Hook = boost::intrusive::set_member_hook<boost::intrusive::optimize_size<true>>;
  Hook order_hook;
  Hook bound_hook;

  /// The highest base fee at which the whole tip is paid.
  u64 tip_bound() const { return fee_cap - tip; }
  u64 effective_tip(u64 base_fee) const { return std::min(tip, fee_cap - base_fee); }
};

/// Highest effective tip first; senders that pay the same take turns, so that a long queue of one delays the others by
/// one transaction and not by all of its own. An effective tip is min(tip, cap − base fee): as the base fee moves,
/// the order changes only between entries limited by their tip and entries limited by their cap. Each kind has its own
/// tree, in which order never changes, and an entry moves between them when the base fee crosses its bound. So insert,
/// erase and best are O(log n), and a new base fee costs O(log n) for each entry that it makes cross.
class ReadyQueue {
 public:
  void insert(PoolEntry& entry);
  void erase(PoolEntry& entry);
  /// The best entry that can pay the base fee; null if none can. It stays in the queue.
  PoolEntry* best();
  void set_base_fee(u64 base_fee);
  u64 base_fee() const { return base_fee_; }

 private:
  struct TipOrder {
    bool operator()(const PoolEntry& a, const PoolEntry& b) const {
      return a.tip != b.tip ? a.tip > b.tip : a.turn < b.turn;
    }
  };
  struct CapOrder {
    bool operator()(const PoolEntry& a, const PoolEntry& b) const {
      return a.fee_cap != b.fee_cap ? a.fee_cap > b.fee_cap : a.turn < b.turn;
    }
  };
  struct BoundOrder {
    bool operator()(const PoolEntry& a, const PoolEntry& b) const {
      return a.tip_bound() != b.tip_bound() ? a.tip_bound() < b.tip_bound() : a.arrival < b.arrival;
    }
  };
  template <PoolEntry::Hook PoolEntry::* kHook, class Order>
  using Tree = boost::intrusive::set<PoolEntry, boost::intrusive::member_hook<PoolEntry, PoolEntry::Hook, kHook>,
                                     boost::intrusive::compare<Order>, boost::intrusive::constant_time_size<false>>;

  u64 base_fee_ = 0;
  Tree<&PoolEntry::order_hook, TipOrder> tip_limited_;
  Tree<&PoolEntry::order_hook, CapOrder> cap_limited_;
  Tree<&PoolEntry::order_hook, CapOrder> parked_;  ///< cap below the base fee
  Tree<&PoolEntry::bound_hook, BoundOrder> tip_limited_by_bound_;
  Tree<&PoolEntry::bound_hook, BoundOrder> cap_limited_by_bound_;
};

}  // namespace atlas::sequencer
