#include <algorithm>

#include <storage/records.hpp>

namespace atlas::storage {
namespace {

template <class T>
bool contains(const std::vector<T>& values, const T& value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

bool within(const Bloom& inner, const Bloom& outer) {
  for (std::size_t i = 0; i < Bloom::kSize; ++i) {
    if ((inner[i] & ~outer[i]) != 0) return false;
  }
  return true;
}

template <class T>
std::vector<Bloom> blooms_of(const std::vector<T>& values) {
  std::vector<Bloom> out(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) add_to_bloom(out[i], values[i].view());
  return out;
}

}  // namespace

bool LogQuery::matches(const Log& log) const {
  if (!addresses.empty() && !contains(addresses, log.address)) return false;
  for (std::size_t i = 0; i < topics.size(); ++i) {
    if (topics[i].empty()) continue;
    if (i >= log.topics.size() || !contains(topics[i], log.topics[i])) return false;
  }
  return true;
}

bool visit_logs(const Block& block, const LogQuery& query, const LogVisitor& visit) {
  u32 log_index = 0;
  for (u32 i = 0; i < block.receipts.size(); ++i) {
    for (const Log& log : block.receipts[i].logs) {
      const u32 here = log_index++;
      if (!query.matches(log)) continue;
      if (!visit(
              {&log, &block.hash, &block.transactions[i].hash, block.header.number, block.header.timestamp, i, here})) {
        return false;
      }
    }
  }
  return true;
}

bool takes_part(const Address& address, const SignedTransaction& transaction, const Receipt& receipt) {
  return transaction.sender == address || transaction.tx.to == address || receipt.contract_address == address ||
         std::binary_search(receipt.inner.touched.begin(), receipt.inner.touched.end(), address);
}

std::optional<ContractCreation> creation_in(u64 block, const SignedTransaction& transaction, const Receipt& receipt,
                                            const Address& contract) {
  if (!receipt.success) return std::nullopt;
  if (receipt.contract_address == contract) return ContractCreation{block, transaction.hash, transaction.sender};
  for (const auto& creation : receipt.inner.created) {
    if (creation.created == contract) return ContractCreation{block, transaction.hash, creation.creator};
  }
  return std::nullopt;
}

BloomFilter::BloomFilter(const LogQuery& query) {
  if (!query.addresses.empty()) conditions_.push_back(blooms_of(query.addresses));
  for (const auto& row : query.topics) {
    if (!row.empty()) conditions_.push_back(blooms_of(row));
  }
}

bool BloomFilter::may_match(const Bloom& bloom) const {
  if (bloom.is_zero()) return false;
  return std::all_of(conditions_.begin(), conditions_.end(), [&](const std::vector<Bloom>& alternatives) {
    return std::any_of(alternatives.begin(), alternatives.end(),
                       [&](const Bloom& item) { return within(item, bloom); });
  });
}

}  // namespace atlas::storage
