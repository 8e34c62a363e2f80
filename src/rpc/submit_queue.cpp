#include <boost/asio/post.hpp>

#include <rpc/submit_queue.hpp>

namespace atlas::rpc {
namespace {

/// At most so many at once, so that other requests of the thread wait less than a millisecond. Recovery is cheapest
/// from 64 on.
constexpr std::size_t kGroup = 64;

constexpr std::size_t kShareMax = 16;

}  // namespace

std::size_t SubmitQueue::share() const {
  if (waiting_.size() < config_.submit_queue_max / 4) return kShareMax;
  return waiting_.size() < config_.submit_queue_max / 2 ? kShareMax / 4 : 1;
}

void SubmitQueue::add(Dispatcher::Submission submission, Finish finish) {
  waiting_.emplace_back(std::move(submission), std::move(finish));
  if (waiting_.size() == 1) submit_soon();
}

/// Behind the handlers that are ready now, which may add more.
void SubmitQueue::submit_soon() {
  boost::asio::post(context_, [this] { look_again(); });
}

void SubmitQueue::look_again() {
  if (waiting_.size() == seen_ || waiting_.size() >= kGroup) return submit_some();
  seen_ = waiting_.size();
  submit_soon();
}

void SubmitQueue::submit_some() {
  std::vector<Dispatcher::Submission> group;
  const auto finishes = std::make_shared<std::vector<Finish>>();
  const std::size_t count = std::min(kGroup, waiting_.size());
  group.reserve(count);
  finishes->reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    group.push_back(std::move(waiting_[i].first));
    finishes->push_back(std::move(waiting_[i].second));
  }
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(count));
  seen_ = 0;
  if (!waiting_.empty()) submit_soon();  // before answers add more
  dispatcher_.submit(group, [finishes](std::size_t i, std::string text) { (*finishes)[i](std::move(text)); });
}

}  // namespace atlas::rpc
