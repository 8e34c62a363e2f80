#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <utility>

#include <simdjson.h>

#include <rpc/dispatcher.hpp>
#include <rpc/submit.hpp>

namespace atlas::rpc {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

/// Stands where an answer that waits belongs.
constexpr std::string_view kPlaceholder = "?";

/// The end of an answer object: error with code, message and data.
void write_error(JsonWriter& out, const RpcError& error) {
  out.key("error");
  out.begin_object();
  out.key("code");
  out.raw(std::to_string(static_cast<int>(error.code)));
  out.field_string("message", error.message);
  if (!error.data_json.empty()) {
    out.key("data");
    out.raw(error.data_json);
  }
  out.end_object();
}

void append_head(std::string& out, std::string_view id) {
  out += R"({"jsonrpc":"2.0","id":)";
  out += id;
  out += ',';
}

void append_error(std::string& out, std::string_view id, const RpcError& error) {
  append_head(out, id);
  JsonWriter writer(out);
  write_error(writer, error);
  out += '}';
}

RpcError parse_error(simdjson::error_code code, std::size_t depth_max) {
  std::string text = "parse error: ";
  if (code == simdjson::DEPTH_ERROR) {
    text += "nested deeper than " + std::to_string(depth_max) + " levels";
  } else if (code == simdjson::EMPTY) {
    text += "empty request";
  } else {
    text += simdjson::error_message(code);
  }
  return {ErrorCode::kParse, std::move(text), {}};
}

}  // namespace

Err<RpcError> bad_param(const Call& call, std::size_t index, const std::string& why) {
  return fail(ErrorCode::kInvalidParams, "invalid argument " + std::to_string(index) + " (" +
                                             std::string(call.method->params[index]) + "): " + why);
}

Err<RpcError> missing_param(const Call& call, std::size_t index) {
  return fail(ErrorCode::kInvalidParams, "missing value for required argument " + std::to_string(index) + " (" +
                                             std::string(call.method->params[index]) + ")");
}

Err<RpcError> too_many_params(std::size_t max) {
  return fail(ErrorCode::kInvalidParams, "too many arguments, want at most " + std::to_string(max));
}

struct Scratch::Impl {
  simdjson::dom::parser parser;
  std::string padded;  // the body with simdjson's padding behind it
  std::size_t depth_max = 0;
  std::unique_ptr<ExecutionEnvironment> environment;

  simdjson::error_code parse(std::string_view body, element& root) {
    constexpr std::size_t kKeptBytes = 1 << 20;  // a rare huge body does not stay allocated
    if (parser.capacity() < body.size() || (parser.capacity() > kKeptBytes && body.size() < kKeptBytes / 2)) {
      const auto error = parser.allocate(std::max<std::size_t>(body.size(), 4'096), depth_max);
      if (error != simdjson::SUCCESS) return error;
    }
    if (padded.capacity() > kKeptBytes && body.size() < kKeptBytes / 2) padded = {};
    padded.reserve(body.size() + simdjson::SIMDJSON_PADDING);
    padded.assign(body);
    padded.append(simdjson::SIMDJSON_PADDING, ' ');
    return parser.parse(padded.data(), body.size(), false).get(root);
  }
};

Scratch::Scratch(const RpcConfig& config) : impl_(std::make_unique<Impl>()) {
  impl_->depth_max = config.json_depth_max;
}
Scratch::~Scratch() = default;

struct Dispatcher::Entry {
  Method method;
  std::atomic<u64> requests{0};
  std::atomic<u64> errors{0};
};

/// One request object, looked through but not yet answered.
struct Dispatcher::Request {
  std::string id = "null";  // JSON
  bool is_notification = false;
  Entry* entry = nullptr;  // unknown_ for an unknown method
  std::string_view method;
  std::array<element, Params::kMax> params;
  std::size_t param_count = 0;
  std::optional<RpcError> problem;
};

/// The answers of one body as they come together: text, placeholders for what waits, and the run of transactions that
/// has not been submitted yet. A run is settled before anything else is answered, so that every request sees what those
/// before it did.
struct Dispatcher::Answers {
  struct Waiting {
    std::size_t at = 0;  // of the placeholder
    std::string id;
    std::function<void(Completion)> start;
  };
  std::string& out;
  std::size_t start = out.size();
  bool is_batch = false;
  bool first = true;
  std::vector<Submission> run = {};
  std::vector<Waiting> waiting = {};
  std::vector<std::function<void()>> after = {};

  /// `write` appends one answer to `out`, or nothing.
  template <class Write>
  void item(Write&& write) {
    const std::size_t before = out.size();
    if (is_batch && !first) out += ',';
    const std::size_t content = out.size();
    write();
    if (out.size() == content) {
      out.resize(before);
    } else {
      first = false;
    }
  }
  void wait(std::string id, std::function<void(Completion)> begin) {
    item([&] {
      waiting.push_back({out.size(), std::move(id), std::move(begin)});
      out += kPlaceholder;
    });
  }
};

Dispatcher::Dispatcher(Backend& backend, EventHub& hub, const RpcConfig& config)
    : backend_(backend), hub_(hub), config_(config), unknown_(std::make_unique<Entry>()) {
  std::vector<MethodTable> tables = {chain_methods(),  state_methods(),  call_methods(),  fee_methods(),
                                     submit_methods(), filter_methods(), debug_methods(), trace_methods(),
                                     ots_methods(),    batch_methods()};
  if (backend.dev() != nullptr) tables.insert(tables.end(), {account_methods(), dev_methods()});
  for (const MethodTable table : tables) {
    for (const Method& method : table) {
      auto entry = std::make_unique<Entry>();
      entry->method = method;
      const bool fresh = entries_.emplace(method.name, std::move(entry)).second;
      ENSURE(fresh, "two methods of one name");
    }
  }
}

Dispatcher::~Dispatcher() = default;

std::vector<const Method*> Dispatcher::methods() const {
  std::vector<const Method*> out;
  for (const auto& [name, entry] : entries_) out.push_back(&entry->method);
  std::sort(out.begin(), out.end(), [](const Method* a, const Method* b) { return a->name < b->name; });
  return out;
}

std::vector<std::pair<std::string_view, Dispatcher::Counters>> Dispatcher::counters() const {
  std::vector<std::pair<std::string_view, Counters>> out;
  for (const Method* method : methods()) {
    const Entry& entry = *entries_.find(method->name)->second;
    if (entry.requests.load() > 0) out.push_back({method->name, {entry.requests.load(), entry.errors.load()}});
  }
  out.push_back({"", {unknown_->requests.load(), unknown_->errors.load()}});
  return out;
}

namespace {

/// The id as JSON; false if it is neither string, number nor null.
bool read_id(element value, std::string& out) {
  out.clear();
  switch (value.type()) {
    case element_type::STRING: {
      std::string_view text;
      if (value.get(text) != simdjson::SUCCESS) return false;
      JsonWriter(out).string(text);
      return true;
    }
    case element_type::INT64:
    case element_type::UINT64:
    case element_type::DOUBLE:
    case element_type::NULL_VALUE:
      out = simdjson::minify(value);
      return true;
    default:
      out = "null";
      return false;
  }
}

}  // namespace

void Dispatcher::answer(Scratch& scratch, Session& session, const Request& request, Clock::time_point deadline,
                        Answers& answers) const {
  std::string& out = answers.out;
  const auto refuse_with = [&](const RpcError& error) {
    settle(answers);
    if (request.entry != nullptr) request.entry->errors.fetch_add(1, std::memory_order_relaxed);
    if (!request.is_notification) answers.item([&] { append_error(out, request.id, error); });
  };
  if (request.entry != nullptr) request.entry->requests.fetch_add(1, std::memory_order_relaxed);
  if (request.problem) return refuse_with(*request.problem);
  const Method& method = request.entry->method;
  if (method.cost != Cost::kSubmit) settle(answers);

  std::optional<RpcError> error;
  answers.item([&] {
    const std::size_t start = out.size();
    append_head(out, request.id);
    out += "\"result\":";
    JsonWriter writer(out);
    Call call{backend_, hub_, config_, session, &method, writer, scratch.impl_->environment, deadline, nonces_};
    Reply reply = fail(ErrorCode::kInternal, "not run");
    try {
      reply = method.handler(call, Params(request.params.data(), request.param_count));
    } catch (const std::exception& e) {  // the environment: disk, memory
      reply = fail(ErrorCode::kInternal, std::string("internal error: ") + e.what());
    }
    if (reply.ok() && !call.submit && !call.later && !request.is_notification) {
      out += '}';
    } else {
      out.resize(start);
    }
    if (!reply.ok()) {
      error = reply.error();
      return;
    }
    if (call.after) answers.after.push_back(std::move(call.after));
    if (call.submit) {
      answers.run.push_back({std::move(call.submit->raw), std::move(call.submit->then), request.id,
                             request.is_notification, request.entry});
    } else if (call.later && !request.is_notification) {  // what a notification waits for, nobody will hear
      answers.waiting.push_back({out.size(), request.id, std::move(call.later)});
      out += kPlaceholder;
    }
  });
  if (error) refuse_with(*error);
}

// ---- Transactions ----

std::vector<SubmitResult> Dispatcher::submit_raw(std::span<const Submission> group) const {
  std::vector<ByteView> raws;
  raws.reserve(group.size());
  for (const Submission& one : group) raws.push_back(one.raw);
  try {
    return backend_.submit_many(raws);
  } catch (const std::exception& error) {  // the environment: disk, memory
    return std::vector<SubmitResult>(group.size(), Err(SubmitError{SubmitCode::kInternal, error.what()}));
  }
}

namespace {

void append_hash(std::string& out, std::string_view id, const Hash256& hash) {
  append_head(out, id);
  out += "\"result\":";
  JsonWriter(out).hex(hash);
  out += '}';
}

void append_result(std::string& out, std::string_view id, const Result<std::string, RpcError>& result) {
  if (!result.ok()) return append_error(out, id, result.error());
  append_head(out, id);
  out += "\"result\":";
  out += *result;
  out += '}';
}

}  // namespace

void Dispatcher::settle(Answers& answers) const {
  if (answers.run.empty()) return;
  const std::vector<Submission> run = std::exchange(answers.run, {});
  const auto results = submit_raw(run);
  for (std::size_t i = 0; i < run.size(); ++i) {
    const Submission& one = run[i];
    if (!results[i].ok()) one.entry->errors.fetch_add(1, std::memory_order_relaxed);
    if (one.is_notification) continue;
    if (results[i].ok() && one.then) {
      answers.wait(one.id, [then = one.then, hash = *results[i]](const Completion& done) { then(hash, done); });
      continue;
    }
    answers.item([&] {
      if (results[i].ok()) {
        append_hash(answers.out, one.id, *results[i]);
      } else {
        append_error(answers.out, one.id, submit_failed(results[i].error()).error);
      }
    });
  }
}

void Dispatcher::submit(std::span<Submission> group,
                        const std::function<void(std::size_t, std::string)>& finish) const {
  const auto results = submit_raw(group);
  for (std::size_t i = 0; i < group.size(); ++i) {
    Submission& one = group[i];
    std::string text;
    if (!results[i].ok()) {
      one.entry->errors.fetch_add(1, std::memory_order_relaxed);
      if (!one.is_notification) append_error(text, one.id, submit_failed(results[i].error()).error);
    } else if (one.then && !one.is_notification) {
      one.then(*results[i], [finish, i, id = one.id](const Result<std::string, RpcError>& result) {
        std::string late;
        append_result(late, id, result);
        finish(i, std::move(late));
      });
      continue;
    } else if (!one.is_notification) {
      append_hash(text, one.id, *results[i]);
    }
    finish(i, std::move(text));
  }
}

std::string Dispatcher::refuse(const Submission& submission, std::string_view why) {
  submission.entry->errors.fetch_add(1, std::memory_order_relaxed);
  std::string text;
  if (!submission.is_notification) {
    append_error(text, submission.id, RpcError{ErrorCode::kLimitExceeded, std::string(why), {}});
  }
  return text;
}

namespace {

/// Collects what was waited for, puts it in place of the placeholders, and hands the whole text over.
class Joiner {
 public:
  /// `places`: ascending positions of placeholders in `text`.
  Joiner(std::string text, std::vector<std::size_t> places, std::function<void(std::string)> finish)
      : text_(std::move(text)),
        places_(std::move(places)),
        parts_(places_.size()),
        left_(places_.size()),
        finish_(std::move(finish)) {}

  void put(std::size_t i, std::string part) {
    {
      const std::lock_guard lock(mutex_);
      parts_[i] = std::move(part);
      if (--left_ > 0) return;
    }
    std::string out;
    std::size_t from = 0;
    for (std::size_t k = 0; k < places_.size(); ++k) {
      out.append(text_, from, places_[k] - from);
      out += parts_[k];
      from = places_[k] + kPlaceholder.size();
    }
    out.append(text_, from);
    finish_(std::move(out));
  }

 private:
  std::mutex mutex_;
  std::string text_;
  std::vector<std::size_t> places_;
  std::vector<std::string> parts_;
  std::size_t left_;
  std::function<void(std::string)> finish_;
};

}  // namespace

/// Reads a request object as far as it can be read without running it.
void Dispatcher::look(const Json& json, Request& request) const {
  request.problem.reset();
  request.param_count = 0;
  request.is_notification = false;
  request.id = "null";
  request.entry = nullptr;
  const auto invalid = [&](std::string why) {
    request.problem = RpcError{ErrorCode::kInvalidRequest, "invalid request: " + std::move(why), {}};
  };
  simdjson::dom::object object;
  if (json.get(object) != simdjson::SUCCESS) return invalid("expected an object");
  bool has_id = false;
  bool good_id = true;
  bool good_version = false;
  bool has_method = false;
  std::optional<element> params;
  for (const auto field : object) {
    if (field.key == "id") {
      has_id = true;
      good_id = read_id(field.value, request.id);
    } else if (field.key == "method") {
      has_method = field.value.get(request.method) == simdjson::SUCCESS;
    } else if (field.key == "jsonrpc") {
      std::string_view version;
      good_version = field.value.get(version) == simdjson::SUCCESS && version == "2.0";
    } else if (field.key == "params") {
      params = field.value;
    }
  }
  if (!good_id) return invalid("id must be a string, a number or null");
  if (!good_version) return invalid("jsonrpc must be \"2.0\"");
  if (!has_method) return invalid("method must be a string");
  request.is_notification = !has_id;
  const auto it = entries_.find(request.method);
  if (it == entries_.end()) {
    request.entry = unknown_.get();
    request.problem =
        RpcError{ErrorCode::kMethodNotFound,
                 "the method " + std::string(request.method.substr(0, 80)) + " does not exist/is not available",
                 {}};
    return;
  }
  request.entry = it->second.get();
  if (!params || params->is_null()) return;
  simdjson::dom::array list;
  if (params->get(list) != simdjson::SUCCESS) {
    request.problem = RpcError{ErrorCode::kInvalidParams, "params must be an array (by position)", {}};
    return;
  }
  for (const element item : list) {
    if (request.param_count == Params::kMax) {
      request.problem = too_many_params(Params::kMax).error;
      return;
    }
    request.params[request.param_count++] = item;
  }
}

Dispatcher::Outcome Dispatcher::handle(Scratch& scratch, Session& session, std::string_view body, Where where,
                                       std::string& out) const {
  element root;
  if (const auto error = scratch.impl_->parse(body, root); error != simdjson::SUCCESS) {
    if (where == Where::kSubmissionOnly) return {Outcome::Kind::kHeavy};
    append_error(out, "null", parse_error(error, config_.json_depth_max));
    return {};
  }
  const auto has_cost = [](const Request& request, Cost cost) {
    return !request.problem && request.entry->method.cost == cost;
  };

  const auto deadline = Clock::now() + std::chrono::milliseconds(config_.call_time_ms_max);
  Answers answers{out};
  Request request;
  Outcome outcome;
  simdjson::dom::array items;
  if (root.get(items) != simdjson::SUCCESS) {
    look(root, request);
    if (where == Where::kCheapOnly && has_cost(request, Cost::kHeavy)) return {Outcome::Kind::kHeavy};
    if (where == Where::kSubmissionOnly && !has_cost(request, Cost::kSubmit)) return {Outcome::Kind::kHeavy};
    answer(scratch, session, request, deadline, answers);
    if (where != Where::kAnywhere && !answers.run.empty()) {
      outcome.kind = Outcome::Kind::kSubmit;
      outcome.submission = std::move(answers.run.front());
      return outcome;
    }
    settle(answers);
  } else {
    if (where == Where::kSubmissionOnly) return {Outcome::Kind::kHeavy};
    const std::size_t count = items.size();
    outcome.requests = std::max<std::size_t>(count, 1);
    if (count == 0 || count > config_.batch_items_max) {
      append_error(
          out, "null",
          RpcError{ErrorCode::kInvalidRequest,
                   count == 0 ? "invalid request: empty batch"
                              : "batch too large: more than " + std::to_string(config_.batch_items_max) + " requests",
                   {}});
      return outcome;
    }
    if (where == Where::kCheapOnly) {
      for (const element item : items) {
        look(item, request);
        if (!has_cost(request, Cost::kHeavy)) continue;
        outcome.kind = Outcome::Kind::kHeavy;
        return outcome;
      }
    }
    out += '[';
    answers.is_batch = true;
    for (const element item : items) {
      look(item, request);
      if (out.size() - answers.start > config_.response_bytes_max) {
        request.problem = RpcError{ErrorCode::kTransactionRejected,
                                   "response too large: the batch's answers exceed " +
                                       std::to_string(config_.response_bytes_max) + " bytes; send fewer requests",
                                   {}};
      }
      answer(scratch, session, request, deadline, answers);
    }
    settle(answers);
    if (answers.first) {
      out.resize(answers.start);  // notifications only: no answer at all
    } else {
      out += ']';
    }
  }

  outcome.after = std::move(answers.after);
  if (answers.waiting.empty()) return outcome;
  outcome.kind = Outcome::Kind::kLater;
  auto text = std::make_shared<std::string>(out, answers.start);
  auto waiting = std::make_shared<std::vector<Answers::Waiting>>(std::move(answers.waiting));
  for (Answers::Waiting& item : *waiting) item.at -= answers.start;
  out.resize(answers.start);
  outcome.start = [text, waiting](std::function<void(std::string)> finish) {
    std::vector<std::size_t> places;
    for (const Answers::Waiting& item : *waiting) places.push_back(item.at);
    const auto joiner = std::make_shared<Joiner>(std::move(*text), std::move(places), std::move(finish));
    for (std::size_t i = 0; i < waiting->size(); ++i) {
      Answers::Waiting& item = (*waiting)[i];
      const auto begin = std::move(item.start);
      begin([joiner, i, id = std::move(item.id)](const Result<std::string, RpcError>& result) {
        std::string part;
        append_result(part, id, result);
        joiner->put(i, std::move(part));
      });
    }
  };
  return outcome;
}

void Dispatcher::refuse(Scratch& scratch, std::string_view body, std::string_view why, std::string& out) const {
  element root;
  const RpcError error{ErrorCode::kLimitExceeded, std::string(why), {}};
  if (scratch.impl_->parse(body, root) != simdjson::SUCCESS) return append_error(out, "null", error);
  const auto id_of = [](element json) {
    std::string id = "null";
    simdjson::dom::object object;
    if (json.get(object) != simdjson::SUCCESS) return id;
    for (const auto field : object) {
      if (field.key == "id") read_id(field.value, id);  // the last one counts, as in look()
    }
    return id;
  };
  simdjson::dom::array items;
  if (root.get(items) != simdjson::SUCCESS) return append_error(out, id_of(root), error);
  out += '[';
  bool first = true;
  for (const element item : items) {
    if (!first) out += ',';
    first = false;
    append_error(out, id_of(item), error);
  }
  out += ']';
}

}  // namespace atlas::rpc
