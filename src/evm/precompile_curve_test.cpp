// Vectors of the precompiles over BN254 and BLS12-381, and of point evaluation: outputs, prices and failures.
#include <sstream>

#include <crypto/kzg.hpp>
#include <crypto/sha256.hpp>
#include <evm/precompile_vectors.hpp>

namespace atlas::evm {
namespace {

using test::call_precompile;
using test::check_precompile_file;

constexpr u8 kBnAdd = 0x06, kBnMul = 0x07, kBnPairing = 0x08, kKzg = 0x0a, kG1Add = 0x0b, kG1Msm = 0x0c, kG2Add = 0x0d,
             kG2Msm = 0x0e, kPairing = 0x0f, kMapG1 = 0x10, kMapG2 = 0x11;

/// Whether a line of a CSV file says that the call succeeds; nullopt where it does not say.
using Verdict = std::optional<bool> (*)(const std::string& result, const std::string& notes);

/// Besu: an empty result is a failure.
std::optional<bool> besu_verdict(const std::string& result, const std::string&) {
  return !result.empty();
}
/// besu-native: the results of failures are whatever the buffer held, but their notes name the error. Lines without
/// either are of libraries that did not look.
std::optional<bool> besu_native_verdict(const std::string& result, const std::string& notes) {
  if (notes.empty() && result.empty()) return std::nullopt;
  return notes.empty();
}

/// Runs "input,result,gas,notes" lines. Returns how many.
std::size_t check_csv(const std::filesystem::path& path, unsigned number, Verdict verdict = besu_verdict) {
  std::istringstream in(test::read_text(path));
  std::string line;
  std::getline(in, line);
  std::size_t count = 0;
  while (std::getline(in, line)) {
    std::vector<std::string> cells(1);
    for (const char c : line) {
      if (c == ',') {
        cells.emplace_back();
      } else if (c != '\r') {
        cells.back().push_back(c);
      }
    }
    if (cells.size() < 3) continue;
    const auto expected = verdict(cells[1], cells.size() > 3 ? cells[3] : "");
    if (!expected) continue;
    const std::string where = path.filename().string() + " line " + std::to_string(count + 2);
    const auto outcome = call_precompile(number, test::hex_bytes(cells[0]));
    EXPECT_EQ(outcome.success, *expected) << where;
    EXPECT_EQ(to_hex(outcome.output), *expected ? to_hex(test::hex_bytes(cells[1])) : "0x") << where;
    // Some failing lines still carry a draft's price.
    if (outcome.success) {
      EXPECT_EQ(outcome.gas, std::stoull(cells[2])) << where;
    }
    ++count;
  }
  return count;
}

TEST(PrecompileBn254, GoEthereum) {
  ATLAS_VECTORS_OR_SKIP(root, "precompiles/precompiles/go-ethereum/precompiles");
  EXPECT_EQ(check_precompile_file(root / "bn256Add.json", kBnAdd), 16u);
  EXPECT_EQ(check_precompile_file(root / "bn256ScalarMul.json", kBnMul), 19u);
  EXPECT_EQ(check_precompile_file(root / "bn256Pairing.json", kBnPairing), 14u);
}

TEST(PrecompileBn254, BesuNative) {
  ATLAS_VECTORS_OR_SKIP(root, "precompiles/precompiles/besu-native");
  for (const char* folder : {"gnark", "constantine"}) {
    EXPECT_GT(check_csv(root / folder / "eip196_g1_add.csv", kBnAdd, besu_native_verdict), 100u);
    EXPECT_GT(check_csv(root / folder / "eip196_g1_mul.csv", kBnMul, besu_native_verdict), 100u);
    EXPECT_GT(check_csv(root / folder / "eip196_pairing.csv", kBnPairing, besu_native_verdict), 10u);
  }
}

TEST(PrecompileBls12, GoEthereum) {
  ATLAS_VECTORS_OR_SKIP(root, "precompiles/precompiles/go-ethereum/precompiles");
  const std::pair<const char*, unsigned> files[] = {
      {"blsG1Add", kG1Add},      {"blsG1Mul", kG1Msm}, {"blsG1MultiExp", kG1Msm},
      {"blsG2Add", kG2Add},      {"blsG2Mul", kG2Msm}, {"blsMapG1", kMapG1},
      {"blsG2MultiExp", kG2Msm}, {"blsMapG2", kMapG2}, {"blsPairing", kPairing},
  };
  for (const auto& [name, number] : files) {
    EXPECT_GT(check_precompile_file(root / (std::string(name) + ".json"), number), 0u);
    EXPECT_GT(check_precompile_file(root / ("fail-" + std::string(name) + ".json"), number), 0u);
  }
}

TEST(PrecompileBls12, Eip2537) {
  ATLAS_VECTORS_OR_SKIP(root, "precompiles/precompiles/eips/eip-2537");
  const std::pair<const char*, unsigned> files[] = {
      {"add_G1_bls", kG1Add},
      {"fail-add_G1_bls", kG1Add},
      {"add_G2_bls", kG2Add},
      {"fail-add_G2_bls", kG2Add},
      {"mul_G1_bls", kG1Msm},
      {"fail-mul_G1_bls", kG1Msm},
      {"mul_G2_bls", kG2Msm},
      {"fail-mul_G2_bls", kG2Msm},
      {"msm_G1_bls", kG1Msm},
      {"fail-msm_G1_bls", kG1Msm},
      {"fail-msm_G2_bls", kG2Msm},
      {"pairing_check_bls", kPairing},
      {"fail-pairing_check_bls", kPairing},
      {"map_fp_to_G1_bls", kMapG1},
      {"fail-map_fp_to_G1_bls", kMapG1},
      {"map_fp2_to_G2_bls", kMapG2},
      {"fail-map_fp2_to_G2_bls", kMapG2},
  };
  for (const auto& [name, number] : files) {
    EXPECT_GT(check_precompile_file(root / (std::string(name) + ".json"), number), 0u);
  }
}

TEST(PrecompileBls12, Besu) {
  ATLAS_VECTORS_OR_SKIP(root, "precompiles/precompiles/besu");
  const std::pair<const char*, unsigned> files[] = {
      {"g1_add", kG1Add},      {"g1_mul", kG1Msm},
      {"g1_multiexp", kG1Msm}, {"g2_add", kG2Add},
      {"g2_mul", kG2Msm},      {"g2_multiexp", kG2Msm},
      {"fp_to_g1", kMapG1},    {"fp2_to_g2", kMapG2},
      {"pairing", kPairing},   {"invalid_subgroup_for_pairing", kPairing},
  };
  for (const auto& [name, number] : files) {
    EXPECT_GT(check_csv(root / (std::string(name) + ".csv"), number), 100u) << name;
  }
}

TEST(PrecompileBls12, InputLengths) {
  // A whole number of items, one at least; no byte more (EIP-2537).
  const std::pair<unsigned, std::size_t> exact[] = {{kG1Add, 256}, {kG2Add, 512}, {kMapG1, 64},   {kMapG2, 128},
                                                    {kG1Msm, 160}, {kG2Msm, 288}, {kPairing, 384}};
  for (const auto& [number, size] : exact) {
    EXPECT_TRUE(call_precompile(number, Bytes(size)).success) << number;
    EXPECT_FALSE(call_precompile(number, {}).success) << number;
    EXPECT_FALSE(call_precompile(number, Bytes(size - 1)).success) << number;
    EXPECT_FALSE(call_precompile(number, Bytes(size + 1)).success) << number;
  }
  // Sums over nothing but infinity.
  EXPECT_EQ(call_precompile(kG1Msm, Bytes(160 * 3)).output, Bytes(128));
  EXPECT_EQ(call_precompile(kG2Msm, Bytes(288 * 3)).output, Bytes(256));
  EXPECT_EQ(call_precompile(kPairing, Bytes(384 * 2)).output.back(), 1);
}

TEST(PrecompileBls12, MsmPrices) {
  EXPECT_EQ(call_precompile(kG1Msm, Bytes(160 * 2)).gas, 2u * 12000 * 949 / 1000);
  EXPECT_EQ(call_precompile(kG1Msm, Bytes(160 * 128)).gas, 128u * 12000 * 519 / 1000);
  EXPECT_EQ(call_precompile(kG1Msm, Bytes(160 * 300)).gas, 300u * 12000 * 519 / 1000);
  EXPECT_EQ(call_precompile(kG2Msm, Bytes(288 * 2)).gas, 2u * 22500);
  EXPECT_EQ(call_precompile(kG2Msm, Bytes(288 * 300)).gas, 300u * 22500 * 524 / 1000);
}

/// The value of `key: 'value'` in a small YAML file; empty if the value is no quoted string.
std::string yaml_string(const std::string& text, const std::string& key) {
  const auto at = text.find(key + ":");
  if (at == std::string::npos) throw std::runtime_error("no key " + key);
  const auto open = text.find_first_of("'\"", at);
  const auto line_end = text.find('\n', at);
  if (open == std::string::npos || open > line_end) return {};
  return text.substr(open + 1, text.find_first_of("'\"", open + 1) - open - 1);
}

TEST(PrecompileKzg, ConsensusVectors) {
  ATLAS_VECTORS_OR_SKIP(root, "precompiles/precompiles/c-kzg-4844/verify_kzg_proof");
  std::size_t good = 0, all = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (entry.path().filename() != "data.yaml") continue;
    const std::string text = test::read_text(entry.path());
    const auto field = [&](const char* key) { return test::hex_bytes(yaml_string(text, key)); };
    const Bytes commitment = field("commitment");
    Hash256 hash = crypto::sha256(commitment);
    hash[0] = 1;
    Bytes input(hash.begin(), hash.end());
    for (const Bytes& part : {field("z"), field("y"), commitment, field("proof")}) append(input, part);
    const bool expected = text.find("output: true") != std::string::npos;
    const auto outcome = call_precompile(kKzg, input);
    EXPECT_EQ(outcome.success, expected) << entry.path();
    EXPECT_EQ(outcome.gas, 50000u);
    EXPECT_EQ(outcome.output.size(), expected ? 64u : 0u);
    good += expected ? 1 : 0;
    ++all;
  }
  EXPECT_EQ(all, 122u);
  EXPECT_GT(good, 20u);
}

TEST(PrecompileKzg, GoEthereumAndBesu) {
  ATLAS_VECTORS_OR_SKIP(root, "precompiles/precompiles");
  EXPECT_EQ(check_precompile_file(root / "go-ethereum/precompiles/pointEvaluation.json", kKzg), 1u);
  const auto file = nlohmann::json::parse(test::read_text(root / "besu/pointEvaluationPrecompile.json"));
  for (const auto& c : file.at("TestCases")) {
    const auto outcome = call_precompile(kKzg, test::hex_bytes(c.at("Input").get<std::string>()));
    EXPECT_EQ(outcome.success, c.at("Valid").get<bool>()) << c.at("FailureMode");
    if (outcome.success) {
      EXPECT_EQ(to_hex(outcome.output), "0x" + file.at("PrecompileReturnValue").get<std::string>());
    }
  }
}

TEST(PrecompileKzg, TauIsTheCeremonys) {
  ATLAS_VECTORS_OR_SKIP(path, "precompiles/precompiles/c-kzg-4844/trusted_setup.txt");
  std::istringstream in(test::read_text(path));
  std::size_t g1_count = 0, g2_count = 0;
  in >> g1_count >> g2_count;
  ASSERT_EQ(g1_count, 4096u);
  ASSERT_GE(g2_count, 2u);
  std::string token;
  for (std::size_t i = 0; i < g1_count; ++i) in >> token;
  // Compressed: imaginary coefficient of x first; flags in the top bits, among them whether y is the larger root.
  const auto check = [](const crypto::bls12_381::G2& p, const std::string& hex) {
    const Bytes expected = test::hex_bytes(hex);
    ASSERT_EQ(expected.size(), 96u);
    Bytes bytes(96);
    p.x.c1.to_be(std::span<u8, 48>(bytes.data(), 48));
    p.x.c0.to_be(std::span<u8, 48>(bytes.data() + 48, 48));
    const bool larger = less((-p.y.c1).to_number(), p.y.c1.to_number());  // c1 is not zero for either point
    bytes[0] |= static_cast<u8>(0x80 | (larger ? 0x20 : 0));
    EXPECT_EQ(to_hex(bytes), to_hex(expected));
    EXPECT_TRUE(is_on_curve(p));
    EXPECT_TRUE(is_in_subgroup(p));
  };
  in >> token;
  check(crypto::bls12_381::kG2Generator, token);
  in >> token;
  check(crypto::kzg::kTauG2, token);
}

}  // namespace
}  // namespace atlas::evm
