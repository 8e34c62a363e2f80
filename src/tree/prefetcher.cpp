#include <tree/prefetcher.hpp>

namespace atlas::tree {
namespace {

constexpr std::size_t kQueueMax = 1 << 16;

}  // namespace

Prefetcher::Prefetcher(StateTree& tree) : tree_(tree), thread_([this] { run(); }) {}

Prefetcher::~Prefetcher() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Prefetcher::want(const Address& account) {
  add({account, std::nullopt});
}
void Prefetcher::want(const Address& account, const u256& slot) {
  add({account, slot});
}

void Prefetcher::add(const Item& item) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    if (queue_.size() == kQueueMax || !error_.empty()) return;
    wake = queue_.empty();
    queue_.push_back(item);
  }
  if (wake) changed_.notify_all();
}

void Prefetcher::wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return (queue_.empty() && !busy_) || !error_.empty(); });
}

std::string Prefetcher::error() const {
  const std::lock_guard lock(mutex_);
  return error_;
}

void Prefetcher::run() {
  std::vector<Item> items;
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return stop_ || !queue_.empty(); });
    if (stop_) return;
    items.clear();
    items.swap(queue_);
    busy_ = true;
    lock.unlock();
    std::vector<Digest> keys;
    keys.reserve(items.size());
    for (const Item& item : items) {
      keys.push_back(item.slot ? storage_key(item.account, *item.slot) : address_key(Domain::kAccount, item.account));
    }
    std::string error;
    try {
      tree_.prefetch(std::move(keys));
    } catch (const TreeError& e) {
      error = e.what();  // apply() meets it again and reports it
    }
    lock.lock();
    busy_ = false;
    error_ = error;
    if (!error_.empty()) queue_.clear();
    changed_.notify_all();
    if (!error_.empty()) return;
  }
}

}  // namespace atlas::tree
