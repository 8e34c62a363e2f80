// Sends the same random transactions to two nodes and compares what became of them: receipts (status, gas, logs,
// contract address), the state of every account involved and, of some, every kind of trace.
// Usage: differential URL_A URL_B [transactions] [seed] [traced transactions]
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <thread>

#include "generator.hpp"
#include "traces.hpp"
#include <load/rpc_client.hpp>

#include <crypto/keccak.hpp>
#include <crypto/secp256k1.hpp>

namespace atlas::differential {
namespace {

using load::RpcClient;

constexpr unsigned kSenders = 20;
constexpr unsigned kAuthorities = 8;
constexpr unsigned kContracts = 24;
constexpr unsigned kCallsPerRound = 400;
constexpr unsigned kSlots = 6;  // as many as the generator's programs use
constexpr u64 kGasPrice = 20'000'000'000;
constexpr u64 kSetUpGas = 6'000'000;

Hash256 authority_key(unsigned i) {
  return crypto::keccak256(as_bytes("atlas differential authority " + std::to_string(i)));
}
Hash256 sender_key(unsigned i) {
  return crypto::keccak256(as_bytes("atlas differential sender " + std::to_string(i)));
}

struct Sender {
  Hash256 key;
  Address address;
  u64 nonce = 0;
};

struct Signed {
  std::string raw;
  std::string hash;
  u64 nonce = 0;
};

Signed sign(Transaction tx, const Hash256& key) {
  const auto signature = crypto::sign(signing_hash(tx), key);
  tx.r = signature->r;
  tx.s = signature->s;
  tx.y_parity = signature->y_parity;
  const Bytes encoded = encode_transaction(tx);
  return {to_hex(encoded), to_hex(crypto::keccak256(encoded)), tx.nonce};
}

/// Many calls in JSON-RPC batches; results in order, errors as their objects.
std::vector<Json> call_many(RpcClient& rpc, const std::vector<std::pair<std::string, Json>>& calls) {
  constexpr std::size_t kBatch = 100;
  std::vector<Json> out;
  for (std::size_t first = 0; first < calls.size(); first += kBatch) {
    Json batch = Json::array();
    const std::size_t end = std::min(calls.size(), first + kBatch);
    for (std::size_t i = first; i < end; ++i) {
      batch.push_back({{"jsonrpc", "2.0"}, {"id", i}, {"method", calls[i].first}, {"params", calls[i].second}});
    }
    rpc.exchange(rpc.request_for(batch.dump()), 1, [&](std::string_view body) {
      std::map<std::size_t, Json> by_id;
      for (Json& item : Json::parse(body)) {
        by_id[item["id"].get<std::size_t>()] = item.contains("error") ? item["error"] : item["result"];
      }
      for (auto& [id, value] : by_id) out.push_back(std::move(value));
    });
  }
  return out;
}

class Node {
 public:
  explicit Node(const std::string& url) : name_(url), rpc_(load::Url::parse(url)) {
    // Blocks only when told, here and there: both chains then have the same block numbers, which programs read. (And
    // anvil 1.7.1 now and then locks up when it mines by itself while it traces.)
    mines_when_told_ = rpc_.call("web3_clientVersion").get<std::string>().starts_with("anvil");
    if (!mines_when_told_) return;
    rpc_.call("evm_setAutomine", Json::array({false}));
    rpc_.call("evm_setIntervalMining", Json::array({0}));
    // One that programs read, so the same on both; a round must fit into a block.
    rpc_.call("evm_setBlockGasLimit", Json::array({"0xb2d05e00"}));
  }
  RpcClient& rpc() { return rpc_; }
  const std::string& name() const { return name_; }

  /// Each transaction's hash, or the refusal.
  std::vector<Json> send(const std::vector<Signed>& transactions) {
    std::vector<std::pair<std::string, Json>> calls;
    for (const Signed& tx : transactions) calls.emplace_back("eth_sendRawTransaction", Json::array({tx.raw}));
    return call_many(rpc_, calls);
  }
  /// Replaces every hash in `sent` by the receipt, waiting until all are there.
  void await(const std::vector<Signed>& transactions, std::vector<Json>& sent) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    std::vector<std::size_t> open;
    for (std::size_t i = 0; i < sent.size(); ++i) {
      if (sent[i].is_string()) open.push_back(i);
    }
    while (!open.empty()) {
      if (std::chrono::steady_clock::now() > until) {
        throw load::RpcFailure(name_ + ": " + std::to_string(open.size()) +
                               " transactions without receipt after 60 s, first " + transactions[open[0]].hash + " " +
                               transactions[open[0]].raw);
      }
      if (mines_when_told_) {
        rpc_.call("anvil_setNextBlockBaseFeePerGas", Json::array({"0x3b9aca00"}));  // programs read it, too
        rpc_.call("evm_mine");
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      std::vector<std::pair<std::string, Json>> calls;
      for (const std::size_t i : open) {
        calls.emplace_back("eth_getTransactionReceipt", Json::array({transactions[i].hash}));
      }
      const std::vector<Json> receipts = call_many(rpc_, calls);
      std::vector<std::size_t> still;
      for (std::size_t k = 0; k < open.size(); ++k) {
        if (receipts[k].is_object() && receipts[k].contains("gasUsed")) {
          sent[open[k]] = receipts[k];
        } else {
          still.push_back(open[k]);
        }
      }
      open = std::move(still);
    }
  }

 private:
  std::string name_;
  RpcClient rpc_;
  bool mines_when_told_ = false;
};

/// What must agree of a receipt, as text; a refusal is only "refused", since words differ between nodes.
std::string summary(const Json& receipt) {
  if (!receipt.is_object() || !receipt.contains("gasUsed")) return "refused";
  Json logs = Json::array();
  for (const Json& log : receipt["logs"]) logs.push_back({log["address"], log["topics"], log["data"]});
  return Json({{"status", receipt["status"]},
               {"gasUsed", receipt["gasUsed"]},
               {"contract", receipt.value("status", "") == "0x1" ? receipt.value("contractAddress", Json()) : Json()},
               {"logs", logs}})
      .dump();
}

class Run {
 public:
  Run(const std::string& a, const std::string& b, u64 seed) : a_(a), b_(b), seed_(seed) {}

  /// `traced` of the transactions are traced as well, spread over the run.
  int operator()(u64 transactions, u64 traced) {
    traces_left_ = traced;
    trace_every_ = traced == 0 ? 1 : std::max<u64>(1, transactions / traced);
    chain_id_ = chain_id(a_);
    if (chain_id(b_) != chain_id_) throw load::RpcFailure("the two nodes have different chain ids");
    fund();
    for (Node* node : {&a_, &b_}) {
      const Json head = node->rpc().call("eth_getBlockByNumber", {"latest", false});
      apart_.accounts.push_back(head["miner"].get<std::string>());
    }
    for (unsigned who = 0; who < kAuthorities; ++who) {
      apart_.accounts.push_back(to_hex(*crypto::address_of_private_key(authority_key(who))));
    }
    u64 done = 0;
    for (u64 round = 0; done < transactions; ++round) {
      done += play(round);
      std::fprintf(stderr, "\r  %llu of %llu transactions, %llu differences", static_cast<unsigned long long>(done),
                   static_cast<unsigned long long>(transactions), static_cast<unsigned long long>(differences_));
    }
    std::fputs("\n", stderr);
    std::printf(
        "{\"transactions\":%llu,\"succeeded\":%llu,\"failed\":%llu,\"refused\":%llu,\"states_compared\":%llu,"
        "\"traced\":%llu,\"traces_compared\":%llu,\"differences\":%llu,\"seed\":%llu}\n",
        static_cast<unsigned long long>(done), static_cast<unsigned long long>(succeeded_),
        static_cast<unsigned long long>(failed_), static_cast<unsigned long long>(refused_),
        static_cast<unsigned long long>(states_), static_cast<unsigned long long>(traced_),
        static_cast<unsigned long long>(traces_), static_cast<unsigned long long>(differences_),
        static_cast<unsigned long long>(seed_));
    return differences_ == 0 ? 0 : 1;
  }

 private:
  static u64 chain_id(Node& node) { return parse_u256(node.rpc().call("eth_chainId").get<std::string>())->low_u64(); }

  Transaction base(TxType type, u64 nonce, u64 gas) const {
    Transaction tx;
    tx.type = type;
    tx.chain_id = chain_id_;
    tx.nonce = nonce;
    tx.gas_limit = gas;
    tx.max_fee_per_gas = u256(kGasPrice);
    // Equal to the cap, so the price paid does not depend on either chain's base fee.
    tx.max_priority_fee_per_gas = u256(kGasPrice);
    return tx;
  }

  void fund() {
    const Hash256 key = *fixed_from_hex<32>("0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80");
    const Address funder = *crypto::address_of_private_key(key);
    for (Node* node : {&a_, &b_}) {
      u64 nonce =
          parse_u256(node->rpc().call("eth_getTransactionCount", {to_hex(funder), "pending"}).get<std::string>())
              ->low_u64();
      std::vector<Signed> batch;
      senders_.clear();
      for (unsigned i = 0; i < kSenders; ++i) {
        Sender s{sender_key(i), {}, 0};
        s.address = *crypto::address_of_private_key(s.key);
        Transaction tx = base(TxType::kDynamicFee, nonce++, 21'000);
        tx.to = s.address;
        tx.value = u256(400) * u256(1'000'000'000'000'000'000);
        batch.push_back(sign(tx, key));
        s.nonce =
            parse_u256(node->rpc().call("eth_getTransactionCount", {to_hex(s.address), "latest"}).get<std::string>())
                ->low_u64();
        if (s.nonce != 0) throw load::RpcFailure(node->name() + " was used before: both chains must be fresh");
        senders_.push_back(s);
      }
      // Authorities exist from the start: anvil pays EIP-7702's refund for an absent authority too (deviations.md).
      for (unsigned who = 0; who < kAuthorities; ++who) {
        Transaction tx = base(TxType::kDynamicFee, nonce++, 21'000);
        tx.to = *crypto::address_of_private_key(authority_key(who));
        tx.value = u256(1);
        batch.push_back(sign(tx, key));
      }
      std::vector<Json> sent = node->send(batch);
      node->await(batch, sent);
    }
  }

  u64 play(u64 round) {
    Random random(seed_ * 1'000'003 + round);
    // One sender a round: nonces then order its transactions, which nodes may otherwise mix as they like.
    Sender& s = senders_[round % kSenders];
    Targets targets;
    for (u8 i = 1; i <= 17; ++i) {
      Address precompile;
      precompile[19] = i;
      // 0x0a's errors are the same, but valid proofs are never drawn; the others work on random input or padding.
      targets.push_back(precompile);
    }
    Address p256;
    p256[18] = 1;
    targets.push_back(p256);
    for (const Sender& other : senders_) targets.push_back(other.address);
    targets.push_back(Address::from_right(random.bytes(20)));

    // Contracts first, so that later programs name earlier ones.
    std::vector<Signed> batch;
    std::vector<Hash256> keys;
    Targets contracts;
    for (unsigned i = 0; i < kContracts; ++i) {
      Transaction tx = base(TxType::kDynamicFee, s.nonce, kSetUpGas);
      tx.data = deployer_of(random_program(random, targets));
      contracts.push_back(created_address(s));
      targets.push_back(contracts.back());
      targets.push_back(contracts.back());
      batch.push_back(sign(tx, s.key));
      keys.push_back(s.key);
      ++s.nonce;
    }
    compare(round, batch, keys);

    batch.clear();
    keys.clear();
    for (unsigned i = 0; i < kCallsPerRound; ++i) {
      batch.push_back(random_call(random, s, contracts, targets));
      keys.push_back(s.key);
    }
    compare(round, batch, keys);
    compare_state(round, targets);
    resync();
    return kContracts + kCallsPerRound;
  }

  static Address created_address(const Sender& s) {
    // keccak(rlp([address, nonce])), nonces below 2^32 here
    Bytes nonce;
    for (u64 n = s.nonce; n != 0; n >>= 8) nonce.insert(nonce.begin(), static_cast<u8>(n));
    Bytes body;
    body.push_back(0x94);
    append(body, s.address.view());
    if (nonce.size() != 1 || nonce[0] >= 0x80) body.push_back(static_cast<u8>(0x80 + nonce.size()));
    append(body, nonce);
    body.insert(body.begin(), static_cast<u8>(0xc0 + body.size()));
    return Address::from_right(crypto::keccak256(body).view());
  }

  Signed random_call(Random& random, Sender& s, const Targets& contracts, const Targets& targets) {
    // Below what a transaction pays before its first instruction, nodes refuse or silently drop; either leaves a gap.
    const u64 gas = 200'000 + random.below(900'000);
    const std::vector<TxType> types = {TxType::kLegacy, TxType::kAccessList, TxType::kDynamicFee, TxType::kSetCode};
    TxType type = random.pick(types);
    if (type == TxType::kSetCode && !random.one_in(3)) type = TxType::kDynamicFee;
    Transaction tx = base(type, s.nonce, gas);
    tx.to = random.one_in(20) ? random.pick(targets) : random.pick(contracts);
    if (random.one_in(5)) tx.value = u256(random.below(5000));
    tx.data = random.bytes(random.below(100));
    if (type != TxType::kSetCode && random.one_in(15)) {
      tx.to.reset();
      tx.data = random_program(random, targets);
    }
    if (type != TxType::kLegacy && random.one_in(2)) {
      for (u64 n = random.below(4); n > 0; --n) {
        AccessListEntry entry{random.pick(targets), {}};
        for (u64 k = random.below(4); k > 0; --k) entry.slots.emplace_back(random.below(kSlots));
        tx.access_list.push_back(std::move(entry));
      }
    }
    if (type == TxType::kLegacy && tx.to && random.one_in(3)) tx.gas_limit = 26'000 + random.below(60'000);
    if (type == TxType::kSetCode) {
      for (u64 n = 1 + random.below(2); n > 0; --n)
        tx.authorizations.push_back(random_authorization(random, contracts));
    }
    ++s.nonce;
    return sign(tx, s.key);
  }

  /// By keys of their own, so that no sender's nonce moves.
  Authorization random_authorization(Random& random, const Targets& contracts) {
    const unsigned who = static_cast<unsigned>(random.below(kAuthorities));
    const Hash256 key = authority_key(who);
    Authorization a;
    a.chain_id = random.one_in(3) ? u256() : u256(random.one_in(8) ? chain_id_ + 1 : chain_id_);
    a.address = random.one_in(5) ? Address{} : random.pick(contracts);
    a.nonce = random.one_in(4) ? random.below(4) : authority_nonce_[who];
    Bytes body;
    const auto put = [&body](const u256& v) {
      const unsigned n = v.byte_length();
      const Hash256 be = v.to_be();
      if (n == 1 && be[31] < 0x80) return body.push_back(be[31]);
      body.push_back(static_cast<u8>(0x80 + n));
      append(body, ByteView(be.data() + 32 - n, n));
    };
    put(a.chain_id);
    body.push_back(0x94);
    append(body, a.address.view());
    put(u256(a.nonce));
    Bytes message = {0x05, static_cast<u8>(0xc0 + body.size())};
    append(message, body);
    const auto signature = crypto::sign(crypto::keccak256(message), key);
    a.r = signature->r;
    a.s = signature->s;
    a.y_parity = signature->y_parity;
    if (a.chain_id != u256(chain_id_ + 1) && a.nonce == authority_nonce_[who]) ++authority_nonce_[who];
    return a;
  }

  /// `keys[i]` signed batch[i]: a refused transaction leaves a nonce gap, which a plain transfer then fills.
  void compare(u64 round, const std::vector<Signed>& batch, const std::vector<Hash256>& keys) {
    std::vector<Json> ra = a_.send(batch);
    std::vector<Json> rb = b_.send(batch);
    for (const auto& [node, results] : {std::pair{&a_, &ra}, std::pair{&b_, &rb}}) {
      std::vector<Signed> fillers;
      for (std::size_t i = 0; i < batch.size(); ++i) {
        if ((*results)[i].is_string()) continue;
        Transaction tx = base(TxType::kDynamicFee, batch[i].nonce, 21'000);
        tx.to = Address{};
        fillers.push_back(sign(tx, keys[i]));
      }
      std::vector<Json> sent = node->send(fillers);
      node->await(fillers, sent);
      node->await(batch, *results);
    }
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const std::string sa = summary(ra[i]);
      const std::string sb = summary(rb[i]);
      if (sa == "refused") {
        ++refused_;
      } else {
        ++(ra[i]["status"] == "0x1" ? succeeded_ : failed_);
      }
      if (sa != sb) {
        report(round, "transaction " + batch[i].hash + " raw " + batch[i].raw,
               sa + (sa == "refused" ? " " + ra[i].dump() : ""), sb + (sb == "refused" ? " " + rb[i].dump() : ""));
      }
      if (sa == sb && sa != "refused" && traces_left_ > 0 && ++trace_turn_ % trace_every_ == 0) {
        compare_traces(round, batch[i].hash, ra[i]);
      }
    }
  }

  /// anvil's total is that of the block so far; ours is held to the receipt.
  void check_gas(u64 round, TraceKind kind, const std::string& hash, const Json& trace, const Json& receipt) {
    const std::string used = receipt["gasUsed"];
    std::string got = used;
    if (kind == TraceKind::kSteps) got = to_quantity(u256(trace["gas"].get<u64>()));
    if (kind == TraceKind::kCalls) got = trace["gasUsed"];
    if (got != used) report(round, std::string("gas of the ") + name_of(kind) + " of " + hash, got, used);
  }

  void compare_traces(u64 round, const std::string& hash, const Json& receipt) {
    --traces_left_;
    ++traced_;
    for (const TraceKind kind : kTraceKinds) {
      const auto trace = [&](Node& node) -> Json {
        try {
          const Json got = node.rpc().call("debug_traceTransaction", {hash, trace_options(kind)});
          if (&node == &a_) check_gas(round, kind, hash, got, receipt);
          if (&node == &a_ && kind == TraceKind::kSteps) {
            apart_.slots = slots_of_failures(got["structLogs"]);
            const std::string wrong = wrong_store(got["structLogs"]);
            if (!wrong.empty()) report(round, "storage in the struct logs of " + hash, wrong, "");
          }
          return normalised(kind, got, apart_);
        } catch (const load::RpcError& error) {
          return {{"refused", error.what()}};
        }
      };
      const Json ta = trace(a_);
      const Json tb = trace(b_);
      ++traces_;
      if (ta == tb && !ta.contains("refused")) continue;
      report(round, std::string(name_of(kind)) + " of " + hash, "", first_difference(ta, tb));
    }
  }

  void compare_state(u64 round, const Targets& accounts) {
    std::vector<std::pair<std::string, Json>> calls;
    for (const Address& a : accounts) {
      const std::string hex = to_hex(a);
      calls.emplace_back("eth_getBalance", Json::array({hex, "latest"}));
      calls.emplace_back("eth_getTransactionCount", Json::array({hex, "latest"}));
      calls.emplace_back("eth_getCode", Json::array({hex, "latest"}));
      for (unsigned s = 0; s < kSlots; ++s) {
        calls.emplace_back("eth_getStorageAt", Json::array({hex, to_quantity(u256(s)), "latest"}));
      }
    }
    const std::vector<Json> sa = call_many(a_.rpc(), calls);
    const std::vector<Json> sb = call_many(b_.rpc(), calls);
    for (std::size_t i = 0; i < calls.size(); ++i) {
      ++states_;
      if (sa[i] != sb[i]) report(round, calls[i].first + calls[i].second.dump(), sa[i].dump(), sb[i].dump());
    }
  }

  /// Programs can make a sender's account create contracts only under delegation, which senders never have, but
  /// authorities' nonces move by every valid tuple.
  void resync() {
    for (Sender& s : senders_) {
      s.nonce = parse_u256(a_.rpc().call("eth_getTransactionCount", {to_hex(s.address), "latest"}).get<std::string>())
                    ->low_u64();
    }
    for (unsigned who = 0; who < kAuthorities; ++who) {
      const Address address = *crypto::address_of_private_key(authority_key(who));
      authority_nonce_[who] =
          parse_u256(a_.rpc().call("eth_getTransactionCount", {to_hex(address), "latest"}).get<std::string>())
              ->low_u64();
    }
  }

  void report(u64 round, const std::string& what, const std::string& sa, const std::string& sb) {
    constexpr u64 kShown = 20;
    if (++differences_ > kShown) return;
    std::fprintf(stderr, "\nround %llu: %s\n  %s: %s\n  %s: %s\n", static_cast<unsigned long long>(round), what.c_str(),
                 a_.name().c_str(), sa.c_str(), b_.name().c_str(), sb.c_str());
  }

  Node a_;
  Node b_;
  u64 seed_;
  u64 chain_id_ = 0;
  std::vector<Sender> senders_;
  u64 authority_nonce_[kAuthorities] = {};
  Apart apart_;
  u64 traces_left_ = 0, trace_every_ = 1, trace_turn_ = 0, traced_ = 0, traces_ = 0;
  u64 succeeded_ = 0, failed_ = 0, refused_ = 0, states_ = 0, differences_ = 0;
};

}  // namespace
}  // namespace atlas::differential

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: differential URL_A URL_B [transactions=10000] [seed=1] [traced=0]\n");
    return 2;
  }
  try {
    const auto number = [&](int i, unsigned long long fallback) {
      return argc > i ? std::strtoull(argv[i], nullptr, 10) : fallback;
    };
    return atlas::differential::Run(argv[1], argv[2], number(4, 1))(number(3, 10'000), number(5, 0));
  } catch (const std::exception& e) {
    std::fprintf(stderr, "differential: %s\n", e.what());
    return 2;
  }
}
