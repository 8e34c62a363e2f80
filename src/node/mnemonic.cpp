#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <crypto/keccak.hpp>
#include <crypto/secp256k1.hpp>
#include <crypto/sha256.hpp>
#include <node/mnemonic.hpp>
#include <node/toml_reader.hpp>

namespace atlas::node {
namespace {

constexpr int kSeedRounds = 2'048;
constexpr u32 kHardened = u32{1} << 31;
constexpr unsigned kBitsPerWord = 11;

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> out;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    if (end > begin) out.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return out;
}

FixedBytes<64> hmac_sha512(ByteView key, ByteView message) {
  FixedBytes<64> out;
  unsigned size = 0;
  const u8* done =
      HMAC(EVP_sha512(), key.data(), static_cast<int>(key.size()), message.data(), message.size(), out.data(), &size);
  ENSURE(done != nullptr && size == 64, "HMAC-SHA512 of OpenSSL");
  return out;
}

struct ExtendedKey {
  u256 key;
  Hash256 chain_code;
};

ExtendedKey split(const FixedBytes<64>& bytes, const u256& parent) {
  const u256 left = u256::from_be(bytes.data());
  ExtendedKey out{addmod(left, parent, crypto::kSecp256k1Order), Hash256::from(bytes.view().subspan(32))};
  // BIP-32 skips such an index; it happens once in 2^127.
  ENSURE(left < crypto::kSecp256k1Order && !out.key.is_zero(), "BIP-32 derivation gave no valid key");
  return out;
}

/// BIP-32, CKDpriv.
ExtendedKey child(const ExtendedKey& parent, u32 index) {
  Bytes message;
  if (index >= kHardened) {
    message.push_back(0);
    append(message, parent.key.to_be());
  } else {
    const auto point = crypto::public_key_of(parent.key.to_be());
    ENSURE(point.has_value(), "a derived key is in range");
    message.push_back((*point)[63] % 2 == 0 ? 0x02 : 0x03);  // SEC 1, compressed: parity of y, then x
    append(message, point->view().first(32));
  }
  for (int shift = 24; shift >= 0; shift -= 8) message.push_back(static_cast<u8>(index >> shift));
  return split(hmac_sha512(parent.chain_code, message), parent.key);
}

}  // namespace

Result<void, std::string> check_mnemonic(std::string_view phrase) {
  static const std::vector<std::string> list = split_words(kBip39Words);
  const auto words = split_words(phrase);
  if (words.size() < 12 || words.size() > 24 || words.size() % 3 != 0) {
    return Err("a mnemonic has 12, 15, 18, 21 or 24 words, this one has " + std::to_string(words.size()));
  }
  Bytes bits;  // one a byte
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto found = std::lower_bound(list.begin(), list.end(), words[i]);
    if (found == list.end() || *found != words[i]) {
      const auto near = nearest_name(words[i], list);
      return Err("word " + std::to_string(i + 1) + " of the mnemonic, \"" + words[i] + "\", is not in BIP-39's list" +
                 (near ? "; did you mean \"" + *near + "\"?" : ""));
    }
    const auto value = static_cast<unsigned>(found - list.begin());
    for (unsigned b = kBitsPerWord; b-- > 0;) bits.push_back(static_cast<u8>(value >> b & 1));
  }
  // 32 bits of entropy carry one bit of checksum.
  const std::size_t checksum_bits = bits.size() / 33;
  Bytes entropy((bits.size() - checksum_bits) / 8);
  for (std::size_t i = 0; i < entropy.size() * 8; ++i) {
    entropy[i / 8] = static_cast<u8>(entropy[i / 8] | bits[i] << (7 - i % 8));
  }
  const Hash256 hash = crypto::sha256(entropy);
  for (std::size_t i = 0; i < checksum_bits; ++i) {
    if (bits[entropy.size() * 8 + i] != (hash[i / 8] >> (7 - i % 8) & 1)) {
      return Err(std::string("the mnemonic's checksum does not match: a word is wrong or out of place"));
    }
  }
  return {};
}

FixedBytes<64> mnemonic_seed(std::string_view phrase, std::string_view passphrase) {
  std::string normal;
  for (const std::string& word : split_words(phrase)) normal += (normal.empty() ? "" : " ") + word;
  const std::string salt = "mnemonic" + std::string(passphrase);
  FixedBytes<64> seed;
  const int done =
      PKCS5_PBKDF2_HMAC(normal.data(), static_cast<int>(normal.size()), reinterpret_cast<const u8*>(salt.data()),
                        static_cast<int>(salt.size()), kSeedRounds, EVP_sha512(), 64, seed.data());
  ENSURE(done == 1, "PBKDF2 of OpenSSL");
  return seed;
}

Hash256 derive_key(const FixedBytes<64>& seed, const std::vector<u32>& path) {
  ExtendedKey key = split(hmac_sha512(as_bytes("Bitcoin seed"), seed), u256());
  for (const u32 index : path) key = child(key, index);
  return key.key.to_be();
}

std::vector<DevAccount> derive_accounts(std::string_view phrase, u32 count) {
  const FixedBytes<64> seed = mnemonic_seed(phrase);
  std::vector<DevAccount> out;
  for (u32 i = 0; i < count; ++i) {
    DevAccount account;
    account.private_key = derive_key(seed, {kHardened + 44, kHardened + 60, kHardened, 0, i});
    account.address = *crypto::address_of_private_key(account.private_key);
    out.push_back(account);
  }
  return out;
}

std::string checksum_address(const Address& address) {
  std::string text = to_hex(address.view());
  const Hash256 hash = crypto::keccak256(as_bytes(std::string_view(text).substr(2)));
  for (std::size_t i = 0; i < 2 * Address::size(); ++i) {
    const int nibble = hash[i / 2] >> (i % 2 == 0 ? 4 : 0) & 15;
    char& c = text[2 + i];
    if (c >= 'a' && nibble >= 8) c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

}  // namespace atlas::node
