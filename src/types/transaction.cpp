#include <crypto/keccak.hpp>
#include <crypto/secp256k1.hpp>
#include <types/l1_transaction.hpp>
#include <types/rlp.hpp>
#include <types/transaction.hpp>

namespace atlas {
namespace {

// EIP-155: v = chain id · 2 + 35 + y parity; before it, v = 27 + y parity.
constexpr u64 kReplayProtectedV = 35;
constexpr u64 kUnprotectedV = 27;
constexpr u8 kAuthorizationMagic = 0x05;  // EIP-7702
constexpr u8 kFirstListByte = 0xc0;       // a legacy transaction is a bare list (EIP-2718)

// n/2, the largest valid s (EIP-2).
constexpr u256 kHalfOrder{0x7fffffffffffffffULL, 0xffffffffffffffffULL, 0x5d576e7357a4501dULL, 0xdfe92f46681b20a0ULL};

// What precedes the signature, in the order of each type's EIP.
template <class Sink>
void unsigned_fields(Sink& out, const Transaction& tx) {
  const auto to = [&] { out.string(tx.to ? tx.to->view() : ByteView{}); };
  if (tx.type != TxType::kLegacy) out.integer(tx.chain_id.value_or(0));
  out.integer(tx.nonce);
  if (tx.type != TxType::kLegacy && tx.type != TxType::kAccessList) out.integer(tx.max_priority_fee_per_gas);
  out.integer(tx.max_fee_per_gas);
  out.integer(tx.gas_limit);
  to();
  out.integer(tx.value);
  out.string(tx.data);
  if (tx.type == TxType::kLegacy) return;
  out.list([&](auto& entries) {
    for (const AccessListEntry& entry : tx.access_list) {
      entries.list([&](auto& pair) {
        pair.string(entry.address);
        pair.list([&](auto& slots) {
          for (const u256& slot : entry.slots) slots.string(slot.to_be());
        });
      });
    }
  });
  if (tx.type == TxType::kBlob) {
    out.integer(tx.max_fee_per_blob_gas);
    out.list([&](auto& hashes) {
      for (const Hash256& hash : tx.blob_hashes) hashes.string(hash);
    });
  }
  if (tx.type == TxType::kSetCode) {
    out.list([&](auto& tuples) {
      for (const Authorization& a : tx.authorizations) {
        tuples.list([&](auto& tuple) {
          tuple.integer(a.chain_id);
          tuple.string(a.address);
          tuple.integer(a.nonce);
          tuple.integer(a.y_parity);
          tuple.integer(a.r);
          tuple.integer(a.s);
        });
      }
    });
  }
}

u256 legacy_v(const Transaction& tx) {
  const u256 parity(tx.y_parity);
  return tx.chain_id ? (u256(*tx.chain_id) << 1) + u256(kReplayProtectedV) + parity : u256(kUnprotectedV) + parity;
}

// The extra fields that EIP-155 signs: chain id, 0, 0.
template <class Sink>
void replay_protection(Sink& out, u64 chain_id) {
  out.integer(chain_id);
  out.integer(u64{0});
  out.integer(u64{0});
}

void read_access_list(rlp::Reader& fields, Transaction& tx) {
  for (rlp::Reader entries = fields.list(); !entries.done();) {
    rlp::Reader pair = entries.list();
    AccessListEntry entry;
    entry.address = pair.fixed<20>();
    for (rlp::Reader slots = pair.list(); !slots.done();) entry.slots.push_back(u256::from_be(slots.fixed<32>()));
    pair.finish();
    tx.access_list.push_back(std::move(entry));
  }
}

void read_authorizations(rlp::Reader& fields, Transaction& tx) {
  for (rlp::Reader tuples = fields.list(); !tuples.done();) {
    rlp::Reader tuple = tuples.list();
    Authorization a;
    a.chain_id = tuple.integer256();
    a.address = tuple.fixed<20>();
    a.nonce = tuple.integer();
    a.y_parity = static_cast<u8>(tuple.integer(0xff));
    a.r = tuple.integer256();
    a.s = tuple.integer256();
    tuple.finish();
    tx.authorizations.push_back(a);
  }
}

void read_to(rlp::Reader& fields, Transaction& tx) {
  const ByteView to = fields.string();
  if (to.empty()) return;
  if (to.size() != Address::size()) return fields.fail(rlp::Error::kWrongLength);
  tx.to = Address::from(to);
}

// `tx.type` is set; `unsigned_part` becomes the encodings of the fields before the signature, back to back.
Result<void, TxDecodeError> read_fields(ByteView input, Transaction& tx, ByteView& unsigned_part) {
  std::optional<rlp::Error> error;
  rlp::Reader whole(input, error);
  rlp::Reader fields = whole.list();
  whole.finish();
  const ByteView payload = fields.rest();

  if (tx.type != TxType::kLegacy) tx.chain_id = fields.integer();
  tx.nonce = fields.integer();
  const bool dynamic_fee = tx.type != TxType::kLegacy && tx.type != TxType::kAccessList;
  if (dynamic_fee) tx.max_priority_fee_per_gas = fields.integer256();
  tx.max_fee_per_gas = fields.integer256();
  if (!dynamic_fee) tx.max_priority_fee_per_gas = tx.max_fee_per_gas;
  tx.gas_limit = fields.integer();
  read_to(fields, tx);
  tx.value = fields.integer256();
  const ByteView data = fields.string();
  tx.data.assign(data.begin(), data.end());
  if (tx.type != TxType::kLegacy) read_access_list(fields, tx);
  if (tx.type == TxType::kBlob) {
    tx.max_fee_per_blob_gas = fields.integer256();
    for (rlp::Reader hashes = fields.list(); !hashes.done();) tx.blob_hashes.push_back(hashes.fixed<32>());
  }
  if (tx.type == TxType::kSetCode) read_authorizations(fields, tx);
  unsigned_part = payload.first(payload.size() - fields.rest().size());

  const u256 v = fields.integer256();
  tx.r = fields.integer256();
  tx.s = fields.integer256();
  fields.finish();
  if (error) {
    return Err(*error == rlp::Error::kIntegerTooLarge ? TxDecodeError::kFieldTooLarge : TxDecodeError::kMalformedRlp);
  }

  if (tx.type != TxType::kLegacy) {
    if (v > u256(1)) return Err(TxDecodeError::kInvalidSignature);
    tx.y_parity = static_cast<u8>(v.low_u64());
  } else if (v == u256(kUnprotectedV) || v == u256(kUnprotectedV + 1)) {
    tx.y_parity = static_cast<u8>(v.low_u64() - kUnprotectedV);
  } else if (v >= u256(kReplayProtectedV)) {
    const u256 offset = v - u256(kReplayProtectedV);
    const u256 chain_id = offset >> 1;
    if (!chain_id.fits_u64()) return Err(TxDecodeError::kFieldTooLarge);
    tx.chain_id = chain_id.low_u64();
    tx.y_parity = offset.bit(0);
  } else {
    return Err(TxDecodeError::kInvalidSignature);
  }
  return {};
}

Result<Transaction, TxDecodeError> decode(ByteView encoded, bool allow_blob, ByteView& unsigned_part) {
  if (encoded.empty()) return Err(TxDecodeError::kEmpty);
  Transaction tx;
  ByteView list = encoded;
  if (encoded[0] < kFirstListByte) {
    switch (encoded[0]) {
      case 0x03:
        if (!allow_blob) return Err(TxDecodeError::kBlobType);
        [[fallthrough]];
      case 0x01:
      case 0x02:
      case 0x04:
        tx.type = static_cast<TxType>(encoded[0]);
        break;
      default:
        return Err(TxDecodeError::kUnsupportedType);
    }
    list = encoded.subspan(1);
  }
  const auto read = read_fields(list, tx, unsigned_part);
  if (!read) return Err(read.error());
  return tx;
}

// [type ‖] rlp(list of what was signed), given the encodings of the fields before the signature.
Hash256 hash_unsigned(const Transaction& tx, ByteView unsigned_part) {
  const auto fields = [&](auto& out) {
    out.raw(unsigned_part);
    if (tx.type == TxType::kLegacy && tx.chain_id) replay_protection(out, *tx.chain_id);
  };
  rlp::Sizer sizer;
  sizer.list(fields);
  const std::size_t prefix = tx.type == TxType::kLegacy ? 0 : 1;
  const std::size_t size = prefix + sizer.size();
  // Plain transfers and token calls fit the stack buffer: the mempool hashes tens of thousands of them a second.
  u8 small[512];
  Bytes large;
  u8* message = small;
  if (size > sizeof small) {
    large.resize(size);
    message = large.data();
  }
  if (prefix != 0) message[0] = static_cast<u8>(tx.type);
  rlp::Writer writer(message + prefix);
  writer.list(fields);
  return crypto::keccak256({message, size});
}

Result<Address, TxDecodeError> recover(const Transaction& tx, const Hash256& digest) {
  if (tx.s > kHalfOrder) return Err(TxDecodeError::kInvalidSignature);
  const auto sender = crypto::ecrecover(digest, tx.y_parity, tx.r, tx.s);
  if (!sender) return Err(TxDecodeError::kInvalidSignature);
  return *sender;
}

}  // namespace

const char* describe(TxDecodeError error) {
  switch (error) {
    case TxDecodeError::kEmpty:
      return "transaction is empty";
    case TxDecodeError::kMalformedRlp:
      return "transaction is not canonical RLP of its type's fields";
    case TxDecodeError::kFieldTooLarge:
      return "an integer in the transaction does not fit its field";
    case TxDecodeError::kUnsupportedType:
      return "transaction type not supported: send type 0x00, 0x01, 0x02 or 0x04 (for 0x71 use type 0x02 and ERC-4337 "
             "or EIP-7702)";
    case TxDecodeError::kBlobType:
      return "blob transactions (type 0x03) are not supported on this chain: send type 0x02 with the data as calldata";
    case TxDecodeError::kInvalidSignature:
      return "invalid signature: v must match the type, r and s be in range and s low (EIP-2)";
    case TxDecodeError::kMalformedL1:
      return "transaction from L1 is not the ABI encoding of an L2CanonicalTransaction that L1 may emit";
  }
  return "?";
}

Result<Transaction, TxDecodeError> decode_transaction(ByteView encoded, bool allow_blob) {
  ByteView unsigned_part;
  return decode(encoded, allow_blob, unsigned_part);
}

Bytes encode_transaction(const Transaction& tx) {
  if (is_from_l1(tx.type)) return encode_l1_transaction(tx);
  const u8 type = static_cast<u8>(tx.type);
  return rlp::encode_list(
      [&](auto& out) {
        unsigned_fields(out, tx);
        out.integer(tx.type == TxType::kLegacy ? legacy_v(tx) : u256(tx.y_parity));
        out.integer(tx.r);
        out.integer(tx.s);
      },
      tx.type == TxType::kLegacy ? ByteView{} : ByteView{&type, 1});
}

Hash256 signing_hash(const Transaction& tx) {
  return hash_unsigned(tx, rlp::encode([&](auto& out) { unsigned_fields(out, tx); }));
}

Result<Address, TxDecodeError> recover_sender(const Transaction& tx) {
  return recover(tx, signing_hash(tx));
}

std::optional<Address> recover_authority(const Authorization& authorization) {
  const Authorization& a = authorization;
  if (a.y_parity > 1 || a.s > kHalfOrder) return std::nullopt;
  const u8 magic[] = {kAuthorizationMagic};
  const Bytes message = rlp::encode_list(
      [&](auto& out) {
        out.integer(a.chain_id);
        out.string(a.address);
        out.integer(a.nonce);
      },
      magic);
  return crypto::ecrecover(crypto::keccak256(message), a.y_parity, a.r, a.s);
}

Result<SignedTransaction, TxDecodeError> decode_signed_transaction(ByteView encoded) {
  ByteView unsigned_part;
  auto tx = decode(encoded, false, unsigned_part);
  if (!tx) return Err(tx.error());
  const auto sender = recover(*tx, hash_unsigned(*tx, unsigned_part));
  if (!sender) return Err(sender.error());
  return SignedTransaction{std::move(*tx), Bytes(encoded.begin(), encoded.end()), crypto::keccak256(encoded), *sender};
}

Result<SignedTransaction, TxDecodeError> decode_block_transaction(ByteView encoded) {
  const bool from_l1 = !encoded.empty() && is_from_l1(static_cast<TxType>(encoded[0]));
  return from_l1 ? decode_l1_transaction(encoded) : decode_signed_transaction(encoded);
}

}  // namespace atlas
