#include <types/rlp.hpp>

namespace atlas::rlp {
namespace {

constexpr u8 kStringBase = 0x80;
constexpr u8 kListBase = 0xc0;
constexpr unsigned kShortMax = 55;  // longest payload whose length stands in the first byte

unsigned byte_count(u64 value) {
  return static_cast<unsigned>(std::bit_width(value) + 7) / 8;
}

struct Extent {
  bool is_list = false;
  std::size_t header = 0;
  std::size_t payload = 0;
};

// Header of the first item; everything is checked against what is left before it is added, so nothing can wrap.
Result<Extent, Error> extent(ByteView input) {
  if (input.empty()) return Err(Error::kTruncated);
  const u8 first = input[0];
  if (first < kStringBase) return Extent{false, 0, 1};
  const bool is_list = first >= kListBase;
  const unsigned code = first - (is_list ? kListBase : kStringBase);
  const std::size_t left = input.size() - 1;
  if (code <= kShortMax) {
    if (code > left) return Err(Error::kTruncated);
    if (!is_list && code == 1 && input[1] < kStringBase) return Err(Error::kNotCanonical);
    return Extent{is_list, 1, code};
  }
  const unsigned length_bytes = code - kShortMax;
  if (length_bytes > left) return Err(Error::kTruncated);
  if (input[1] == 0) return Err(Error::kNotCanonical);
  u64 length = 0;
  for (unsigned i = 0; i < length_bytes; ++i) length = length << 8 | input[1 + i];
  if (length <= kShortMax) return Err(Error::kNotCanonical);
  if (length > left - length_bytes) return Err(Error::kTruncated);
  return Extent{is_list, 1 + length_bytes, static_cast<std::size_t>(length)};
}

}  // namespace

const char* describe(Error error) {
  switch (error) {
    case Error::kTruncated:
      return "a length points past the end";
    case Error::kNotCanonical:
      return "a length is written in a longer form than needed";
    case Error::kUnexpectedList:
      return "a list stands where a string belongs";
    case Error::kUnexpectedString:
      return "a string stands where a list belongs";
    case Error::kLeadingZero:
      return "an integer has a leading zero byte";
    case Error::kIntegerTooLarge:
      return "an integer does not fit its field";
    case Error::kWrongLength:
      return "a string has the wrong length for its field";
    case Error::kTrailingBytes:
      return "bytes follow the last item";
  }
  return "?";
}

Result<Item, Error> split(ByteView& input) {
  const auto e = extent(input);
  if (!e) return Err(e.error());
  const Item item{e->is_list, input.subspan(e->header, e->payload)};
  input = input.subspan(e->header + e->payload);
  return item;
}

Result<void, Error> check(ByteView input) {
  auto top = split(input);
  if (!top) return Err(top.error());
  if (!input.empty()) return Err(Error::kTrailingBytes);
  if (!top->is_list) return {};
  std::vector<ByteView> open{top->payload};  // what is left of each list around the current item
  while (!open.empty()) {
    if (open.back().empty()) {
      open.pop_back();
      continue;
    }
    const auto item = split(open.back());
    if (!item) return Err(item.error());
    if (item->is_list && !item->payload.empty()) open.push_back(item->payload);
  }
  return {};
}

ByteView Reader::take(bool list) {
  if (error_) return {};
  ByteView rest = rest_;
  const auto item = split(rest);
  if (!item) {
    fail(item.error());
    return {};
  }
  if (item->is_list != list) {
    fail(list ? Error::kUnexpectedString : Error::kUnexpectedList);
    return {};
  }
  rest_ = rest;
  return item->payload;
}

ByteView Reader::string() {
  return take(false);
}

ByteView Reader::raw() {
  if (error_) return {};
  const ByteView before = rest_;
  const auto item = split(rest_);
  if (!item) {
    fail(item.error());
    return {};
  }
  return before.first(before.size() - rest_.size());
}

ByteView Reader::string_of(std::size_t length) {
  const ByteView view = take(false);
  if (view.size() == length) return view;
  fail(Error::kWrongLength);
  return {};
}

ByteView Reader::integer_bytes() {
  const ByteView view = take(false);
  if (view.empty() || view[0] != 0) return view;
  fail(Error::kLeadingZero);
  return {};
}

u64 Reader::integer(u64 max) {
  const ByteView view = integer_bytes();
  u64 value = 0;
  if (view.size() <= sizeof value) {
    for (const u8 byte : view) value = value << 8 | byte;
    if (value <= max) return value;
  }
  fail(Error::kIntegerTooLarge);
  return 0;
}

u256 Reader::integer256() {
  const ByteView view = integer_bytes();
  if (view.size() <= sizeof(u64)) {  // most are
    u64 small = 0;
    for (const u8 byte : view) small = small << 8 | byte;
    return u256(small);
  }
  if (view.size() <= 32) return u256::from_be_short(view);
  fail(Error::kIntegerTooLarge);
  return {};
}

std::size_t header_size(std::size_t payload) {
  return payload <= kShortMax ? 1 : 1 + byte_count(payload);
}

void Sizer::integer(u64 value) {
  size_ += value < kStringBase ? 1 : 1 + byte_count(value);
}

void Sizer::integer(const u256& value) {
  if (value.fits_u64()) return integer(value.low_u64());
  size_ += 1 + value.byte_length();
}

void Writer::header(u8 base, std::size_t payload) {
  if (payload <= kShortMax) {
    *out_++ = static_cast<u8>(base + payload);
    return;
  }
  const unsigned length_bytes = byte_count(payload);
  *out_++ = static_cast<u8>(base + kShortMax + length_bytes);
  for (unsigned i = length_bytes; i-- > 0;) *out_++ = static_cast<u8>(static_cast<u64>(payload) >> (8 * i));
}

void Writer::string(ByteView value) {
  if (value.size() != 1 || value[0] >= kStringBase) header(kStringBase, value.size());
  raw(value);
}

void Writer::integer(u64 value) {
  if (value != 0 && value < kStringBase) {
    *out_++ = static_cast<u8>(value);
    return;
  }
  const unsigned bytes = byte_count(value);
  *out_++ = static_cast<u8>(kStringBase + bytes);
  for (unsigned i = bytes; i-- > 0;) *out_++ = static_cast<u8>(value >> (8 * i));
}

void Writer::integer(const u256& value) {
  if (value.fits_u64()) return integer(value.low_u64());
  u8 bytes[32];
  value.to_be(bytes);
  const unsigned length = value.byte_length();
  *out_++ = static_cast<u8>(kStringBase + length);
  raw({bytes + 32 - length, length});
}

}  // namespace atlas::rlp
