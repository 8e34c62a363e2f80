#include <algorithm>
#include <set>

#include <batch/open_batch.hpp>

#include <base/ensure.hpp>
#include <types/leaf_change.hpp>

namespace atlas::batch {
namespace {

using tree::Digest;
using tree::Domain;

/// Pubdata without its leaves, logs, messages and bytecode: header, index width, five counts (docs/pubdata.md).
constexpr u64 kEmptyPubdataBytes = (1 + 8 + 8 + 8 + 32 + 8) + 1 + 5 * 4;
constexpr u64 kKeyBytes = 32;
constexpr u64 kLengthBytes = 4;

u64 index_width(u64 index) {
  return std::max(1u, u256(index).byte_length());
}

LeafKind kind_of(Domain domain) {
  return domain == Domain::kAccount ? LeafKind::kAccount : LeafKind::kWord;
}

}  // namespace

/// The state that the next block stands on, by leaves.
class OpenBatch::Values final : public tree::LeafValues {
 public:
  explicit Values(OpenBatch& batch) : batch_(batch) {}
  Digest value(const Digest& key) const override { return batch_.entry(key).now; }

 private:
  OpenBatch& batch_;
};

OpenBatch::OpenBatch(tree::StateTree& tree) : tree_(tree), hasher_{{storage::HashSeed::random()}}, leaves_(hasher_) {}

void OpenBatch::prefetch(const StateDiff& diff) const {
  std::vector<Digest> keys;
  keys.reserve(diff.accounts.size());
  for (const auto& change : diff.accounts) {
    keys.push_back(tree::address_key(Domain::kAccount, change.address));
    if (change.account && change.account->has_code()) {
      keys.push_back(tree::address_key(Domain::kCodeHash, change.address));
    }
    for (const auto& [slot, value] : change.storage) keys.push_back(tree::storage_key(change.address, slot));
  }
  tree_.prefetch(std::move(keys));
}

OpenBatch::Entry& OpenBatch::entry(const Digest& key) {
  const u64 hash = hasher_(key);
  if (auto* found = leaves_.find(hash, key)) return found->value;
  Entry fresh;
  if (const auto leaf = tree_.leaf(key)) {
    fresh.before = fresh.now = leaf->value;
    fresh.index = leaf->index;
  }
  leaves_.insert_or_assign(hash, key, fresh);
  return leaves_.find(hash, key)->value;
}

u8 OpenBatch::change_bytes(const Entry& entry, const Digest& now, Domain domain) {
  if (now == entry.before) return 0;
  // A new leaf has no value to differ from: it is set (docs/pubdata.md, "Changes").
  const LeafChange change = entry.index == 0
                                ? LeafChange{.form = LeafChange::Form::kSet, .amount = u256::from_be(now.bytes())}
                                : leaf_change(kind_of(domain), entry.before.bytes(), now.bytes());
  return static_cast<u8>(encoded_size(change));
}

u64 OpenBatch::total_bytes(u64 fixed, u64 known, u64 width_index) const {
  return kEmptyPubdataBytes + fixed + known * index_width(width_index);
}

bool OpenBatch::add(const BlockChanges& in, const BatchLimits& limits) {
  const BlockHeader& header = in.block->header;
  const auto& transactions = in.block->transactions;
  if (!empty() && !transactions.empty() && transactions.front().tx.type == TxType::kUpgrade) return false;
  ENSURE(empty() || header.number == last_.header.number + 1, "a batch is a range of blocks");
  const auto block_writes = tree::leaf_writes(in.diff, Values(*this));

  // What the totals come to, before anything changes.
  u64 fixed = fixed_bytes_;
  u64 known = known_;
  u64 width_index = width_index_;
  for (const auto& write : block_writes) {
    const Entry& at = entry(write.key);
    const u64 bytes = change_bytes(at, write.value, write.domain);
    const u64 own = at.index == 0 ? kKeyBytes : 0;
    fixed += bytes == 0 ? 0 : bytes + own;
    fixed -= at.change_bytes == 0 ? 0 : at.change_bytes + own;
    if (at.index == 0) continue;
    known += bytes != 0;
    known -= at.change_bytes != 0;
    if (bytes != 0) width_index = std::max(width_index, at.index);
  }
  for (const auto& [hash, code] : in.diff.code) {
    if (!codes_.contains(hash)) fixed += kLengthBytes + code.size();
  }
  u64 logs = tally_.logs().size();
  u64 native = native_;
  for (std::size_t i = 0; i < in.block->receipts.size(); ++i) {
    const auto sent = l1_messages_size(transactions[i].tx.type, in.block->receipts[i].logs);
    logs += sent.logs;
    native += in.block->receipts[i].native;
    fixed += sent.pubdata_bytes;
  }
  const bool fits = total_bytes(fixed, known, width_index) <= limits.pubdata_bytes && logs <= kBatchLogsMax &&
                    native <= limits.native;
  if (!empty() && !fits) return false;

  for (const auto& write : block_writes) {
    Entry& at = entry(write.key);
    at.change_bytes = change_bytes(at, write.value, write.domain);
    at.now = write.value;
    at.domain = write.domain;
  }
  for (const auto& [hash, code] : in.diff.code) codes_.emplace(hash, code);
  fixed_bytes_ = fixed;
  known_ = known;
  native_ = native;
  width_index_ = width_index;
  blocks_.push_back({header.number, header.timestamp, in.block->hash});
  last_ = {header, in.block->hash, static_cast<u32>(transactions.size())};
  for (std::size_t i = 0; i < in.block->receipts.size(); ++i) {
    tally_.add(transactions[i], in.block->receipts[i]);
  }
  return true;
}

std::vector<std::pair<Digest, OpenBatch::Entry>> OpenBatch::changed() const {
  std::vector<std::pair<Digest, Entry>> out;
  leaves_.for_each([&](const Table::Entry& e) {
    if (e.value.now != e.value.before) out.emplace_back(e.key, e.value);
  });
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  return out;
}

std::vector<tree::LeafWrite> OpenBatch::writes() const {
  std::vector<tree::LeafWrite> out;
  for (const auto& [key, entry] : changed()) out.push_back({key, entry.now, entry.domain});
  return out;
}

Pubdata OpenBatch::pubdata(u64 number) const {
  Pubdata out;
  out.header = {number, first_block(), last_.header.number, last_.hash, last_.header.timestamp};
  std::set<Hash256> given;  // to accounts that had other code before, or none
  for (const auto& [key, entry] : changed()) {
    if (entry.domain == Domain::kCodeHash && !entry.now.is_zero()) given.insert(entry.now.bytes());
    tree::publish({.key = key, .before = entry.before, .after = entry.now, .index = entry.index}, entry.domain, out);
  }
  stf::BatchTally(tally_).move_into(out);
  for (const Hash256& hash : given) out.bytecodes.push_back(codes_.at(hash));
  return out;
}

void OpenBatch::clear() {
  leaves_ = Table(hasher_);
  blocks_.clear();
  codes_.clear();
  fixed_bytes_ = known_ = native_ = width_index_ = 0;
  tally_ = {};
}

}  // namespace atlas::batch
