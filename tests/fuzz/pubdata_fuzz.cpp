// Pubdata: decoding is total, and whatever it accepts is the one encoding of what it says.
#include <cstdlib>

#include <types/pubdata.hpp>

using namespace atlas;

extern "C" int LLVMFuzzerTestOneInput(const u8* data, std::size_t size) {
  const ByteView input(data, size);
  if (const auto pubdata = decode_pubdata(input)) {
    const Bytes again = encode_pubdata(*pubdata);
    if (!std::equal(again.begin(), again.end(), input.begin(), input.end())) std::abort();
    for (const auto& leaf : pubdata->known_leaves) {
      // A change that applies to a value leads to one from which the shortest change is no longer.
      const Hash256 before = pubdata->header.last_block_hash;
      const auto after = apply_change(leaf.change, before);
      if (!after || *after == before) continue;
      const auto kind = leaf.change.form == LeafChange::Form::kAccount ? LeafKind::kAccount : LeafKind::kWord;
      const LeafChange shortest = leaf_change(kind, before, *after);
      if (encoded_size(shortest) > encoded_size(leaf.change)) std::abort();
      if (apply_change(shortest, before) != after) std::abort();
    }
  }
  ByteView rest = input;
  if (const auto change = take_change(rest)) {
    Bytes again;
    append_change(again, *change);
    if (!std::equal(again.begin(), again.end(), data, data + again.size())) std::abort();
    if (again.size() + rest.size() != size || again.size() != encoded_size(*change)) std::abort();
  }
  return 0;
}
