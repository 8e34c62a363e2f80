#pragma once
// Recursive Length Prefix (Yellow Paper, appendix B), strict: each value has exactly one accepted encoding.
#include <optional>

#include <base/result.hpp>
#include <base/u256.hpp>

namespace atlas::rlp {

enum class Error : u8 {
  kTruncated,         ///< a length points past the end of its list or input
  kNotCanonical,      ///< a longer form than needed
  kUnexpectedList,    ///< a list where a string belongs
  kUnexpectedString,  ///< a string where a list belongs
  kLeadingZero,       ///< an integer with a leading zero byte
  kIntegerTooLarge,   ///< an integer that does not fit its field
  kWrongLength,       ///< a string of another length than its field has
  kTrailingBytes,     ///< bytes after the last item
};
const char* describe(Error error);

struct Item {
  bool is_list = false;
  ByteView payload;  ///< a view into the input
};

/// Splits the first item off `input`, looking at its header only. On an error `input` is unchanged.
Result<Item, Error> split(ByteView& input);

/// Whether the input is one well-formed item, all nested items included. Uses heap, not stack, for the nesting.
Result<void, Error> check(ByteView input);

/// Reads the items of one payload in order. The first error is kept in `error`, which all readers of one input share;
/// from then on every read gives an empty value and done() is true, so callers test once, at the end.
class Reader {
 public:
  Reader(ByteView payload, std::optional<Error>& error) : rest_(payload), error_(error) {}

  /// Nothing is left to read, or something went wrong.
  bool done() const { return rest_.empty() || error_.has_value(); }
  bool next_is_list() const { return !done() && rest_[0] >= 0xc0; }
  /// What is left, for callers that need to know where an item begins.
  ByteView rest() const { return rest_; }

  ByteView string();
  Reader list() { return Reader(take(true), error_); }
  /// The next item with its header, of either kind.
  ByteView raw();
  u64 integer(u64 max = ~u64{0});
  u256 integer256();
  template <std::size_t N>
  FixedBytes<N> fixed() {
    const ByteView view = string_of(N);
    return view.empty() ? FixedBytes<N>{} : FixedBytes<N>::from(view);
  }
  /// Says that the payload ends here.
  void finish() {
    if (!rest_.empty()) fail(Error::kTrailingBytes);
  }
  void fail(Error error) {
    if (!error_) error_ = error;
  }

 private:
  ByteView take(bool list);
  ByteView string_of(std::size_t length);
  ByteView integer_bytes();

  ByteView rest_;
  std::optional<Error>& error_;
};

/// Bytes of the header of a list with this payload, or of a string longer than one byte.
std::size_t header_size(std::size_t payload);

// An encoding is written down once, as a function over a sink, and run twice: over a Sizer, then over a Writer.

/// Counts the bytes that a Writer would write.
class Sizer {
 public:
  void string(ByteView value) {
    size_ += value.size() == 1 && value[0] < 0x80 ? 1 : header_size(value.size()) + value.size();
  }
  void integer(u64 value);
  void integer(const u256& value);
  void raw(ByteView encoded) { size_ += encoded.size(); }
  template <class Fields>
  void list(Fields&& fields) {
    Sizer inner;
    fields(inner);
    size_ += header_size(inner.size_) + inner.size_;
  }
  std::size_t size() const { return size_; }

 private:
  std::size_t size_ = 0;
};

/// Writes to memory that a Sizer has measured.
class Writer {
 public:
  explicit Writer(u8* out) : out_(out) {}
  void string(ByteView value);
  void integer(u64 value);
  void integer(const u256& value);
  void raw(ByteView encoded) {
    std::copy(encoded.begin(), encoded.end(), out_);
    out_ += encoded.size();
  }
  template <class Fields>
  void list(Fields&& fields) {
    Sizer inner;
    fields(inner);
    header(0xc0, inner.size());
    fields(*this);
  }
  u8* position() const { return out_; }

 private:
  void header(u8 base, std::size_t payload);
  u8* out_;
};

/// What `fields` writes to a sink, behind `prefix`.
template <class Fields>
Bytes encode(Fields&& fields, ByteView prefix = {}) {
  Sizer sizer;
  fields(sizer);
  Bytes out(prefix.size() + sizer.size());
  std::copy(prefix.begin(), prefix.end(), out.begin());
  Writer writer(out.data() + prefix.size());
  fields(writer);
  return out;
}

/// A list of what `fields` writes, behind `prefix` (the type byte of EIP-2718).
template <class Fields>
Bytes encode_list(Fields&& fields, ByteView prefix = {}) {
  return encode([&](auto& sink) { sink.list(fields); }, prefix);
}

}  // namespace atlas::rlp
