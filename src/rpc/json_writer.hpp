#pragma once
// Appends JSON to a string that the caller reuses: answers are written once, in order, without a tree in between.
#include <string>
#include <string_view>

#include <base/u256.hpp>

namespace atlas::rpc {

/// Puts the commas. The caller closes what it opens; nesting is not checked.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  void begin_object() { open('{'); }
  void end_object() { close('}'); }
  void begin_array() { open('['); }
  void end_array() { close(']'); }
  /// `name` is plain ASCII without characters to escape.
  void key(std::string_view name) {
    comma();
    out_ += '"';
    out_ += name;
    out_ += "\":";
    after_key_ = true;
  }

  void null() { value("null"); }
  void boolean(bool v) { value(v ? "true" : "false"); }
  /// JSON-RPC quantity: "0x…" without leading zeros.
  void quantity(u64 v);
  void quantity(const u256& v);
  /// A plain JSON number, as few fields have it.
  void number(u64 v);
  /// A ratio in 0…1 with enough digits.
  void ratio(double v);
  /// "0x" and two digits a byte.
  void hex(ByteView bytes);
  /// A 256-bit word as 32 bytes.
  void word(const u256& v);
  /// Escapes; bytes that are not UTF-8 become U+FFFD.
  void string(std::string_view text);
  /// Already JSON.
  void raw(std::string_view json) { value(json); }

  // The common pairs.
  void field(std::string_view name, u64 v) { key(name), quantity(v); }
  void field(std::string_view name, const u256& v) { key(name), quantity(v); }
  void field(std::string_view name, ByteView v) { key(name), hex(v); }
  void field_string(std::string_view name, std::string_view v) { key(name), string(v); }
  void field_bool(std::string_view name, bool v) { key(name), boolean(v); }
  void field_null(std::string_view name) { key(name), null(); }

  std::string& buffer() { return out_; }
  std::size_t size() const { return out_.size(); }

 private:
  void open(char c) {
    comma();
    out_ += c;
    first_ = true;
    after_key_ = false;
  }
  void close(char c) {
    out_ += c;
    first_ = false;
    after_key_ = false;
  }
  void comma() {
    if (after_key_) {
      after_key_ = false;
    } else if (!first_) {
      out_ += ',';
    }
    first_ = false;
  }
  void value(std::string_view json) {
    comma();
    out_ += json;
  }

  std::string& out_;
  bool first_ = true;
  bool after_key_ = false;
};

}  // namespace atlas::rpc
