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

struct Receipt {
  TxType type = TxType::kLegacy;
  bool success = false;
  u64 gas_used = 0;
  u64 cumulative_gas_used = 0;
  Bloom bloom;
  std::vector<Log> logs;
  // Not part of the encoding that receiptsRoot covers:
  u256 effective_gas_price;
  std::optional<Address> contract_address;
};

/// EIP-2718 receipt envelope: [type ‖] rlp([status, cumulativeGasUsed, bloom, logs]).
Bytes encode_receipt(const Receipt& receipt);

/// keccak256(rlp(logs)), by which state tests compare logs.
Hash256 hash_logs(const std::vector<Log>& logs);

}  // namespace atlas
