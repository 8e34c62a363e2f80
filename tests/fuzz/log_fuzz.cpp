// The decoder of block log payloads: total on any bytes, and what it accepts encodes again and decodes to the same.
#include <cstdlib>

#include <storage/codec.hpp>

using namespace atlas;
using namespace atlas::storage;

extern "C" int LLVMFuzzerTestOneInput(const u8* data, std::size_t size) {
  const ByteView payload(data, size);
  (void)decode_sealed_header(payload);
  const auto block = decode_block(payload);
  const auto diff = decode_diff(payload);
  if (!block.ok() || !diff.ok()) return 0;

  Bytes encoded;
  encode_block_record(encoded, block.value(), diff.value());
  const auto block_again = decode_block(encoded);
  const auto diff_again = decode_diff(encoded);
  if (!block_again.ok() || !diff_again.ok()) std::abort();
  Bytes encoded_again;
  encode_block_record(encoded_again, block_again.value(), diff_again.value());
  if (encoded != encoded_again) std::abort();
  return 0;
}
