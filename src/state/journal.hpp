#pragma once
// The block's writable state over a StateView: values, warmth (EIP-2929), transient storage (EIP-1153), logs, created
// and destroyed accounts, all undoable to any checkpoint of the running transaction.
#include <memory>
#include <vector>

#include <state/diff.hpp>
#include <state/view.hpp>
#include <types/receipt.hpp>

namespace atlas {

/// Original (start of transaction) and current value of a slot, as EIP-2200 prices stores.
struct SlotValues {
  u256 original;
  u256 current;
  bool was_cold = false;  ///< this access warmed it
  u32 entry = 0;          ///< the slot's place in the journal, for set_storage right after this access
};

/// An account's place in the journal, found by one look-up and then used without; valid as long as the journal.
struct AccountRef {
  u32 index = 0;
};

/// What a transaction has changed so far, net: for metering what it publishes.
struct TransactionChanges {
  struct AccountChange {
    AccountRef account;
    bool existed = false;  ///< before the transaction
    bool exists = false;
    Account before;
    Account after;
  };
  std::vector<AccountChange> accounts;
  std::vector<std::pair<u256, u256>> slots;  ///< values before and after
};

class Journal {
 public:
  explicit Journal(const StateView& view);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  /// Begins another block on the same journal: what was kept warm is no longer. Values and originals stay.
  void begin_block();
  /// Forgets warmth, transient storage, logs, original values and undo entries of the last transaction; values stay.
  void begin_transaction();
  /// Ends the transaction: removes destructed accounts (EIP-6780) and empty touched ones (EIP-161).
  void end_transaction();

  struct Checkpoint {
    u32 undo_size = 0;
    u32 log_count = 0;
  };
  Checkpoint checkpoint() const;
  void revert_to(Checkpoint checkpoint);

  /// Replaces `out` by the running transaction's net changes, in no particular but a definite order. Linear in what the
  /// transaction wrote.
  void transaction_changes(TransactionChanges& out);

  // Accounts. Reading does not warm; access_account does.
  bool exists(const Address& address);
  bool is_empty(const Address& address);  ///< EIP-161; true if it does not exist
  u64 nonce(const Address& address);
  u256 balance(const Address& address);
  Hash256 code_hash(const Address& address);  ///< zero if the account does not exist or is empty (EIP-1052)
  ByteView code(const Address& address);      ///< stays in place until the journal is destroyed
  /// EIP-7610. Also true where the view has storage that was zeroed slot by slot since: only the view knows its slots.
  bool has_storage(const Address& address);
  /// Warms the account; true if it was cold.
  bool access_account(const Address& address);
  /// Makes the account warm in every transaction from now on: precompiles (EIP-2929), COINBASE (EIP-3651). Does
  /// not read it from the view.
  void keep_warm(const Address& address);

  void set_nonce(const Address& address, u64 nonce);
  void set_code(const Address& address, Bytes code);
  void touch(const Address& address);
  /// Creates the account if needed. The sum is below 2^256 because supply is.
  void add_balance(const Address& address, const u256& amount);
  /// The balance must cover the amount.
  void sub_balance(const Address& address, const u256& amount);
  void set_balance(const Address& address, const u256& balance);
  /// Marks the account as created in this transaction (EIP-6780), clears what storage it had, nonce 1 (EIP-161).
  void create_contract(const Address& address);
  bool created_in_transaction(const Address& address);
  /// Marks for deletion at the end of the transaction; true if it was not marked before.
  bool selfdestruct(const Address& address);

  // The same by reference, for hot paths.
  AccountRef ref(const Address& address);  ///< loads the account if need be; does not warm it
  bool is_empty(AccountRef account);
  u64 nonce(AccountRef account);
  u256 balance(AccountRef account);
  Hash256 code_hash(AccountRef account);
  ByteView code(AccountRef account);
  /// How much code was looked up, of distinct accounts, whatever is undone. Every byte of it is in a batch's witness.
  struct CodeUse {
    u64 transaction = 0;        ///< bytes since begin_transaction()
    u64 block = 0;              ///< bytes since begin_block()
    bool beyond_limit = false;  ///< of the transaction: accounts whose code it had not looked up have none any more
  };
  const CodeUse& code_use() const;
  /// Of a transaction, in bytes; none unless set. What goes beyond must fail as a whole, and then set it anew.
  void limit_code(u64 bytes);
  /// True once in each transaction, whatever is undone: for metering what it costs to prove the account's code.
  bool first_use_of_code(AccountRef account);
  bool access_account(AccountRef account);
  SlotValues access_slot(AccountRef account, const u256& slot);
  /// `slot` is what access_slot just returned for this account.
  void set_storage(AccountRef account, const SlotValues& slot, const u256& value);

  // Storage.
  SlotValues access_slot(const Address& address, const u256& slot);  ///< warms it
  u256 storage(const Address& address, const u256& slot);            ///< the current value, without warming
  void warm_slot(const Address& address, const u256& slot);
  void set_storage(const Address& address, const u256& slot, const u256& value);
  u256 transient(const Address& address, const u256& slot);
  void set_transient(const Address& address, const u256& slot, const u256& value);

  // Logs of the running transaction.
  void add_log(Log&& log);
  const std::vector<Log>& logs() const;
  std::vector<Log> take_logs();

  /// Net changes since construction, sorted; equal before and after means absent.
  StateDiff diff() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace atlas
