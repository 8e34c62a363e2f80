// Any text → the dispatcher over a small real chain, on the socket's thread and on a worker. Whatever comes in, what
// goes out is nothing or well-formed JSON.
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

void check(const std::string& out) {
  if (!out.empty() && !nlohmann::json::accept(out)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static World& world = *new World();  // never destroyed: libFuzzer leaves through exit()
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  for (const rpc::Where where : {rpc::Where::kCheapOnly, rpc::Where::kSubmissionOnly, rpc::Where::kAnywhere}) {
    std::string out;
    auto outcome = world.dispatcher.handle(world.scratch, *world.session, body, where, out);
    check(out);
    if (outcome.start) outcome.start([](const std::string& text) { check(text); });
    if (outcome.submission) {
      world.dispatcher.submit({&*outcome.submission, 1}, [](std::size_t, const std::string& text) { check(text); });
    }
    for (const auto& act : outcome.after) act();
  }
  std::string refused;
  world.dispatcher.refuse(world.scratch, body, "busy", refused);
  check(refused);
  return 0;
}
