#pragma once
// For tests only: a state in memory, an assembler, and a driver of frames that is as small as the rules allow (stf has
// the real one). It runs calls by recursion and needs no precompiles.
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>

#include <crypto/keccak.hpp>
#include <evm/evm.hpp>
#include <evm/opcodes.hpp>

namespace atlas::evm::test {

/// Assembles mnemonics and numbers (decimal or 0x…) separated by spaces. A bare number becomes its shortest PUSH; after
/// PUSHn it is that push's immediate; "hex:…" inserts bytes as they stand. ":name" is a JUMPDEST, "@name" pushes its
/// position (below 256).
inline Bytes assemble(const std::string& text) {
  std::map<std::string, u8, std::less<>> opcodes;
  for (unsigned i = 0; i < 256; ++i) opcodes.emplace(std::string(mnemonic(static_cast<u8>(i))), static_cast<u8>(i));
  Bytes code;
  std::istringstream in(text);
  unsigned immediate = 0;
  std::map<std::string, u8> labels;
  std::vector<std::pair<std::size_t, std::string>> uses;
  for (std::string token; in >> token;) {
    if (token.starts_with("hex:")) {
      append(code, from_hex(token.substr(4)).value());
    } else if (token[0] == ':') {
      labels[token.substr(1)] = static_cast<u8>(code.size());
      code.push_back(static_cast<u8>(Opcode::kJumpdest));
    } else if (token[0] == '@') {
      code.push_back(0x60);
      uses.emplace_back(code.size(), token.substr(1));
      code.push_back(0);
    } else if (const auto op = opcodes.find(token); op != opcodes.end()) {
      code.push_back(op->second);
      immediate = immediate_size(op->second);
    } else {
      const auto value = parse_u256(token);
      if (!value) throw std::runtime_error("assemble: neither a mnemonic nor a number: " + token);
      unsigned size = immediate;
      if (size == 0) {
        size = value->byte_length();
        code.push_back(static_cast<u8>(0x5f + size));
      }
      const Hash256 be = value->to_be();
      append(code, be.view().last(size));
      immediate = 0;
    }
  }
  for (const auto& [at, name] : uses) code[at] = labels.at(name);
  return code;
}

inline Address address_of(u64 number) {
  return u256(number).to_address();
}

/// An account table that is read through StateView.
class MapState final : public StateView {
 public:
  struct Entry {
    Account account;
    std::map<u256, u256> storage;
  };

  void set_code(const Address& address, Bytes code) {
    const Hash256 hash = crypto::keccak256(code);
    accounts[address].account.code_hash = hash;
    codes[hash] = std::move(code);
  }

  std::optional<Account> account(const Address& address) const override {
    const auto it = accounts.find(address);
    if (it == accounts.end()) return std::nullopt;
    return it->second.account;
  }
  u256 storage(const Address& address, const u256& slot) const override {
    const auto it = accounts.find(address);
    if (it == accounts.end()) return {};
    const auto value = it->second.storage.find(slot);
    return value == it->second.storage.end() ? u256() : value->second;
  }
  ByteView code(const Hash256& code_hash) const override { return codes.at(code_hash); }
  bool has_storage(const Address& address) const override {
    const auto it = accounts.find(address);
    return it != accounts.end() && !it->second.storage.empty();
  }

  std::map<Address, Entry> accounts;
  std::map<Hash256, Bytes> codes;
};

class NumberedHashes final : public BlockHashes {
 public:
  Hash256 block_hash(u64 number) const override { return u256(number + 0x1000).to_be(); }
};

/// A result that owns its output.
struct RunResult {
  FrameStatus status = FrameStatus::kSuccess;
  HaltReason halt = HaltReason::kNone;
  u64 gas_left = 0;
  i64 gas_refund = 0;
  Bytes output;
  Address created;

  /// The output's first word.
  u256 word() const { return u256::from_be_short(ByteView(output).first(std::min<std::size_t>(output.size(), 32))); }
  friend bool operator==(const RunResult&, const RunResult&) = default;
};

/// One block's execution on a MapState.
class Machine {
 public:
  explicit Machine(const MapState& state, Evm::Mode mode = Evm::Mode::kFast)
      : evm(mode), journal(state), host_{block, tx, journal, hashes_} {
    block.number = 1000;
    block.timestamp = 1'700'000'000;
    block.gas_limit = 30'000'000;
    block.coinbase = address_of(0xc0);
    block.base_fee = u256(7);
    block.blob_base_fee = u256(3);
    journal.begin_transaction();
  }

  /// Runs the request and everything that it calls.
  RunResult run(const CallRequest& request) {
    const bool creation = request.kind == CallKind::kCreate || request.kind == CallKind::kCreate2;
    CallRequest call = request;
    RunResult failed;
    failed.status = FrameStatus::kFailure;
    if (creation) {
      const u64 nonce = journal.nonce(call.sender);
      journal.set_nonce(call.sender, nonce + 1);
      Bytes seed(call.sender.begin(), call.sender.end());  // not Ethereum's rule, only distinct
      seed.push_back(static_cast<u8>(nonce));
      append(seed, call.salt.to_be());
      call.recipient = call.code_address = Address::from_right(crypto::keccak256(seed));
      journal.access_account(call.recipient);
      if (journal.nonce(call.recipient) != 0) return failed;
    }
    const auto checkpoint = journal.checkpoint();
    if (creation) journal.create_contract(call.recipient);
    if ((creation || call.kind == CallKind::kCall) && !call.value.is_zero()) {
      journal.sub_balance(call.sender, call.value);
      journal.add_balance(call.recipient, call.value);
    }
    const Hash256 hash = journal.code_hash(call.code_address);
    StepOutcome outcome;
    Frame* frame = creation ? evm.start(host_, call, call.input, nullptr, outcome)
                            : evm.start(host_, call, journal.code(call.code_address), &hash, outcome);
    while (outcome.wants_call) {
      const RunResult inner = run(outcome.call);
      CallResult handed;
      handed.status = inner.status;
      handed.gas_left = inner.gas_left;
      handed.gas_refund = inner.gas_refund;
      handed.output = inner.output;
      handed.created = inner.created;
      evm.resume(host_, *frame, handed, outcome);
    }
    RunResult result{outcome.result.status,
                     outcome.result.halt,
                     outcome.result.gas_left,
                     outcome.result.gas_refund,
                     Bytes(outcome.result.output.begin(), outcome.result.output.end()),
                     {}};
    if (creation && result.status == FrameStatus::kSuccess) {
      const u64 deposit = 200 * result.output.size();
      if (deposit > result.gas_left) {
        result = failed;
      } else {
        result.gas_left -= deposit;
        result.created = call.recipient;
        journal.set_code(call.recipient, result.output);
      }
    }
    if (result.status != FrameStatus::kSuccess) journal.revert_to(checkpoint);
    return result;
  }

  /// Counts what it costs to prove from now on; null ends it.
  void set_native(NativeMeter* meter) { host_.native = meter; }

  Evm evm;
  Journal journal;
  BlockContext block;
  TxContext tx;

 private:
  NumberedHashes hashes_;
  Host host_;
};

}  // namespace atlas::evm::test
