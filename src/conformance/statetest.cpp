#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <iostream>
#include <mutex>
#include <thread>

#include <conformance/state_test_case.hpp>
#include <conformance/statetest.hpp>
#include <nlohmann/json.hpp>

#include <evm/evm.hpp>

namespace atlas::conformance {
namespace {

namespace fs = std::filesystem;

enum class Verdict : u8 { kPass, kFail, kSkip };

struct CaseReport {
  std::string test;
  std::string fork;
  std::size_t index = 0;
  Verdict verdict = Verdict::kPass;
  std::string reason;
};

using FileReport = std::vector<CaseReport>;

const char* name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass:
      return "pass";
    case Verdict::kFail:
      return "fail";
    case Verdict::kSkip:
      return "skip";
  }
  return "?";
}

// Every .json file under the paths, folders in alphabetical order. Throws std::runtime_error for a path that is wrong.
std::vector<std::string> find_files(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    if (fs::is_regular_file(path)) {
      files.push_back(path);
      continue;
    }
    if (!fs::is_directory(path)) throw std::runtime_error("no such file or folder: " + path);
    std::vector<std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(path)) {
      if (entry.is_regular_file() && entry.path().extension() == ".json") found.push_back(entry.path().string());
    }
    if (found.empty()) throw std::runtime_error("no .json file under " + path);
    std::sort(found.begin(), found.end());
    files.insert(files.end(), found.begin(), found.end());
  }
  return files;
}

CaseReport run_one(const StateTest& test, const Expectation& expected, evm::Evm& machine,
                   const StateTestOptions& options) {
  CaseReport report{test.name, expected.fork, expected.index, Verdict::kPass, {}};
  const auto fork = fork_from_name(expected.fork);
  if (!fork) {
    report.verdict = Verdict::kSkip;
    report.reason = "rules of " + expected.fork + " are not built in";
    return report;
  }
  try {
    report.reason = run_case(test, expected, *fork, machine, {options.strict});
  } catch (const FormatError& error) {
    report.reason = error.what();
  }
  if (!report.reason.empty()) report.verdict = Verdict::kFail;
  return report;
}

FileReport run_file(const std::string& path, evm::Evm& machine, const StateTestOptions& options) {
  FileReport reports;
  try {
    for (const StateTest& test : load_state_tests(path)) {
      for (const Expectation& expected : test.expectations) {
        if (options.fork && expected.fork != atlas::name_of(*options.fork)) continue;
        reports.push_back(run_one(test, expected, machine, options));
      }
    }
  } catch (const OtherKind& error) {
    reports.push_back({"", "", 0, Verdict::kSkip, error.what()});
  } catch (const FormatError& error) {
    reports.push_back({"", "", 0, Verdict::kFail, error.what()});
  }
  return reports;
}

// Runs the files on several threads; results come out in the order of the files.
class Runner {
 public:
  Runner(const std::vector<std::string>& files, const StateTestOptions& options)
      : files_(files), options_(options), reports_(files.size()) {
    unsigned count = options.threads != 0 ? options.threads : std::max(1u, std::thread::hardware_concurrency());
    count = static_cast<unsigned>(std::min<std::size_t>(count, files.size()));
    for (unsigned i = 0; i < count; ++i) workers_.emplace_back([this] { work(); });
  }
  ~Runner() {
    for (std::thread& worker : workers_) worker.join();
  }
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  FileReport wait_for(std::size_t file) {
    std::unique_lock lock(mutex_);
    finished_.wait(lock, [&] { return reports_[file].has_value(); });
    return std::move(*reports_[file]);
  }

 private:
  void work() {
    evm::Evm machine(options_.plain ? evm::Evm::Mode::kPlain : evm::Evm::Mode::kFast);
    for (;;) {
      std::size_t file;
      {
        const std::lock_guard lock(mutex_);
        if (next_ == files_.size()) return;
        file = next_++;
      }
      FileReport report = run_file(files_[file], machine, options_);
      const std::lock_guard lock(mutex_);
      reports_[file] = std::move(report);
      finished_.notify_all();
    }
  }

  const std::vector<std::string>& files_;
  const StateTestOptions& options_;
  std::mutex mutex_;
  std::condition_variable finished_;
  std::size_t next_ = 0;
  std::vector<std::optional<FileReport>> reports_;
  std::vector<std::thread> workers_;
};

struct Totals {
  std::size_t passed = 0;
  std::size_t failed = 0;
  std::size_t skipped = 0;
  std::map<std::string, std::size_t> skip_reasons;

  void count(const CaseReport& report) {
    switch (report.verdict) {
      case Verdict::kPass:
        ++passed;
        break;
      case Verdict::kFail:
        ++failed;
        break;
      case Verdict::kSkip:
        ++skipped;
        ++skip_reasons[report.reason];
        break;
    }
  }
};

// Names and reasons come from files: what is not UTF-8 in them is replaced.
std::string dump(const nlohmann::ordered_json& json) {
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

void print_case(const std::string& file, const CaseReport& report, bool json, std::ostream& out) {
  if (json) {
    const nlohmann::ordered_json line = {{"file", file},
                                         {"test", report.test},
                                         {"fork", report.fork},
                                         {"index", report.index},
                                         {"result", name_of(report.verdict)},
                                         {"reason", report.reason}};
    out << dump(line) << '\n';
    return;
  }
  if (report.verdict != Verdict::kFail) return;
  out << "FAIL " << file;
  if (!report.test.empty()) out << ' ' << report.test << ' ' << report.fork << ' ' << report.index;
  out << ": " << report.reason << '\n';
}

void print_totals(const Totals& totals, bool json, std::ostream& out) {
  if (json) {
    const nlohmann::ordered_json line = {
        {"passed", totals.passed}, {"failed", totals.failed}, {"skipped", totals.skipped}};
    out << dump(line) << '\n';
    return;
  }
  for (const auto& [reason, count] : totals.skip_reasons) out << "skipped " << count << ": " << reason << '\n';
  out << totals.passed << " passed, " << totals.failed << " failed, " << totals.skipped << " skipped\n";
}

}  // namespace

int run_statetests(const StateTestOptions& options, std::ostream& out) {
  std::vector<std::string> files;
  try {
    files = find_files(options.paths);
  } catch (const std::exception& error) {
    std::cerr << "atlas: " << error.what() << '\n';
    return 2;
  }
  if (files.empty()) {
    std::cerr << "atlas: no path given; name a .json file or a folder with state tests\n";
    return 2;
  }
  Totals totals;
  Runner runner(files, options);
  for (std::size_t i = 0; i < files.size(); ++i) {
    for (const CaseReport& report : runner.wait_for(i)) {
      totals.count(report);
      print_case(files[i], report, options.json, out);
    }
  }
  print_totals(totals, options.json, out);
  out.flush();
  return totals.failed == 0 ? 0 : 1;
}

}  // namespace atlas::conformance
