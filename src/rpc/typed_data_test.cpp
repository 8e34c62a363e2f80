// EIP-712: the EIP's own example, every kind of member, and what is refused.
#include <simdjson.h>

#include <rpc/rpc_fixture.hpp>
#include <rpc/typed_data.hpp>

namespace atlas::rpc {
namespace {

/// The digest, or the reason against it.
std::string hash_of(const json& typed) {
  simdjson::dom::parser parser;
  const std::string text = typed.dump();
  Json root;
  EXPECT_EQ(parser.parse(text).get(root), simdjson::SUCCESS);
  TypedDataHash out;
  std::string why;
  return decode(root, out, why) ? to_hex(out.digest) : why;
}

json mail() {
  return json::parse(R"({
    "types": {
      "EIP712Domain": [{"name": "name", "type": "string"}, {"name": "version", "type": "string"},
                       {"name": "chainId", "type": "uint256"}, {"name": "verifyingContract", "type": "address"}],
      "Person": [{"name": "name", "type": "string"}, {"name": "wallet", "type": "address"}],
      "Mail": [{"name": "from", "type": "Person"}, {"name": "to", "type": "Person"}, {"name": "contents", "type": "string"}]
    },
    "primaryType": "Mail",
    "domain": {"name": "Ether Mail", "version": "1", "chainId": 1,
               "verifyingContract": "0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC"},
    "message": {"from": {"name": "Cow", "wallet": "0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826"},
                "to": {"name": "Bob", "wallet": "0xbBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB"},
                "contents": "Hello, Bob!"}
  })");
}

TEST(TypedData, HashesTheExampleOfTheEip) {
  const std::string expected = "0xbe609aee343fb3c4b28e1df9e632fca64fcfaede20f02e86244efddf30957bd2";
  EXPECT_EQ(hash_of(mail()), expected);
  EXPECT_EQ(hash_of(mail().dump()), expected) << "a string with the JSON in it";
  json without = mail();
  without["types"].erase("EIP712Domain");
  EXPECT_EQ(hash_of(without), expected) << "the domain's type follows from the domain";
  json text_number = mail();
  text_number["domain"]["chainId"] = "0x1";
  EXPECT_EQ(hash_of(text_number), expected);
  text_number["domain"]["chainId"] = "1";
  EXPECT_EQ(hash_of(text_number), expected);
}

/// hashStruct of a struct T with one member, by hand: keccak(keccak("T(type x)") ‖ word).
std::string by_hand(const std::string& type, const Hash256& word) {
  const auto struct_of = [](const std::string& description, ByteView words) {
    Bytes text;
    append(text, crypto::keccak256(as_bytes(description)));
    append(text, words);
    return crypto::keccak256(text);
  };
  Bytes all{0x19, 0x01};
  append(all, struct_of("EIP712Domain()", {}));
  append(all, struct_of("T(" + type + " x)", word));
  return to_hex(crypto::keccak256(all));
}
json one(const std::string& type, json value) {
  return {{"types", {{"EIP712Domain", json::array()}, {"T", {{{"name", "x"}, {"type", type}}}}}},
          {"primaryType", "T"},
          {"domain", json::object()},
          {"message", {{"x", std::move(value)}}}};
}

TEST(TypedData, EncodesEveryKindOfMember) {
  EXPECT_EQ(hash_of(one("uint8", 255)), by_hand("uint8", u256(255).to_be()));
  EXPECT_EQ(hash_of(one("uint256", "0x" + std::string(64, 'f'))), by_hand("uint256", (~u256()).to_be()));
  EXPECT_EQ(hash_of(one("uint256", to_decimal(~u256()))), by_hand("uint256", (~u256()).to_be()));
  EXPECT_EQ(hash_of(one("int8", -128)), by_hand("int8", (u256() - u256(128)).to_be()));
  EXPECT_EQ(hash_of(one("int256", "-1")), by_hand("int256", (~u256()).to_be()));
  EXPECT_EQ(hash_of(one("bool", true)), by_hand("bool", u256(1).to_be()));
  EXPECT_EQ(hash_of(one("address", text(store()))), by_hand("address", u256::from_address(store()).to_be()));
  EXPECT_EQ(hash_of(one("bytes", "0x0102")), by_hand("bytes", crypto::keccak256(hex_bytes("0102"))));
  EXPECT_EQ(hash_of(one("string", "é")), by_hand("string", crypto::keccak256(as_bytes(std::string_view("é")))));
  Hash256 left;
  left[0] = 0xaa;
  left[1] = 0xbb;
  EXPECT_EQ(hash_of(one("bytes2", "0xaabb")), by_hand("bytes2", left));
  Bytes items;
  append(items, u256(1).to_be());
  append(items, u256(2).to_be());
  EXPECT_EQ(hash_of(one("uint256[]", {1, 2})), by_hand("uint256[]", crypto::keccak256(items)));
  EXPECT_EQ(hash_of(one("uint256[2]", {1, 2})), by_hand("uint256[2]", crypto::keccak256(items)));
  Bytes rows;
  append(rows, crypto::keccak256(items));
  EXPECT_EQ(hash_of(one("uint256[2][]", {{1, 2}})), by_hand("uint256[2][]", crypto::keccak256(rows)));
}

TEST(TypedData, StructsMayReferToThemselves) {
  json tree = one("T", {{"x", nullptr}});
  EXPECT_EQ(hash_of(tree).size(), 66u);
  json list = one("T[]", json::array({{{"x", json::array()}}}));
  EXPECT_EQ(hash_of(list).size(), 66u);
  EXPECT_NE(hash_of(list), hash_of(one("T[]", json::array())));
}

TEST(TypedData, SaysWhatIsWrong) {
  const auto fails = [](const json& typed, const std::string& part) {
    const std::string why = hash_of(typed);
    EXPECT_NE(why.find(part), std::string::npos) << why;
  };
  fails(one("uint8", 256), "T.x: expected a number in its range for uint8, got 256");
  fails(one("int8", 128), "in its range");
  fails(one("uint8", -1), "a natural number");
  fails(one("uint256", "1" + to_decimal(~u256())), "a natural number");
  fails(one("uint256", "0x"), "a natural number");
  fails(one("uint7", 1), "neither elementary nor among the types");
  fails(one("uint264", 1), "neither elementary");
  fails(one("bytes33", "0x"), "neither elementary");
  fails(one("bytes2", "0xaa"), "2 bytes");
  fails(one("bool", 1), "true or false");
  fails(one("string", 1), "a string");
  fails(one("uint8[3]", {1, 2}), "an array of 3");
  fails(one("uint8[]", 1), "an array");
  fails(one("uint8[x]", {1}), "neither elementary");
  fails(one("T", 1), "an object");
  json missing = mail();
  missing["message"].erase("contents");
  fails(missing, "Mail.contents: is missing");
  for (const char* member : {"types", "primaryType", "domain", "message"}) {
    json without = mail();
    without.erase(member);
    fails(without, std::string(member) + ": ");
  }
  fails(json("{"), "the string is not JSON");
  fails(json(5), "expected an object");
}

using TypedDataMethods = RpcTest;

TEST_F(TypedDataMethods, SignaturesRecoverToTheAccount) {
  const std::string me = text(MemoryChain::account(1));
  const std::string expected = hash_of(mail());
  for (const char* method : {"eth_signTypedData", "eth_signTypedData_v3", "eth_signTypedData_v4"}) {
    const Bytes signature = hex_bytes(result(method, {me, mail()}).get<std::string>());
    ASSERT_EQ(signature.size(), 65u);
    const auto signer = crypto::ecrecover(Hash256::from(hex_bytes(expected)), static_cast<u8>(signature[64] - 27),
                                          u256::from_be(signature.data()), u256::from_be(signature.data() + 32));
    EXPECT_EQ(*signer, MemoryChain::account(1));
  }
  EXPECT_EQ(error("eth_signTypedData_v4", {text(store()), mail()})["code"], -32000);
  EXPECT_EQ(error("eth_signTypedData_v4", {me, json::object()})["code"], -32602);
}

}  // namespace
}  // namespace atlas::rpc
