#pragma once
// The node's batches as others see them: RPC now, settlement later. Any thread; throws storage::StorageError and
// tree::TreeError for trouble with files.
#include <batch/record.hpp>

#include <state/tree/key_proof.hpp>

namespace atlas::batch {

/// A proof and the batch after which it holds.
struct ProvedAccountAt {
  u64 batch = 0;
  tree::AccountProof proof;
};

class Batches {
 public:
  virtual ~Batches() = default;
  /// The newest batch; nullopt while the tree is being opened.
  virtual std::optional<u64> latest() const = 0;
  /// nullopt: no such batch (yet).
  virtual std::optional<BatchRecord> record(u64 number) const = 0;
  /// The batch that holds a block; nullopt: none does yet.
  virtual std::optional<BatchRecord> batch_of(u64 block) const = 0;
  /// nullopt: none (genesis), unknown or no longer kept.
  virtual std::optional<Bytes> pubdata(u64 number) const = 0;
  /// Over the newest batch; nullopt while the tree is being opened.
  virtual std::optional<ProvedAccountAt> prove(const Address& address, std::span<const u256> slots) const = 0;
};

}  // namespace atlas::batch
