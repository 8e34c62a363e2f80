#include "traffic.hpp"

#include <algorithm>

#include <crypto/keccak.hpp>
#include <crypto/secp256k1.hpp>

namespace atlas::crash {
namespace {

constexpr u64 kGwei = 1'000'000'000;
/// Far above what the base fee reaches in a run.
constexpr u64 kMaxFeeWei = 100 * kGwei;
constexpr u64 kTipWei = kGwei / 1'000;
constexpr u32 kBatch = 16;
/// Receivers that one transaction can call into being under EIP-7825's cap of 2^24 gas, 36,800 each.
constexpr u64 kSpread = 440;
constexpr std::size_t kBulkyBytes = 100'000;

Bytes words(std::initializer_list<u256> values) {
  Bytes out;
  for (const u256& v : values) append(out, v.to_be().view());
  return out;
}

}  // namespace

const Address kSpreader = u256(0x5b4ead).to_address();
const Address kRecorder = u256(0x4ec04d).to_address();

Hash256 key_of(u32 sender) {
  return u256(0xc4a5'0000 + u64{sender}).to_be();
}

const Address& address_of(u32 sender) {
  static const std::vector<Address> all = [] {
    std::vector<Address> out;
    for (u32 i = 0; i < kSenders; ++i) out.push_back(*crypto::address_of_private_key(key_of(i)));
    return out;
  }();
  return all[sender];
}

Address receiver(u64 i) {
  return Address::from(crypto::keccak256(u256(i).to_be().view()).view().subspan(12));
}

Bytes spreader_code() {
  // for (i = data[0]; i < data[1]; ++i) call(keccak(i), value 1)
  return *from_hex(
      "6000355b80602035111560275780600052600080808060016020600020"
      "6000f1506001016003565b00");
}

Bytes recorder_code() {
  return *from_hex(
      "366000600037"
      "602035600035"
      "55"
      "600035"
      "33"
      "366000"
      "a2"
      "00");
}

void Traffic::add(u32 sender, Transaction tx, bool gapped) {
  tx.type = TxType::kDynamicFee;
  tx.chain_id = kChainId;
  tx.max_fee_per_gas = kMaxFeeWei;
  tx.max_priority_fee_per_gas = kTipWei;
  const auto signature = crypto::sign(signing_hash(tx), key_of(sender));
  tx.r = signature->r;
  tx.s = signature->s;
  tx.y_parity = signature->y_parity;
  auto sent = std::make_unique<Sent>();
  sent->tx.encoded = encode_transaction(tx);
  sent->tx.hash = crypto::keccak256(sent->tx.encoded);
  sent->tx.sender = address_of(sender);
  sent->tx.tx = std::move(tx);
  sent->raw = to_hex(sent->tx.encoded);
  sent->sender = sender;
  sent->gapped = gapped;
  by_hash_.emplace(sent->tx.hash, sent.get());
  all_.push_back(std::move(sent));
}

void Traffic::prepare_receivers(u64 count) {
  for (u64 first = 0; first < count; first += kSpread) {
    const u64 end = std::min(count, first + kSpread);
    const u32 sender = static_cast<u32>(first / kSpread % (kSenders - kWaiters));
    Transaction tx;
    tx.nonce = next_nonce_[sender]++;
    tx.to = kSpreader;
    tx.value = end - first;
    tx.gas_limit = u64{1} << 24;
    tx.data = words({u256(first), u256(end)});
    add(sender, std::move(tx), false);
  }
}

void Traffic::prepare(std::size_t count, Load load, u64 receivers) {
  // What waited for the nonce before it gets that now; a new one waits for the next round.
  for (u32 sender = kSenders - kWaiters; sender < kSenders; ++sender) {
    Transaction tx;
    tx.to = receiver(random_() % receivers);
    tx.value = 1;
    tx.gas_limit = 21'000;
    if (gap_open_[sender]) {
      tx.nonce = next_nonce_[sender];
      add(sender, tx, false);
      next_nonce_[sender] += 2;
    }
    tx.nonce = next_nonce_[sender] + 1;
    add(sender, tx, true);
    gap_open_[sender] = true;
  }
  for (auto& sent : all_) {
    if (sent->sender >= kSenders - kWaiters) sent->gapped = sent->tx.tx.nonce > next_nonce_[sent->sender];
  }
  for (std::size_t i = load == Load::kBulky ? 0 : unmined(); i < count; ++i) {
    const u32 sender = static_cast<u32>(random_() % (kSenders - kWaiters));
    Transaction tx;
    tx.nonce = next_nonce_[sender]++;
    tx.to = receiver(random_() % receivers);
    tx.value = random_() % 1'000'000;
    tx.gas_limit = 21'000;
    if (load == Load::kBulky || random_() % 4 == 0) {
      const std::size_t size = load == Load::kBulky ? kBulkyBytes : 64 + random_() % 200;
      tx.to = kRecorder;
      tx.value = u256();
      tx.data = words({u256(random_() % 4'096), u256(random_())});
      tx.data.resize(size);
      for (std::size_t at = 64; at + 8 <= size; at += 8) {
        const u64 word = random_();
        std::memcpy(tx.data.data() + at, &word, 8);
      }
      tx.gas_limit = load == Load::kBulky ? 8'000'000 : 100'000;
    }
    add(sender, std::move(tx), false);
  }
}

void Traffic::start(const load::Url& url) {
  constexpr u32 kShares = 2;
  accepted_now_ = 0;
  running_ = kShares;
  for (u32 share = 0; share < kShares; ++share) {
    threads_.emplace_back([this, url, share] {
      send_share(url, share);
      --running_;
    });
  }
}

void Traffic::join() {
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

void Traffic::send_share(const load::Url& url, u32 share) try {
  load::RpcClient rpc(url);
  std::vector<Sent*> mine;
  for (auto& sent : all_) {
    if (!sent->mined && sent->sender % 2 == share) mine.push_back(sent.get());
  }
  for (std::size_t begin = 0; begin < mine.size();) {
    // At most about a megabyte a request.
    std::size_t end = begin;
    std::string body = "[";
    while (end < mine.size() && end - begin < kBatch && body.size() < (1 << 20)) {
      if (end > begin) body += ',';
      body += R"({"jsonrpc":"2.0","id":)" + std::to_string(end) + R"(,"method":"eth_sendRawTransaction","params":[")" +
              mine[end]->raw + "\"]}";
      ++end;
    }
    body += "]";
    bool full = false;
    rpc.exchange(rpc.request_for(body), 1, [&](std::string_view text) {
      const auto answers = nlohmann::json::parse(text, nullptr, false);
      if (!answers.is_array()) throw load::RpcFailure("no batch came back: " + std::string(text.substr(0, 200)));
      const Clock::rep now = Clock::now().time_since_epoch().count();
      for (const auto& answer : answers) {
        Sent& sent = *mine[answer.at("id").get<std::size_t>()];
        const auto error = answer.find("error");
        const std::string message = error == answer.end() ? "" : error->value("message", "");
        if (error == answer.end() || message.starts_with("already known")) {
          sent.accepted = now;
          ++accepted_now_;
        } else if (message.starts_with("txpool is full")) {
          full = true;
        } else if (!message.starts_with("nonce too low")) {  // mined since the last look
          const std::lock_guard lock(refusals_mutex_);
          refusals_.push_back(message);
        }
      }
    });
    if (full) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    } else {
      begin = end;
    }
  }
} catch (const load::RpcFailure&) {
  // The node was killed.
}

const SignedTransaction* Traffic::find(const Hash256& hash) const {
  const auto found = by_hash_.find(hash);
  return found == by_hash_.end() ? nullptr : &found->second->tx;
}

void Traffic::mark_mined(const Hash256& hash) {
  if (const auto found = by_hash_.find(hash); found != by_hash_.end()) found->second->mined = true;
}

std::vector<const Sent*> Traffic::accepted_before(Clock::time_point limit) const {
  std::vector<const Sent*> out;
  for (const auto& sent : all_) {
    const Clock::rep at = sent->accepted;
    if (!sent->mined && at != 0 && at < limit.time_since_epoch().count()) out.push_back(sent.get());
  }
  return out;
}

std::size_t Traffic::unmined() const {
  return static_cast<std::size_t>(std::count_if(all_.begin(), all_.end(), [](const auto& s) { return !s->mined; }));
}

std::size_t Traffic::executable() const {
  return static_cast<std::size_t>(
      std::count_if(all_.begin(), all_.end(), [](const auto& s) { return !s->mined && !s->gapped; }));
}

void Traffic::forget_mined() {
  std::erase_if(all_, [this](const auto& sent) {
    if (sent->mined) by_hash_.erase(sent->tx.hash);
    return sent->mined;
  });
}

}  // namespace atlas::crash
