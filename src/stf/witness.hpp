#pragma once
// The private input of the batch program: what a batch was given, and what of the state it touches. Words of 32 bits,
// little-endian as bytes; format: docs/batches.md, "Witness". Encoder and decoder are one file, shared by node and
// guest.
//
// Nothing in it is trusted. The batch's own rules check the input, the multiproof is bound by the root, codes by their
// commitments.
#include <span>
#include <vector>

#include <stf/batch_input.hpp>

namespace atlas::stf {

inline constexpr u32 kWitnessVersion = 2;

struct Witness {
  u64 hash_seed = 0;  ///< of the program's tables: chance, so that no user can prepare keys that make it slow
  BatchInput input;
  std::vector<ByteView> codes;      ///< each that is run or measured, once; in order of its first reading
  std::span<const u32> multiproof;  ///< of all leaves read or written (docs/state-tree.md)
};

enum class WitnessError : u8 {
  kTruncated,       ///< the words end within an item
  kUnknownVersion,  ///< the first word is not kWitnessVersion
  kBadPadding,      ///< bytes after a string's end, in its last word, are not zero
  kBadNumber,       ///< a number that does not fit its field
  kBadParent,       ///< the parent's header is not one in RLP
};
const char* describe(WitnessError error);

/// The words that decode_witness() reads.
std::vector<u32> encode_witness(const Witness& witness);
/// Views in the result are into `words`. Total: whatever they are, memory and work are bounded by their number.
Result<Witness, WitnessError> decode_witness(std::span<const u32> words);

}  // namespace atlas::stf
