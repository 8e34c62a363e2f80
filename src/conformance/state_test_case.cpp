#include <conformance/exceptions.hpp>
#include <conformance/state_test_case.hpp>

#include <crypto/keccak.hpp>
#include <stf/stf.hpp>

namespace atlas::conformance {
namespace {

constexpr unsigned kMaxBlobsPerTransaction = 6;  // EIP-7594, from Osaka

// BLOCKHASH(n) = keccak256(n in decimal), the convention of the suites.
class DecimalBlockHashes final : public BlockHashes {
 public:
  Hash256 block_hash(u64 number) const override { return crypto::keccak256(as_bytes(std::to_string(number))); }
};

// EIP-4844, fake_exponential with factor 1. Saturates where the result would need more than 256 bits.
u256 blob_base_fee(const u256& excess_blob_gas, u64 fraction) {
  const u256 denominator(fraction);
  u256 sum;
  u256 term = denominator;
  for (u64 i = 1; !term.is_zero(); ++i) {
    bool carry;
    sum = u256::add(sum, term, carry);
    if (carry || term.bit_length() + excess_blob_gas.bit_length() > 256) return u256::max();
    term = term * excess_blob_gas / (denominator * u256(i));
  }
  return sum / denominator;
}

template <class T>
const T& pick(const std::vector<T>& list, std::size_t index, const char* name) {
  if (index >= list.size()) throw FormatError(std::string("index outside \"") + name + "\"");
  return list[index];
}

// The transaction as the JSON fields give it, unsigned.
Result<Transaction, TxDecodeError> from_template(const StateTest& test, const Expectation& expected) {
  const TransactionTemplate& in = test.transaction;
  const auto gas_limit = pick(in.gas_limits, expected.gas, "gasLimit");
  const auto value = pick(in.values, expected.value, "value");
  const auto too_large = Err(TxDecodeError::kFieldTooLarge);
  if (!in.nonce || !gas_limit || !value) return too_large;

  Transaction tx;
  const auto* list = in.access_lists ? &pick(*in.access_lists, expected.data, "accessLists") : nullptr;
  if (in.authorizations) {
    tx.type = TxType::kSetCode;
  } else if (in.blob_hashes) {
    tx.type = TxType::kBlob;
  } else if (in.max_fee) {
    tx.type = TxType::kDynamicFee;
  } else if (list != nullptr && list->has_value()) {
    tx.type = TxType::kAccessList;
  }
  tx.chain_id = test.chain_id;
  tx.nonce = *in.nonce;
  tx.gas_limit = *gas_limit;
  tx.value = *value;
  tx.to = in.to;
  tx.data = pick(in.data, expected.data, "data");
  if (list != nullptr && list->has_value()) tx.access_list = **list;
  const auto fee = in.max_fee ? in.max_fee : in.gas_price;
  const auto tip = in.max_fee ? in.max_priority_fee : in.gas_price;
  if (!fee || !tip) throw FormatError("transaction without gasPrice or maxFeePerGas and maxPriorityFeePerGas");
  if (!*fee || !*tip) return too_large;
  tx.max_fee_per_gas = **fee;
  tx.max_priority_fee_per_gas = **tip;
  if (in.blob_hashes) {
    if (!in.max_blob_fee) throw FormatError("blob transaction without maxFeePerBlobGas");
    if (!*in.max_blob_fee) return too_large;
    tx.max_fee_per_blob_gas = **in.max_blob_fee;
    tx.blob_hashes = *in.blob_hashes;
  }
  if (in.authorizations) {
    for (const auto& tuple : *in.authorizations) {
      if (!tuple) return too_large;
      tx.authorizations.push_back(*tuple);
    }
  }
  return tx;
}

// The case's transaction: from its bytes where the file gives them, since they are what was signed.
Result<SignedTransaction, TxDecodeError> make_transaction(const StateTest& test, const Expectation& expected) {
  if (!expected.encoded) {
    auto tx = from_template(test, expected);
    if (!tx) return Err(tx.error());
    return SignedTransaction{std::move(*tx), {}, {}, test.transaction.sender};
  }
  auto tx = decode_transaction(*expected.encoded, true);
  if (!tx) return Err(tx.error());
  const auto sender = recover_sender(*tx);
  if (!sender) return Err(sender.error());
  return SignedTransaction{std::move(*tx), *expected.encoded, crypto::keccak256(*expected.encoded), *sender};
}

BlockContext block_context(const StateTest& test, Fork fork, const BlobSchedule& blobs) {
  const StateTestEnvironment& env = test.environment;
  BlockContext block;
  block.fork = fork;
  block.chain_id = test.chain_id;
  block.number = env.number;
  block.timestamp = env.timestamp;
  block.gas_limit = env.gas_limit;
  block.coinbase = env.coinbase;
  block.prev_randao = env.prev_randao;
  block.base_fee = env.base_fee;
  block.blob_base_fee = blob_base_fee(env.excess_blob_gas, blobs.base_fee_update_fraction);
  return block;
}

std::string compare(const WorldState& state, const Hash256& logs, const Expectation& expected) {
  std::string out;
  const Hash256 root = state.root();
  if (root != expected.state_root) {
    out = "state root is " + to_hex(root) + ", expected " + to_hex(expected.state_root);
    if (expected.state) out += "; " + state.difference(*expected.state);
  }
  if (logs != expected.logs_hash) {
    if (!out.empty()) out += "; ";
    out += "logs hash is " + to_hex(logs) + ", expected " + to_hex(expected.logs_hash);
  }
  return out;
}

std::string check_refused(const StateTest& test, const Expectation& expected, const Refusal& refusal,
                          CaseOptions options) {
  if (expected.exception.empty()) return "valid transaction refused: " + describe(refusal);
  if (options.strict && !covers(expected.exception, refusal)) {
    return "refused for another reason than " + expected.exception + ": " + describe(refusal);
  }
  return compare(test.pre, hash_logs({}), expected);
}

}  // namespace

std::string run_case(const StateTest& test, const Expectation& expected, Fork fork, ExecutionEnvironment& environment,
                     CaseOptions options) {
  const auto tx = make_transaction(test, expected);
  if (!tx) return check_refused(test, expected, tx.error(), options);
  if (tx->sender != test.transaction.sender) {
    return "txbytes are signed by " + to_hex(tx->sender) + ", not by \"sender\"";
  }
  const auto configured = test.blob_schedule.find(name_of(fork));
  const BlobSchedule blobs = configured != test.blob_schedule.end() ? configured->second : default_blob_schedule(fork);
  stf::StfConfig config;
  config.fee_rule = stf::FeeRule::kL1;
  config.allow_blob_transactions = true;
  config.max_blobs_per_block = static_cast<unsigned>(blobs.max);
  config.max_blobs_per_transaction =
      fork >= Fork::kOsaka ? std::min(config.max_blobs_per_block, kMaxBlobsPerTransaction) : config.max_blobs_per_block;

  const DecimalBlockHashes hashes;
  stf::BlockExecutor executor(test.pre, block_context(test, fork, blobs), hashes, environment, config);
  const auto receipt = executor.apply(*tx);
  if (!receipt) return check_refused(test, expected, receipt.error(), options);
  if (!expected.exception.empty()) return "transaction accepted, expected " + expected.exception;
  WorldState state = test.pre;
  state.apply(executor.diff());
  return compare(state, hash_logs(receipt->logs), expected);
}

}  // namespace atlas::conformance
