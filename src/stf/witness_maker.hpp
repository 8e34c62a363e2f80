#pragma once
// Makes the witness of a batch by executing it once more and noting what it touches. Host only in use.
#include <platform/seed.hpp>
#include <state/tree/multiproof_writer.hpp>
#include <stf/batch.hpp>
#include <stf/witness.hpp>

namespace atlas::stf {

/// Of the state before a batch, what the batch reads or writes.
struct TouchedState {
  std::vector<tree::Digest> keys;  ///< strictly ascending
  std::vector<ByteView> codes;     ///< in place as the view keeps them
};

/// `view` is the state that `input.before` commits to.
Result<TouchedState, BatchFailure> touched_state(const BatchInput& input, const StateView& view,
                                                 ExecutionEnvironment& environment);

/// The words of the witness; `root` is of the tree before the batch. `hash_seed`: a constant where cycles are compared.
template <tree::TreeCursor Cursor>
Result<std::vector<u32>, BatchFailure> make_witness(const BatchInput& input, const StateView& view,
                                                    ExecutionEnvironment& environment, const Cursor& root,
                                                    u64 hash_seed = platform::hash_seed()) {
  const auto touched = touched_state(input, view, environment);
  if (!touched) return Err(touched.error());
  const std::vector<u32> multiproof = tree::MultiproofWriter<Cursor>::write(root, touched->keys);
  return encode_witness({hash_seed, input, touched->codes, multiproof});
}

}  // namespace atlas::stf
