#include <random>
#include <set>

#include <gtest/gtest.h>

#include <state/journal.hpp>
#include <state/test_state.hpp>

namespace atlas {
namespace {

using test::MapState;

Address address_of(unsigned i) {
  return Address{{static_cast<u8>(i + 1)}};
}

// The journal as one would write it without any thought of speed: checkpoints are copies of everything.
struct Model {
  struct Values {
    std::map<Address, MapState::Entry> accounts;
    std::map<Address, Bytes> code;
    std::set<Address> warm_accounts;
    std::set<std::pair<Address, u256>> warm_slots;
    std::map<std::pair<Address, u256>, u256> transient;
    std::set<Address> created;
    std::set<Address> destructed;
    std::set<Address> touched;
    std::vector<u8> logs;  // one byte of data each
  };
  Values now;
  std::map<Address, MapState::Entry> at_transaction_start;

  explicit Model(const MapState& view) {
    now.accounts = view.accounts;
    for (const auto& [address, entry] : view.accounts) {
      if (entry.account.has_code()) now.code[address] = view.codes.at(entry.account.code_hash);
    }
  }
  MapState::Entry& writable(const Address& a) {
    now.touched.insert(a);
    return now.accounts[a];
  }
  u256 slot(const std::map<Address, MapState::Entry>& from, const Address& a, const u256& key) const {
    const auto it = from.find(a);
    if (it == from.end()) return {};
    const auto value = it->second.storage.find(key);
    return value == it->second.storage.end() ? u256() : value->second;
  }
  void set_slot(const Address& a, const u256& key, const u256& value) {
    auto& storage = now.accounts[a].storage;
    if (value.is_zero()) {
      storage.erase(key);
    } else {
      storage[key] = value;
    }
  }
  void begin() {
    now.warm_accounts.clear();
    now.warm_slots.clear();
    now.transient.clear();
    now.created.clear();
    now.destructed.clear();
    now.touched.clear();
    now.logs.clear();
    at_transaction_start = now.accounts;
  }
  void end() {
    for (const Address& a : now.destructed) {
      now.accounts.erase(a);
      now.code.erase(a);
    }
    for (const Address& a : now.touched) {
      const auto it = now.accounts.find(a);
      if (it != now.accounts.end() && it->second.account.is_empty()) now.accounts.erase(it);
    }
  }
};

constexpr unsigned kAddresses = 8;
constexpr unsigned kSlots = 6;

class JournalProperty : public testing::TestWithParam<unsigned> {
 protected:
  std::mt19937_64 random{GetParam()};
  MapState view;

  u64 pick(u64 n) { return random() % n; }
  Address any_address() { return address_of(static_cast<unsigned>(pick(kAddresses))); }
  u256 any_slot() { return u256(pick(kSlots)); }

  void make_view() {
    for (unsigned i = 0; i < kAddresses; i += 2) {
      auto& entry = view.put(address_of(i), u256(pick(3) * 1000),
                             i % 4 == 0 ? Bytes{0x60, static_cast<u8>(i)} : Bytes{}, 1 + pick(3));
      for (unsigned s = 0; s < kSlots; s += 2) entry.storage[u256(s)] = u256(1 + pick(5));
    }
  }

  void expect_equal(Journal& journal, const Model& model) {
    for (unsigned i = 0; i < kAddresses; ++i) {
      const Address a = address_of(i);
      const auto it = model.now.accounts.find(a);
      const bool exists = it != model.now.accounts.end();
      ASSERT_EQ(journal.exists(a), exists);
      const Account want = exists ? it->second.account : Account{};
      ASSERT_EQ(journal.nonce(a), want.nonce);
      ASSERT_EQ(journal.balance(a), want.balance);
      ASSERT_EQ(journal.is_empty(a), want.is_empty());
      ASSERT_EQ(journal.code_hash(a), want.is_empty() ? Hash256{} : want.code_hash);
      const ByteView code = journal.code(a);
      const auto known = model.now.code.find(a);
      ASSERT_EQ(Bytes(code.begin(), code.end()), known == model.now.code.end() ? Bytes{} : known->second);
      ASSERT_EQ(journal.created_in_transaction(a), model.now.created.contains(a));
      for (unsigned s = 0; s < kSlots; ++s) {
        ASSERT_EQ(journal.storage(a, u256(s)), model.slot(model.now.accounts, a, u256(s)));
        const auto t = model.now.transient.find({a, u256(s)});
        ASSERT_EQ(journal.transient(a, u256(s)), t == model.now.transient.end() ? u256() : t->second);
      }
    }
    ASSERT_EQ(journal.logs().size(), model.now.logs.size());
    for (std::size_t i = 0; i < model.now.logs.size(); ++i) ASSERT_EQ(journal.logs()[i].data[0], model.now.logs[i]);
  }

  void step(Journal& journal, Model& model) {
    const Address a = any_address();
    const u256 key = any_slot();
    Model::Values& now = model.now;
    switch (pick(13)) {
      case 0: {
        const u256 amount(pick(2) * pick(100));
        journal.add_balance(a, amount);
        model.writable(a).account.balance += amount;
        break;
      }
      case 1: {
        const u256 amount(pick(50));
        if (journal.balance(a) < amount) break;
        journal.sub_balance(a, amount);
        model.writable(a).account.balance -= amount;
        break;
      }
      case 2:
        journal.set_nonce(a, journal.nonce(a) + 1);
        ++model.writable(a).account.nonce;
        break;
      case 3: {
        Bytes code(pick(4), static_cast<u8>(pick(3)));
        model.writable(a).account.code_hash = code.empty() ? kEmptyCodeHash : crypto::keccak256(code);
        now.code[a] = code;
        if (code.empty()) now.code.erase(a);
        journal.set_code(a, std::move(code));
        break;
      }
      case 4:
        ASSERT_EQ(journal.access_account(a), now.warm_accounts.insert(a).second);
        break;
      case 5: {
        const SlotValues values = journal.access_slot(a, key);
        ASSERT_EQ(values.was_cold, now.warm_slots.insert({a, key}).second);
        ASSERT_EQ(values.current, model.slot(now.accounts, a, key));
        // A contract made in this transaction started it with empty storage.
        if (!now.created.contains(a)) {
          ASSERT_EQ(values.original, model.slot(model.at_transaction_start, a, key));
        }
        break;
      }
      case 6: {
        if (!now.accounts.contains(a)) break;  // only code of an account writes storage
        const u256 value(pick(4));
        if (pick(2) == 0) {
          journal.set_storage(a, key, value);
        } else {
          const AccountRef ref = journal.ref(a);
          const SlotValues values = journal.access_slot(ref, key);
          now.warm_slots.insert({a, key});
          journal.set_storage(ref, values, value);
        }
        model.set_slot(a, key, value);
        break;
      }
      case 7:
        journal.set_transient(a, key, u256(pick(9)));
        now.transient[{a, key}] = journal.transient(a, key);
        break;
      case 8: {
        const u8 tag = static_cast<u8>(random());
        journal.add_log({a, {}, {tag}});
        now.logs.push_back(tag);
        break;
      }
      case 9: {
        if (now.created.contains(a) || journal.nonce(a) != 0 || !journal.code(a).empty()) break;
        journal.create_contract(a);
        now.created.insert(a);
        auto& entry = model.writable(a);
        entry.account.nonce = 1;
        entry.storage.clear();
        break;
      }
      case 10:
        if (!now.created.contains(a)) break;  // EIP-6780
        ASSERT_EQ(journal.selfdestruct(a), now.destructed.insert(a).second);
        break;
      case 11:
        journal.touch(a);
        model.writable(a);
        break;
      case 12:
        // Exact unless the view's own slots were all zeroed here, which the journal cannot see.
        if (!view.has_storage(a) || (now.accounts.contains(a) && !now.accounts[a].storage.empty())) {
          ASSERT_EQ(journal.has_storage(a), now.accounts.contains(a) && !now.accounts[a].storage.empty());
        }
        break;
    }
  }
};

TEST_P(JournalProperty, EqualsTheModel) {
  make_view();
  const MapState before = view;
  Journal journal(view);
  Model model(view);
  for (unsigned transaction = 0; transaction < 12; ++transaction) {
    journal.begin_transaction();
    model.begin();
    std::vector<std::pair<Journal::Checkpoint, Model::Values>> open;
    for (unsigned i = 0; i < 150; ++i) {
      const u64 action = pick(10);
      if (action == 0) {
        open.emplace_back(journal.checkpoint(), model.now);
      } else if (action == 1 && !open.empty()) {
        if (pick(2) == 0) {
          journal.revert_to(open.back().first);
          model.now = open.back().second;
        }
        open.pop_back();
      } else {
        step(journal, model);
        if (HasFatalFailure()) return;
      }
      if (i % 16 == 0) expect_equal(journal, model);
      if (HasFatalFailure()) return;
    }
    journal.end_transaction();
    model.end();
    // The diff against the view, applied to the view, is the state.
    MapState applied = before;
    const StateDiff diff = journal.diff();
    applied.apply(diff);
    ASSERT_EQ(applied.accounts, model.now.accounts);
    for (const auto& [address, entry] : applied.accounts) {
      if (!entry.account.has_code()) continue;
      ASSERT_TRUE(applied.codes.contains(entry.account.code_hash));
    }
    for (std::size_t k = 1; k < diff.accounts.size(); ++k) {
      ASSERT_LT(diff.accounts[k - 1].address, diff.accounts[k].address);
    }
    for (const auto& change : diff.accounts) {
      const auto old = before.accounts.find(change.address);
      for (std::size_t k = 0; k < change.storage.size(); ++k) {
        if (k > 0) {
          ASSERT_LT(change.storage[k - 1].first, change.storage[k].first);
        }
        if (old != before.accounts.end()) {
          ASSERT_NE(change.storage[k].second, before.storage(change.address, change.storage[k].first));
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, JournalProperty, testing::Range(0u, 200u));

TEST(Journal, NothingDoneIsNoDiff) {
  MapState view;
  view.put(address_of(0), u256(5)).storage[u256(1)] = u256(2);
  Journal journal(view);
  journal.begin_transaction();
  journal.add_balance(address_of(0), u256(1));
  journal.sub_balance(address_of(0), u256(1));
  journal.set_storage(address_of(0), u256(1), u256(9));
  journal.set_storage(address_of(0), u256(1), u256(2));
  journal.add_balance(address_of(1), u256());
  journal.end_transaction();
  const StateDiff diff = journal.diff();
  EXPECT_TRUE(diff.accounts.empty());
  EXPECT_TRUE(diff.code.empty());
}

TEST(Journal, KeepWarmOutlivesTransactionsAndReverts) {
  const MapState view;
  Journal journal(view);
  journal.keep_warm(address_of(3));
  for (unsigned i = 0; i < 3; ++i) {
    journal.begin_transaction();
    const auto checkpoint = journal.checkpoint();
    EXPECT_FALSE(journal.access_account(address_of(3)));
    EXPECT_TRUE(journal.access_account(address_of(4)));
    journal.revert_to(checkpoint);
    EXPECT_FALSE(journal.access_account(address_of(3)));
    EXPECT_TRUE(journal.access_account(address_of(4)));
    journal.end_transaction();
  }
}

TEST(Journal, CodeStaysInPlace) {
  const MapState view;
  Journal journal(view);
  journal.begin_transaction();
  std::vector<ByteView> views;
  for (unsigned i = 0; i < 3000; ++i) {
    const Address a = Address::from_right(u256(i + 1).to_be().view());
    Bytes code(4, 1);
    std::memcpy(code.data(), &i, sizeof i);
    journal.set_code(a, code);
    views.push_back(journal.code(a));
  }
  for (unsigned i = 0; i < 3000; ++i) {
    unsigned value;
    std::memcpy(&value, views[i].data(), sizeof value);
    ASSERT_EQ(value, i);
  }
}

}  // namespace
}  // namespace atlas
