#include <bit>

#include <storage/codec.hpp>
#include <types/l1_transaction.hpp>

namespace atlas::storage {
namespace {

// Least sizes of encoded items, to bound counts before memory is reserved.
constexpr u64 kTransactionEntryMin = 4 + 1 + 32 + 20;
constexpr u64 kReceiptEntryMin = 1 + 1 + 8 + 8 + 1 + 1 + 1 + 4;
constexpr u64 kLogMin = 20 + 1 + 4;
constexpr u64 kAccountChangeMin = 20 + 1 + 4;
constexpr u64 kSlotChangeMin = 1 + 1;
constexpr u64 kCodeMin = 32 + 4;

// A receipt's bloom has three bits an address or topic, so the positions are shorter than 256 bytes for all but
// receipts with dozens of logs.
constexpr u8 kBloomRaw = 0xff;
constexpr unsigned kBloomPositionsMax = 120;

void put_bloom(ByteWriter& out, const Bloom& bloom) {
  unsigned bits = 0;
  for (const u8 b : bloom.bytes) bits += static_cast<unsigned>(std::popcount(b));
  if (bits > kBloomPositionsMax) {
    out.put_u8(kBloomRaw);
    out.put_bytes(bloom);
    return;
  }
  out.put_u8(static_cast<u8>(bits));
  for (unsigned i = 0; bits != 0 && i < Bloom::kSize; ++i) {
    for (unsigned byte = bloom[i]; byte != 0; byte &= byte - 1) {
      out.put_u16(static_cast<u16>(8 * i + static_cast<unsigned>(std::countr_zero(byte))));
    }
  }
}

Bloom get_bloom(ByteReader& in) {
  const u8 bits = in.get_u8();
  if (bits == kBloomRaw) return in.get_fixed<Bloom::kSize>();
  Bloom bloom;
  if (bits > kBloomPositionsMax) in.fail("a bloom has an impossible number of positions");
  int last = -1;
  for (unsigned i = 0; in.ok() && i < bits; ++i) {
    const u16 position = in.get_u16();
    if (position >= 8 * Bloom::kSize || static_cast<int>(position) <= last) {
      in.fail("bloom positions are not ascending below 2048");
      break;
    }
    last = position;
    bloom[position / 8] = static_cast<u8>(bloom[position / 8] | (1u << (position % 8)));
  }
  return bloom;
}

void put_log(ByteWriter& out, const Log& log) {
  out.put_bytes(log.address);
  out.put_u8(static_cast<u8>(log.topics.size()));
  for (const auto& topic : log.topics) out.put_bytes(topic);
  out.put_blob(log.data);
}

Log get_log(ByteReader& in) {
  Log log;
  log.address = in.get_fixed<20>();
  const u8 topics = in.get_u8();
  if (topics > 4) in.fail("a log has more than four topics");
  for (unsigned i = 0; in.ok() && i < topics; ++i) log.topics.push_back(in.get_fixed<32>());
  const ByteView data = in.get_blob();
  log.data.assign(data.begin(), data.end());
  return log;
}

/// Reads a payload's envelope; `block_part` and `diff_part` are set if the reader stays ok.
void get_envelope(ByteReader& in, ByteView& block_part, ByteView& diff_part) {
  if (in.get_u8() != kRecordVersion) in.fail("unknown record version");
  block_part = in.get_blob();
  diff_part = in.get_bytes(in.remaining());
}

template <class T, class Decode>
Decoded<T> decode_part(ByteView payload, bool want_diff, bool whole, Decode&& decode) {
  ByteReader envelope(payload);
  ByteView block_part, diff_part;
  get_envelope(envelope, block_part, diff_part);
  if (!envelope.ok()) return Err(CodecError{envelope.failure(), envelope.position()});
  const ByteView part = want_diff ? diff_part : block_part;
  ByteReader in(part);
  T out = decode(in);
  if (whole && in.ok() && in.remaining() != 0) in.fail("bytes are left over");
  if (!in.ok()) {
    return Err(CodecError{in.failure(), static_cast<u64>(part.data() - payload.data()) + in.position()});
  }
  return out;
}

}  // namespace

void put_header(ByteWriter& out, const SealedHeader& sealed) {
  const BlockHeader& h = sealed.header;
  out.put_bytes(sealed.hash);
  out.put_u32(sealed.transaction_count);
  out.put_u64(h.number);
  out.put_u64(h.timestamp);
  out.put_bytes(h.parent_hash);
  out.put_bytes(h.ommers_hash);
  out.put_bytes(h.beneficiary);
  out.put_bytes(h.state_root);
  out.put_bytes(h.transactions_root);
  out.put_bytes(h.receipts_root);
  put_bloom(out, h.logs_bloom);
  out.put_u256(h.difficulty);
  out.put_u64(h.gas_limit);
  out.put_u64(h.gas_used);
  out.put_blob(h.extra_data);
  out.put_bytes(h.mix_hash);
  out.put_bytes(h.nonce);
  out.put_u256(h.base_fee_per_gas);
  out.put_bytes(h.withdrawals_root);
  out.put_u64(h.blob_gas_used);
  out.put_u64(h.excess_blob_gas);
  out.put_bytes(h.parent_beacon_block_root);
  out.put_bytes(h.requests_hash);
}

SealedHeader get_header(ByteReader& in) {
  SealedHeader sealed;
  BlockHeader& h = sealed.header;
  sealed.hash = in.get_fixed<32>();
  sealed.transaction_count = in.get_u32();
  h.number = in.get_u64();
  h.timestamp = in.get_u64();
  h.parent_hash = in.get_fixed<32>();
  h.ommers_hash = in.get_fixed<32>();
  h.beneficiary = in.get_fixed<20>();
  h.state_root = in.get_fixed<32>();
  h.transactions_root = in.get_fixed<32>();
  h.receipts_root = in.get_fixed<32>();
  h.logs_bloom = get_bloom(in);
  h.difficulty = in.get_u256();
  h.gas_limit = in.get_u64();
  h.gas_used = in.get_u64();
  const ByteView extra = in.get_blob();
  h.extra_data.assign(extra.begin(), extra.end());
  h.mix_hash = in.get_fixed<32>();
  h.nonce = in.get_fixed<8>();
  h.base_fee_per_gas = in.get_u256();
  h.withdrawals_root = in.get_fixed<32>();
  h.blob_gas_used = in.get_u64();
  h.excess_blob_gas = in.get_u64();
  h.parent_beacon_block_root = in.get_fixed<32>();
  h.requests_hash = in.get_fixed<32>();
  return sealed;
}

void put_transaction(ByteWriter& out, const SignedTransaction& transaction) {
  out.put_blob(transaction.encoded);
  out.put_bytes(transaction.hash);
  out.put_bytes(transaction.sender);
}

namespace {

// The log was written by this node: signatures were checked then.
Result<Transaction, TxDecodeError> decode(ByteView encoded) {
  if (encoded.empty() || !is_from_l1(static_cast<TxType>(encoded[0]))) return decode_transaction(encoded);
  auto whole = decode_l1_transaction(encoded);
  if (!whole) return Err(whole.error());
  return std::move(whole->tx);
}

}  // namespace

SignedTransaction get_transaction(ByteReader& in) {
  SignedTransaction transaction;
  const ByteView encoded = in.get_blob();
  transaction.hash = in.get_fixed<32>();
  transaction.sender = in.get_fixed<20>();
  if (!in.ok()) return transaction;
  auto tx = decode(encoded);
  if (!tx.ok()) {
    in.fail(describe(tx.error()));
    return transaction;
  }
  transaction.tx = std::move(tx).value();
  transaction.encoded.assign(encoded.begin(), encoded.end());
  return transaction;
}

Hash256 skip_transaction(ByteReader& in) {
  in.get_blob();
  const auto hash = in.get_fixed<32>();
  in.get_bytes(20);
  return hash;
}

namespace {

// What a receipt has beside its fixed part.
enum ReceiptFlag : u8 { kContract = 1, kInner = 2, kNative = 4 };

void put_inner(ByteWriter& out, const InnerFrames& inner) {
  out.put_u32(static_cast<u32>(inner.touched.size()));
  for (const Address& address : inner.touched) out.put_bytes(address);
  out.put_u32(static_cast<u32>(inner.created.size()));
  for (const auto& creation : inner.created) {
    out.put_bytes(creation.created);
    out.put_bytes(creation.creator);
  }
}

InnerFrames get_inner(ByteReader& in) {
  InnerFrames inner;
  const u32 touched = in.get_count(Address::kSize);
  inner.touched.reserve(touched);
  for (u32 i = 0; in.ok() && i < touched; ++i) inner.touched.push_back(in.get_fixed<20>());
  const u32 created = in.get_count(2 * Address::kSize);
  inner.created.reserve(created);
  for (u32 i = 0; in.ok() && i < created; ++i) {
    const Address address = in.get_fixed<20>();
    inner.created.push_back({address, in.get_fixed<20>()});
  }
  return inner;
}

}  // namespace

void put_receipt(ByteWriter& out, const Receipt& receipt) {
  out.put_u8(static_cast<u8>(receipt.type));
  out.put_u8(receipt.success ? 1 : 0);
  out.put_u64(receipt.gas_used);
  out.put_u64(receipt.cumulative_gas_used);
  out.put_u256(receipt.effective_gas_price);
  const bool has_inner = !receipt.inner.empty();
  const bool has_native = receipt.native != 0;
  out.put_u8(static_cast<u8>((receipt.contract_address ? kContract : 0) | (has_inner ? kInner : 0) |
                             (has_native ? kNative : 0)));
  if (receipt.contract_address) out.put_bytes(*receipt.contract_address);
  if (has_inner) put_inner(out, receipt.inner);
  if (has_native) out.put_u64(receipt.native);
  put_bloom(out, receipt.bloom);
  out.put_u32(static_cast<u32>(receipt.logs.size()));
  for (const auto& log : receipt.logs) put_log(out, log);
}

Receipt get_receipt(ByteReader& in) {
  Receipt receipt;
  receipt.type = static_cast<TxType>(in.get_u8());
  receipt.success = in.get_bool();
  receipt.gas_used = in.get_u64();
  receipt.cumulative_gas_used = in.get_u64();
  receipt.effective_gas_price = in.get_u256();
  const u8 flags = in.get_u8();
  if (flags > (kContract | kInner | kNative)) in.fail("unknown receipt flags");
  if ((flags & kContract) != 0) receipt.contract_address = in.get_fixed<20>();
  if ((flags & kInner) != 0) receipt.inner = get_inner(in);
  if ((flags & kNative) != 0) receipt.native = in.get_u64();
  receipt.bloom = get_bloom(in);
  const u32 logs = in.get_count(kLogMin);
  receipt.logs.reserve(logs);
  for (u32 i = 0; in.ok() && i < logs; ++i) receipt.logs.push_back(get_log(in));
  return receipt;
}

namespace {
enum AccountFlag : u8 { kPresent = 1, kHasCode = 2 };
}

void put_diff(ByteWriter& out, const StateDiff& diff) {
  out.put_u32(static_cast<u32>(diff.accounts.size()));
  for (const auto& change : diff.accounts) {
    out.put_bytes(change.address);
    const bool has_code = change.account && change.account->has_code();
    out.put_u8(static_cast<u8>((change.account ? kPresent : 0) | (has_code ? kHasCode : 0)));
    if (change.account) {
      out.put_u64(change.account->nonce);
      out.put_u256(change.account->balance);
      if (has_code) out.put_bytes(change.account->code_hash);
    }
    out.put_u32(static_cast<u32>(change.storage.size()));
    for (const auto& [slot, value] : change.storage) {
      out.put_u256(slot);
      out.put_u256(value);
    }
  }
  out.put_u32(static_cast<u32>(diff.code.size()));
  for (const auto& [hash, code] : diff.code) {
    out.put_bytes(hash);
    out.put_blob(code);
  }
}

StateDiff get_diff(ByteReader& in) {
  StateDiff diff;
  const u32 accounts = in.get_count(kAccountChangeMin);
  diff.accounts.reserve(accounts);
  for (u32 i = 0; in.ok() && i < accounts; ++i) {
    auto& change = diff.accounts.emplace_back();
    change.address = in.get_fixed<20>();
    const u8 flags = in.get_u8();
    if (flags > (kPresent | kHasCode) || flags == kHasCode) in.fail("unknown account flags");
    if ((flags & kPresent) != 0) {
      change.account.emplace();
      change.account->nonce = in.get_u64();
      change.account->balance = in.get_u256();
      if ((flags & kHasCode) != 0) change.account->code_hash = in.get_fixed<32>();
    }
    const u32 slots = in.get_count(kSlotChangeMin);
    change.storage.reserve(slots);
    for (u32 k = 0; in.ok() && k < slots; ++k) {
      const u256 slot = in.get_u256();
      change.storage.emplace_back(slot, in.get_u256());
    }
  }
  const u32 codes = in.get_count(kCodeMin);
  diff.code.reserve(codes);
  for (u32 i = 0; in.ok() && i < codes; ++i) {
    const auto hash = in.get_fixed<32>();
    const ByteView code = in.get_blob();
    diff.code.emplace_back(hash, Bytes(code.begin(), code.end()));
  }
  return diff;
}

void encode_block_record(Bytes& out, const Block& block, const StateDiff& diff) {
  ENSURE(block.transactions.size() == block.receipts.size(), "a sealed block has one receipt a transaction");
  ByteWriter w(out);
  w.put_u8(kRecordVersion);
  const u64 length_at = w.size();
  w.put_u32(0);
  put_header(w, SealedHeader{block.header, block.hash, static_cast<u32>(block.transactions.size())});
  for (std::size_t i = 0; i < block.transactions.size(); ++i) {
    put_transaction(w, block.transactions[i]);
    put_receipt(w, block.receipts[i]);
  }
  w.patch_u32(length_at, static_cast<u32>(w.size() - length_at - 4));
  put_diff(w, diff);
}

Decoded<Block> decode_block(ByteView payload) {
  return decode_part<Block>(payload, false, true, [](ByteReader& in) {
    Block block;
    SealedHeader sealed = get_header(in);
    block.header = std::move(sealed.header);
    block.hash = sealed.hash;
    if (in.ok() && sealed.transaction_count > in.remaining() / (kTransactionEntryMin + kReceiptEntryMin)) {
      in.fail("a count is larger than what follows");
    }
    if (!in.ok()) return block;
    block.transactions.reserve(sealed.transaction_count);
    block.receipts.reserve(sealed.transaction_count);
    for (u32 i = 0; in.ok() && i < sealed.transaction_count; ++i) {
      block.transactions.push_back(get_transaction(in));
      block.receipts.push_back(get_receipt(in));
    }
    return block;
  });
}

Decoded<StateDiff> decode_diff(ByteView payload) {
  return decode_part<StateDiff>(payload, true, true, [](ByteReader& in) { return get_diff(in); });
}

Decoded<SealedHeader> decode_sealed_header(ByteView payload) {
  return decode_part<SealedHeader>(payload, false, false, [](ByteReader& in) { return get_header(in); });
}

}  // namespace atlas::storage
