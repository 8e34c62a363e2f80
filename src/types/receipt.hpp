#pragma once
#include <optional>
#include <vector>

#include <types/transaction.hpp>

namespace atlas {

struct Log {
  Address address;
  std::vector<Hash256> topics;  ///< at most 4
  Bytes data;
  friend bool operator==(const Log&, const Log&) = default;
};

/// 2048-bit bloom filter of addresses and topics (Yellow Paper 4.3.1).
using Bloom = FixedBytes<256>;
void add_to_bloom(Bloom& bloom, ByteView item);
void add_to_bloom(Bloom& bloom, const Log& log);
void merge(Bloom& into, const Bloom& from);

/// What a transaction's inner frames touched: for address indexes on the host. No hash covers it and the guest leaves
/// it empty.
struct InnerFrames {
  struct Creation {
    Address created;
    Address creator;
    friend bool operator==(const Creation&, const Creation&) = default;
  };
  std::vector<Address> touched;   ///< whose code they ran or whom they paid; ascending, each once, bounded
  std::vector<Creation> created;  ///< by CREATE and CREATE2, and not undone; in order, bounded
  bool empty() const { return touched.empty() && created.empty(); }
  friend bool operator==(const InnerFrames&, const InnerFrames&) = default;
};

struct Receipt {
  TxType type = TxType::kLegacy;
  bool success = false;
  u64 gas_used = 0;
  u64 cumulative_gas_used = 0;
  Bloom bloom;
  std::vector<Log> logs;
  // Not part of the encoding that receiptsRoot covers:
  u256 effective_gas_price;
  u64 native = 0;  ///< cycles of proving; 0 where the block's native price is 0, since then nobody counts
  std::optional<Address> contract_address;
  InnerFrames inner;
};

/// EIP-2718 receipt envelope: [type ‖] rlp([status, cumulativeGasUsed, bloom, logs]).
Bytes encode_receipt(const Receipt& receipt);

/// keccak256(rlp(logs)), by which state tests compare logs.
Hash256 hash_logs(const std::vector<Log>& logs);

}  // namespace atlas
