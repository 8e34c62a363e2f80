#include "model.hpp"

#include "witness.hpp"

#include <evm/evm.hpp>

namespace atlas::crash {
namespace {

using Json = nlohmann::json;

std::string at_block(u64 number, const std::string& what) {
  return "block " + std::to_string(number) + ": " + what;
}

/// Many calls of one method in HTTP batches; results in order.
std::vector<Json> call_many(load::RpcClient& rpc, const char* method, const std::vector<Json>& params) {
  constexpr std::size_t kBatch = 500;
  std::vector<Json> out(params.size());
  for (std::size_t begin = 0; begin < params.size(); begin += kBatch) {
    Json batch = Json::array();
    for (std::size_t i = begin; i < std::min(params.size(), begin + kBatch); ++i) {
      batch.push_back({{"jsonrpc", "2.0"}, {"id", i}, {"method", method}, {"params", params[i]}});
    }
    rpc.exchange(rpc.request_for(batch.dump()), 1, [&](std::string_view body) {
      const Json answers = Json::parse(body, nullptr, false);
      if (!answers.is_array()) throw load::RpcFailure("no batch came back: " + std::string(body.substr(0, 200)));
      for (const Json& answer : answers) out[answer.at("id").get<std::size_t>()] = answer.value("result", Json());
    });
  }
  return out;
}

Json log_fields(const Log& log) {
  Json topics = Json::array();
  for (const Hash256& topic : log.topics) topics.push_back(to_hex(topic));
  return {{"address", to_hex(log.address)}, {"topics", topics}, {"data", to_hex(log.data)}};
}
Json log_fields(const Json& log) {
  return {{"address", log.at("address")}, {"topics", log.at("topics")}, {"data", log.at("data")}};
}

}  // namespace

Model::Model(const storage::Genesis& genesis, const std::filesystem::path& directory)
    : batches_(genesis, directory),
      state_(std::make_unique<storage::HotState>(storage::HashSeed::random())),
      environment_(std::make_unique<evm::Evm>()) {
  rules_.chain_id = genesis.chain_id;
  state_->load(0, genesis.state);
  hashes_.push_back(genesis.block.hash);
  head_ = std::make_shared<const Block>(genesis.block);
}

std::string Model::follow(load::RpcClient& rpc, Traffic& traffic) {
  const u64 last = number_of(rpc.call("eth_blockNumber"));
  if (last < head()) {
    return "the head is block " + std::to_string(last) + ", but block " + std::to_string(head()) + " was there";
  }
  Json logs = Json::array();
  const u64 first = head() + 1;
  u64 logs_from = first;
  while (head() < last) {
    const u64 number = head() + 1;
    const Json block = rpc.call("eth_getBlockByNumber", {hex_number(number), false});
    if (!block.is_object()) return at_block(number, "is missing below the head " + std::to_string(last));
    if (auto wrong = take(rpc, block, traffic); !wrong.empty()) return at_block(number, wrong);
    for (const Receipt& receipt : head_->receipts) {
      for (const Log& log : receipt.logs) logs.push_back(log_fields(log));
    }
    if (logs.size() > 2'000 || head() == last) {
      if (auto wrong = compare_logs(rpc, logs_from, head(), logs); !wrong.empty()) return wrong;
      logs = Json::array();
      logs_from = head() + 1;
    }
  }
  return "";
}

std::string Model::take(load::RpcClient& rpc, const Json& block, Traffic& traffic) {
  const u64 number = head() + 1;
  if (block.at("parentHash") != to_hex(head_->hash)) {
    return "stands on " + block.at("parentHash").dump() + ", not on " + to_hex(head_->hash);
  }
  sequencer::BlockChoices choices;
  choices.timestamp_s = number_of(block.at("timestamp"));
  choices.coinbase = *fixed_from_hex<20>(block.at("miner").get<std::string>());
  sequencer::BlockBuilder builder(rules_, state_->newest(), *head_, choices, *environment_);
  for (const Json& hash : block.at("transactions")) {
    const SignedTransaction* tx = traffic.find(*fixed_from_hex<32>(hash.get<std::string>()));
    if (tx == nullptr) return "holds " + hash.dump() + ", which nobody sent or which was in a block before";
    if (const auto executed = builder.execute(*tx); !executed) {
      return "transaction " + hash.dump() + " cannot be executed: " + stf::describe(executed.error());
    }
  }
  sequencer::SealedBlock sealed = builder.seal();
  if (block.at("hash") != to_hex(sealed.block->hash)) {
    return "has hash " + block.at("hash").dump() + ", but executed again it comes out as " + to_hex(sealed.block->hash);
  }
  const Json receipts = rpc.call("eth_getBlockReceipts", {hex_number(number)});
  if (auto wrong = compare_receipts(*sealed.block, receipts); !wrong.empty()) return wrong;
  for (const auto& change : sealed.diff.accounts) touched_.insert(change.address);
  batches_.take(*sealed.block, sealed.diff, state_->newest());
  state_->apply(number, sealed.diff);
  state_->prune(1, 0, number);
  for (const auto& tx : sealed.block->transactions) traffic.mark_mined(tx.hash);
  traffic.forget_mined();
  ++blocks_;
  receipts_ += sealed.block->receipts.size();
  head_ = std::move(sealed.block);
  hashes_.push_back(head_->hash);
  return "";
}

std::string Model::compare_receipts(const Block& block, const Json& receipts) const {
  if (!receipts.is_array() || receipts.size() != block.receipts.size()) return "has another number of receipts";
  u64 log_index = 0;
  for (std::size_t i = 0; i < receipts.size(); ++i) {
    const Receipt& expected = block.receipts[i];
    const Json& found = receipts[i];
    const auto differs = [&](const char* field, const Json& value) { return found.value(field, Json()) != value; };
    if (differs("transactionHash", to_hex(block.transactions[i].hash)) || differs("blockHash", to_hex(block.hash)) ||
        differs("transactionIndex", hex_number(i)) || differs("status", expected.success ? "0x1" : "0x0") ||
        differs("gasUsed", hex_number(expected.gas_used)) ||
        differs("cumulativeGasUsed", hex_number(expected.cumulative_gas_used)) ||
        found.at("logs").size() != expected.logs.size()) {
      return "receipt " + std::to_string(i) + " is not that of the replay: " + found.dump();
    }
    for (std::size_t l = 0; l < expected.logs.size(); ++l) {
      const Json& log = found.at("logs")[l];
      if (log_fields(log) != log_fields(expected.logs[l]) || log.at("logIndex") != hex_number(log_index++)) {
        return "log " + std::to_string(l) + " of receipt " + std::to_string(i) + " is not that of the replay";
      }
    }
  }
  return "";
}

std::string Model::compare_logs(load::RpcClient& rpc, u64 first, u64 last, const Json& expected) const {
  const Json found = rpc.call("eth_getLogs", {{{"fromBlock", hex_number(first)}, {"toBlock", hex_number(last)}}});
  const std::string range = "eth_getLogs of blocks " + std::to_string(first) + " to " + std::to_string(last);
  if (found.size() != expected.size()) {
    return range + " gives " + std::to_string(found.size()) + " logs, the replay " + std::to_string(expected.size());
  }
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (log_fields(found[i]) != expected[i]) return range + ": log " + std::to_string(i) + " differs";
  }
  // By address and topic: through the index rather than along the blocks.
  if (expected.empty()) return "";
  const Json& one = expected.back();
  const Json by_topic = rpc.call("eth_getLogs", {{{"fromBlock", hex_number(first)},
                                                  {"toBlock", hex_number(last)},
                                                  {"address", one.at("address")},
                                                  {"topics", {nullptr, one.at("topics")[1]}}}});
  const auto like = static_cast<std::size_t>(std::count_if(expected.begin(), expected.end(), [&](const Json& log) {
    return log.at("address") == one.at("address") && log.at("topics")[1] == one.at("topics")[1];
  }));
  return by_topic.size() == like ? ""
                                 : range + " by topic gives " + std::to_string(by_topic.size()) + " logs, the replay " +
                                       std::to_string(like);
}

std::string Model::compare_state(load::RpcClient& rpc, std::mt19937_64& random, u64 receivers) {
  constexpr std::size_t kRandom = 500;
  constexpr std::size_t kTouchedMax = 5'000;
  std::vector<Address> addresses;
  for (const Address& address : touched_) {
    if (touched_.size() <= kTouchedMax || random() % touched_.size() < kTouchedMax) addresses.push_back(address);
  }
  touched_.clear();
  for (std::size_t i = 0; i < kRandom; ++i) addresses.push_back(receiver(random() % receivers));
  std::vector<Json> params;
  for (const Address& address : addresses) params.push_back({to_hex(address), hex_number(head())});
  const auto balances = call_many(rpc, "eth_getBalance", params);
  const auto nonces = call_many(rpc, "eth_getTransactionCount", params);
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    const Account expected = state().account(addresses[i]).value_or(Account{});
    const auto balance = balances[i].is_string() ? parse_u256(balances[i].get<std::string>()) : std::nullopt;
    if (!balance || *balance != expected.balance || !nonces[i].is_string() || number_of(nonces[i]) != expected.nonce) {
      return "account " + to_hex(addresses[i]) + " at block " + std::to_string(head()) + ": balance " +
             balances[i].dump() + ", nonce " + nonces[i].dump() + "; the replay has " + to_decimal(expected.balance) +
             " and " + std::to_string(expected.nonce);
    }
  }
  return "";
}

std::string Model::compare_store(const storage::ChainStore& store, u64 receivers) const {
  // Blocks may have come since the last look, but none with transactions: all of those were seen.
  const u64 newest = store.head()->header.number;
  if (newest < head()) return "the directory's head is below the one that was seen";
  for (u64 n = head() + 1; n <= newest; ++n) {
    const auto block = store.block_by_number(n);
    if (!block || !block->transactions.empty()) return at_block(n, "is absent, or has transactions that nobody sent");
  }
  for (u64 n = 0; n <= head(); ++n) {
    const auto header = store.header_by_number(n);
    if (!header || header->hash != hash_of(n)) return at_block(n, "in the directory is not the one that was seen");
  }
  if (store.stats().accounts != accounts()) {
    return "the directory has " + std::to_string(store.stats().accounts) + " accounts, the replay " +
           std::to_string(accounts());
  }
  const auto same = [&](const Address& address) {
    return store.writer_state().account(address) == state().account(address);
  };
  for (u64 i = 0; i < receivers; ++i) {
    if (!same(receiver(i))) return "account " + to_hex(receiver(i)) + " is not as in the replay";
  }
  for (u32 i = 0; i < kSenders; ++i) {
    if (!same(address_of(i))) return "account " + to_hex(address_of(i)) + " is not as in the replay";
  }
  for (u64 slot = 0; slot < 4'096; ++slot) {
    if (store.writer_state().storage(kRecorder, slot) != state().storage(kRecorder, slot)) {
      return "slot " + std::to_string(slot) + " is not as in the replay";
    }
  }
  return "";
}

}  // namespace atlas::crash
