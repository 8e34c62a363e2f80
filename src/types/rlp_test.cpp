#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <base/test_vectors.hpp>
#include <types/rlp.hpp>

namespace atlas {
namespace {

using nlohmann::json;
using test::hex_bytes;

// The encoder must give back what the decoder took apart: that proves that only canonical forms were accepted.
template <class Sink>
void write_again(Sink& out, ByteView encoded) {
  while (!encoded.empty()) {
    const auto item = rlp::split(encoded);
    ASSERT_TRUE(item);
    if (item->is_list) {
      out.list([&](auto& inner) { write_again(inner, item->payload); });
    } else {
      out.string(item->payload);
    }
  }
}

Bytes decode_and_encode(ByteView encoded) {
  return rlp::encode([&](auto& out) { write_again(out, encoded); });
}

// ethereum/tests: strings are text, numbers integers, "#…" integers in decimal, arrays lists.
template <class Sink>
void write_json(Sink& out, const json& value) {
  if (value.is_array()) {
    out.list([&](auto& inner) {
      for (const json& item : value) write_json(inner, item);
    });
  } else if (value.is_number()) {
    out.integer(value.get<u64>());
  } else if (const auto text = value.get<std::string>(); text.starts_with("#")) {
    out.integer(*parse_u256(text.substr(1)));
  } else {
    out.string(as_bytes(text));
  }
}

// 2^256 is the one number of the suite that our integers do not hold.
bool holds_wide_integer(const json& value) {
  if (value.is_array()) return std::any_of(value.begin(), value.end(), holds_wide_integer);
  return value.is_string() && value.get<std::string>().starts_with("#") &&
         !parse_u256(value.get<std::string>().substr(1));
}

TEST(Rlp, EthereumTestsEncodings) {
  ATLAS_VECTORS_OR_SKIP(path, "units/units/RLPTests/rlptest.json");
  const json tests = json::parse(test::read_text(path));
  unsigned wide = 0;
  for (const auto& [name, test] : tests.items()) {
    const Bytes out = hex_bytes(test.at("out").get<std::string>());
    EXPECT_TRUE(rlp::check(out)) << name;
    EXPECT_EQ(decode_and_encode(out), out) << name;
    if (holds_wide_integer(test.at("in"))) {
      ++wide;
      continue;
    }
    EXPECT_EQ(rlp::encode([&](auto& sink) { write_json(sink, test.at("in")); }), out) << name;
  }
  EXPECT_LE(wide, 1u);
  EXPECT_GE(tests.size(), 27u);
}

TEST(Rlp, EthereumTestsInvalid) {
  ATLAS_VECTORS_OR_SKIP(path, "units/units/RLPTests/invalidRLPTest.json");
  const json tests = json::parse(test::read_text(path));
  for (const auto& [name, test] : tests.items()) {
    EXPECT_FALSE(rlp::check(hex_bytes(test.at("out").get<std::string>()))) << name;
  }
  EXPECT_GE(tests.size(), 25u);
}

TEST(Rlp, EthereumTestsRandom) {
  ATLAS_VECTORS_OR_SKIP(root, "units/units/RLPTests/RandomRLPTests");
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(root)) {
    const json tests = json::parse(test::read_text(entry.path()));
    for (const auto& [name, test] : tests.items()) {
      const Bytes out = hex_bytes(test.at("out").get<std::string>());
      const bool valid = test.at("in") == "VALID";
      EXPECT_EQ(rlp::check(out).ok(), valid) << entry.path() << ' ' << name;
      if (valid) {
        EXPECT_EQ(decode_and_encode(out), out) << name;
      }
      ++count;
    }
  }
  EXPECT_GT(count, 0u);
}

TEST(Rlp, RefusesWhatIsNotCanonical) {
  using rlp::Error;
  const struct {
    const char* hex;
    Error error;
  } cases[] = {
      {"", Error::kTruncated},
      {"81", Error::kTruncated},
      {"8100", Error::kNotCanonical},
      {"817f", Error::kNotCanonical},
      {"b800", Error::kNotCanonical},
      {"b80101", Error::kNotCanonical},
      {"b90001", Error::kNotCanonical},
      {"f800", Error::kNotCanonical},
      {"f8", Error::kTruncated},
      {"c1", Error::kTruncated},
      {"b83800", Error::kTruncated},
      {"bfffffffffffffffff", Error::kTruncated},
      {"ffffffffffffffffff", Error::kTruncated},
      {"c28100", Error::kNotCanonical},
      {"c3c28100", Error::kNotCanonical},
      {"c182", Error::kTruncated},
      {"8080", Error::kTrailingBytes},
  };
  for (const auto& c : cases) {
    const auto result = rlp::check(hex_bytes(c.hex));
    ASSERT_FALSE(result) << c.hex;
    EXPECT_EQ(result.error(), c.error) << c.hex;
  }
}

TEST(Rlp, ReadsIntegersStrictly) {
  const auto error_of = [](const char* hex, auto read) {
    std::optional<rlp::Error> error;
    const Bytes input = hex_bytes(hex);
    rlp::Reader reader(input, error);
    read(reader);
    reader.finish();
    return error;
  };
  const auto u64_at_most = [](u64 max) { return [max](rlp::Reader& r) { static_cast<void>(r.integer(max)); }; };
  const auto word = [](rlp::Reader& r) { static_cast<void>(r.integer256()); };
  EXPECT_FALSE(error_of("80", u64_at_most(0)));
  EXPECT_EQ(error_of("00", u64_at_most(9)), rlp::Error::kLeadingZero);
  EXPECT_EQ(error_of("820001", u64_at_most(9)), rlp::Error::kLeadingZero);
  EXPECT_FALSE(error_of("88ffffffffffffffff", u64_at_most(~u64{0})));
  EXPECT_EQ(error_of("89010000000000000000", u64_at_most(~u64{0})), rlp::Error::kIntegerTooLarge);
  EXPECT_EQ(error_of("820100", u64_at_most(0xff)), rlp::Error::kIntegerTooLarge);
  EXPECT_FALSE(error_of("a0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", word));
  EXPECT_EQ(error_of("a1010000000000000000000000000000000000000000000000000000000000000000", word),
            rlp::Error::kIntegerTooLarge);
  EXPECT_EQ(error_of("c0", word), rlp::Error::kUnexpectedList);
  EXPECT_EQ(error_of("0101", word), rlp::Error::kTrailingBytes);
}

TEST(Rlp, FirstErrorIsKept) {
  std::optional<rlp::Error> error;
  const Bytes input = hex_bytes("c2000101");
  rlp::Reader whole(input, error);
  rlp::Reader list = whole.list();
  EXPECT_EQ(list.integer(), 0u);
  EXPECT_TRUE(list.done());
  EXPECT_EQ(list.integer256(), u256());
  EXPECT_EQ(list.fixed<20>(), Address{});
  whole.finish();
  EXPECT_EQ(error, rlp::Error::kLeadingZero);
}

TEST(Rlp, DeepNestingCostsNoStack) {
  // A million lists, each the only item of the one around it; built from the inside.
  Bytes reversed;
  for (unsigned i = 0; i < 1'000'000; ++i) {
    const std::size_t payload = reversed.size();
    if (payload <= 55) {
      reversed.push_back(static_cast<u8>(0xc0 + payload));
      continue;
    }
    unsigned length_bytes = 0;
    for (std::size_t rest = payload; rest != 0; rest >>= 8, ++length_bytes) reversed.push_back(static_cast<u8>(rest));
    reversed.push_back(static_cast<u8>(0xf7 + length_bytes));
  }
  const Bytes encoded(reversed.rbegin(), reversed.rend());
  EXPECT_TRUE(rlp::check(encoded));
}

TEST(Rlp, EveryLengthRoundTrips) {
  for (std::size_t length = 0; length < 70'000; length = length < 300 ? length + 1 : length * 7 / 5) {
    const Bytes payload(length, 0x80);
    const Bytes encoded = rlp::encode([&](auto& out) { out.string(payload); });
    ByteView rest = encoded;
    const auto item = rlp::split(rest);
    ASSERT_TRUE(item);
    EXPECT_TRUE(rest.empty());
    EXPECT_TRUE(std::equal(item->payload.begin(), item->payload.end(), payload.begin(), payload.end()));
  }
}

}  // namespace
}  // namespace atlas
