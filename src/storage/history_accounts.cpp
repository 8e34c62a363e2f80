// Transactions by address, over the history's postings.
#include <storage/codec.hpp>
#include <storage/history_database.hpp>

namespace atlas::storage {
namespace {

/// Transactions of one group with what they need from their block, for visitors.
class GroupReader {
 public:
  explicit GroupReader(const History& history) : history_(history) {}

  /// Decodes the group; false if it is being rewound.
  bool read(u64 block, u32 group, ByteView value) {
    if (!header_ || header_->header.number != block) header_ = history_.header(block);
    if (!header_) return false;
    items_.clear();
    const BodyGroup body = read_group(value);
    u32 log_index = body.first_log_index;
    ByteReader in(body.entries);
    for (u32 index = group * kGroupSize; in.ok() && in.remaining() != 0; ++index) {
      auto transaction = std::make_shared<SignedTransaction>(get_transaction(in));
      auto receipt = std::make_shared<Receipt>(get_receipt(in));
      const u32 here = log_index;
      log_index += static_cast<u32>(receipt->logs.size());
      items_.push_back({header_->hash, block, header_->header.timestamp, header_->header.base_fee_per_gas, index, here,
                        std::move(transaction), std::move(receipt)});
    }
    failure_ = in.failure();
    return true;
  }
  const std::vector<MinedTransaction>& items() const { return items_; }
  const char* failure() const { return failure_; }

 private:
  const History& history_;
  std::optional<SealedHeader> header_;
  std::vector<MinedTransaction> items_;
  const char* failure_ = nullptr;
};

}  // namespace

struct History::AccountSearch {
  /// Hands every group with a posting under `prefix` to `use`, which returns false to stop.
  template <class Use>
  static void for_each_posting(const Database& db, const PostingPrefix& prefix, u64 from, u64 to, bool newest_first,
                               Use&& use) {
    const PostingKey lower = posting_key(prefix, from, 0);
    const PostingKey upper = posting_key(prefix, to + 1, 0);  // `to` is a block number, far below 2^64
    const rocksdb::Slice lower_slice = slice(lower);
    const rocksdb::Slice upper_slice = slice(upper);
    rocksdb::ReadOptions options;
    options.iterate_lower_bound = &lower_slice;
    options.iterate_upper_bound = &upper_slice;
    const auto at = db.iterator(Database::kLogs, options);
    newest_first ? at->SeekToLast() : at->SeekToFirst();
    for (; at->Valid(); newest_first ? at->Prev() : at->Next()) {
      if (at->key().size() != PostingKey::kSize) throw db.corrupt("a posting is malformed");
      const u8* position = bytes_of(at->key()).data() + PostingPrefix::kSize;
      if (!use(get_big_endian<8>(position), static_cast<u32>(get_big_endian<2>(position + 8)))) return;
    }
    db.check(at->status(), "read");
  }
};

LogQueryOutcome History::for_each_transaction(const AddressQuery& query, u64 last_block,
                                              const TransactionVisitor& visit) const {
  const u64 to = std::min(query.to_block, last_block);
  LogQueryOutcome outcome;
  if (query.from_block > to) return outcome;
  GroupReader reader(*this);
  u64 work = 0;
  const auto use = [&](u64 block, u32 group) {
    outcome.next_block = block;
    if (++work > query.work_max) {
      outcome.end = LogQueryEnd::kWorkLimit;
      return false;
    }
    rocksdb::PinnableSlice value;
    if (!db_->get(Database::kBodies, group_key(block, group), value)) return true;  // being rewound
    if (!reader.read(block, group, bytes_of(value))) return true;
    if (reader.failure() != nullptr) {
      throw db_->corrupt("body of block " + std::to_string(block) + " " + reader.failure());
    }
    const auto& items = reader.items();
    for (std::size_t i = 0; i < items.size(); ++i) {
      const MinedTransaction& item = query.newest_first ? items[items.size() - 1 - i] : items[i];
      if (!takes_part(query.address, *item.transaction, *item.receipt)) continue;  // a neighbour's posting
      if (visit(item)) continue;
      outcome.end = LogQueryEnd::kStopped;
      return false;
    }
    return true;
  };
  AccountSearch::for_each_posting(*db_, posting_prefix(kTakesPart, query.address), query.from_block, to,
                                  query.newest_first, use);
  return outcome;
}

std::optional<ContractCreation> History::creation(const Address& contract) const {
  std::optional<ContractCreation> found;
  GroupReader reader(*this);
  AccountSearch::for_each_posting(*db_, posting_prefix(kCreated, contract), 0, last(), true, [&](u64 block, u32 group) {
    rocksdb::PinnableSlice value;
    if (!db_->get(Database::kBodies, group_key(block, group), value)) return true;
    if (!reader.read(block, group, bytes_of(value))) return true;
    for (auto item = reader.items().rbegin(); !found && item != reader.items().rend(); ++item) {
      found = creation_in(block, *item->transaction, *item->receipt, contract);
    }
    return !found;
  });
  return found;
}

u64 History::first_indexed() const {
  return std::max<u64>(db_->first_indexed, db_->first);
}

}  // namespace atlas::storage
