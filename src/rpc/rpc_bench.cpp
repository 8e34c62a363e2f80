// What one request costs in this room: the dispatcher alone, and through a socket with one client on keep-alive.
#include <benchmark/benchmark.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include <rpc/dispatcher.hpp>
#include <rpc/events.hpp>
#include <rpc/memory_chain.hpp>
#include <rpc/server.hpp>

namespace atlas::rpc {
namespace {

/// Takes every transaction without looking at it, so that only this room is measured.
class SinkChain final : public MemoryChain {
 public:
  SubmitResult submit(ByteView raw) override {
    benchmark::DoNotOptimize(raw.data());
    return Hash256{};
  }
};

class BenchSession final : public Session {
 public:
  std::string_view client() const override { return "bench"; }
};

Bytes sample_transaction(u64 nonce) {
  return MemoryChain::signed_bytes(0, MemoryChain::transfer(nonce, u256(0xabcdef).to_address()));
}

std::string request(std::string_view method, std::string_view params) {
  return R"({"jsonrpc":"2.0","id":12345,"method":")" + std::string(method) + R"(","params":)" + std::string(params) +
         "}";
}

struct World {
  RpcConfig config;
  SinkChain chain;
  EventHub hub{chain, config};
  Dispatcher dispatcher{chain, hub, config};
  Scratch scratch{config};
  std::shared_ptr<Session> session = std::make_shared<BenchSession>();
  std::string out;

  void run(benchmark::State& state, const std::string& body) {
    for (auto _ : state) {
      out.clear();
      dispatcher.handle(scratch, *session, body, Where::kAnywhere, out);
      benchmark::DoNotOptimize(out.data());
    }
    state.counters["answer_bytes"] = static_cast<double>(out.size());
  }
};

void dispatch_send_raw(benchmark::State& state) {
  World world;
  world.run(state, request("eth_sendRawTransaction", "[\"" + to_hex(sample_transaction(0)) + "\"]"));
}
BENCHMARK(dispatch_send_raw);

void dispatch_block_number(benchmark::State& state) {
  World world;
  world.run(state, request("eth_blockNumber", "[]"));
}
BENCHMARK(dispatch_block_number);

/// A chain whose block 1 holds `count` transfers.
void fill_block(World& world, u64 count) {
  world.chain.set_automine(false).ok();
  for (u64 i = 0; i < count; ++i) world.chain.MemoryChain::submit(sample_transaction(i)).ok();
  world.chain.seal_pool();
}

void dispatch_receipt(benchmark::State& state) {
  World world;
  fill_block(world, 1'000);
  const Hash256 hash = world.chain.block_by_number(1)->transactions[500].hash;
  world.run(state, request("eth_getTransactionReceipt", "[\"" + to_hex(hash) + "\"]"));
}
BENCHMARK(dispatch_receipt);

void dispatch_full_block(benchmark::State& state) {
  World world;
  fill_block(world, 1'000);
  world.run(state, request("eth_getBlockByNumber", "[\"0x1\",true]"));
}
BENCHMARK(dispatch_full_block)->Unit(benchmark::kMicrosecond);

void dispatch_call(benchmark::State& state) {
  World world;
  world.run(state, request("eth_call", R"([{"to":"0x0000000000000000000000000000000000abcdef"},"latest"])"));
}
BENCHMARK(dispatch_call);

/// `range` requests are on the way at a time; the time is that of one request, client and server together.
void http_send_raw(benchmark::State& state) {
  namespace asio = boost::asio;
  using tcp = asio::ip::tcp;
  SinkChain chain;
  RpcConfig config;
  config.port = 0;
  Server server(chain, config);
  server.start();
  asio::io_context context;
  tcp::socket socket(context);
  socket.connect({asio::ip::make_address("127.0.0.1"), server.port()});
  socket.set_option(tcp::no_delay(true));
  const std::string body = request("eth_sendRawTransaction", "[\"" + to_hex(sample_transaction(0)) + "\"]");
  const std::string one = "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: " +
                          std::to_string(body.size()) + "\r\n\r\n" + body;
  const auto depth = static_cast<std::size_t>(state.range(0));
  std::string all;
  for (std::size_t i = 0; i < depth; ++i) all += one;
  std::string in(1 << 16, '\0');
  std::size_t answer = 0;
  const auto receive = [&](std::size_t count) {
    std::size_t got = 0;
    while (answer == 0 || got < count * answer) {
      got += socket.read_some(asio::buffer(in.data() + (answer == 0 ? got : 0), in.size() - (answer == 0 ? got : 0)));
      if (answer == 0 && std::string_view(in.data(), got).ends_with("\"}")) answer = got;
    }
  };
  asio::write(socket, asio::buffer(one));
  receive(1);  // all answers are of one length
  for (auto _ : state) {
    asio::write(socket, asio::buffer(all));
    receive(depth);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<i64>(depth));
}
BENCHMARK(http_send_raw)->Arg(1)->Arg(16)->MeasureProcessCPUTime()->UseRealTime();

}  // namespace
}  // namespace atlas::rpc

BENCHMARK_MAIN();
