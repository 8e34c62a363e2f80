// eth_getLogs over the history: intersects posting lists block group by block group, or, where a query names nothing to
// look up, walks headers by their blooms.
#include <algorithm>

#include <storage/codec.hpp>
#include <storage/history_database.hpp>

namespace atlas::storage {
namespace {

/// A condition with more alternatives than this is left to the exact filter: an iterator each would cost more.
constexpr std::size_t kAlternativesMax = 256;
/// What reading and decoding a group costs, in index steps.
constexpr u64 kGroupWork = 16;

/// Block and group as one number, in the order of the chain.
using Position = FixedBytes<10>;

}  // namespace

class History::LogSearch {
 public:
  LogSearch(const Database& db, const LogQuery& query, u64 to, const LogVisitor& visit)
      : db_(db), query_(query), bloom_(query), to_(to), visit_(visit) {}

  LogQueryOutcome run() {
    if (query_.from_block > to_) return {};
    add_condition(0, query_.addresses);
    for (std::size_t i = 0; i < query_.topics.size() && i + 1 < kLogKinds; ++i) {
      add_condition(static_cast<u8>(i + 1), query_.topics[i]);
    }
    outcome_.end = conditions_.empty() ? walk_headers() : walk_postings();
    return outcome_;
  }

 private:
  /// The union of the posting lists of one condition's alternatives.
  struct Condition {
    struct List {
      PostingPrefix prefix;
      PostingKey upper;  ///< exclusive; the iterator's bound points here
      rocksdb::Slice upper_slice;
      std::unique_ptr<rocksdb::Iterator> at;
      std::optional<Position> position;  ///< where it stands; nullopt at its end
    };
    std::vector<std::unique_ptr<List>> lists;
  };

  template <std::size_t N>
  void add_condition(u8 kind, const std::vector<FixedBytes<N>>& values) {
    if (values.empty() || values.size() > kAlternativesMax) return;
    Condition condition;
    for (const auto& value : values) {
      auto list = std::make_unique<Condition::List>();
      list->prefix = posting_prefix(kind, value);
      list->upper = posting_key(list->prefix, to_ + 1, 0);
      list->upper_slice = slice(list->upper);
      rocksdb::ReadOptions options;
      options.iterate_upper_bound = &list->upper_slice;
      list->at = db_.iterator(Database::kLogs, options);
      condition.lists.push_back(std::move(list));
    }
    conditions_.push_back(std::move(condition));
  }

  /// Moves every list of a condition to its first posting at or after `target`; the least of them, or nullopt.
  std::optional<Position> seek(Condition& condition, const Position& target, bool first_time) {
    std::optional<Position> least;
    for (auto& list : condition.lists) {
      if (first_time || (list->position && *list->position < target)) {
        PostingKey key;
        std::memcpy(key.data(), list->prefix.data(), 9);
        std::memcpy(key.data() + 9, target.data(), 10);
        list->at->Seek(slice(key));
        ++work_;
        if (list->at->Valid() && list->at->key().size() == PostingKey::kSize) {
          list->position = Position::from(bytes_of(list->at->key()).subspan(9));
        } else {
          db_.check(list->at->status(), "read");
          list->position = std::nullopt;
        }
      }
      if (list->position && (!least || *list->position < *least)) least = list->position;
    }
    return least;
  }

  LogQueryEnd walk_postings() {
    Position target = group_key(query_.from_block, 0);
    bool first_time = true;
    for (;;) {
      // Leapfrog: the farthest condition sets the target until all stand on the same group.
      Position reached = target;
      for (Condition& condition : conditions_) {
        const auto least = seek(condition, reached, first_time);
        if (!least) return LogQueryEnd::kComplete;
        reached = *least;
      }
      first_time = false;
      const u64 block = get_big_endian<8>(reached.data());
      if (block != outcome_.next_block) {
        outcome_.next_block = block;
        if (work_ >= query_.work_max) return LogQueryEnd::kWorkLimit;
      }
      if (reached == target || all_stand_on(reached)) {
        const u32 group = static_cast<u32>(get_big_endian<2>(reached.data() + 8));
        if (!visit_group(block, group)) return LogQueryEnd::kStopped;
        reached = after(reached);
      }
      target = reached;
    }
  }

  bool all_stand_on(const Position& position) const {
    return std::all_of(conditions_.begin(), conditions_.end(), [&](const Condition& condition) {
      return std::any_of(condition.lists.begin(), condition.lists.end(),
                         [&](const auto& list) { return list->position == position; });
    });
  }

  static Position after(Position position) {
    for (std::size_t i = Position::kSize; i-- > 0;) {
      if (++position[i] != 0) break;
    }
    return position;
  }

  LogQueryEnd walk_headers() {
    const auto at = db_.iterator(Database::kHeaders);
    for (at->Seek(slice(block_key(query_.from_block))); at->Valid(); at->Next()) {
      ByteReader in(bytes_of(at->value()));
      const SealedHeader sealed = get_header(in);
      if (!in.ok()) throw db_.corrupt(std::string("a header ") + in.failure());
      const u64 block = sealed.header.number;
      if (block > to_) break;
      outcome_.next_block = block;
      if (++work_ > query_.work_max) return LogQueryEnd::kWorkLimit;
      if (!bloom_.may_match(sealed.header.logs_bloom)) continue;
      for (u32 group = 0; group * kGroupSize < sealed.transaction_count; ++group) {
        if (!visit_group(block, group)) return LogQueryEnd::kStopped;
      }
    }
    db_.check(at->status(), "read");
    return LogQueryEnd::kComplete;
  }

  /// Hands over the matching logs of a group; false if the visitor stopped.
  bool visit_group(u64 block, u32 group) {
    work_ += kGroupWork;
    if (!has_header_ || header_block_ != block) {
      rocksdb::PinnableSlice value;
      if (!db_.get(Database::kHeaders, block_key(block), value)) return true;  // being rewound
      ByteReader in(bytes_of(value));
      header_ = get_header(in);
      header_block_ = block;
      has_header_ = true;
    }
    rocksdb::PinnableSlice value;
    if (!db_.get(Database::kBodies, group_key(block, group), value)) return true;
    const BodyGroup body = read_group(bytes_of(value));
    u32 log_index = body.first_log_index;
    ByteReader in(body.entries);
    for (u32 index = group * kGroupSize; in.ok() && in.remaining() != 0; ++index) {
      const Hash256 hash = skip_transaction(in);
      const Receipt receipt = get_receipt(in);
      for (const Log& log : receipt.logs) {
        const u32 here = log_index++;
        if (!query_.matches(log)) continue;
        if (!visit_({&log, &header_.hash, &hash, block, header_.header.timestamp, index, here})) return false;
      }
    }
    if (!in.ok()) throw db_.corrupt("body of block " + std::to_string(block) + " " + in.failure());
    return true;
  }

  const Database& db_;
  const LogQuery& query_;
  const BloomFilter bloom_;
  const u64 to_;
  const LogVisitor& visit_;
  std::vector<Condition> conditions_;
  u64 work_ = 0;
  LogQueryOutcome outcome_;
  SealedHeader header_;
  u64 header_block_ = 0;
  bool has_header_ = false;
};

LogQueryOutcome History::for_each_log(const LogQuery& query, u64 last_block, const LogVisitor& visit) const {
  return LogSearch(*db_, query, std::min(query.to_block, last_block), visit).run();
}

}  // namespace atlas::storage
