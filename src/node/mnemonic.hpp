#pragma once
// Accounts from a phrase of words, as wallets and anvil derive them: BIP-39 phrase and seed, BIP-32 keys, BIP-44 paths.
#include <string>
#include <string_view>
#include <vector>

#include <base/result.hpp>
#include <base/u256.hpp>

namespace atlas::node {

/// anvil's and Hardhat's phrase. Everybody knows its keys: never for value.
inline constexpr std::string_view kDevMnemonic = "test test test test test test test test test test test junk";

/// 2048 words separated by spaces (bip39_words.cpp).
extern const std::string_view kBip39Words;

struct DevAccount {
  Address address;
  Hash256 private_key;
};

/// Checks number of words, each word and the checksum; the error is a sentence that names what is wrong.
Result<void, std::string> check_mnemonic(std::string_view phrase);
/// The 64-byte seed: PBKDF2-HMAC-SHA512, 2048 rounds, salt "mnemonic" ‖ passphrase.
FixedBytes<64> mnemonic_seed(std::string_view phrase, std::string_view passphrase = "");
/// Private key at a BIP-32 path; indices from 2^31 are hardened.
Hash256 derive_key(const FixedBytes<64>& seed, const std::vector<u32>& path);
/// The first `count` accounts at m/44'/60'/0'/0/i of a phrase that check_mnemonic() accepts.
std::vector<DevAccount> derive_accounts(std::string_view phrase, u32 count);

/// EIP-55: hex whose capitals are a checksum.
std::string checksum_address(const Address& address);

}  // namespace atlas::node
