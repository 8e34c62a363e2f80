#pragma once
// Random but well-formed chains for this room's tests and benchmarks: signed-looking transactions, receipts with logs,
// state diffs, all from a seed.
#include <filesystem>
#include <map>
#include <random>

#include <unistd.h>

#include <crypto/keccak.hpp>
#include <storage/chain_store.hpp>

namespace atlas::storage::testing {

/// A directory that is removed with everything inside. In memory where possible, because a real disk's fsync would take
/// most of the tests' time; `on_disk` asks for the real one.
class TemporaryDirectory {
 public:
  explicit TemporaryDirectory(bool on_disk = false) {
    const std::filesystem::path memory = "/dev/shm";
    const bool use_memory = !on_disk && ::access(memory.c_str(), W_OK) == 0;
    std::string pattern =
        ((use_memory ? memory : std::filesystem::temp_directory_path()) / "atlas-storage-XXXXXX").string();
    ENSURE(::mkdtemp(pattern.data()) != nullptr, "no temporary directory");
    path_ = pattern;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline Address address_of(u64 n) {
  const Hash256 hash = crypto::keccak256(ByteView(reinterpret_cast<const u8*>(&n), 8));
  return Address::from(hash.view().first(20));
}

/// Accounts and slots as plain ordered maps.
struct ModelState {
  std::map<Address, Account> accounts;
  std::map<std::pair<Address, u256>, u256> slots;

  void apply(const StateDiff& diff) {
    for (const auto& change : diff.accounts) {
      if (change.account) {
        accounts[change.address] = *change.account;
      } else {
        accounts.erase(change.address);
      }
      for (const auto& [slot, value] : change.storage) {
        if (value.is_zero()) {
          slots.erase({change.address, slot});
        } else {
          slots[{change.address, slot}] = value;
        }
      }
    }
  }
};

class ChainMaker {
 public:
  struct Shape {
    u32 transactions = 3;  ///< at most, a block
    u32 logs = 3;          ///< at most, a transaction
    u32 addresses = 40;    ///< distinct accounts, log addresses and topics
    u32 changes = 6;       ///< accounts changed a block
    u32 inner = 0;         ///< at most, addresses touched and contracts created by inner frames of a transaction
    u64 native = 0;        ///< cycles of proving at most, a transaction
  };

  explicit ChainMaker(u64 seed) : ChainMaker(seed, Shape{}) {}
  ChainMaker(u64 seed, Shape shape) : random_(seed), shape_(shape) {
    genesis_.chain_id = 1337;
    genesis_.block.hash = crypto::keccak256(as_bytes("genesis"));
    for (u64 i = 0; i < 10; ++i) {
      genesis_.state.accounts.push_back({address_of(i), Account{0, u256(1'000'000), kEmptyCodeHash}, {}});
    }
    std::sort(genesis_.state.accounts.begin(), genesis_.state.accounts.end(),
              [](const auto& a, const auto& b) { return a.address < b.address; });
    state_.apply(genesis_.state);
    parent_hash_ = genesis_.block.hash;
  }

  const Genesis& genesis() const { return genesis_; }
  const ModelState& state() const { return state_; }

  struct Sealed {
    BlockPtr block;
    StateDiff diff;
  };
  Sealed next() {
    auto block = std::make_shared<Block>();
    block->header.number = ++number_;
    block->header.parent_hash = parent_hash_;
    block->header.timestamp = 1'700'000'000 + number_;
    block->header.base_fee_per_gas = u256(number_);
    const u64 count = shape_.transactions == 0 ? 0 : below(shape_.transactions + 1);
    for (u64 i = 0; i < count; ++i) {
      block->transactions.push_back(make_transaction());
      block->receipts.push_back(make_receipt());
      merge(block->header.logs_bloom, block->receipts.back().bloom);
    }
    block->hash = crypto::keccak256(encode_header(block->header));
    parent_hash_ = block->hash;
    Sealed sealed{block, make_diff()};
    state_.apply(sealed.diff);
    return sealed;
  }

  /// What next() built upon is `number` and its hash again, in state `state`.
  void go_back(u64 number, const Hash256& hash, ModelState state) {
    number_ = number;
    parent_hash_ = hash;
    state_ = std::move(state);
  }

  u64 below(u64 bound) { return random_() % bound; }
  Hash256 topic(u64 n) const { return u256(n + 1).to_be(); }

 private:
  SignedTransaction make_transaction() {
    SignedTransaction out;
    out.tx.type = TxType::kDynamicFee;
    out.tx.chain_id = genesis_.chain_id;
    out.tx.nonce = nonce_++;  // makes every transaction, and so every hash, different
    out.tx.gas_limit = 21'000;
    out.tx.max_fee_per_gas = u256(random_());
    out.tx.to = address_of(below(shape_.addresses));
    out.tx.value = u256(random_());
    out.tx.data.assign(below(40), 0x5a);
    out.tx.y_parity = 1;
    out.tx.r = u256(random_());
    out.tx.s = u256(random_());
    out.encoded = encode_transaction(out.tx);
    out.hash = crypto::keccak256(out.encoded);
    out.sender = address_of(below(shape_.addresses));
    return out;
  }

  Receipt make_receipt() {
    Receipt out;
    out.type = TxType::kDynamicFee;
    out.success = below(4) != 0;
    out.gas_used = 21'000 + below(100'000);
    out.cumulative_gas_used = out.gas_used;
    out.effective_gas_price = u256(random_());
    if (below(5) == 0) out.contract_address = address_of(below(shape_.addresses));
    for (u64 i = below(shape_.logs + 1); i > 0; --i) {
      Log log;
      log.address = address_of(below(shape_.addresses));
      for (u64 t = below(5); t > 0; --t) log.topics.push_back(topic(below(shape_.addresses)));
      log.data.assign(below(70), 0x11);
      add_to_bloom(out.bloom, log);
      out.logs.push_back(std::move(log));
    }
    if (shape_.inner != 0) out.inner = make_inner();
    if (shape_.native != 0) out.native = below(shape_.native + 1);
    return out;
  }

  InnerFrames make_inner() {
    InnerFrames out;
    for (u64 i = below(shape_.inner + 1); i > 0; --i) out.touched.push_back(address_of(below(shape_.addresses)));
    std::sort(out.touched.begin(), out.touched.end());
    out.touched.erase(std::unique(out.touched.begin(), out.touched.end()), out.touched.end());
    if (below(3) == 0) {
      for (u64 i = below(shape_.inner + 1); i > 0; --i) {
        out.created.push_back({address_of(below(shape_.addresses)), address_of(below(shape_.addresses))});
      }
    }
    return out;
  }

  StateDiff make_diff() {
    std::map<Address, StateDiff::AccountChange> changes;
    StateDiff diff;
    for (u32 i = 0; i < shape_.changes; ++i) {
      const Address address = address_of(below(shape_.addresses));
      auto& change = changes[address];
      change.address = address;
      const auto old = state_.accounts.find(address);
      if (old != state_.accounts.end() && below(8) == 0) {
        change.account = std::nullopt;
      } else {
        Account account{below(1000), u256(0, 0, below(5), random_()), kEmptyCodeHash};
        if (below(6) == 0) {
          Bytes code(1 + below(60), static_cast<u8>(below(256)));
          account.code_hash = crypto::keccak256(code);
          diff.code.emplace_back(account.code_hash, std::move(code));
        }
        change.account = account;
      }
      change.storage.clear();
      std::map<u256, u256> slots;
      for (u64 k = below(5); k > 0; --k)
        slots[u256(below(12))] = below(3) == 0 ? u256() : u256(random_(), 0, 0, random_());
      change.storage.assign(slots.begin(), slots.end());
    }
    for (auto& [address, change] : changes) diff.accounts.push_back(std::move(change));
    std::sort(diff.code.begin(), diff.code.end());
    return diff;
  }

  std::mt19937_64 random_;
  Shape shape_;
  Genesis genesis_;
  ModelState state_;
  u64 number_ = 0;
  u64 nonce_ = 0;
  Hash256 parent_hash_;
};

/// Whether a view shows exactly the model, over all addresses and slots that ChainMaker uses. Returns what differs.
inline std::string difference(const StateView& view, const ModelState& model, u64 addresses = 40) {
  for (u64 a = 0; a < addresses; ++a) {
    const Address address = address_of(a);
    const auto expected = model.accounts.find(address);
    const auto found = view.account(address);
    if (found.has_value() != (expected != model.accounts.end()) || (found && !(*found == expected->second))) {
      return "account " + to_hex(address);
    }
    if (found && found->has_code() && crypto::keccak256(view.code(found->code_hash)) != found->code_hash) {
      return "code of " + to_hex(address);
    }
    for (u64 s = 0; s < 12; ++s) {
      const auto slot = model.slots.find({address, u256(s)});
      if (view.storage(address, u256(s)) != (slot == model.slots.end() ? u256() : slot->second)) {
        return "slot " + std::to_string(s) + " of " + to_hex(address);
      }
    }
  }
  return "";
}

}  // namespace atlas::storage::testing
