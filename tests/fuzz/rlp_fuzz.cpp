// RLP: whatever check() accepts is canonical, so writing it again gives the same bytes; readers are total.
#include <cstdlib>

#include <types/block.hpp>
#include <types/rlp.hpp>

using namespace atlas;

namespace {

constexpr unsigned kMaxDepth = 200;  // write_again() recurses, unlike the code under test

template <class Sink>
bool write_again(Sink& out, ByteView payload, unsigned depth) {
  while (!payload.empty()) {
    const auto item = rlp::split(payload);
    if (!item || depth > kMaxDepth) return false;
    if (!item->is_list) {
      out.string(item->payload);
      continue;
    }
    // Through Bytes rather than nested list(): sizing every level anew would cost the square of the depth.
    bool good = true;
    const Bytes inner = rlp::encode([&](auto& sink) { good &= write_again(sink, item->payload, depth + 1); });
    if (!good) return false;
    out.list([&](auto& sink) { sink.raw(inner); });
  }
  return true;
}

void read_everything(ByteView input) {
  std::optional<rlp::Error> error;
  rlp::Reader whole(input, error);
  rlp::Reader list = whole.list();
  for (unsigned i = 0; !list.done(); ++i) {
    switch (i % 5) {
      case 0:
        (void)list.integer();
        break;
      case 1:
        (void)list.integer256();
        break;
      case 2:
        (void)list.fixed<20>();
        break;
      case 3:
        (void)list.raw();
        break;
      case 4:
        if (list.next_is_list()) {
          (void)list.list();
        } else {
          (void)list.string();
        }
        break;
    }
  }
  whole.finish();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8* data, std::size_t size) {
  const ByteView input(data, size);
  read_everything(input);
  if (const auto header = decode_header(input)) {
    const Bytes again = encode_header(*header);
    if (!std::equal(again.begin(), again.end(), input.begin(), input.end())) std::abort();
  }
  if (size > 10'000 || !rlp::check(input)) return 0;
  bool good = true;
  const Bytes again = rlp::encode([&](auto& sink) { good &= write_again(sink, input, 0); });
  if (good && !std::equal(again.begin(), again.end(), input.begin(), input.end())) std::abort();
  return 0;
}
