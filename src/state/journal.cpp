#include <base/flat_map.hpp>
#include <crypto/keccak.hpp>
#include <state/journal.hpp>

namespace atlas {
namespace {

constexpr u32 kNone = ~u32{0};
constexpr u32 kAlways = ~u32{0};  // a stamp that no transaction's number exceeds

// Facts that hold for one transaction (warm, created, destructed, touched) are stamps: the number of the transaction in
// which they became true. So the next transaction forgets them all by counting on.
struct AccountEntry {
  Account current;
  Account initial;      // before the block
  bool loaded = false;  // false only between keep_warm() and the first access
  bool exists = false;
  bool existed = false;
  bool storage_wiped = false;  // slots that are not loaded are zero, whatever the view says
  u32 warm = 0;
  u32 created = 0;
  u32 destructed = 0;
  u32 touched = 0;
  u32 code_used = 0;       // last transaction that looked its code up; kMetered: and metered it
  u32 list_index = 0;      // in transaction_changes(), if the entry there is this account's
  u32 first_slot = kNone;  // list of the account's loaded slots
  ByteView code;           // empty: none, or not looked up yet
};

constexpr u32 kMetered = u32{1} << 31;

struct SlotKey {
  u256 slot;
  u32 account = 0;
  friend bool operator==(const SlotKey& a, const SlotKey& b) { return a.account == b.account && a.slot == b.slot; }
};

u64 flat_hash(const SlotKey& key, u64 seed) {
  return atlas::flat_hash(key.slot, seed ^ static_cast<u64>(key.account) * 0xd6e8feb86659fd93ULL);
}

struct SlotEntry {
  u256 initial;   // before the block
  u256 original;  // at the start of transaction number `written`; else it is `current`
  u256 current;
  u32 written = 0;
  u32 warm = 0;
  u32 listed = 0;  // by transaction_changes()
  u32 next = kNone;
};

enum class UndoKind : u8 {
  kBalance,
  kNonce,
  kCode,
  kExists,
  kWarmAccount,
  kTouched,
  kCreated,
  kDestructed,
  kSlot,
  kWarmSlot,
  kTransient,
};

struct Undo {
  UndoKind kind;
  bool flag;  // kCreated: storage_wiped before
  u32 index;  // of the account, slot or transient entry
  u256 old;   // kCode: the hash's bytes
};

u256 as_word(const Hash256& hash) {
  return std::bit_cast<u256>(hash);
}
Hash256 as_hash(const u256& word) {
  return std::bit_cast<Hash256>(word);
}

}  // namespace

struct Journal::Impl {
  using Accounts = FlatMap<Address, AccountEntry>;
  using Slots = FlatMap<SlotKey, SlotEntry>;

  explicit Impl(const StateView& v) : view(v) {}

  const StateView& view;
  u32 transaction = 1;
  u32 block_begin = 0;       // the first transaction of the block
  u32 code_transaction = 0;  // to which code_use.transaction belongs
  CodeUse code_use;
  u64 code_limit = ~u64{0};
  Accounts accounts;
  Slots slots;
  FlatMap<SlotKey, u256> transients;
  FlatMap<Hash256, Bytes> new_code;
  std::vector<Undo> undo;
  std::vector<Log> logs;
  std::vector<u32> touched;     // candidates of this transaction; the stamps decide
  std::vector<u32> destructed;  // likewise
  std::vector<u32> kept_warm;
  Address last_address;
  u32 last_index = kNone;

  u32 index_of(const Address& address) {
    if (last_index != kNone && last_address == address) return last_index;
    bool added;
    const u32 index = accounts.find_or_add(address, added);
    if (!at(index).loaded) load(accounts[index]);
    last_address = address;
    last_index = index;
    return index;
  }

  void load(Accounts::Entry& entry) {
    AccountEntry& a = entry.value;
    a.loaded = true;
    const auto account = view.account(entry.key);
    if (!account) return;
    a.exists = a.existed = true;
    a.current = a.initial = *account;
  }

  AccountEntry& at(u32 index) { return accounts[index].value; }

  void push(UndoKind kind, u32 index, const u256& old = {}, bool flag = false) {
    undo.push_back({kind, flag, index, old});
  }

  // Before any write: the account exists from now on and counts as touched.
  AccountEntry& writable(u32 index) {
    AccountEntry& a = at(index);
    if (!a.exists) {
      push(UndoKind::kExists, index);
      a.exists = true;
    }
    if (a.touched != transaction) {
      push(UndoKind::kTouched, index);
      a.touched = transaction;
      touched.push_back(index);
    }
    return a;
  }

  void set_balance(u32 index, const u256& balance) {
    AccountEntry& a = writable(index);
    push(UndoKind::kBalance, index, a.current.balance);
    a.current.balance = balance;
  }

  void set_nonce(u32 index, u64 nonce) {
    AccountEntry& a = writable(index);
    push(UndoKind::kNonce, index, a.current.nonce);
    a.current.nonce = nonce;
  }

  void set_code(u32 index, Bytes&& code) {
    AccountEntry& a = writable(index);
    push(UndoKind::kCode, index, as_word(a.current.code_hash));
    a.code = {};
    if (code.empty()) {
      a.current.code_hash = kEmptyCodeHash;
      return;
    }
    a.current.code_hash = crypto::keccak256(code);
    bool added;
    const u32 entry = new_code.find_or_add(a.current.code_hash, added);
    if (added) new_code[entry].value = std::move(code);
  }

  ByteView code(u32 index) {
    AccountEntry& a = at(index);
    return a.current.has_code() ? look_up_code(a) : ByteView{};
  }
  // Apart, so that what has no code costs no more than the question.
  [[gnu::noinline]] ByteView look_up_code(AccountEntry& a) {
    const bool counted = (a.code_used & ~kMetered) == transaction;
    if (code_transaction != transaction) {
      code_transaction = transaction;
      code_use.transaction = 0;
      code_use.beyond_limit = false;
    }
    if (!counted && code_use.beyond_limit) return {};
    if (a.code.empty()) {
      const u32 entry = new_code.find(a.current.code_hash);
      a.code = entry != kNone ? ByteView(new_code[entry].value) : view.code(a.current.code_hash);
    }
    if (!counted) {
      code_use.transaction += a.code.size();
      code_use.beyond_limit = code_use.transaction > code_limit;
      if ((a.code_used & ~kMetered) < block_begin) code_use.block += a.code.size();
      a.code_used = transaction;
    }
    return a.code;
  }

  u32 slot_index(u32 account, const u256& slot) {
    bool added;
    const u32 index = slots.find_or_add({slot, account}, added);
    if (added) {
      SlotEntry& s = slots[index].value;
      AccountEntry& a = at(account);
      if (a.existed && !a.storage_wiped) s.initial = s.current = view.storage(accounts[account].key, slot);
      s.next = a.first_slot;
      a.first_slot = index;
    }
    return index;
  }

  SlotValues access_slot(u32 account, const u256& slot) {
    const u32 index = slot_index(account, slot);
    SlotEntry& s = slots[index].value;
    SlotValues values;
    values.current = s.current;
    values.original = s.written == transaction ? s.original : s.current;
    values.entry = index;
    if (s.warm != transaction) {
      push(UndoKind::kWarmSlot, index);
      s.warm = transaction;
      values.was_cold = true;
    }
    return values;
  }

  void set_slot(u32 index, const u256& value) {
    SlotEntry& s = slots[index].value;
    if (s.written != transaction) {
      s.original = s.current;
      s.written = transaction;
    }
    push(UndoKind::kSlot, index, s.current);
    s.current = value;
  }

  bool access_account(u32 index) {
    AccountEntry& a = at(index);
    if (a.warm >= transaction) return false;
    push(UndoKind::kWarmAccount, index);
    a.warm = transaction;
    return true;
  }

  bool has_storage(u32 index) {
    const AccountEntry& a = at(index);
    for (u32 s = a.first_slot; s != kNone; s = slots[s].value.next) {
      if (!slots[s].value.current.is_zero()) return true;
    }
    return a.existed && !a.storage_wiped && view.has_storage(accounts[index].key);
  }

  void clear_slots(u32 index) {
    AccountEntry& a = at(index);
    a.storage_wiped = true;
    for (u32 s = a.first_slot; s != kNone; s = slots[s].value.next) {
      if (!slots[s].value.current.is_zero()) set_slot(s, {});
    }
  }

  void create_contract(u32 index) {
    AccountEntry& a = writable(index);
    push(UndoKind::kCreated, index, {}, a.storage_wiped);
    a.created = transaction;
    clear_slots(index);
    set_nonce(index, 1);
  }

  // Outside any checkpoint: the undo entries that this makes are dropped with the transaction.
  void remove(u32 index) {
    AccountEntry& a = at(index);
    clear_slots(index);
    a.exists = false;
    a.current = Account{};
    a.code = {};
  }

  void revert(const Undo& u) {
    switch (u.kind) {
      case UndoKind::kBalance:
        at(u.index).current.balance = u.old;
        break;
      case UndoKind::kNonce:
        at(u.index).current.nonce = u.old.low_u64();
        break;
      case UndoKind::kCode:
        at(u.index).current.code_hash = as_hash(u.old);
        at(u.index).code = {};
        break;
      case UndoKind::kExists:
        at(u.index).exists = false;
        break;
      case UndoKind::kWarmAccount:
        at(u.index).warm = 0;
        break;
      case UndoKind::kTouched:
        at(u.index).touched = 0;
        break;
      case UndoKind::kCreated:
        at(u.index).created = 0;
        at(u.index).storage_wiped = u.flag;
        break;
      case UndoKind::kDestructed:
        at(u.index).destructed = 0;
        break;
      case UndoKind::kSlot:
        slots[u.index].value.current = u.old;
        break;
      case UndoKind::kWarmSlot:
        slots[u.index].value.warm = 0;
        break;
      case UndoKind::kTransient:
        transients[u.index].value = u.old;
        break;
    }
  }
};

Journal::Journal(const StateView& view) : impl_(std::make_unique<Impl>(view)) {}
Journal::~Journal() = default;

void Journal::begin_block() {
  for (const u32 index : impl_->kept_warm) impl_->accounts[index].value.warm = 0;
  impl_->kept_warm.clear();
  impl_->block_begin = impl_->transaction + 1;
  impl_->code_use = {};
}

void Journal::begin_transaction() {
  Impl& j = *impl_;
  ++j.transaction;
  j.undo.clear();
  j.logs.clear();
  j.touched.clear();
  j.destructed.clear();
  if (j.transients.size() != 0) j.transients.clear();
}

void Journal::end_transaction() {
  Impl& j = *impl_;
  for (const u32 index : j.destructed) {
    if (j.at(index).destructed == j.transaction) j.remove(index);
  }
  for (const u32 index : j.touched) {
    const AccountEntry& a = j.at(index);
    if (a.touched == j.transaction && a.exists && a.current.is_empty()) j.remove(index);
  }
  j.undo.clear();
}

Journal::Checkpoint Journal::checkpoint() const {
  return {static_cast<u32>(impl_->undo.size()), static_cast<u32>(impl_->logs.size())};
}

void Journal::revert_to(Checkpoint checkpoint) {
  Impl& j = *impl_;
  ENSURE(checkpoint.undo_size <= j.undo.size() && checkpoint.log_count <= j.logs.size(), "checkpoint of the future");
  while (j.undo.size() > checkpoint.undo_size) {
    j.revert(j.undo.back());
    j.undo.pop_back();
  }
  j.logs.resize(checkpoint.log_count);
}

void Journal::transaction_changes(TransactionChanges& out) {
  Impl& j = *impl_;
  out.accounts.clear();
  out.slots.clear();
  const auto listed = [&](u32 index) -> TransactionChanges::AccountChange& {
    AccountEntry& a = j.at(index);
    if (a.list_index >= out.accounts.size() || out.accounts[a.list_index].account.index != index) {
      a.list_index = static_cast<u32>(out.accounts.size());
      out.accounts.push_back({{index}, a.exists, a.exists, a.current, a.current});
    }
    return out.accounts[a.list_index];
  };
  // From the youngest entry back, so that what each holds at last is the value before the transaction.
  for (std::size_t i = j.undo.size(); i-- > 0;) {
    const Undo& u = j.undo[i];
    switch (u.kind) {
      case UndoKind::kBalance:
        listed(u.index).before.balance = u.old;
        break;
      case UndoKind::kNonce:
        listed(u.index).before.nonce = u.old.low_u64();
        break;
      case UndoKind::kCode:
        listed(u.index).before.code_hash = as_hash(u.old);
        break;
      case UndoKind::kExists:
        listed(u.index).existed = false;
        break;
      case UndoKind::kSlot: {
        SlotEntry& s = j.slots[u.index].value;
        if (s.listed == j.transaction) break;
        s.listed = j.transaction;
        if (s.current != s.original) out.slots.emplace_back(s.original, s.current);
        break;
      }
      default:
        break;
    }
  }
  // A second listing in the same transaction starts anew.
  for (const Undo& u : j.undo) {
    if (u.kind == UndoKind::kSlot) j.slots[u.index].value.listed = 0;
  }
}

AccountRef Journal::ref(const Address& address) {
  return {impl_->index_of(address)};
}

bool Journal::exists(const Address& address) {
  return impl_->at(impl_->index_of(address)).exists;
}
bool Journal::is_empty(AccountRef account) {
  return impl_->at(account.index).current.is_empty();
}
u64 Journal::nonce(AccountRef account) {
  return impl_->at(account.index).current.nonce;
}
u256 Journal::balance(AccountRef account) {
  return impl_->at(account.index).current.balance;
}
Hash256 Journal::code_hash(AccountRef account) {
  const AccountEntry& a = impl_->at(account.index);
  return a.current.is_empty() ? Hash256{} : a.current.code_hash;
}
ByteView Journal::code(AccountRef account) {
  return impl_->code(account.index);
}
const Journal::CodeUse& Journal::code_use() const {
  return impl_->code_use;
}
void Journal::limit_code(u64 bytes) {
  impl_->code_limit = bytes;
  impl_->code_use.beyond_limit = false;
}
bool Journal::first_use_of_code(AccountRef account) {
  const u32 now = impl_->transaction | kMetered;
  return std::exchange(impl_->at(account.index).code_used, now) != now;
}
bool Journal::access_account(AccountRef account) {
  return impl_->access_account(account.index);
}
SlotValues Journal::access_slot(AccountRef account, const u256& slot) {
  return impl_->access_slot(account.index, slot);
}
void Journal::set_storage(AccountRef, const SlotValues& slot, const u256& value) {
  impl_->set_slot(slot.entry, value);
}

bool Journal::is_empty(const Address& address) {
  return is_empty(ref(address));
}
u64 Journal::nonce(const Address& address) {
  return nonce(ref(address));
}
u256 Journal::balance(const Address& address) {
  return balance(ref(address));
}
Hash256 Journal::code_hash(const Address& address) {
  return code_hash(ref(address));
}
ByteView Journal::code(const Address& address) {
  return code(ref(address));
}
bool Journal::has_storage(const Address& address) {
  return impl_->has_storage(impl_->index_of(address));
}
bool Journal::access_account(const Address& address) {
  return access_account(ref(address));
}
void Journal::keep_warm(const Address& address) {
  Impl& j = *impl_;
  bool added;
  const u32 index = j.accounts.find_or_add(address, added);
  j.at(index).warm = kAlways;
  j.kept_warm.push_back(index);
}

void Journal::set_nonce(const Address& address, u64 nonce) {
  impl_->set_nonce(impl_->index_of(address), nonce);
}
void Journal::set_code(const Address& address, Bytes code) {
  impl_->set_code(impl_->index_of(address), std::move(code));
}
void Journal::touch(const Address& address) {
  impl_->writable(impl_->index_of(address));
}
void Journal::add_balance(const Address& address, const u256& amount) {
  const u32 index = impl_->index_of(address);
  impl_->set_balance(index, impl_->at(index).current.balance + amount);
}
void Journal::sub_balance(const Address& address, const u256& amount) {
  const u32 index = impl_->index_of(address);
  const u256 balance = impl_->at(index).current.balance;
  ENSURE(balance >= amount, "a balance must cover what is taken from it");
  impl_->set_balance(index, balance - amount);
}
void Journal::set_balance(const Address& address, const u256& balance) {
  impl_->set_balance(impl_->index_of(address), balance);
}
void Journal::create_contract(const Address& address) {
  impl_->create_contract(impl_->index_of(address));
}
bool Journal::created_in_transaction(const Address& address) {
  return impl_->at(impl_->index_of(address)).created == impl_->transaction;
}
bool Journal::selfdestruct(const Address& address) {
  Impl& j = *impl_;
  const u32 index = j.index_of(address);
  AccountEntry& a = j.at(index);
  if (a.destructed == j.transaction) return false;
  j.push(UndoKind::kDestructed, index);
  a.destructed = j.transaction;
  j.destructed.push_back(index);
  return true;
}

SlotValues Journal::access_slot(const Address& address, const u256& slot) {
  return access_slot(ref(address), slot);
}
u256 Journal::storage(const Address& address, const u256& slot) {
  return impl_->slots[impl_->slot_index(impl_->index_of(address), slot)].value.current;
}
void Journal::warm_slot(const Address& address, const u256& slot) {
  access_slot(address, slot);
}
void Journal::set_storage(const Address& address, const u256& slot, const u256& value) {
  impl_->set_slot(impl_->slot_index(impl_->index_of(address), slot), value);
}

u256 Journal::transient(const Address& address, const u256& slot) {
  const u32 index = impl_->transients.find({slot, impl_->index_of(address)});
  return index == kNone ? u256() : impl_->transients[index].value;
}
void Journal::set_transient(const Address& address, const u256& slot, const u256& value) {
  Impl& j = *impl_;
  bool added;
  const u32 index = j.transients.find_or_add({slot, j.index_of(address)}, added);
  j.push(UndoKind::kTransient, index, j.transients[index].value);
  j.transients[index].value = value;
}

void Journal::add_log(Log&& log) {
  impl_->logs.push_back(std::move(log));
}
const std::vector<Log>& Journal::logs() const {
  return impl_->logs;
}
std::vector<Log> Journal::take_logs() {
  return std::exchange(impl_->logs, {});
}

StateDiff Journal::diff() const {
  const Impl& j = *impl_;
  std::vector<u32> order(j.accounts.size());
  for (u32 i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](u32 a, u32 b) { return j.accounts[a].key < j.accounts[b].key; });

  StateDiff diff;
  diff.accounts.reserve(order.size());
  for (const u32 index : order) {
    const AccountEntry& a = j.accounts[index].value;
    StateDiff::AccountChange change;
    if (a.exists) {
      for (u32 s = a.first_slot; s != kNone; s = j.slots[s].value.next) {
        const auto& slot = j.slots[s];
        if (slot.value.current != slot.value.initial) change.storage.emplace_back(slot.key.slot, slot.value.current);
      }
    }
    if (a.exists == a.existed && a.current == a.initial && change.storage.empty()) continue;
    std::sort(change.storage.begin(), change.storage.end(),
              [](const auto& x, const auto& y) { return x.first < y.first; });
    change.address = j.accounts[index].key;
    if (a.exists) change.account = a.current;
    if (a.exists && a.current.has_code() && a.current.code_hash != a.initial.code_hash) {
      const u32 code = j.new_code.find(a.current.code_hash);
      if (code != kNone) diff.code.emplace_back(a.current.code_hash, j.new_code[code].value);
    }
    diff.accounts.push_back(std::move(change));
  }
  std::sort(diff.code.begin(), diff.code.end(), [](const auto& x, const auto& y) { return x.first < y.first; });
  diff.code.erase(
      std::unique(diff.code.begin(), diff.code.end(), [](const auto& x, const auto& y) { return x.first == y.first; }),
      diff.code.end());
  return diff;
}

}  // namespace atlas
