#include <evm/evm.hpp>
#include <sequencer/sequencer.hpp>

namespace atlas::sequencer {
namespace {

/// Transactions taken from the pool at once: enough to make its lock cheap, few enough that a better paying newcomer
/// waits for little.
constexpr std::size_t kTake = 64;

/// How long transactions gather in the pool while a block is open; nothing beside the time between two blocks.
constexpr auto kGather = std::chrono::milliseconds(2);

double ms_between(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double, std::milli>(to - from).count();
}

}  // namespace

Sequencer::Sequencer(const ChainRules& rules, const SequencerConfig& config, storage::ChainStore& store, Mempool& pool,
                     SequencerListener& listener)
    : rules_(rules),
      config_(config),
      store_(store),
      pool_(pool),
      listener_(listener),
      environment_(std::make_unique<evm::Evm>()),
      coinbase_(config.coinbase) {
  store_.set_listener([this](const storage::BlockPtr& block) { on_durable(block); });
  parent_ = store_.head();
  pool_knows_ = parent_->header.number;
  taken_.reserve(kTake);
  prepare_next();
}

Sequencer::~Sequencer() {
  stop();
}

void Sequencer::start() {
  last_seal_ = next_seal_ = Clock::now();
  thread_ = std::thread([this] { run(); });
}

void Sequencer::stop() {
  {
    const std::lock_guard lock(tasks_mutex_);  // so that a thread about to wait sees it
    stopping_ = true;
  }
  tasks_signal_.notify_all();
  pool_.wake();
  if (thread_.joinable()) thread_.join();
}

// ---- The thread ----

void Sequencer::run() {
  std::exception_ptr failure;
  try {
    while (!stopping_) step();
    if (builder_ && builder_->transaction_count() > 0) seal();
    give_back_taken();
    wait_visible();
  } catch (...) {
    failure = std::current_exception();
  }
  builder_.reset();
  pool_.stop();
  fail_tasks(failure ? failure : std::make_exception_ptr(std::runtime_error("the sequencer has stopped")));
  if (failure) listener_.on_failure(failure);
}

void Sequencer::step() {
  run_tasks();
  if (sealing_ == Sealing::kManual) {
    std::unique_lock lock(tasks_mutex_);
    tasks_signal_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
    return;
  }
  if (!builder_) {
    const auto due = empty_block_due();
    constexpr auto kLookAgain = std::chrono::hours(1);  // only to give wait() an end
    const bool ready = taken_next_ < taken_.size() || pool_.wait(due.value_or(Clock::now() + kLookAgain));
    if (ready) {
      open();
    } else if (due && Clock::now() >= *due) {
      open();
      seal();
    }
    return;
  }
  const Clock::time_point deadline = std::max(opened_, next_seal_);
  fill(deadline);
  if (stopping_) return;  // run() seals
  if (is_full() || Clock::now() >= deadline) seal();
}

/// Executes until the block is full, the time has come or somebody wants the thread.
void Sequencer::fill(Clock::time_point until) {
  while (!is_full()) {
    if (taken_next_ == taken_.size()) {
      taken_.clear();
      taken_next_ = 0;
      pool_.take(kTake, taken_);
    }
    if (taken_.empty()) {
      if (!await_more(until)) return;
      continue;
    }
    execute_next();
    if (Clock::now() >= until || stopping_) return;
  }
}

/// While the open block has time left, transactions gather for a moment: waking for each one would cost more than
/// executing it, on this thread and on the one that submits.
bool Sequencer::await_more(Clock::time_point until) {
  const auto now = Clock::now();
  if (now >= until) return false;
  if (until - now <= kGather) return pool_.wait(until);
  std::unique_lock lock(tasks_mutex_);
  return !tasks_signal_.wait_until(lock, now + kGather, [this] { return stopping_ || !tasks_.empty(); });
}

bool Sequencer::is_full() const {
  return full_ || builder_->transaction_count() >= config_.max_transactions_per_block;
}

void Sequencer::execute_next() {
  const TxPtr& tx = taken_[taken_next_];
  // In an empty block it is tried all the same: it fits no block, and execution says so.
  if (!builder_->has_room(tx->tx) && builder_->transaction_count() > 0) {
    full_ = true;
    return;
  }
  const TxPtr current = tx;
  ++taken_next_;
  const auto executed = builder_->execute(*current);
  if (!executed && executed.error() == stf::TxError::kBlockFull && builder_->transaction_count() > 0) {
    --taken_next_;
    full_ = true;
    return;
  }
  if (!executed) {
    drop(current, executed.error());
    return;
  }
  stats_.open_transactions.fetch_add(1, std::memory_order_relaxed);
}

void Sequencer::drop(const TxPtr& tx, stf::TxError error) {
  stats_.invalid_at_execution.fetch_add(1, std::memory_order_relaxed);
  // Its sender's later transactions cannot run now; they wait in the pool for the gap to be filled.
  std::vector<TxPtr> mine;
  std::vector<TxPtr> others;
  for (; taken_next_ < taken_.size(); ++taken_next_) {
    TxPtr& other = taken_[taken_next_];
    (other->sender == tx->sender ? mine : others).push_back(std::move(other));
  }
  pool_.give_back(mine);
  taken_ = std::move(others);
  taken_next_ = 0;
  pool_.drop_invalid(tx, error, builder_->journal().nonce(tx->sender));
}

void Sequencer::give_back_taken() {
  pool_.give_back(std::span(taken_).subspan(taken_next_));
  taken_.clear();
  taken_next_ = 0;
}

void Sequencer::open() {
  const BlockChoices chosen = choices();
  builder_ = std::make_unique<BlockBuilder>(rules_, store_.writer_state(), *parent_, chosen, *environment_);
  opened_ = Clock::now();
  full_ = false;
  const std::lock_guard lock(choices_mutex_);
  if (next_timestamp_s_) {
    time_offset_s_ += static_cast<i64>(*next_timestamp_s_) - static_cast<i64>(now_s());
    next_timestamp_s_.reset();
  }
  next_base_fee_.reset();
}

void Sequencer::seal() {
  const Clock::time_point begin = Clock::now();
  SealedBlock sealed = builder_->seal();
  builder_.reset();
  stats_.open_transactions = 0;
  parent_ = sealed.block;
  OnTheWay record;
  record.number = parent_->header.number;
  record.changed.reserve(sealed.diff.accounts.size());
  for (const auto& change : sealed.diff.accounts) record.changed.push_back(change.address);
  record.handed_over = Clock::now();
  record.times.execute_ms = ms_between(opened_, begin);
  record.times.seal_ms = ms_between(begin, record.handed_over);
  {
    const std::lock_guard lock(on_the_way_mutex_);
    on_the_way_.push_back(std::move(record));
  }
  store_.append(std::move(sealed.block), std::move(sealed.diff));
  last_seal_ = begin;
  next_seal_ = begin + pace();
  prepare_next();
}

/// Tells the pool the next block's base fee. What was taken for another one is ordered anew.
void Sequencer::prepare_next() {
  const BlockContext context = next_context(rules_, parent_->header, choices());
  if (context.base_fee != prepared_base_fee_) give_back_taken();
  prepared_base_fee_ = context.base_fee;
  pool_.open_block(context, rules_.base_fee_floor_wei);
}

Clock::duration Sequencer::pace() const {
  const u64 interval = interval_mining_ms_;
  return std::chrono::milliseconds(interval != 0 ? interval : config_.block_time_ms);
}

std::optional<Clock::time_point> Sequencer::empty_block_due() const {
  const u64 interval = interval_mining_ms_;
  const u64 ms = interval != 0 ? interval : config_.heartbeat_ms;
  if (ms == 0) return std::nullopt;
  return last_seal_ + std::chrono::milliseconds(ms);
}

BlockChoices Sequencer::choices() const {
  const std::lock_guard lock(choices_mutex_);
  BlockChoices out;
  out.timestamp_s = next_timestamp_s_.value_or(now_s());
  out.coinbase = coinbase_;
  out.prices.native = std::min(config_.prices.native, rules_.price_caps.native);
  out.prices.pubdata = std::min(config_.prices.pubdata, rules_.price_caps.pubdata);
  out.base_fee = next_base_fee_;
  out.gas_limit = gas_limit_;
  return out;
}

u64 Sequencer::now_s() const {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<u64>(std::chrono::duration_cast<std::chrono::seconds>(since).count() + time_offset_s_.load());
}

BlockContext Sequencer::pending_context() const {
  return next_context(rules_, store_.head()->header, choices());
}

// ---- The log's thread ----

void Sequencer::on_durable(const storage::BlockPtr& block) {
  OnTheWay record;
  {
    const std::lock_guard lock(on_the_way_mutex_);
    ENSURE(!on_the_way_.empty() && on_the_way_.front().number == block->header.number,
           "blocks become durable in the order in which they were handed over");
    record = on_the_way_.front();
  }
  pool_.on_block(*block, record.changed, store_.view_at(block->header.number));
  {
    const std::lock_guard lock(on_the_way_mutex_);  // so that a thread about to wait sees it
    pool_knows_ = record.number;
  }
  visible_signal_.notify_all();
  stats_.blocks.fetch_add(1, std::memory_order_relaxed);
  stats_.transactions.fetch_add(block->transactions.size(), std::memory_order_relaxed);
  stats_.gas.fetch_add(block->header.gas_used, std::memory_order_relaxed);
  record.times.durable_ms = ms_between(record.handed_over, Clock::now());
  listener_.on_block(block, record.times);
  // Under the lock: whoever waits for the last block may destroy this object as soon as it sees it.
  const std::lock_guard lock(on_the_way_mutex_);
  on_the_way_.pop_front();
  visible_signal_.notify_all();
}

void Sequencer::wait_pool() const {
  const u64 visible = store_.head()->header.number;
  if (pool_knows_ >= visible) return;
  // The block's way to the pool takes no time worth a limit; but the thread that goes it may have failed.
  constexpr auto kPatience = std::chrono::seconds(1);
  std::unique_lock lock(on_the_way_mutex_);
  visible_signal_.wait_for(lock, kPatience, [&] { return pool_knows_ >= visible; });
}

/// Until every block handed over is visible everywhere.
void Sequencer::wait_visible() {
  store_.wait_durable(store_.sealed_number());
  std::unique_lock lock(on_the_way_mutex_);
  visible_signal_.wait(lock, [this] { return on_the_way_.empty(); });
}

// ---- Tasks ----

void Sequencer::perform(const std::function<void()>& task) {
  std::future<void> done;
  {
    const std::lock_guard lock(tasks_mutex_);
    if (ended_) std::rethrow_exception(ended_);
    tasks_.push_back({task, {}});
    done = tasks_.back().done.get_future();
  }
  tasks_signal_.notify_all();
  pool_.wake();
  done.get();
}

bool Sequencer::run_tasks() {
  bool any = false;
  for (;;) {
    std::unique_lock lock(tasks_mutex_);
    if (tasks_.empty()) return any;
    Task task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    any = true;
    try {
      task.run();
    } catch (...) {
      task.done.set_exception(std::current_exception());
      throw;
    }
    task.done.set_value();
  }
}

void Sequencer::fail_tasks(std::exception_ptr error) {
  const std::lock_guard lock(tasks_mutex_);
  ended_ = error;
  for (Task& task : tasks_) task.done.set_exception(error);
  tasks_.clear();
}

/// Seals the open block if it has transactions; an empty one is given up.
void Sequencer::finish_open_block() {
  if (builder_ && builder_->transaction_count() > 0) {
    seal();
  } else {
    builder_.reset();
  }
}

void Sequencer::mine(u64 count, u64 interval_s) {
  perform([&] {
    for (u64 i = 0; i < count; ++i) {
      if (i > 0 && interval_s > 0) {
        const std::lock_guard lock(choices_mutex_);
        next_timestamp_s_ = parent_->header.timestamp + interval_s;
      }
      if (!builder_) open();
      while (!is_full()) {  // whatever the pool has, up to the block's limits
        if (taken_next_ == taken_.size()) {
          taken_.clear();
          taken_next_ = 0;
          pool_.take(kTake, taken_);
          if (taken_.empty()) break;
        }
        execute_next();
      }
      seal();
    }
    wait_visible();
  });
}

void Sequencer::inject(const std::function<void(Journal&)>& change) {
  perform([&] {
    finish_open_block();
    give_back_taken();
    open();
    Journal& journal = builder_->journal();
    journal.begin_transaction();
    change(journal);
    journal.end_transaction();
    seal();
    wait_visible();
    // A nonce may have gone down, which no transaction can do: every sender is looked at.
    pool_.on_rewind(store_.view_at(parent_->header.number));
  });
}

Result<void, stf::TxError> Sequencer::include(const SignedTransaction& tx) {
  Result<void, stf::TxError> outcome;
  perform([&] {
    finish_open_block();
    give_back_taken();
    open();
    outcome = builder_->execute(tx);
    if (!outcome) return builder_.reset();
    seal();
    wait_visible();
  });
  return outcome;
}

void Sequencer::settle() {
  perform([&] {
    finish_open_block();
    wait_visible();
  });
}

bool Sequencer::rewind(u64 number) {
  bool done = false;
  perform([&] {
    finish_open_block();
    give_back_taken();
    wait_visible();
    done = store_.rewind(number);
    if (!done) return;
    parent_ = store_.head();
    pool_.on_rewind(store_.view_at(parent_->header.number));
    pool_knows_ = parent_->header.number;
    prepare_next();
    listener_.on_rewind(parent_);
  });
  return done;
}

void Sequencer::set_sealing(Sealing sealing) {
  perform([&] {
    if (sealing == Sealing::kManual) finish_open_block();
    sealing_ = sealing;
  });
}

void Sequencer::set_interval_mining_ms(u64 interval_ms) {
  perform([&] { interval_mining_ms_ = interval_ms; });
}

void Sequencer::set_time_offset_s(i64 offset) {
  perform([&] {
    finish_open_block();
    time_offset_s_ = offset;
  });
}

void Sequencer::set_next_timestamp_s(u64 timestamp) {
  perform([&] {
    finish_open_block();
    const std::lock_guard lock(choices_mutex_);
    next_timestamp_s_ = timestamp;
  });
}

void Sequencer::set_coinbase(const Address& coinbase) {
  perform([&] {
    finish_open_block();
    const std::lock_guard lock(choices_mutex_);
    coinbase_ = coinbase;
  });
}

void Sequencer::set_gas_limit(u64 gas_limit) {
  perform([&] {
    finish_open_block();
    {
      const std::lock_guard lock(choices_mutex_);
      gas_limit_ = gas_limit;
    }
    prepare_next();
  });
}

void Sequencer::set_next_base_fee(const u256& base_fee) {
  perform([&] {
    finish_open_block();
    {
      const std::lock_guard lock(choices_mutex_);
      next_base_fee_ = base_fee;
    }
    prepare_next();
  });
}

}  // namespace atlas::sequencer
