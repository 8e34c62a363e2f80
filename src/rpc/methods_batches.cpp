// Batches and proofs over the state tree: atlas_… of our own, and the zks_ methods of the same subject.
#include <batch/batches.hpp>

#include <rpc/method.hpp>

namespace atlas::rpc {
namespace {

/// One page of the tree is read a slot, and the answer has some 30 hashes a slot.
constexpr std::size_t kProofSlotsMax = 1'024;

Result<const batch::Batches*, RpcError> find_batches(const Call& call) {
  const batch::Batches* batches = call.backend.batches();
  if (batches == nullptr) {
    return fail(ErrorCode::kServer, "this node keeps no batches: batch.enabled is false in its configuration");
  }
  if (!batches->latest()) {
    return fail(ErrorCode::kResourceUnavailable, "the state tree is being opened: ask again in a moment");
  }
  return batches;
}

/// The number that a parameter asks for; nothing stands for the newest batch.
Result<u64, RpcError> batch_number(const Call& call, std::size_t index, const batch::Batches& batches,
                                   const std::optional<BlockId>& id) {
  if (!id) return *batches.latest();
  if (const u64* number = std::get_if<u64>(&id->id)) return *number;
  const BlockTag* tag = std::get_if<BlockTag>(&id->id);
  if (tag != nullptr && *tag == BlockTag::kLatest) return *batches.latest();
  if (tag != nullptr && *tag == BlockTag::kEarliest) return u64{0};
  return bad_param(call, index, "expected a batch's number, \"latest\" or \"earliest\"");
}

void write_state(JsonWriter& out, const tree::BatchState& state) {
  out.key("state");
  out.begin_object();
  out.field("root", state.tree.root.view());
  out.field("nextIndex", state.tree.next_index);
  out.field("lastBlockNumber", state.last_block_number);
  out.field("lastBlockHash", state.last_block_hash.view());
  out.field("lastTimestamp", state.last_timestamp);
  out.end_object();
}

void write_batch(JsonWriter& out, const batch::BatchRecord& record) {
  out.begin_object();
  out.field("number", record.number);
  out.field("firstBlock", record.first_block);
  out.field("lastBlock", record.last_block());
  out.field("firstTimestamp", record.first_timestamp);
  out.field("lastTimestamp", record.state.last_timestamp);
  out.field("l1TxCount", record.l1_transactions);
  out.field("l2TxCount", record.l2_transactions);
  out.field("sealedAt", record.sealed_at);
  out.field("pubdataBytes", record.pubdata_bytes);
  out.field("pubdataHash", record.pubdata_hash.view());
  out.field("priorityHash", record.priority_hash.view());
  out.field("upgradeTxHash", record.upgrade_hash.view());
  out.field("l2ToL1Root", record.l2_to_l1_root.view());
  out.key("outputHash");
  record.output_hash == Hash256{} ? out.null() : out.hex(record.output_hash.view());
  out.field("commitment", tree::state_commitment(record.state).view());
  write_state(out, record.state);
  out.end_object();
}

/// The members of a proof of one key, within an object.
void write_members(JsonWriter& out, const tree::KeyProof& proof) {
  out.field("key", proof.key.view());
  out.key("leaf");
  if (proof.leaf) {
    out.begin_object();
    out.field("key", proof.leaf->key.view());
    out.field("value", proof.leaf->value.view());
    out.field("index", proof.leaf->index);
    out.end_object();
  } else {
    out.null();
  }
  out.key("siblings");
  out.begin_array();
  for (const tree::Digest& sibling : proof.siblings) out.hex(sibling.view());
  out.end_array();
}

void write_proof(JsonWriter& out, std::string_view name, const tree::KeyProof& proof) {
  out.key(name);
  out.begin_object();
  write_members(out, proof);
  out.end_object();
}

// ---- atlas_

Reply get_proof(Call& call, const Address& address, const std::optional<StorageKeys>& keys,
                const std::optional<BlockId>& id) {
  const auto batches = find_batches(call);
  if (!batches) return Err(batches.error());
  const std::vector<u256> slots = keys ? keys->slots : std::vector<u256>{};
  if (slots.size() > kProofSlotsMax) {
    return fail(ErrorCode::kLimitExceeded,
                std::to_string(slots.size()) + " slots: at most " + std::to_string(kProofSlotsMax) + " in one proof");
  }
  const auto number = batch_number(call, 2, **batches, id);
  if (!number) return Err(number.error());
  const auto proved = (*batches)->prove(address, slots);
  if (!proved || (id && std::holds_alternative<u64>(id->id) && *number != proved->batch)) {
    return fail(ErrorCode::kResourceUnavailable, "batch " + std::to_string(*number) +
                                                     " cannot be proved over: only the newest, batch " +
                                                     std::to_string(proved ? proved->batch : 0) + ", can");
  }
  const tree::AccountProof& proof = proved->proof;
  JsonWriter& out = call.out;
  out.begin_object();
  out.field("address", proof.address.view());
  out.field("batchNumber", proved->batch);
  out.field("commitment", tree::state_commitment(proof.state).view());
  write_state(out, proof.state);
  write_proof(out, "account", proof.account);
  write_proof(out, "codeHash", proof.code_hash);
  out.key("storage");
  out.begin_array();
  for (const auto& slot : proof.slots) {
    out.begin_object();
    out.key("slot");
    out.word(slot.slot);
    write_members(out, slot.proof);
    out.end_object();
  }
  out.end_array();
  out.end_object();
  return {};
}

Reply get_batch(Call& call, const std::optional<BlockId>& id) {
  const auto batches = find_batches(call);
  if (!batches) return Err(batches.error());
  const auto number = batch_number(call, 0, **batches, id);
  if (!number) return Err(number.error());
  const auto record = (*batches)->record(*number);
  record ? write_batch(call.out, *record) : call.out.null();
  return {};
}

Reply get_batch_by_block(Call& call, const u64& block) {
  const auto batches = find_batches(call);
  if (!batches) return Err(batches.error());
  const auto record = (*batches)->batch_of(block);
  record ? write_batch(call.out, *record) : call.out.null();
  return {};
}

Reply get_pubdata(Call& call, const std::optional<BlockId>& id) {
  const auto batches = find_batches(call);
  if (!batches) return Err(batches.error());
  const auto number = batch_number(call, 0, **batches, id);
  if (!number) return Err(number.error());
  const auto pubdata = (*batches)->pubdata(*number);
  pubdata ? call.out.hex(*pubdata) : call.out.null();
  return {};
}

// ---- zks_

Reply latest_number(Call& call) {
  const auto batches = find_batches(call);
  if (!batches) return Err(batches.error());
  call.out.quantity(*(*batches)->latest());
  return {};
}

Reply block_range(Call& call, const u64& number) {
  const auto batches = find_batches(call);
  if (!batches) return Err(batches.error());
  const auto record = (*batches)->record(number);
  if (!record) {
    call.out.null();
    return {};
  }
  call.out.begin_array();
  call.out.quantity(record->first_block);
  call.out.quantity(record->last_block());
  call.out.end_array();
  return {};
}

/// ZKsync's members; what L1 has not done yet is null, and prices ride in each block here.
Reply details(Call& call, const u64& number) {
  const auto batches = find_batches(call);
  if (!batches) return Err(batches.error());
  const auto record = (*batches)->record(number);
  JsonWriter& out = call.out;
  if (!record) {
    out.null();
    return {};
  }
  const auto plain = [&](std::string_view name, u64 value) {
    out.key(name);
    out.number(value);
  };
  out.begin_object();
  plain("number", record->number);
  plain("timestamp", record->first_timestamp);
  plain("l1TxCount", record->l1_transactions);
  plain("l2TxCount", record->l2_transactions);
  out.field("rootHash", record->state.tree.root.view());
  out.field_string("status", "sealed");
  for (const std::string_view name :
       {"commitTxHash", "committedAt", "proveTxHash", "provenAt", "executeTxHash", "executedAt"}) {
    out.field_null(name);
  }
  plain("l1GasPrice", 0);
  plain("l2FairGasPrice", 0);
  out.end_object();
  return {};
}

constexpr Method kMethods[] = {
    {"atlas_getProof", Cost::kHeavy, bind<get_proof>(), {"address", "storageKeys", "batch"}},
    {"atlas_getBatchByNumber", Cost::kHeavy, bind<get_batch>(), {"batch"}},
    {"atlas_getBatchByBlock", Cost::kHeavy, bind<get_batch_by_block>(), {"block"}},
    {"atlas_getBatchPubdata", Cost::kHeavy, bind<get_pubdata>(), {"batch"}},
    {"zks_L1BatchNumber", Cost::kCheap, bind<latest_number>(), {}},
    {"zks_getL1BatchBlockRange", Cost::kHeavy, bind<block_range>(), {"batch"}},
    {"zks_getL1BatchDetails", Cost::kHeavy, bind<details>(), {"batch"}},
};

}  // namespace

MethodTable batch_methods() {
  return kMethods;
}

}  // namespace atlas::rpc
