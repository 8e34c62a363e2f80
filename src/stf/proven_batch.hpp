#pragma once
// The batch program (guest/batch): from a witness to the public input of its proof. Whatever is wrong with the witness
// ends the program (ENSURE), which no proof can cover. It also runs natively.
#include <stf/batch.hpp>
#include <stf/witness.hpp>

namespace atlas::stf {

struct ProvenBatch {
  SealedBatch sealed;
  Hash256 public_input;  ///< of this one batch
};

ProvenBatch execute_witness(std::span<const u32> words, BatchObserver* observer = nullptr);

}  // namespace atlas::stf
