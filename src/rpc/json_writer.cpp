#include <charconv>

#include <rpc/json_writer.hpp>

namespace atlas::rpc {
namespace {

constexpr char kDigits[] = "0123456789abcdef";

/// Two hex digits for each byte value.
struct HexPairs {
  char pair[256][2];
  constexpr HexPairs() : pair{} {
    for (unsigned i = 0; i < 256; ++i) {
      pair[i][0] = kDigits[i >> 4];
      pair[i][1] = kDigits[i & 15];
    }
  }
};
constexpr HexPairs kPairs;

/// Length of the well-formed UTF-8 sequence at `text[i]` (RFC 3629), 0 if there is none.
std::size_t utf8_length(std::string_view text, std::size_t i) {
  const auto at = [&](std::size_t k) { return k < text.size() ? static_cast<u8>(text[k]) : u8{0}; };
  const auto tail = [&](std::size_t k) { return (at(k) & 0xc0) == 0x80; };
  const u8 a = at(i);
  if (a < 0x80) return 1;
  if (a >= 0xc2 && a <= 0xdf) return tail(i + 1) ? 2 : 0;
  if (a >= 0xe0 && a <= 0xef) {
    if (!tail(i + 1) || !tail(i + 2)) return 0;
    if (a == 0xe0 && at(i + 1) < 0xa0) return 0;  // overlong
    if (a == 0xed && at(i + 1) > 0x9f) return 0;  // surrogate
    return 3;
  }
  if (a >= 0xf0 && a <= 0xf4) {
    if (!tail(i + 1) || !tail(i + 2) || !tail(i + 3)) return 0;
    if (a == 0xf0 && at(i + 1) < 0x90) return 0;  // overlong
    if (a == 0xf4 && at(i + 1) > 0x8f) return 0;  // above U+10FFFF
    return 4;
  }
  return 0;
}

}  // namespace

void JsonWriter::quantity(u64 v) {
  comma();
  char text[20];  // quotes, 0x, 16 digits
  char* p = text + sizeof text;
  *--p = '"';
  do {
    *--p = kDigits[v & 15];
    v >>= 4;
  } while (v != 0);
  *--p = 'x';
  *--p = '0';
  *--p = '"';
  out_.append(p, static_cast<std::size_t>(text + sizeof text - p));
}

void JsonWriter::quantity(const u256& v) {
  if (v.fits_u64()) return quantity(v.low_u64());
  comma();
  out_ += '"';
  out_ += to_quantity(v);
  out_ += '"';
}

void JsonWriter::number(u64 v) {
  comma();
  char text[20];
  const auto end = std::to_chars(text, text + sizeof text, v).ptr;
  out_.append(text, static_cast<std::size_t>(end - text));
}

void JsonWriter::ratio(double v) {
  comma();
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, v).ptr;  // shortest that reads back the same
  out_.append(text, static_cast<std::size_t>(end - text));
}

void JsonWriter::hex(ByteView bytes) {
  comma();
  const std::size_t at = out_.size();
  out_.resize(at + 4 + 2 * bytes.size());
  char* p = out_.data() + at;
  *p++ = '"';
  *p++ = '0';
  *p++ = 'x';
  for (const u8 b : bytes) {
    p[0] = kPairs.pair[b][0];
    p[1] = kPairs.pair[b][1];
    p += 2;
  }
  *p = '"';
}

void JsonWriter::word(const u256& v) {
  const Hash256 bytes = v.to_be();
  hex(bytes);
}

void JsonWriter::string(std::string_view text) {
  comma();
  out_ += '"';
  for (std::size_t i = 0; i < text.size();) {
    const u8 c = static_cast<u8>(text[i]);
    if (c == '"' || c == '\\') {
      out_ += '\\';
      out_ += text[i++];
    } else if (c < 0x20) {
      out_ += "\\u00";
      out_.append(kPairs.pair[c], 2);
      ++i;
    } else if (const std::size_t n = utf8_length(text, i); n != 0) {
      out_.append(text, i, n);
      i += n;
    } else {
      out_ += "\xef\xbf\xbd";
      ++i;
    }
  }
  out_ += '"';
}

}  // namespace atlas::rpc
