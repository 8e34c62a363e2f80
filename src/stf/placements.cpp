#include <stf/placements.hpp>

namespace atlas::stf {
namespace {

constexpr std::size_t kMaxCodeSize = 24576;  // EIP-170
constexpr u8 kReservedCodePrefix = 0xef;     // EIP-3541
constexpr std::size_t kLengthBytes = 4;

/// Takes from the front; false if it is too short for that.
bool take(ByteView& data, std::size_t size, ByteView& out) {
  if (data.size() < size) return false;
  out = data.first(size);
  data = data.subspan(size);
  return true;
}
bool take_length(ByteView& data, u32& out) {
  ByteView bytes;
  if (!take(data, kLengthBytes, bytes)) return false;
  out = 0;
  for (const u8 byte : bytes) out = out << 8 | byte;
  return true;
}

}  // namespace

std::optional<Placements> decode_placements(ByteView data) {
  Placements out;
  u32 count = 0;
  if (!take_length(data, count) || count > data.size() / (Address::size() + kLengthBytes)) return std::nullopt;
  out.codes.reserve(count);
  ByteView address;
  for (u32 i = 0; i < count; ++i) {
    u32 length = 0;
    ByteView code;
    if (!take(data, Address::size(), address) || !take_length(data, length) || !take(data, length, code)) {
      return std::nullopt;
    }
    if (length > kMaxCodeSize || (length != 0 && code[0] == kReservedCodePrefix)) return std::nullopt;
    out.codes.push_back({Address::from(address), code});
  }
  if (data.empty()) return out;
  if (!take(data, Address::size(), address)) return std::nullopt;
  out.call_to = Address::from(address);
  out.call_data = data;
  return out;
}

void place(const Placements& placements, Journal& journal) {
  for (const Placements::Code& item : placements.codes) {
    journal.set_code(item.address, Bytes(item.code.begin(), item.code.end()));
    if (journal.nonce(item.address) == 0) journal.set_nonce(item.address, 1);
  }
}

}  // namespace atlas::stf
