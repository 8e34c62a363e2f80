#pragma once
// Ethereum transactions: the decoded form, and what is needed to hash, sign and recover them.
#include <optional>
#include <vector>

#include <base/result.hpp>
#include <base/u256.hpp>

namespace atlas {

/// EIP-2718 type byte; legacy transactions have none on the wire.
enum class TxType : u8 {
  kLegacy = 0x00,
  kAccessList = 0x01,  // EIP-2930
  kDynamicFee = 0x02,  // EIP-1559
  kBlob = 0x03,        // EIP-4844; refused on L2, known to the conformance runner
  kSetCode = 0x04,     // EIP-7702
  kUpgrade = 0x7e,     // from L1's governance, first of a batch; ZKsync's number
  kPriority = 0x7f,    // requested on L1; ZKsync's number
};

/// Whether the transaction comes from L1: no signature and no RLP, but L1's own encoding.
constexpr bool is_from_l1(TxType type) {
  return type == TxType::kUpgrade || type == TxType::kPriority;
}

struct AccessListEntry {
  Address address;
  std::vector<u256> slots;
  friend bool operator==(const AccessListEntry&, const AccessListEntry&) = default;
};

/// EIP-7702 authorization tuple as it stands in the transaction; r, s and y_parity are unchecked.
struct Authorization {
  u256 chain_id;
  Address address;
  u64 nonce = 0;
  u8 y_parity = 0;
  u256 r;
  u256 s;
  friend bool operator==(const Authorization&, const Authorization&) = default;
};

/// What a transaction from L1 has beside Ethereum's fields (types/l1_transaction.hpp).
struct L1Request {
  Address from;
  u256 gas_per_pubdata_byte;
  u256 mint;                 ///< what L1 took in: fee, value and rest
  Address refund_recipient;  ///< gets what is left of it
  std::vector<u256> factory_deps;
  friend bool operator==(const L1Request&, const L1Request&) = default;
};

struct Transaction {
  TxType type = TxType::kLegacy;
  std::optional<u64> chain_id;  ///< absent in legacy transactions from before EIP-155
  u64 nonce = 0;
  u64 gas_limit = 0;
  u256 max_fee_per_gas;           ///< gasPrice for types 0 and 1
  u256 max_priority_fee_per_gas;  ///< gasPrice for types 0 and 1
  std::optional<Address> to;      ///< absent: contract creation
  u256 value;
  Bytes data;
  std::vector<AccessListEntry> access_list;
  std::vector<Authorization> authorizations;
  u256 max_fee_per_blob_gas;
  std::vector<Hash256> blob_hashes;
  u8 y_parity = 0;
  u256 r;
  u256 s;
  std::optional<L1Request> l1;  ///< of types 0x7e and 0x7f, which have no chain id, access list or signature
};

/// A transaction with everything that follows from its bytes, so that it is encoded, hashed and recovered only once.
struct SignedTransaction {
  Transaction tx;
  Bytes encoded;  ///< EIP-2718 envelope as in eth_sendRawTransaction and in a block body's trie
  Hash256 hash;   ///< keccak256(encoded); of types 0x7e and 0x7f without the type byte, as L1 knows it
  Address sender;
};

enum class TxDecodeError : u8 {
  kEmpty,
  kMalformedRlp,      ///< not canonical RLP, or wrong number of fields, or trailing bytes
  kFieldTooLarge,     ///< an integer does not fit its field
  kUnsupportedType,   ///< 0x71, 0x7d or unknown; 0x7e and 0x7f where only users' transactions are wanted
  kBlobType,          ///< 0x03: no blob transactions on L2
  kInvalidSignature,  ///< v not of the type, zero or too large r or s, high s (EIP-2), no public key
  kMalformedL1,       ///< not the one ABI encoding of an L2CanonicalTransaction, or a field that L1 refuses
};
const char* describe(TxDecodeError error);

/// Parses an EIP-2718 envelope without checking the signature. Accepts kBlob only when `allow_blob`; never the types
/// from L1, which nobody may submit.
Result<Transaction, TxDecodeError> decode_transaction(ByteView encoded, bool allow_blob = false);
Bytes encode_transaction(const Transaction& tx);
/// keccak256 of what was signed (EIP-155, EIP-2718).
Hash256 signing_hash(const Transaction& tx);
/// Address of the signer, or kInvalidSignature.
Result<Address, TxDecodeError> recover_sender(const Transaction& tx);
/// The signer of an EIP-7702 tuple, keccak256(0x05 ‖ rlp([chain_id, address, nonce])); nullopt if invalid.
std::optional<Address> recover_authority(const Authorization& authorization);
/// Decode, hash and recover in one go.
Result<SignedTransaction, TxDecodeError> decode_signed_transaction(ByteView encoded);
/// The same for whatever may stand in a block: types from L1 too.
Result<SignedTransaction, TxDecodeError> decode_block_transaction(ByteView encoded);

}  // namespace atlas
