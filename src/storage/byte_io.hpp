#pragma once
// Little-endian writing and bounded reading: the form of everything that storage puts on disk.
#include <base/u256.hpp>

namespace atlas::storage {

class ByteWriter {
 public:
  explicit ByteWriter(Bytes& out) : out_(out) {}
  void put_u8(u8 v) { out_.push_back(v); }
  void put_u16(u16 v) { put_integer(v); }
  void put_u32(u32 v) { put_integer(v); }
  void put_u64(u64 v) { put_integer(v); }
  void put_bytes(ByteView v) { append(out_, v); }
  /// u32 length, then the bytes.
  void put_blob(ByteView v) {
    put_u32(static_cast<u32>(v.size()));
    put_bytes(v);
  }
  /// One byte of length, then as many big-endian bytes without leading zeros.
  void put_u256(const u256& v) {
    const unsigned n = v.byte_length();
    put_u8(static_cast<u8>(n));
    const Hash256 be = v.to_be();
    put_bytes(be.view().subspan(32 - n));
  }
  u64 size() const { return out_.size(); }
  /// Overwrites four bytes written before.
  void patch_u32(u64 at, u32 v) { std::memcpy(out_.data() + at, &v, 4); }

 private:
  template <class T>
  void put_integer(T v) {
    u8 raw[sizeof(T)];
    std::memcpy(raw, &v, sizeof(T));
    put_bytes(raw);
  }
  Bytes& out_;
};

/// Reads until the first failure and remembers it; after that everything reads as zero. Never reads outside its bytes.
class ByteReader {
 public:
  explicit ByteReader(ByteView bytes) : bytes_(bytes) {}
  bool ok() const { return failure_ == nullptr; }
  /// What was wrong first, a static text; null if nothing was.
  const char* failure() const { return failure_; }
  u64 position() const { return position_; }
  u64 remaining() const { return bytes_.size() - position_; }
  void fail(const char* what) {
    if (failure_ == nullptr) failure_ = what;
  }

  u8 get_u8() { return get_integer<u8>(); }
  u16 get_u16() { return get_integer<u16>(); }
  u32 get_u32() { return get_integer<u32>(); }
  u64 get_u64() { return get_integer<u64>(); }
  bool get_bool() {
    const u8 v = get_u8();
    if (v > 1) fail("a flag is neither 0 nor 1");
    return v == 1;
  }
  ByteView get_bytes(u64 n) {
    if (!ok() || n > remaining()) {
      fail("ends too early");
      return {};
    }
    const ByteView out = bytes_.subspan(position_, n);
    position_ += n;
    return out;
  }
  template <std::size_t N>
  FixedBytes<N> get_fixed() {
    const ByteView v = get_bytes(N);
    return v.empty() ? FixedBytes<N>{} : FixedBytes<N>::from(v);
  }
  ByteView get_blob() { return get_bytes(get_u32()); }
  u256 get_u256() {
    const u8 n = get_u8();
    if (n > 32) fail("a number is longer than 32 bytes");
    const ByteView v = get_bytes(n);
    if (!v.empty() && v[0] == 0) fail("a number has leading zeros");
    return ok() ? u256::from_be_short(v) : u256();
  }
  /// A count of items of at least `item_bytes_min` bytes each: never more than the remaining bytes can hold, so that it
  /// may be used to reserve memory.
  u32 get_count(u64 item_bytes_min) {
    const u32 n = get_u32();
    if (ok() && n > remaining() / item_bytes_min) fail("a count is larger than what follows");
    return ok() ? n : 0;
  }

 private:
  template <class T>
  T get_integer() {
    const ByteView v = get_bytes(sizeof(T));
    T out = 0;
    if (!v.empty()) std::memcpy(&out, v.data(), sizeof(T));
    return out;
  }
  ByteView bytes_;
  u64 position_ = 0;
  const char* failure_ = nullptr;
};

}  // namespace atlas::storage
