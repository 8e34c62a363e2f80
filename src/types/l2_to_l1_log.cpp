#include <crypto/keccak.hpp>
#include <types/l2_to_l1_log.hpp>

namespace atlas {
namespace {

// keccak256("L1MessageSent(address,bytes32,bytes)").
constexpr Hash256 kL1MessageSent{{0x3a, 0x36, 0xe4, 0x72, 0x91, 0xf4, 0x20, 0x1f, 0xaf, 0x13, 0x7f,
                                  0xab, 0x08, 0x1d, 0x92, 0x29, 0x5b, 0xce, 0x2d, 0x53, 0xbe, 0x2c,
                                  0x6c, 0xa6, 0x8b, 0xa8, 0x2c, 0x7f, 0xaa, 0x9c, 0xe2, 0x41}};
constexpr std::size_t kWord = 32;

// The message that an event sends: its data are abi.encode(bytes). Only the messenger's own code, which genesis places,
// logs under its address, and always in this form.
std::optional<ByteView> message_of(const Log& log) {
  if (log.address != kL1MessengerAddress || log.topics.size() != 3 || log.topics[0] != kL1MessageSent) {
    return std::nullopt;
  }
  const ByteView data = log.data;
  if (data.size() < 2 * kWord) return std::nullopt;
  const u256 size = u256::from_be(data.data() + kWord);
  if (!size.fits_u64() || size.low_u64() > data.size() - 2 * kWord) return std::nullopt;
  return data.subspan(2 * kWord, static_cast<std::size_t>(size.low_u64()));
}

Hash256 pair_hash(const Hash256& left, const Hash256& right) {
  u8 both[2 * Hash256::size()];
  std::copy(left.begin(), left.end(), both);
  std::copy(right.begin(), right.end(), both + Hash256::size());
  return crypto::keccak256(both);
}

// The levels from the leaves up, of which only what the logs reach is kept: `empty` is the hash of a subtree without
// logs at the level. Returns the root; `visit(level, hashes, empty)` sees each level below it.
template <class Visit>
Hash256 walk(std::span<const EncodedL2ToL1Log> logs, Visit&& visit) {
  ENSURE(logs.size() <= kBatchLogsMax, "the log tree has 2^14 leaves");
  Hash256 empty = crypto::keccak256(EncodedL2ToL1Log{});
  std::vector<Hash256> hashes;
  hashes.reserve(logs.size());
  for (const EncodedL2ToL1Log& log : logs) hashes.push_back(crypto::keccak256(log));
  for (unsigned level = 0; level < kLogTreeDepth; ++level) {
    visit(hashes, empty);
    const std::size_t parents = (hashes.size() + 1) / 2;
    for (std::size_t i = 0; i < parents; ++i) {
      const Hash256& right = 2 * i + 1 < hashes.size() ? hashes[2 * i + 1] : empty;
      hashes[i] = pair_hash(hashes[2 * i], right);
    }
    hashes.resize(parents);
    empty = pair_hash(empty, empty);
  }
  return hashes.empty() ? empty : hashes[0];
}

}  // namespace

EncodedL2ToL1Log encode_log(const L2ToL1Log& log) {
  EncodedL2ToL1Log out;
  out[0] = log.shard_id;
  out[1] = log.is_service ? 1 : 0;
  out[2] = static_cast<u8>(log.number_in_batch >> 8);
  out[3] = static_cast<u8>(log.number_in_batch);
  std::copy(log.sender.begin(), log.sender.end(), out.begin() + 4);
  std::copy(log.key.begin(), log.key.end(), out.begin() + 24);
  std::copy(log.value.begin(), log.value.end(), out.begin() + 56);
  return out;
}

L1Messages l1_messages(const SignedTransaction& tx, const Receipt& receipt) {
  L1Messages out;
  for (const Log& log : receipt.logs) {
    const auto message = message_of(log);
    if (!message) continue;
    out.messages.push_back(*message);
    out.logs.push_back({0, true, 0, kL1MessengerAddress, log.topics[1], log.topics[2]});
  }
  if (is_from_l1(tx.tx.type)) {
    out.logs.push_back({0, true, 0, kBootloaderAddress, tx.hash, u256(receipt.success ? 1 : 0).to_be()});
  }
  return out;
}

L1MessagesSize l1_messages_size(TxType type, std::span<const Log> logs) {
  constexpr u64 kLengthBytes = 4;  // of a message, in pubdata
  L1MessagesSize out;
  for (const Log& log : logs) {
    const auto message = message_of(log);
    if (!message) continue;
    ++out.logs;
    out.pubdata_bytes += kLengthBytes + message->size();
  }
  if (is_from_l1(type)) ++out.logs;
  out.pubdata_bytes += out.logs * EncodedL2ToL1Log::size();
  return out;
}

Hash256 log_tree_root(std::span<const EncodedL2ToL1Log> logs) {
  return walk(logs, [](const auto&, const auto&) {});
}

Hash256 l2_to_l1_root(std::span<const EncodedL2ToL1Log> logs) {
  return pair_hash(log_tree_root(logs), Hash256{});
}

std::vector<Hash256> log_proof(std::span<const EncodedL2ToL1Log> logs, std::size_t index) {
  ENSURE(index < logs.size(), "a proof of a log that is there");
  std::vector<Hash256> siblings;
  siblings.reserve(kLogTreeDepth);
  std::size_t at = index;
  walk(logs, [&](const std::vector<Hash256>& hashes, const Hash256& empty) {
    const std::size_t sibling = at ^ 1;
    siblings.push_back(sibling < hashes.size() ? hashes[sibling] : empty);
    at /= 2;
  });
  return siblings;
}

}  // namespace atlas
