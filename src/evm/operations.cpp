#include <crypto/keccak.hpp>
#include <evm/operations.hpp>
#include <evm/tracer.hpp>

namespace atlas::evm {
namespace {

constexpr i64 kLogByteGas = 8;
constexpr i64 kExpByteGas = 50;  // EIP-160

// SSTORE by EIP-2200 with the prices of EIP-2929 and the refunds of EIP-3529.
constexpr i64 kSstoreStipend = 2300;
constexpr i64 kSstoreColdGas = 2100;
constexpr i64 kSstoreSetGas = 20000;
constexpr i64 kSstoreResetGas = 5000 - kSstoreColdGas;
constexpr i64 kSstoreWarmGas = 100;
constexpr i64 kSstoreClearRefund = 4800;

constexpr i64 kSelfdestructColdGas = 2600;
constexpr i64 kNewAccountGas = 25000;

constexpr i64 memory_gas(u64 words) {
  return static_cast<i64>(3 * words + words * words / 512);
}

/// Warms the account; false when gas is short.
bool charge_access(EvmFrame& f, i64& gas, AccountRef account) {
  if (!f.host->journal.access_account(account)) return true;
  meter(f, native::kColdAccount);
  return charge(gas, kColdAccountSurcharge);
}

/// The code of an account, metered at its first use in the transaction.
ByteView metered_code(EvmFrame& f, AccountRef account) {
  const ByteView code = f.host->journal.code(account);
  if (f.host->native != nullptr && f.host->journal.first_use_of_code(account)) {
    meter(f, native::kCodeLoad + native::kCodeByte * code.size());
  }
  return code;
}

/// Copies source[offset, offset + size) to `target`, zeros beyond the end.
void copy_padded(u8* target, std::size_t size, ByteView source, const u256& offset) {
  const u64 start = offset.fits_u64() ? std::min<u64>(offset.low_u64(), source.size()) : source.size();
  const std::size_t available = std::min(size, source.size() - static_cast<std::size_t>(start));
  if (available != 0) std::memcpy(target, source.data() + start, available);
  if (size != available) std::memset(target + available, 0, size - available);
}

/// Memory and per-word gas of a copy; sp[0] is the memory offset.
bool prepare_copy(EvmFrame& f, i64& gas, const u256& target, const u256& size) {
  if (!touch_memory(f, gas, target, size) || !charge(gas, kCopyWordGas * words_of(size.low_u64()))) return false;
  meter(f, native::kCopyWord * native::words(size.low_u64()));
  return true;
}

}  // namespace

bool expand_memory(EvmFrame& f, i64& gas, u64 end) {
  Memory& memory = f.memory;
  const u64 words = (end + 31) / 32;
  if (!charge(gas, memory_gas(words) - memory_gas(memory.size() / 32))) return false;
  meter(f, native::kMemoryWord * (words - memory.size() / 32));
  memory.grow(static_cast<std::size_t>(words * 32));
  return true;
}

HaltReason keccak_operation(EvmFrame& f, u256* sp, i64& gas) {
  if (!touch_memory(f, gas, sp[0], sp[-1])) return HaltReason::kOutOfGas;
  const auto size = static_cast<std::size_t>(sp[-1].low_u64());
  if (!charge(gas, kKeccakWordGas * words_of(size))) return HaltReason::kOutOfGas;
  meter(f, native::keccak(size));
  const u8* data = size == 0 ? nullptr : f.memory.data() + sp[0].low_u64();
  if (size == MappingHashes::kInputSize) {
    sp[-1] = f.mapping_hashes->hash(data);
    return HaltReason::kNone;
  }
  sp[-1] = u256::from_be(crypto::keccak256({data, size}));
  return HaltReason::kNone;
}

HaltReason exp_operation(EvmFrame& f, u256* sp, i64& gas) {
  if (!charge(gas, kExpByteGas * sp[-1].byte_length())) return HaltReason::kOutOfGas;
  meter(f, native::kExpByte * sp[-1].byte_length());
  copy_word(sp[-1], exp(sp[0], sp[-1]));
  return HaltReason::kNone;
}

HaltReason balance_operation(EvmFrame& f, u256* sp, i64& gas) {
  const AccountRef account = f.host->journal.ref(sp->to_address());
  if (!charge_access(f, gas, account)) return HaltReason::kOutOfGas;
  *sp = f.host->journal.balance(account);
  return HaltReason::kNone;
}

HaltReason extcodesize_operation(EvmFrame& f, u256* sp, i64& gas) {
  const AccountRef account = f.host->journal.ref(sp->to_address());
  if (!charge_access(f, gas, account)) return HaltReason::kOutOfGas;
  *sp = u256(metered_code(f, account).size());
  return HaltReason::kNone;
}

HaltReason extcodehash_operation(EvmFrame& f, u256* sp, i64& gas) {
  Journal& journal = f.host->journal;
  const AccountRef account = journal.ref(sp->to_address());
  if (!charge_access(f, gas, account)) return HaltReason::kOutOfGas;
  *sp = journal.is_empty(account) ? u256() : u256::from_be(journal.code_hash(account));
  return HaltReason::kNone;
}

HaltReason extcodecopy_operation(EvmFrame& f, u256* sp, i64& gas) {
  const AccountRef account = f.host->journal.ref(sp[0].to_address());
  if (!prepare_copy(f, gas, sp[-1], sp[-3]) || !charge_access(f, gas, account)) return HaltReason::kOutOfGas;
  const auto size = static_cast<std::size_t>(sp[-3].low_u64());
  if (size != 0) copy_padded(f.memory.data() + sp[-1].low_u64(), size, metered_code(f, account), sp[-2]);
  return HaltReason::kNone;
}

HaltReason blockhash_operation(EvmFrame& f, u256* sp) {
  const u64 current = f.host->block.number;
  const u64 number = sp->low_u64();
  const bool known = sp->fits_u64() && number < current && current - number <= 256;
  *sp = known ? u256::from_be(f.host->block_hashes.block_hash(number)) : u256();
  return HaltReason::kNone;
}

HaltReason copy_operation(EvmFrame& f, u256* sp, i64& gas, ByteView source) {
  if (!prepare_copy(f, gas, sp[0], sp[-2])) return HaltReason::kOutOfGas;
  const auto size = static_cast<std::size_t>(sp[-2].low_u64());
  if (size != 0) copy_padded(f.memory.data() + sp[0].low_u64(), size, source, sp[-1]);
  return HaltReason::kNone;
}

HaltReason returndatacopy_operation(EvmFrame& f, u256* sp, i64& gas) {
  if (!prepare_copy(f, gas, sp[0], sp[-2])) return HaltReason::kOutOfGas;
  // EIP-211: unlike the other copies, reading past the end is an exceptional halt.
  const u64 available = f.return_data.size();
  const u64 size = sp[-2].low_u64();
  if (!sp[-1].fits_u64() || sp[-1].low_u64() > available || size > available - sp[-1].low_u64()) {
    return HaltReason::kReturnDataOutOfBounds;
  }
  if (size != 0) {
    std::memcpy(f.memory.data() + sp[0].low_u64(), f.return_data.data() + sp[-1].low_u64(),
                static_cast<std::size_t>(size));
  }
  return HaltReason::kNone;
}

HaltReason mcopy_operation(EvmFrame& f, u256* sp, i64& gas) {
  const u256& target = sp[0];
  const u256& source = sp[-1];
  const u256& size = sp[-2];
  if (!touch_memory(f, gas, source, size) || !prepare_copy(f, gas, target, size)) return HaltReason::kOutOfGas;
  if (!size.is_zero()) {
    std::memmove(f.memory.data() + target.low_u64(), f.memory.data() + source.low_u64(),
                 static_cast<std::size_t>(size.low_u64()));
  }
  return HaltReason::kNone;
}

HaltReason sload_operation(EvmFrame& f, u256* sp, i64& gas) {
  const SlotValues slot = f.host->journal.access_slot(f.self, settled(*sp));
  if (slot.was_cold) {
    meter(f, native::kColdSlot);
    if (!charge(gas, kColdSlotSurcharge)) return HaltReason::kOutOfGas;
  }
  *sp = slot.current;
  return HaltReason::kNone;
}

HaltReason sstore_operation(EvmFrame& f, u256* sp, i64& gas) {
  if (f.request.is_static) return HaltReason::kStaticViolation;
  if (gas <= kSstoreStipend) return HaltReason::kOutOfGas;
  const u256 value = settled(sp[-1]);
  const SlotValues slot = f.host->journal.access_slot(f.self, settled(sp[0]));
  const bool clean = slot.original == slot.current;
  const bool changes = slot.current != value;

  i64 cost = slot.was_cold ? kSstoreColdGas : 0;
  if (slot.was_cold) meter(f, native::kColdSlot);
  if (changes && clean) {
    cost += slot.original.is_zero() ? kSstoreSetGas : kSstoreResetGas;
  } else {
    cost += kSstoreWarmGas;
  }
  if (!charge(gas, cost)) return HaltReason::kOutOfGas;
  if (!changes) return HaltReason::kNone;

  if (!slot.original.is_zero()) {
    if (slot.current.is_zero()) f.refund -= kSstoreClearRefund;
    if (value.is_zero()) f.refund += kSstoreClearRefund;
  }
  if (!clean && slot.original == value) {
    f.refund += (slot.original.is_zero() ? kSstoreSetGas : kSstoreResetGas) - kSstoreWarmGas;
  }
  f.host->journal.set_storage(f.self, slot, value);
  return HaltReason::kNone;
}

HaltReason tload_operation(EvmFrame& f, u256* sp) {
  *sp = f.host->journal.transient(f.request.recipient, settled(*sp));
  return HaltReason::kNone;
}

HaltReason tstore_operation(EvmFrame& f, u256* sp) {
  if (f.request.is_static) return HaltReason::kStaticViolation;
  f.host->journal.set_transient(f.request.recipient, settled(sp[0]), settled(sp[-1]));
  return HaltReason::kNone;
}

HaltReason log_operation(EvmFrame& f, u256* sp, i64& gas, unsigned topics) {
  if (f.request.is_static) return HaltReason::kStaticViolation;
  if (!touch_memory(f, gas, sp[0], sp[-1])) return HaltReason::kOutOfGas;
  const auto size = static_cast<std::size_t>(sp[-1].low_u64());
  if (!charge(gas, kLogByteGas * static_cast<i64>(size))) return HaltReason::kOutOfGas;
  meter(f, native::kLogByte * size);
  Log log;
  log.address = f.request.recipient;
  log.topics.reserve(topics);
  for (unsigned i = 0; i < topics; ++i) log.topics.push_back(sp[-2 - static_cast<int>(i)].to_be());
  if (size != 0) {
    const u8* data = f.memory.data() + sp[0].low_u64();
    log.data.assign(data, data + size);
  }
  f.host->journal.add_log(std::move(log));
  return HaltReason::kNone;
}

HaltReason selfdestruct_operation(EvmFrame& f, u256* sp, i64& gas) {
  if (f.request.is_static) return HaltReason::kStaticViolation;
  Journal& journal = f.host->journal;
  const Address& self = f.request.recipient;
  const Address beneficiary = sp->to_address();
  const AccountRef to = journal.ref(beneficiary);
  if (journal.access_account(to)) {
    meter(f, native::kColdAccount);
    if (!charge(gas, kSelfdestructColdGas)) return HaltReason::kOutOfGas;
  }
  const u256 balance = journal.balance(f.self);
  if (!balance.is_zero() && journal.is_empty(to) && !charge(gas, kNewAccountGas)) return HaltReason::kOutOfGas;
  journal.sub_balance(self, balance);
  journal.add_balance(beneficiary, balance);
  if (f.heir_listener != nullptr) f.heir_listener->inherit(beneficiary);
  if (journal.created_in_transaction(self)) {  // EIP-6780
    journal.set_balance(self, u256());         // burnt when the beneficiary is the account itself
    journal.selfdestruct(self);
  }
  return HaltReason::kNone;
}

}  // namespace atlas::evm
