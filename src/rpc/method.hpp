#pragma once
// A method is a name, the names of its parameters, what it costs, and a function of decoded parameters:
//   {"eth_getBalance", Cost::kCheap, bind<get_balance>(), {"address", "block"}}
// with Reply get_balance(Call&, const Address&, const std::optional<BlockId>&). std::optional parameters may be left
// out.
#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <tuple>
#include <utility>

#include <rpc/config.hpp>
#include <rpc/json_writer.hpp>
#include <rpc/params.hpp>
#include <rpc/session.hpp>

namespace atlas::rpc {

class EventHub;
struct Method;

/// kCheap runs on the socket's thread, at most some 100 µs; kHeavy on a worker, bounded by gas, results and time.
/// kSubmit only decodes: it sets Call::submit, and the transaction goes into the pool together with others.
enum class Cost : u8 { kCheap, kHeavy, kSubmit };

using Clock = std::chrono::steady_clock;

/// JSON of a result that comes later, or an error. May be called from any thread, once.
using Completion = std::function<void(Result<std::string, RpcError>)>;

/// One request being answered: a method writes exactly one value to `out` and returns success, returns an error, or
/// sets `later`.
struct Call {
  Backend& backend;
  EventHub& hub;
  const RpcConfig& config;
  Session& session;
  const Method* method = nullptr;
  JsonWriter& out;
  /// Of the worker, made when first needed.
  std::unique_ptr<ExecutionEnvironment>& environment;
  Clock::time_point deadline;
  /// Held from the choice of a nonce to the submission, so that two requests of one account do not choose the same.
  std::mutex& nonces;
  /// Set by a method whose result must wait: started once the answers beside it are written.
  std::function<void(Completion)> later = {};
  /// Answers in place of the hash, once the transaction is in the pool.
  using Accepted = std::function<void(const Hash256&, const Completion&)>;
  struct Submit {
    Bytes raw;
    Accepted then = {};
  };
  /// Set by kSubmit methods, which write nothing.
  std::optional<Submit> submit = {};
  /// Set by a method that must act on the connection's own thread, just before its answer is queued there: what it sets
  /// off (a subscription's notifications) then comes behind the answer, and nothing is missed in between.
  std::function<void()> after = {};

  ExecutionEnvironment& machine() {
    if (!environment) environment = backend.make_environment();
    return *environment;
  }
};

using Handler = Reply (*)(Call&, const Params&);

struct Method {
  static constexpr std::size_t kParamsMax = 5;
  std::string_view name;
  Cost cost = Cost::kCheap;
  Handler handler = nullptr;
  std::string_view params[kParamsMax] = {};
};
using MethodTable = std::span<const Method>;

/// "invalid argument 0 (address): …"
Err<RpcError> bad_param(const Call& call, std::size_t index, const std::string& why);
Err<RpcError> missing_param(const Call& call, std::size_t index);
Err<RpcError> too_many_params(std::size_t max);

namespace detail {

template <class T>
struct is_optional : std::false_type {};
template <class T>
struct is_optional<std::optional<T>> : std::true_type {};

/// 0 and `why` untouched when good; else the error is in `problem`.
template <class T>
bool decode_param(Call& call, const Params& params, std::size_t i, T& out, std::optional<RpcError>& problem) {
  const Json* json = params.at(i);
  std::string why;
  bool good;
  if constexpr (is_optional<T>::value) {
    good = json == nullptr || decode(*json, out.emplace(), why);
  } else {
    if (json == nullptr) {
      problem = missing_param(call, i).error;
      return false;
    }
    good = decode(*json, out, why);
  }
  if (!good) problem = bad_param(call, i, why).error;
  return good;
}

template <auto Fn, class... Args>
struct Bound {
  static Reply handle(Call& call, const Params& params) {
    static_assert(sizeof...(Args) <= Method::kParamsMax);
    if (params.size() > sizeof...(Args)) return too_many_params(sizeof...(Args));
    return run(call, params, std::index_sequence_for<Args...>{});
  }

 private:
  template <std::size_t... I>
  static Reply run(Call& call, [[maybe_unused]] const Params& params, std::index_sequence<I...>) {
    std::tuple<std::decay_t<Args>...> values;
    std::optional<RpcError> problem;
    const bool good = (decode_param(call, params, I, std::get<I>(values), problem) && ...);
    if (!good) return Err(std::move(*problem));
    return Fn(call, std::get<I>(values)...);
  }
};

template <auto Fn, class... Args>
constexpr Handler bound(Reply (*)(Call&, Args...)) {
  return &Bound<Fn, Args...>::handle;
}

}  // namespace detail

/// A Handler that decodes the parameters of `Fn` by their types.
template <auto Fn>
constexpr Handler bind() {
  return detail::bound<Fn>(Fn);
}

// The tables, one a subject.
MethodTable chain_methods();   ///< blocks, transactions, receipts, net_, web3_
MethodTable state_methods();   ///< balances, code, storage, nonces
MethodTable call_methods();    ///< eth_call, eth_estimateGas, eth_createAccessList
MethodTable fee_methods();     ///< prices and fee history
MethodTable submit_methods();  ///< eth_sendRawTransaction…, txpool_
MethodTable filter_methods();  ///< logs, filters, subscriptions
MethodTable debug_methods();   ///< debug_trace…
MethodTable batch_methods();   ///< batches and proofs: atlas_, zks_
MethodTable trace_methods();   ///< trace_…
MethodTable ots_methods();     ///< what Otterscan asks beyond eth_
// Unknown without a DevBackend:
MethodTable account_methods();  ///< accounts with keys
MethodTable dev_methods();      ///< evm_, anvil_, hardhat_

}  // namespace atlas::rpc
