#include <crypto/keccak.hpp>
#include <types/l1_transaction.hpp>

namespace atlas {
namespace {

constexpr std::size_t kWord = 32;

// Words of the struct's head, which its dynamic members follow; offsets count from the head's first byte.
enum Field : std::size_t {
  kTxType,
  kFrom,
  kTo,
  kGasLimit,
  kGasPerPubdata,
  kMaxFee,
  kMaxPriorityFee,
  kPaymaster,
  kNonce,
  kValue,
  kMint,
  kRefundRecipient,
  kReserved2,
  kReserved3,
  kData,
  kSignature,
  kFactoryDeps,
  kPaymasterInput,
  kReservedDynamic,
  kFields,
};

constexpr std::size_t padded(std::size_t size) {
  return (size + kWord - 1) / kWord * kWord;
}

void put(Bytes& out, const u256& word) {
  append(out, word.to_be());
}
void put_bytes(Bytes& out, ByteView bytes) {
  put(out, u256(bytes.size()));
  append(out, bytes);
  out.resize(out.size() + padded(bytes.size()) - bytes.size());
}

u256 word_at(ByteView body, std::size_t index) {
  return u256::from_be(body.data() + index * kWord);
}
bool take_address(const u256& word, Address& out) {
  out = word.to_address();
  return word.bit_length() <= 8 * Address::size();
}
bool take_u64(const u256& word, u64& out) {
  out = word.low_u64();
  return word.fits_u64();
}

// Reads what the head says into `tx` and its two dynamic members; that the rest is as it must be shows when the result
// is encoded again.
bool read(ByteView body, Transaction& tx) {
  if (body.size() < (1 + kFields) * kWord || body.size() % kWord != 0) return false;
  const ByteView head = body.subspan(kWord);
  tx.l1.emplace();
  L1Request& l1 = *tx.l1;
  Address to;
  if (!take_address(word_at(head, kFrom), l1.from) || !take_address(word_at(head, kTo), to) ||
      !take_u64(word_at(head, kGasLimit), tx.gas_limit) || !take_u64(word_at(head, kNonce), tx.nonce) ||
      !take_address(word_at(head, kRefundRecipient), l1.refund_recipient)) {
    return false;
  }
  tx.to = to;
  l1.gas_per_pubdata_byte = word_at(head, kGasPerPubdata);
  tx.max_fee_per_gas = word_at(head, kMaxFee);
  tx.max_priority_fee_per_gas = word_at(head, kMaxPriorityFee);
  tx.value = word_at(head, kValue);
  l1.mint = word_at(head, kMint);

  // The data begins right behind the head; behind it, an empty signature; then the factory dependencies.
  constexpr std::size_t kDataAt = kFields * kWord;
  u64 data_size = 0;
  if (head.size() < kDataAt + kWord) return false;
  if (!take_u64(word_at(head, kFields), data_size) || data_size > head.size() - kDataAt - kWord) return false;
  const ByteView data = head.subspan(kDataAt + kWord, static_cast<std::size_t>(data_size));
  tx.data.assign(data.begin(), data.end());
  const std::size_t deps_at = kDataAt + kWord + padded(data.size()) + kWord;
  if (head.size() < deps_at + kWord) return false;
  u64 count = 0;
  if (!take_u64(u256::from_be(head.data() + deps_at), count)) return false;
  if (count > (head.size() - deps_at - kWord) / kWord) return false;
  l1.factory_deps.reserve(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < count; ++i) {
    l1.factory_deps.push_back(u256::from_be(head.data() + deps_at + kWord + i * kWord));
  }
  return true;
}

}  // namespace

Bytes encode_l1_transaction(const Transaction& tx) {
  ENSURE(tx.l1.has_value() && tx.to.has_value(), "a transaction from L1 has its request and a target");
  const L1Request& l1 = *tx.l1;
  // Offsets of data, signature, factoryDeps, paymasterInput, reservedDynamic.
  const std::size_t signature_at = kFields * kWord + kWord + padded(tx.data.size());
  const std::size_t deps_at = signature_at + kWord;
  const std::size_t paymaster_at = deps_at + kWord + l1.factory_deps.size() * kWord;
  Bytes out;
  out.reserve(1 + 4 * kWord + paymaster_at);
  out.push_back(static_cast<u8>(tx.type));
  put(out, u256(kWord));  // offset of the struct
  put(out, u256(static_cast<u8>(tx.type)));
  put(out, u256::from_address(l1.from));
  put(out, u256::from_address(*tx.to));
  put(out, u256(tx.gas_limit));
  put(out, l1.gas_per_pubdata_byte);
  put(out, tx.max_fee_per_gas);
  put(out, tx.max_priority_fee_per_gas);
  put(out, u256());  // paymaster
  put(out, u256(tx.nonce));
  put(out, tx.value);
  put(out, l1.mint);
  put(out, u256::from_address(l1.refund_recipient));
  put(out, u256());
  put(out, u256());
  for (const std::size_t offset : {kFields * kWord, signature_at, deps_at, paymaster_at, paymaster_at + kWord}) {
    put(out, u256(offset));
  }
  put_bytes(out, tx.data);
  put_bytes(out, {});
  put(out, u256(l1.factory_deps.size()));
  for (const u256& hash : l1.factory_deps) put(out, hash);
  put_bytes(out, {});
  put_bytes(out, {});
  return out;
}

Hash256 hash_l1_transaction(ByteView encoded) {
  return crypto::keccak256(encoded.subspan(1));
}

Result<SignedTransaction, TxDecodeError> decode_l1_transaction(ByteView encoded) {
  if (encoded.empty()) return Err(TxDecodeError::kEmpty);
  SignedTransaction out;
  out.tx.type = static_cast<TxType>(encoded[0]);
  if (!is_from_l1(out.tx.type)) return Err(TxDecodeError::kUnsupportedType);
  if (!read(encoded.subspan(1), out.tx)) return Err(TxDecodeError::kMalformedL1);
  out.encoded = encode_l1_transaction(out.tx);
  if (!std::equal(out.encoded.begin(), out.encoded.end(), encoded.begin(), encoded.end())) {
    return Err(TxDecodeError::kMalformedL1);
  }
  out.hash = hash_l1_transaction(encoded);
  out.sender = out.tx.l1->from;
  return out;
}

}  // namespace atlas
