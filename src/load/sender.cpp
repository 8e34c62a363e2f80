#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include <load/sender.hpp>
#include <sys/epoll.h>
#include <unistd.h>

namespace atlas::load {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr auto kRetryPause = std::chrono::milliseconds(20);
constexpr unsigned kMaxRetries = 500;

void append_request(std::string& body, const PreparedTx& tx, std::size_t id) {
  body += R"({"jsonrpc":"2.0","method":"eth_sendRawTransaction","params":[")";
  body += tx.raw;
  body += R"("],"id":)";
  body += std::to_string(id);
  body += '}';
}

std::size_t count_of(std::string_view text, std::string_view what) {
  std::size_t count = 0;
  for (std::size_t at = text.find(what); at != std::string_view::npos; at = text.find(what, at + what.size())) ++count;
  return count;
}

/// A refusal that passes when blocks are made, so the closed loop waits and tries again.
bool is_temporary(const std::string& message) {
  return message.find("txpool is full") != std::string::npos || message.find("account limit") != std::string::npos ||
         message.find("too many") != std::string::npos || message.find("server busy") != std::string::npos;
}

}  // namespace

struct Sender::Lane {
  Wire wire;
  u32 number = 0;
  std::vector<u32> order = {};  ///< its transactions
  std::size_t next = 0;         ///< in `order`, of the wave after this one
  std::size_t wave_size = 0;
  std::vector<u32> todo = {};   ///< of this wave, what is to be sent
  std::vector<u32> again = {};  ///< of this wave, what was refused for now
  unsigned attempt = 0;
  unsigned outstanding = 0;  ///< HTTP answers
  Clock::time_point since = {};
};

Sender::Sender(const Url& url, const Workload& workload, const DriveOptions& options,
               std::vector<Clock::time_point>& sent_at, std::atomic<u64>& sent)
    : url_(url), workload_(workload), options_(options), sent_at_(sent_at), sent_(sent) {}

Sender::~Sender() {
  if (epoll_ >= 0) ::close(epoll_);
}

/// In the open loop the connections' transactions interleave evenly.
Clock::time_point Sender::due(const Lane& lane, std::size_t k) const {
  const double seconds = (static_cast<double>(k) * options_.connections + lane.number) / options_.rate;
  return start_ + std::chrono::duration_cast<Clock::duration>(Seconds(seconds));
}

SendReport Sender::run(Clock::time_point start) {
  start_ = start;
  epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  if (epoll_ < 0) throw RpcFailure(std::string("epoll: ") + std::strerror(errno));
  lanes_.reserve(options_.connections);
  for (u32 c = 0; c < options_.connections; ++c) lanes_.push_back({Wire(url_), c});
  // A sender keeps to one connection, so its nonces arrive in order.
  for (u32 i = 0; i < workload_.transactions.size(); ++i) {
    lanes_[workload_.transactions[i].sender % options_.connections].order.push_back(i);
  }
  for (Lane& lane : lanes_) {
    epoll_event event{EPOLLIN, {&lane}};
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, lane.wire.descriptor(), &event) != 0) {
      throw RpcFailure(std::string("epoll: ") + std::strerror(errno));
    }
    if (lane.order.empty()) continue;
    ++unfinished_;
    schedule(lane);
  }
  std::array<epoll_event, 64> events;
  while (unfinished_ > 0) {
    while (!timed_.empty() && timed_.begin()->first <= Clock::now()) {
      Lane& lane = *timed_.begin()->second;
      timed_.erase(timed_.begin());
      if (lane.todo.empty()) {
        begin_wave(lane);
      } else {
        transmit(lane);
      }
    }
    timespec wait{};
    if (!timed_.empty()) {
      const auto left = std::max(Clock::duration::zero(), timed_.begin()->first - Clock::now());
      const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
      wait = {seconds.count(), std::chrono::nanoseconds(left - seconds).count()};
    }
    const int ready = ::epoll_pwait2(epoll_, events.data(), static_cast<int>(events.size()),
                                     timed_.empty() ? nullptr : &wait, nullptr);
    if (ready < 0 && errno != EINTR) throw RpcFailure(std::string("epoll: ") + std::strerror(errno));
    for (int i = 0; i < ready; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      Lane& lane = *static_cast<Lane*>(event.data.ptr);
      if ((event.events & EPOLLOUT) != 0 && lane.wire.flush()) watch(lane, false);
      if ((event.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) take_answers(lane);
    }
  }
  report_.last_answer = Clock::now();
  return std::move(report_);
}

/// The next wave now, or when its last transaction is due.
void Sender::schedule(Lane& lane) {
  lane.wave_size =
      std::min<std::size_t>(std::size_t{options_.batch} * options_.pipeline, lane.order.size() - lane.next);
  if (options_.rate == 0) return begin_wave(lane);
  timed_.emplace(due(lane, lane.next + lane.wave_size - 1), &lane);
}

void Sender::begin_wave(Lane& lane) {
  lane.todo.assign(lane.order.begin() + static_cast<std::ptrdiff_t>(lane.next),
                   lane.order.begin() + static_cast<std::ptrdiff_t>(lane.next + lane.wave_size));
  lane.attempt = 0;
  lane.since = options_.rate > 0 ? due(lane, lane.next + lane.wave_size - 1) : Clock::now();
  for (std::size_t k = 0; k < lane.wave_size; ++k) {
    // In the open loop each transaction is due by itself: waiting for its batch to fill is latency, too.
    sent_at_[lane.todo[k]] = options_.rate > 0 ? due(lane, lane.next + k) : lane.since;
  }
  lane.next += lane.wave_size;
  transmit(lane);
}

void Sender::transmit(Lane& lane) {
  std::string body;
  for (std::size_t i = 0; i < lane.todo.size(); i += options_.batch, ++lane.outstanding) {
    const std::size_t end = std::min<std::size_t>(i + options_.batch, lane.todo.size());
    body.clear();
    if (options_.batch > 1) body += '[';
    for (std::size_t k = i; k < end; ++k) {
      if (k > i) body += ',';
      append_request(body, workload_.transactions[lane.todo[k]], lane.todo[k]);
    }
    if (options_.batch > 1) body += ']';
    lane.wire.queue(body);
  }
  if (!lane.wire.flush()) watch(lane, true);
}

void Sender::watch(const Lane& lane, bool writable) {
  epoll_event event{writable ? EPOLLIN | EPOLLOUT : EPOLLIN, {const_cast<Lane*>(&lane)}};
  ::epoll_ctl(epoll_, EPOLL_CTL_MOD, lane.wire.descriptor(), &event);
}

void Sender::take_answers(Lane& lane) {
  lane.wire.receive();
  if (lane.outstanding == 0) return;
  while (lane.outstanding > 0) {
    const auto body = lane.wire.replies().next();
    if (!body) return;
    report_.answer_ms.push_back(Seconds(Clock::now() - lane.since).count() * 1e3);
    --lane.outstanding;
    take_answer(lane, *body);
  }
  end_wave(lane);
}

void Sender::take_answer(Lane& lane, std::string_view body) {
  if (body.find("\"error\"") == std::string_view::npos) {  // the common answer needs no parsing
    report_.accepted += count_of(body, "\"result\"");
    return;
  }
  const auto take = [&](const nlohmann::json& answer) {
    if (answer.is_object() && answer.contains("result")) {
      ++report_.accepted;
      return;
    }
    std::string message = "not a JSON-RPC answer";
    if (answer.is_object() && answer.contains("error")) message = answer["error"].value("message", "unnamed error");
    const bool last_try = lane.attempt >= kMaxRetries || options_.rate > 0;
    if (!last_try && is_temporary(message) && answer["id"].is_number_unsigned()) {
      lane.again.push_back(answer["id"].get<u32>());
      return;
    }
    ++report_.refusals[message.substr(0, message.find(':'))];
  };
  const auto json = nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (json.is_array()) {
    for (const auto& item : json) take(item);
  } else {
    take(json);
  }
}

void Sender::end_wave(Lane& lane) {
  lane.todo = std::exchange(lane.again, {});
  if (!lane.todo.empty()) {
    std::sort(lane.todo.begin(), lane.todo.end());  // nonces ascend with the index
    report_.retries += lane.todo.size();
    ++lane.attempt;
    timed_.emplace(Clock::now() + kRetryPause, &lane);
    return;
  }
  sent_ += lane.wave_size;
  if (lane.next < lane.order.size()) return schedule(lane);
  --unfinished_;
}

}  // namespace atlas::load
