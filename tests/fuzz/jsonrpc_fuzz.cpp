// Any text → the dispatcher over a small real chain, on the socket's thread and on a worker. Whatever comes in, what
// goes out is nothing or JSON-RPC 2.0: version, id of the request, result or error with code and text.
#include <cstdlib>

#include <nlohmann/json.hpp>

#include <rpc/dispatcher.hpp>
#include <rpc/events.hpp>
#include <rpc/memory_chain.hpp>

namespace {

using namespace atlas;

class FuzzSession final : public rpc::Session {
 public:
  std::string_view client() const override { return "fuzz"; }
  bool can_notify() const override { return true; }
  u64 id() const override { return 1; }
};

struct World {
  rpc::RpcConfig config = [] {
    rpc::RpcConfig c;
    c.call_gas_max = 100'000;
    c.batch_items_max = 8;
    c.filters_per_client = 16;
    c.subscriptions_per_connection = 16;
    c.sync_timeout_ms_max = 0;
    return c;
  }();
  rpc::MemoryChain chain{false,
                         {{u256(0xc0de).to_address(), 1, {}, *from_hex("5f3560015560425f5fa16001545f5260205ff3"), {}}}};
  rpc::EventHub hub{chain, config};
  rpc::Dispatcher dispatcher{chain, hub, config};
  rpc::Scratch scratch{config};
  std::shared_ptr<rpc::Session> session = std::make_shared<FuzzSession>();
};

using Json = nlohmann::json;

void check_answer(const Json& answer) {
  ENSURE(answer.is_object() && answer.value("jsonrpc", Json()) == "2.0" && answer.contains("id"), "an answer's frame");
  ENSURE(answer.contains("result") != answer.contains("error"), "result or error");
  if (!answer.contains("error")) return;
  const Json& error = answer["error"];
  ENSURE(error.is_object() && error.value("code", Json()).is_number_integer(), "an error has a code");
  ENSURE(error.value("message", Json()).is_string() && error["message"] != "", "an error says something");
}

/// `request` is discarded where nlohmann's parser, which reads numbers and lone surrogates otherwise, refuses the body.
void check(const Json& request, const std::string& out) {
  if (out.empty()) return;
  const Json answer = Json::parse(out, nullptr, false);
  ENSURE(!answer.is_discarded(), "an answer is JSON");
  if (answer.is_array()) {
    ENSURE(!answer.empty(), "an empty batch of answers");
    ENSURE(request.is_discarded() || (request.is_array() && answer.size() <= request.size()), "answers to requests");
    for (const Json& item : answer) check_answer(item);
    return;
  }
  check_answer(answer);
  if (!request.is_object() || !request.contains("id")) return;
  const Json& id = request["id"];
  if (!id.is_string() && !id.is_number_integer()) return;
  ENSURE(answer["id"] == id || (answer["id"].is_null() && answer.contains("error")),
         "an answer carries its request's id");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static World& world = *new World();  // never destroyed: libFuzzer leaves through exit()
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const Json request = Json::parse(body, nullptr, false);
  for (const rpc::Where where : {rpc::Where::kCheapOnly, rpc::Where::kSubmissionOnly, rpc::Where::kAnywhere}) {
    std::string out;
    auto outcome = world.dispatcher.handle(world.scratch, *world.session, body, where, out);
    check(request, out);
    if (outcome.kind == rpc::Dispatcher::Outcome::Kind::kHeavy && where == rpc::Where::kCheapOnly) {
      std::string refused;
      world.dispatcher.refuse(world.scratch, body, "busy", refused);
      check(request, refused);
    }
    if (outcome.start) outcome.start([&](const std::string& text) { check(request, text); });
    if (outcome.submission) {
      check(request, rpc::Dispatcher::refuse(*outcome.submission, "busy"));
      world.dispatcher.submit({&*outcome.submission, 1},
                              [&](std::size_t, const std::string& text) { check(request, text); });
    }
    for (const auto& act : outcome.after) act();
  }
  return 0;
}
