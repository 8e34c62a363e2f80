#pragma once
// JSON-RPC 2.0 without sockets: the text of a request in, the text of the answer out.
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <rpc/method.hpp>

namespace atlas::rpc {

/// What one thread needs to answer requests: a parser and an execution environment, reused from request to request.
class Scratch {
 public:
  explicit Scratch(const RpcConfig& config);
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

 private:
  friend class Dispatcher;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Where a request stands. kCheapOnly (a socket's thread) leaves requests with heavy methods untouched and hands a
/// single transaction back, to be submitted together with others; kSubmissionOnly leaves everything but a single
/// transaction untouched; kAnywhere does it all.
enum class Where : u8 { kCheapOnly, kSubmissionOnly, kAnywhere };

class Dispatcher {
  struct Entry;

 public:
  Dispatcher(Backend& backend, EventHub& hub, const RpcConfig& config);
  ~Dispatcher();

  /// A request that puts a transaction into the pool, not yet answered.
  struct Submission {
    Bytes raw;
    Call::Accepted then;  ///< empty: the answer is the hash
    std::string id;       ///< JSON
    bool is_notification = false;
    Entry* entry = nullptr;
  };

  struct Outcome {
    /// kHeavy: nothing was done, ask again on a worker (or later). kLater: `finish` will be called with the whole
    /// answer. kSubmit: `submission` waits to be handed to submit().
    enum class Kind : u8 { kDone, kHeavy, kLater, kSubmit } kind = Kind::kDone;
    /// To be run on the connection's thread just before the answer is queued.
    std::vector<std::function<void()>> after = {};
    /// kLater: starts the waiting; the caller does it when it is ready for `finish`.
    std::function<void(std::function<void(std::string)> finish)> start = {};
    std::optional<Submission> submission = {};
    /// How many the body holds, for limits; 1 for what is none.
    std::size_t requests = 1;
  };

  /// Appends the answer to `out`: nothing for notifications. `body` needs no padding.
  Outcome handle(Scratch& scratch, Session& session, std::string_view body, Where where, std::string& out) const;

  /// Puts the transactions into the pool, signatures recovered side by side. `finish(i, text)` is called once for each
  /// with the whole answer (empty for a notification): at once, or later from any thread where the request waits for
  /// more than the hash.
  void submit(std::span<Submission> group, const std::function<void(std::size_t, std::string)>& finish) const;
  /// The answer of kLimitExceeded for a submission that cannot be taken.
  static std::string refuse(const Submission& submission, std::string_view why);

  /// The answer of kLimitExceeded for every request of `body`, when no worker is free.
  void refuse(Scratch& scratch, std::string_view body, std::string_view why, std::string& out) const;

  /// In alphabetical order, for docs and tests.
  std::vector<const Method*> methods() const;

  struct Counters {
    u64 requests = 0;
    u64 errors = 0;
  };
  /// Per method since the start, by name; unknown methods are counted under "".
  std::vector<std::pair<std::string_view, Counters>> counters() const;

 private:
  struct Answers;
  struct Request;
  void look(const Json& json, Request& request) const;
  void answer(Scratch& scratch, Session& session, const Request& request, Clock::time_point deadline,
              Answers& answers) const;
  std::vector<SubmitResult> submit_raw(std::span<const Submission> group) const;
  void settle(Answers& answers) const;

  Backend& backend_;
  EventHub& hub_;
  const RpcConfig& config_;
  std::unordered_map<std::string_view, std::unique_ptr<Entry>> entries_;
  std::unique_ptr<Entry> unknown_;
  mutable std::mutex nonces_;
};

}  // namespace atlas::rpc
