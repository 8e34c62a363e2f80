#pragma once
// Parity's traces (trace_…): the frames of a transaction one after another, each with its place in their tree. Fields
// as Erigon, Reth and anvil write them; the words for errors are Parity's.
#include <rpc/trace_calls.hpp>
#include <types/fork.hpp>

namespace atlas::rpc {

/// The transaction that a trace belongs to.
struct FlatPlace {
  const Block& block;
  std::size_t index = 0;
};

/// `calls`: settled, and kept while this is used. Calls of precompiles without value are left out, as elsewhere.
class FlatTrace {
 public:
  FlatTrace(const std::vector<TracedCall>& calls, Fork fork);

  std::size_t size() const { return listed_.size(); }
  const TracedCall& call(std::size_t i) const { return calls_[listed_[i]]; }
  /// The i-th frame; without a place if it is no transaction of the chain.
  void write(std::size_t i, const FlatPlace* place, JsonWriter& out) const;
  /// Indices from the transaction's own frame down.
  std::vector<u32> address(std::size_t i) const;

 private:
  const std::vector<TracedCall>& calls_;
  std::vector<u32> listed_;
  std::vector<u32> position_;  ///< by call: among its listed siblings
  std::vector<u32> subtraces_;
};

/// trace_filter's argument.
struct FlatFilter {
  std::optional<BlockId> from_block;
  std::optional<BlockId> to_block;
  std::vector<Address> from;
  std::vector<Address> to;
  bool needs_both = false;  ///< mode "intersection": both lists, where both are given
  u64 after = 0;            ///< matches to leave out first
  std::optional<u64> count;
  bool matches(const TracedCall& call) const;
};
bool decode(const Json& json, FlatFilter& out, std::string& why);

/// What trace_replay… is to answer.
struct TraceTypes {
  bool trace = false;
  bool state_diff = false;
  bool vm_trace = false;
};
bool decode(const Json& json, TraceTypes& out, std::string& why);

/// trace_get's path.
struct TraceAddress {
  std::vector<u32> path;
};
bool decode(const Json& json, TraceAddress& out, std::string& why);

}  // namespace atlas::rpc
