// docs/rpc.md and the dispatcher's list of methods are one.
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>

#include <rpc/rpc_fixture.hpp>

namespace atlas::rpc {
namespace {

namespace fs = std::filesystem;

/// The document, looked for from the working directory upwards.
std::string document() {
  for (fs::path at = fs::current_path();; at = at.parent_path()) {
    if (fs::exists(at / "docs" / "rpc.md")) {
      std::ifstream in(at / "docs" / "rpc.md");
      return {std::istreambuf_iterator<char>(in), {}};
    }
    if (at == at.parent_path()) return {};
  }
}

struct Row {
  std::set<std::string> methods;
  std::vector<std::string> tests;
};

std::vector<std::string> all_matches(const std::string& text, const std::regex& pattern) {
  std::vector<std::string> out;
  for (auto at = std::sregex_iterator(text.begin(), text.end(), pattern); at != std::sregex_iterator(); ++at) {
    out.push_back((*at)[1]);
  }
  return out;
}

/// Rows of three cells between two headings whose first cell names methods.
std::vector<Row> rows_between(const std::string& text, const std::string& from, const std::string& to) {
  const std::size_t begin = text.find(from);
  const std::size_t end = text.find(to, begin);
  EXPECT_NE(begin, std::string::npos) << from;
  EXPECT_NE(end, std::string::npos) << to;
  if (end == std::string::npos) return {};
  static const std::regex kMethod("`([a-z0-9]+_[A-Za-z0-9_]+)`");
  static const std::regex kTest("([A-Za-z]+\\.[A-Za-z]+)");
  std::vector<Row> out;
  std::istringstream lines(text.substr(begin, end - begin));
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("| `")) continue;
    const std::size_t first = line.find(" |", 1);
    const std::size_t last = line.rfind("| ", line.size() - 2);
    Row row;
    for (auto& name : all_matches(line.substr(0, first), kMethod)) {
      EXPECT_TRUE(row.methods.insert(name).second) << name << " stands twice in a row";
    }
    row.tests = all_matches(line.substr(last), kTest);
    out.push_back(std::move(row));
  }
  return out;
}

std::set<std::string> all_methods(const std::vector<Row>& rows) {
  std::set<std::string> out;
  for (const Row& row : rows) {
    for (const std::string& name : row.methods) EXPECT_TRUE(out.insert(name).second) << name << " stands in two rows";
  }
  return out;
}

std::set<std::string> methods_of(bool with_dev) {
  const RpcConfig config;
  MemoryChain chain(with_dev);
  EventHub hub(chain, config);
  std::set<std::string> out;
  const Dispatcher dispatcher(chain, hub, config);
  for (const Method* method : dispatcher.methods()) out.emplace(method->name);
  return out;
}

std::string difference(const std::set<std::string>& of, const std::set<std::string>& without) {
  std::string out;
  for (const std::string& name : of) {
    if (!without.contains(name)) out += name + ' ';
  }
  return out;
}

TEST(Table, EqualsTheDispatcher) {
  const std::string text = document();
  ASSERT_FALSE(text.empty()) << "docs/rpc.md was not found above " << fs::current_path();
  const auto common = rows_between(text, "## Methods", "### Of `atlas dev` only");
  const auto dev = rows_between(text, "### Of `atlas dev` only", "### What is left out");
  const auto listed = all_methods(common);
  auto listed_dev = all_methods(dev);
  const auto offered = methods_of(false);
  EXPECT_EQ(difference(offered, listed), "") << "offered, but not in docs/rpc.md";
  EXPECT_EQ(difference(listed, offered), "") << "in docs/rpc.md, but not offered";
  for (const std::string& name : listed)
    EXPECT_TRUE(listed_dev.insert(name).second) << name << " stands in both tables";
  const auto offered_dev = methods_of(true);
  EXPECT_EQ(difference(offered_dev, listed_dev), "") << "offered by atlas dev, but not in docs/rpc.md";
  EXPECT_EQ(difference(listed_dev, offered_dev), "") << "in docs/rpc.md, but not offered by atlas dev";
}

TEST(Table, NamesTestsThatExist) {
  std::set<std::string> known;
  const auto& unit = *testing::UnitTest::GetInstance();
  for (int s = 0; s < unit.total_test_suite_count(); ++s) {
    const auto& suite = *unit.GetTestSuite(s);
    for (int t = 0; t < suite.total_test_count(); ++t) {
      // Of parameterised ones, "Rules/Fees" and "Adds/0", the names in the source.
      const std::string whole_suite = suite.name();
      const std::string whole_test = suite.GetTestInfo(t)->name();
      known.insert(whole_suite.substr(whole_suite.find('/') + 1) + '.' + whole_test.substr(0, whole_test.find('/')));
    }
  }
  const std::string text = document();
  const auto rows = rows_between(text, "## Methods", "### What is left out");
  ASSERT_GT(rows.size(), 30u);
  for (const Row& row : rows) {
    EXPECT_FALSE(row.tests.empty()) << *row.methods.begin() << ": no test";
    for (const std::string& test : row.tests) {
      EXPECT_TRUE(known.contains(test)) << *row.methods.begin() << ": no test " << test;
    }
  }
}

}  // namespace
}  // namespace atlas::rpc
