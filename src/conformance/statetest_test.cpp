#include <fstream>
#include <sstream>

#include <conformance/exceptions.hpp>
#include <conformance/statetest.hpp>
#include <conformance/world_state.hpp>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <base/test_vectors.hpp>

namespace atlas::conformance {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

struct Output {
  int exit_code = 0;
  std::vector<std::string> lines;
  const std::string& last() const { return lines.back(); }
};

Output run(StateTestOptions options) {
  std::ostringstream out;
  Output result;
  result.exit_code = run_statetests(options, out);
  std::istringstream in(out.str());
  for (std::string line; std::getline(in, line);) result.lines.push_back(line);
  return result;
}

Output run(const fs::path& path) {
  StateTestOptions options;
  options.paths = {path.string()};
  return run(options);
}

const char* const kNoLogs = "0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347";
const Address kSender = *fixed_from_hex<20>("a94f5374fce5edbc8e2a8697c15331677e6ebf0b");
const Address kReceiver = *fixed_from_hex<20>("00000000000000000000000000000000000000aa");
const Address kCoinbase = *fixed_from_hex<20>("00000000000000000000000000000000000000c0");

// A transfer of 5 wei at 10 wei a gas, base fee 7, from a sender with 10^7 wei.
json transfer() {
  return json::parse(R"({
    "env": {"currentCoinbase": "0x00000000000000000000000000000000000000c0", "currentGasLimit": "0x1000000",
            "currentNumber": "1", "currentTimestamp": "0x3e8", "currentBaseFee": "0x07", "currentRandom": "0x00"},
    "pre": {"0xa94f5374fce5edbc8e2a8697c15331677e6ebf0b":
              {"nonce": "0x00", "balance": "0x0989680", "code": "0x", "storage": {"0x00": "0x00"}}},
    "transaction": {"nonce": "0x00", "gasPrice": "0x0a", "gasLimit": ["0x5208", "0x5207"], "value": ["0x05"],
                    "data": ["0x"], "to": "0x00000000000000000000000000000000000000aa",
                    "sender": "0xa94f5374fce5edbc8e2a8697c15331677e6ebf0b"}})");
}

json expectation(const Hash256& root, unsigned gas_index) {
  return {{"hash", to_hex(root)}, {"logs", kNoLogs}, {"indexes", {{"data", 0}, {"gas", gas_index}, {"value", 0}}}};
}

Hash256 root_before() {
  WorldState state;
  state.add(kSender, 0, u256(10'000'000), {}, {});
  return state.root();
}

Hash256 root_after() {
  WorldState state;
  state.add(kSender, 1, u256(10'000'000 - 5 - 21'000 * 10), {}, {});
  state.add(kReceiver, 0, u256(5), {}, {});
  state.add(kCoinbase, 0, u256(21'000 * 3), {}, {});
  return state.root();
}

class Files : public testing::Test {
 protected:
  fs::path folder = fs::path(testing::TempDir()) / testing::UnitTest::GetInstance()->current_test_info()->name();

  Files() {
    fs::remove_all(folder);
    fs::create_directories(folder);
  }
  ~Files() override { fs::remove_all(folder); }
  fs::path write(const std::string& name, const std::string& text) {
    const fs::path path = folder / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
    return path;
  }
  fs::path write_test(json test, json post) {
    test["post"] = std::move(post);
    return write("test.json", json{{"name", std::move(test)}}.dump());
  }
};

TEST_F(Files, ValidTransactionPasses) {
  const auto path = write_test(transfer(), {{"Osaka", {expectation(root_after(), 0)}}});
  const Output result = run(path);
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.last(), "1 passed, 0 failed, 0 skipped");
  EXPECT_EQ(result.lines.size(), 1u);
}

TEST_F(Files, WrongRootOrLogsFails) {
  const auto wrong_root = write_test(transfer(), {{"Osaka", {expectation(root_before(), 0)}}});
  Output result = run(wrong_root);
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.last(), "0 passed, 1 failed, 0 skipped");
  EXPECT_NE(result.lines[0].find("name Osaka 0: state root is " + to_hex(root_after())), std::string::npos);

  json expected = expectation(root_after(), 0);
  expected["logs"] = to_hex(Hash256{});
  result = run(write_test(transfer(), {{"Osaka", {expected}}}));
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.lines[0].find("logs hash is "), std::string::npos);
}

TEST_F(Files, InvalidTransactionMustBeExpectedAndLeaveTheState) {
  json expected = expectation(root_before(), 1);
  Output result = run(write_test(transfer(), {{"Osaka", {expected}}}));
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.lines[0].find("valid transaction refused: intrinsic gas too low"), std::string::npos);

  expected["expectException"] = "TransactionException.INTRINSIC_GAS_TOO_LOW";
  EXPECT_EQ(run(write_test(transfer(), {{"Osaka", {expected}}})).exit_code, 0);

  expected["hash"] = to_hex(root_after());
  EXPECT_EQ(run(write_test(transfer(), {{"Osaka", {expected}}})).exit_code, 1);

  json valid = expectation(root_after(), 0);
  valid["expectException"] = "TransactionException.INTRINSIC_GAS_TOO_LOW";
  result = run(write_test(transfer(), {{"Osaka", {valid}}}));
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.lines[0].find("accepted"), std::string::npos);
}

TEST_F(Files, StrictComparesTheReason) {
  json expected = expectation(root_before(), 1);
  expected["expectException"] = "TransactionException.NONCE_IS_MAX";
  StateTestOptions options;
  options.paths = {write_test(transfer(), {{"Osaka", {expected}}}).string()};
  EXPECT_EQ(run(options).exit_code, 0);
  options.strict = true;
  EXPECT_EQ(run(options).exit_code, 1);
  expected["expectException"] = "TransactionException.NONCE_IS_MAX|TransactionException.INTRINSIC_GAS_TOO_LOW";
  write_test(transfer(), {{"Osaka", {expected}}});
  EXPECT_EQ(run(options).exit_code, 0);
}

TEST_F(Files, NumbersThatDoNotFitMakeTheTransactionInvalid) {
  json test = transfer();
  test["transaction"]["value"] = {"0x:bigint 0x10000000000000000000000000000000000000000000000000000000000000000"};
  json expected = expectation(root_before(), 0);
  expected["expectException"] = "TransactionException.RLP_INVALID_VALUE";
  EXPECT_EQ(run(write_test(test, {{"Osaka", {expected}}})).exit_code, 0);
}

TEST_F(Files, ForksAreChosenOrSkippedByName) {
  const json expected = expectation(root_after(), 0);
  const auto path = write_test(transfer(), {{"Osaka", {expected}}, {"Prague", {expected}}, {"Shanghai", {expected}}});
  Output result = run(path);
  EXPECT_EQ(result.last(), "2 passed, 0 failed, 1 skipped");
  EXPECT_EQ(result.lines[0], "skipped 1: rules of Shanghai are not built in");
  StateTestOptions options;
  options.paths = {path.string()};
  options.fork = Fork::kPrague;
  EXPECT_EQ(run(options).last(), "1 passed, 0 failed, 0 skipped");
  options.fork = Fork::kCancun;
  EXPECT_EQ(run(options).last(), "0 passed, 0 failed, 0 skipped");
}

TEST_F(Files, OtherFilesAreSkippedAndBrokenOnesFail) {
  write("a.json", "[1, 2]");
  write("b/blockchain.json", R"({"x": {"blocks": [], "pre": {}}})");
  write("c.txt", "not looked at");
  EXPECT_EQ(run(folder).last(), "0 passed, 0 failed, 2 skipped");
  write("d.json", "{\"x\": ");
  const Output result = run(folder);
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.last(), "0 passed, 1 failed, 2 skipped");
  EXPECT_NE(result.lines[0].find("d.json: not readable as JSON"), std::string::npos);
  json test = transfer();
  test["env"].erase("currentCoinbase");
  const Output missing = run(write_test(test, {{"Osaka", {expectation(root_after(), 0)}}}));
  EXPECT_EQ(missing.exit_code, 1);
  EXPECT_NE(missing.lines[0].find("test \"name\": \"currentCoinbase\" is missing"), std::string::npos);
}

TEST_F(Files, IndexesOutsideTheListsFail) {
  const Output result = run(write_test(transfer(), {{"Osaka", {expectation(root_after(), 2)}}}));
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.lines[0].find("index outside \"gasLimit\""), std::string::npos);
}

TEST_F(Files, WrongPathsAreUsageErrors) {
  EXPECT_EQ(run(folder / "absent").exit_code, 2);
  EXPECT_EQ(run(folder).exit_code, 2);  // nothing in it
  EXPECT_EQ(run(StateTestOptions{}).exit_code, 2);
}

TEST_F(Files, JsonSaysEveryCase) {
  json expected = expectation(root_after(), 0);
  StateTestOptions options;
  options.paths = {write_test(transfer(), {{"Osaka", {expected, expectation(root_before(), 0)}}}).string()};
  options.json = true;
  const Output result = run(options);
  ASSERT_EQ(result.lines.size(), 3u);
  const json pass = json::parse(result.lines[0]);
  EXPECT_EQ(pass, (json{{"file", options.paths[0]},
                        {"test", "name"},
                        {"fork", "Osaka"},
                        {"index", 0},
                        {"result", "pass"},
                        {"reason", ""}}));
  const json fail = json::parse(result.lines[1]);
  EXPECT_EQ(fail.at("result"), "fail");
  EXPECT_NE(fail.at("reason"), "");
  EXPECT_EQ(json::parse(result.last()), (json{{"passed", 1}, {"failed", 1}, {"skipped", 0}}));
}

TEST(Exceptions, CoverByNameAndList) {
  const Refusal low = stf::TxError::kNonceTooLow;
  EXPECT_TRUE(covers("TransactionException.NONCE_MISMATCH_TOO_LOW", low));
  EXPECT_FALSE(covers("TransactionException.NONCE_MISMATCH_TOO_HIGH", low));
  EXPECT_TRUE(covers("TransactionException.NONCE_MISMATCH_TOO_HIGH|TransactionException.NONCE_MISMATCH_TOO_LOW", low));
  EXPECT_TRUE(covers("TransactionException.SOMETHING_OF_A_LATER_YEAR", low));
  EXPECT_FALSE(covers("TransactionException.NONCE_IS_MAX", Refusal(TxDecodeError::kMalformedRlp)));
}

// A sample of the suites for every build; `./dev test conformance` runs them whole.
void check_sample(const char* suite, std::size_t stride, std::size_t at_least, bool plain) {
  const auto root = test::find_vectors(suite);
  if (root.empty()) GTEST_SKIP() << "left out: " << suite << " is not under ATLAS_VECTORS";
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  StateTestOptions options;
  for (std::size_t i = 0; i < files.size(); i += stride) options.paths.push_back(files[i]);
  options.strict = true;
  options.plain = plain;
  const Output result = run(options);
  EXPECT_EQ(result.exit_code, 0);
  for (const std::string& line : result.lines) {
    if (line.starts_with("FAIL")) ADD_FAILURE() << line;
  }
  std::size_t passed = 0;
  std::istringstream(result.last()) >> passed;
  EXPECT_GE(passed, at_least);

  options.threads = 1;  // order and outcome do not depend on threads
  options.json = true;
  const Output one = run(options);
  options.threads = 3;
  EXPECT_EQ(run(options).lines, one.lines);
}

TEST(Suites, OsakaAndPragueSample) {
  check_sample("dev-state-osaka-prague", 25, 400, false);
}
TEST(Suites, CancunSample) {
  check_sample("dev-state-cancun-supplement", 10, 300, false);
}
TEST(Suites, PlainInterpreterSample) {
  check_sample("dev-state-osaka-prague", 60, 200, true);
}

}  // namespace
}  // namespace atlas::conformance
