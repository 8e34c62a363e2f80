#include <boost/asio/dispatch.hpp>

#include <rpc/server_core.hpp>

namespace atlas::rpc {

Processed process(ServerCore& core, IoThread& io, const std::shared_ptr<Session>& session, const std::string& body,
                  bool only_submissions, std::string& out, std::vector<std::function<void()>>& after,
                  const Finish& finish) {
  using Kind = Dispatcher::Outcome::Kind;
  const auto bring = [&io, finish](std::string text, std::vector<std::function<void()>> then) {
    asio::post(io.context, [finish, text = std::move(text), then = std::move(then)]() mutable {
      finish(std::move(text), std::move(then));
    });
  };
  const Where where = only_submissions ? Where::kSubmissionOnly : Where::kCheapOnly;
  auto outcome = core.dispatcher.handle(io.scratch, *session, body, where, out);
  ClientAccount* const account = session->account();
  const bool begins = outcome.kind != Kind::kHeavy || !only_submissions;
  if (account != nullptr && begins) account->charge_requests(Clock::now(), outcome.requests);
  switch (outcome.kind) {
    case Kind::kDone:
      after = std::move(outcome.after);
      return Processed::kDone;
    case Kind::kLater:
      outcome.start([bring, then = std::move(outcome.after)](std::string text) { bring(std::move(text), then); });
      return Processed::kLater;
    case Kind::kSubmit:
      if (io.submissions.full()) {
        core.counters.refused_busy.fetch_add(1, std::memory_order_relaxed);
        out += Dispatcher::refuse(*outcome.submission,
                                  "server busy: " + std::to_string(core.config.submit_queue_max) +
                                      " transactions wait for their signatures to be checked; try again in a moment");
        return Processed::kDone;
      }
      // At once if the pool's word is the answer; from another thread (a receipt) through the loop.
      io.submissions.add(std::move(*outcome.submission), [&io, finish](std::string text) {
        asio::dispatch(io.context, [finish, text = std::move(text)]() mutable { finish(std::move(text), {}); });
      });
      return Processed::kSubmitted;
    case Kind::kHeavy:
      break;
  }
  if (only_submissions) return Processed::kUntouched;
  const bool queued = core.workers.try_submit([&core, session, body, bring](Scratch& scratch) {
    std::string text;
    auto result = core.dispatcher.handle(scratch, *session, body, Where::kAnywhere, text);
    if (result.kind == Kind::kLater) {
      result.start([bring, then = std::move(result.after)](std::string whole) { bring(std::move(whole), then); });
    } else {
      bring(std::move(text), std::move(result.after));
    }
  });
  if (queued) return Processed::kLater;
  core.counters.refused_busy.fetch_add(1, std::memory_order_relaxed);
  core.dispatcher.refuse(io.scratch, body,
                         "server busy: " + std::to_string(core.config.heavy_queue_max) +
                             " calls are waiting already; try again in a moment",
                         out);
  return Processed::kDone;
}

std::string client_address(const tcp::socket& socket) {
  boost::system::error_code error;
  const auto endpoint = socket.remote_endpoint(error);
  return error ? "unknown" : client_name(endpoint.address());
}

std::string ServerCore::metrics() const {
  std::string out;
  const auto family = [&](std::string_view name, std::string_view type, std::string_view help) {
    out += "# HELP atlas_rpc_" + std::string(name) + ' ' + std::string(help) + "\n# TYPE atlas_rpc_" +
           std::string(name) + ' ' + std::string(type) + '\n';
  };
  const auto single = [&](std::string_view name, std::string_view type, std::string_view help, u64 value) {
    family(name, type, help);
    out += "atlas_rpc_" + std::string(name) + ' ' + std::to_string(value) + '\n';
  };
  single("connections", "gauge", "Open connections, WebSockets included.", counters.connections.load());
  single("websockets", "gauge", "Open WebSockets.", counters.websockets.load());
  single("subscriptions", "gauge", "Active subscriptions.", hub->subscription_count());
  single("filters", "gauge", "Installed filters.", hub->filters().size());
  single("queued_calls", "gauge", "Heavy requests waiting for a worker.", workers.queued());
  single("http_requests_total", "counter", "HTTP requests.", counters.http_requests.load());
  single("refused_connections_total", "counter", "Connections over the limit.", counters.refused_connections.load());
  single("refused_busy_total", "counter", "Requests refused because their queue was full.",
         counters.refused_busy.load());
  single("refused_rate_total", "counter", "Requests refused because their client sends too much.",
         counters.refused_rate.load());
  single("slow_consumers_total", "counter", "WebSockets closed because they did not read.",
         counters.slow_consumers.load());
  const auto methods = dispatcher.counters();
  family("requests_total", "counter", "JSON-RPC requests by method; \"unknown\" for methods that do not exist.");
  for (const auto& [name, count] : methods) {
    out += "atlas_rpc_requests_total{method=\"" + std::string(name.empty() ? "unknown" : name) + "\"} " +
           std::to_string(count.requests) + '\n';
  }
  family("errors_total", "counter", "JSON-RPC requests answered with an error, by method.");
  for (const auto& [name, count] : methods) {
    out += "atlas_rpc_errors_total{method=\"" + std::string(name.empty() ? "unknown" : name) + "\"} " +
           std::to_string(count.errors) + '\n';
  }
  return out;
}

}  // namespace atlas::rpc
