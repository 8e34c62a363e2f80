// The witness decoder: total over any words, and what it accepts is the one encoding of what it read.
#include <cstdlib>

#include <stf/witness.hpp>

using namespace atlas;

extern "C" int LLVMFuzzerTestOneInput(const u8* data, std::size_t size) {
  std::vector<u32> words(size / sizeof(u32));
  if (!words.empty()) std::memcpy(words.data(), data, words.size() * sizeof(u32));
  const auto witness = stf::decode_witness(words);
  if (witness && stf::encode_witness(*witness) != words) std::abort();
  return 0;
}
