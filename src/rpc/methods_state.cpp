// Balances, code, storage and nonces at a block.
#include <rpc/execution.hpp>
#include <rpc/method.hpp>

namespace atlas::rpc {
namespace {

Reply get_balance(Call& call, const Address& address, const std::optional<BlockId>& id) {
  const auto state = find_state(call, id);
  if (!state.ok()) return Err(state.error());
  const auto account = (*state)->account(address);
  call.out.quantity(account ? account->balance : u256());
  return {};
}

Reply get_code(Call& call, const Address& address, const std::optional<BlockId>& id) {
  const auto state = find_state(call, id);
  if (!state.ok()) return Err(state.error());
  const auto account = (*state)->account(address);
  call.out.hex(account && account->has_code() ? (*state)->code(account->code_hash) : ByteView{});
  return {};
}

Reply get_storage(Call& call, const Address& address, const u256& slot, const std::optional<BlockId>& id) {
  const auto state = find_state(call, id);
  if (!state.ok()) return Err(state.error());
  call.out.word((*state)->storage(address, slot));
  return {};
}

Reply get_nonce(Call& call, const Address& address, const std::optional<BlockId>& id) {
  if (id && id->is_pending()) {
    call.out.quantity(call.backend.pending_nonce(address));
    return {};
  }
  const auto state = find_state(call, id);
  if (!state.ok()) return Err(state.error());
  const auto account = (*state)->account(address);
  call.out.quantity(account ? account->nonce : u64{0});
  return {};
}

/// Blocks carry no state root (protocol.md): state is committed per batch, in a tree of its own.
Reply get_proof(Call&, const Address&, const std::optional<StorageKeys>&, const std::optional<BlockId>&) {
  return fail(ErrorCode::kServer,
              "eth_getProof is not supported: state is committed per batch, not per block; use atlas_getProof");
}

Reply get_account(Call& call, const Address& address, const std::optional<BlockId>& id) {
  const auto state = find_state(call, id);
  if (!state.ok()) return Err(state.error());
  const Account account = (*state)->account(address).value_or(Account{});
  call.out.begin_object();
  call.out.field("nonce", account.nonce);
  call.out.field("balance", account.balance);
  call.out.key("code");
  call.out.hex(account.has_code() ? (*state)->code(account.code_hash) : ByteView{});
  call.out.end_object();
  return {};
}

constexpr Method kMethods[] = {
    {"eth_getBalance", Cost::kCheap, bind<get_balance>(), {"address", "block"}},
    {"eth_getCode", Cost::kCheap, bind<get_code>(), {"address", "block"}},
    {"eth_getStorageAt", Cost::kCheap, bind<get_storage>(), {"address", "slot", "block"}},
    {"eth_getTransactionCount", Cost::kCheap, bind<get_nonce>(), {"address", "block"}},
    {"eth_getProof", Cost::kCheap, bind<get_proof>(), {"address", "storageKeys", "block"}},
    {"eth_getAccountInfo", Cost::kCheap, bind<get_account>(), {"address", "block"}},
};

}  // namespace

MethodTable state_methods() {
  return kMethods;
}

}  // namespace atlas::rpc
