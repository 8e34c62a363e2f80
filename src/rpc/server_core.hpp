#pragma once
// What connections share: the dispatcher, the workers, the io threads, the counters.
#include <atomic>
#include <thread>
#include <unordered_set>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <rpc/client_limits.hpp>
#include <rpc/dispatcher.hpp>
#include <rpc/events.hpp>
#include <rpc/server.hpp>
#include <rpc/submit_queue.hpp>
#include <rpc/worker_pool.hpp>

namespace atlas::rpc {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

/// A connection as its io thread looks after it.
class Supervised {
 public:
  virtual ~Supervised() = default;
  /// Called about once a second.
  virtual void check_time(Clock::time_point now) = 0;
};

/// One event loop with one thread, so that what belongs to it needs no lock.
struct IoThread {
  IoThread(const RpcConfig& config, const Dispatcher& dispatcher)
      : scratch(config), submissions(context, dispatcher, config) {}
  std::unordered_set<Supervised*> connections;  // before the context, whose end ends the last of them
  asio::io_context context{1};
  Scratch scratch;
  SubmitQueue submissions;
  asio::steady_timer sweep{context};
  std::thread thread;
};

struct ServerCounters {
  std::atomic<u64> connections{0};
  std::atomic<u64> websockets{0};
  std::atomic<u64> http_requests{0};
  std::atomic<u64> refused_connections{0};
  std::atomic<u64> refused_busy{0};
  std::atomic<u64> refused_rate{0};
  std::atomic<u64> slow_consumers{0};
};

struct ServerCore {
  ServerCore(Backend& b, RpcConfig c, ServerHooks h)
      : config(std::move(c)),
        backend(b),
        hooks(std::move(h)),
        hub(std::make_unique<EventHub>(backend, config)),
        dispatcher(backend, *hub, config),
        workers(config, config.workers, config.heavy_queue_max) {}

  const RpcConfig config;
  Backend& backend;
  ServerHooks hooks;
  std::unique_ptr<EventHub> hub;
  Dispatcher dispatcher;
  WorkerPool workers;
  ClientLimits limits{config};
  ServerCounters counters;
  std::atomic<u64> next_session{1};

  std::string metrics() const;
};

/// Makes a connection that is always destroyed on its own io thread (or with it), whoever lets go of it last.
template <class T, class... Args>
std::shared_ptr<T> make_connection(IoThread& io, Args&&... args) {
  return std::shared_ptr<T>(new T(io, std::forward<Args>(args)...), [&io](T* connection) {
    asio::post(io.context, [owned = std::unique_ptr<T>(connection)] {});
  });
}

/// Gets the text of an answer and what is to be run just before it is queued, on the connection's io thread.
using Finish = std::function<void(std::string text, std::vector<std::function<void()>> after)>;
enum class Processed : u8 {
  kDone,       ///< the answer was appended to `out`, `after` filled
  kLater,      ///< `finish` will be called, never before process() has returned
  kSubmitted,  ///< the same, for a transaction: answers of transactions come in their order
  kUntouched,  ///< with only_submissions: it is something else
};
/// Runs `body` and brings the answer to `finish`, at once if it can. `only_submissions`: answers of this connection's
/// transactions are outstanding, so nothing but another transaction may begin.
Processed process(ServerCore& core, IoThread& io, const std::shared_ptr<Session>& session, const std::string& body,
                  bool only_submissions, std::string& out, std::vector<std::function<void()>>& after,
                  const Finish& finish);

/// The client as limits count it (client_name), or "unknown".
std::string client_address(const tcp::socket& socket);

}  // namespace atlas::rpc
