#pragma once
// Transactions that arrive on different connections of one io thread go into the pool together, so that their
// signatures are recovered side by side (src/recovery). Nobody waits for company: a group is what the event loop finds
// ready, as long as each of its turns finds more, and grows with the load.
#include <deque>
#include <functional>
#include <string>

#include <boost/asio/io_context.hpp>

#include <rpc/dispatcher.hpp>

namespace atlas::rpc {

/// Belongs to one io thread.
class SubmitQueue {
 public:
  /// Gets the whole answer, once: on this io thread if the pool's word is the answer, else from any thread.
  using Finish = std::function<void(std::string text)>;

  /// All of them outlive the queue.
  SubmitQueue(boost::asio::io_context& context, const Dispatcher& dispatcher, const RpcConfig& config)
      : context_(context), dispatcher_(dispatcher), config_(config) {}

  bool full() const { return waiting_.size() >= config_.submit_queue_max; }
  /// How many transactions one connection may have here: the fewer the fuller it is, so that a flood waits in its own
  /// sockets and not before everybody else.
  std::size_t share() const;
  /// The queue must not be full.
  void add(Dispatcher::Submission submission, Finish finish);

 private:
  void look_again();
  void submit_some();
  void submit_soon();

  boost::asio::io_context& context_;
  const Dispatcher& dispatcher_;
  const RpcConfig& config_;
  std::deque<std::pair<Dispatcher::Submission, Finish>> waiting_;
  std::size_t seen_ = 0;  // how many waited when we last looked
};

}  // namespace atlas::rpc
