// Jobs in folders: shared, cut off, damaged.
#include <fstream>
#include <random>
#include <thread>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <tbb/global_control.h>
#include <unistd.h>

#include <zkvm/prover/plan_file.hpp>
#include <zkvm/prover/proof_file.hpp>
#include <zkvm/prover/proof_job.hpp>
#include <zkvm/prover/segments_program.hpp>
#include <zkvm/prover/snapshot_file.hpp>

namespace atlas::zkvm {
namespace {

namespace fs = std::filesystem;
using namespace test;

constexpr u64 kSegmentCycles = 60;
ProveOptions options_of_test() {
  ProveOptions out;
  out.segment_cycles = kSegmentCycles;
  return out;
}

/// The program of all tests here, and its proof made in one go.
struct Reference {
  Program program = scatter(40, 97);
  ProgramProver prover{program, small_parameters()};
  Bytes proof;
  std::size_t segments = 0;
  Reference() {
    const auto proved = prover.prove({}, options_of_test());
    ENSURE(proved.ok(), "the program is proved");
    proof = proved->bytes;
    segments = proved->times.size();
  }
};
const Reference& reference() {
  static const Reference kReference;
  return kReference;
}

class Jobs : public testing::Test {
 protected:
  fs::path folder = fs::temp_directory_path() / ("atlas-job-" + std::to_string(getpid()));
  Jobs() { fs::remove_all(folder); }
  ~Jobs() override { fs::remove_all(folder); }

  ProofJob job() const { return ProofJob(reference().prover, {}, folder); }
  Bytes run() const {
    const auto proved = job().run(options_of_test());
    return proved.ok() ? proved->bytes : Bytes{};
  }
  /// A worker process: this test's binary, running Worker.DISABLED_Runs.
  pid_t start_worker(const std::string& name) const {
    const pid_t pid = fork();
    if (pid != 0) return pid;
    const std::string log = (folder / (name + ".log")).string();
    setenv("ATLAS_JOB_FOLDER", folder.c_str(), 1);
    setenv("ATLAS_JOB_LOG", log.c_str(), 1);
    const int null = open("/dev/null", O_WRONLY);
    dup2(null, 1);
    execl("/proc/self/exe", "zkvm_test", "--gtest_also_run_disabled_tests", "--gtest_filter=Worker.DISABLED_Runs",
          nullptr);
    _exit(127);
  }
  /// Lines of a worker's log: one a segment begun.
  std::size_t begun(const std::string& name) const {
    std::ifstream in(folder / (name + ".log"));
    return static_cast<std::size_t>(std::count(std::istreambuf_iterator<char>(in), {}, '\n'));
  }
};

// No test by itself: start_worker() runs it in a process of its own, which Jobs.* kill, share with and judge.
TEST(Worker, DISABLED_Runs) {
  const char* folder = std::getenv("ATLAS_JOB_FOLDER");
  ASSERT_NE(folder, nullptr);
  const tbb::global_control one(tbb::global_control::max_allowed_parallelism, 1);
  const Program program = scatter(40, 97);
  const ProgramProver prover(program, small_parameters());
  ProveOptions options = options_of_test();
  std::ofstream log(std::getenv("ATLAS_JOB_LOG"), std::ios::app);
  options.progress = [&log](const ProveProgress& p) {
    if (std::string_view(p.phase) == "committing") log << "segment" << std::endl;
  };
  const auto proved = ProofJob(prover, {}, folder).run(options);
  ASSERT_TRUE(proved.ok()) << proved.error().text;
  FileDraft draft(fs::path(std::getenv("ATLAS_JOB_LOG")).replace_extension("proof"));
  draft.write(proved->bytes);
  draft.keep();
}

Bytes read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return Bytes((std::istreambuf_iterator<char>(in)), {});
}
void write_file(const fs::path& path, const Bytes& bytes) {
  std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char*>(bytes.data()), std::ssize(bytes));
}

TEST_F(Jobs, GiveTheSameProof) {
  EXPECT_EQ(run(), reference().proof);
  EXPECT_EQ(run(), reference().proof) << "from what is there";
}

TEST_F(Jobs, ProveSegmentsAlone) {
  const std::vector<u32> some = {5, 1};
  const auto proved = job().run_only(some, options_of_test());
  ASSERT_TRUE(proved.ok()) << proved.error().text;
  EXPECT_EQ(proved->times.size(), 2u);
  EXPECT_TRUE(proved->bytes.empty());
  EXPECT_TRUE(fs::exists(folder / "segment-5") && fs::exists(folder / "segment-1"));
  EXPECT_FALSE(fs::exists(folder / "segment-0"));
  const std::vector<u32> none = {1000};
  EXPECT_THROW((void)job().run_only(none, options_of_test()), JobError);
}

TEST_F(Jobs, SurviveKills) {
  ASSERT_GE(reference().segments, 8u);
  fs::create_directories(folder);
  std::mt19937 random(1);
  constexpr unsigned kKills = 20;
  std::map<std::string, fs::file_time_type> finished;
  unsigned killed = 0;
  for (unsigned k = 0; k < kKills; ++k) {
    const pid_t pid = start_worker("a");
    std::this_thread::sleep_for(std::chrono::milliseconds(std::uniform_int_distribution(0, 600)(random)));
    kill(pid, SIGKILL);
    int status = 0;
    ASSERT_EQ(waitpid(pid, &status, 0), pid);
    killed += WIFSIGNALED(status);
    for (const auto& entry : fs::directory_iterator(folder)) {
      const std::string name = entry.path().filename();
      if (!name.starts_with("segment-") || name.ends_with(".part")) continue;
      const auto [at, is_new] = finished.emplace(name, entry.last_write_time());
      EXPECT_EQ(at->second, entry.last_write_time()) << name << " was made again";
    }
  }
  EXPECT_EQ(run(), reference().proof);
  // Each kill costs at most the segment that was being proved.
  EXPECT_LE(begun("a"), finished.size() + killed);
  std::printf("%u kills, %zu segments done by then of %zu, %zu begun\n", killed, finished.size(), reference().segments,
              begun("a"));
}

TEST_F(Jobs, AreShared) {
  fs::create_directories(folder);
  const pid_t a = start_worker("a"), b = start_worker("b");
  for (const pid_t pid : {a, b}) {
    int status = 0;
    ASSERT_EQ(waitpid(pid, &status, 0), pid);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(read_file(folder / "a.proof"), reference().proof);
  EXPECT_EQ(read_file(folder / "b.proof"), reference().proof);
  EXPECT_EQ(begun("a") + begun("b"), reference().segments);
  EXPECT_GE(begun("a"), 2u);
  EXPECT_GE(begun("b"), 2u);
}

// Whoever is done first leaves the others what they still read.
TEST_F(Jobs, AreRemovedByTheLast) {
  ProofJob first = job(), second = job();
  const auto proved = first.run(options_of_test());
  ASSERT_TRUE(proved.ok());
  first.leave_and_remove();
  EXPECT_TRUE(fs::exists(folder));
  const auto again = second.run(options_of_test());
  ASSERT_TRUE(again.ok()) << again.error().text;
  EXPECT_EQ(again->bytes, reference().proof);
  EXPECT_TRUE(again->times.empty()) << "nothing was left to prove";
  second.leave_and_remove();
  EXPECT_FALSE(fs::exists(folder));
}

TEST_F(Jobs, ComeAndGoAtAnyTime) {
  std::vector<std::thread> people;
  for (unsigned t = 0; t < 4; ++t) {
    people.emplace_back([&] {
      for (unsigned k = 0; k < 100; ++k) {
        ProofJob mine = job();
        EXPECT_TRUE(fs::exists(folder / "lock-job")) << "a folder stays while somebody takes part in it";
        mine.leave_and_remove();
      }
    });
  }
  for (std::thread& one : people) one.join();
  EXPECT_FALSE(fs::exists(folder));
}

TEST_F(Jobs, BelongToOneProgramAndItsHints) {
  ASSERT_TRUE(job().plan(options_of_test()).ok());
  const Program other = scatter(41, 97);
  const ProgramProver prover(other, small_parameters());
  ProofJob of_other(prover, {}, folder);
  EXPECT_FALSE(of_other.is_mine());
  EXPECT_THROW((void)of_other.run(options_of_test()), JobError);
  const Bytes hints(4, 1);
  EXPECT_THROW((void)ProofJob(reference().prover, hints, folder).run(options_of_test()), JobError);
  EXPECT_TRUE(job().is_mine());
}

// Whatever single byte of whatever file changes: never another proof, and an error that names a file.
TEST_F(Jobs, DamagedFilesAreRefused) {
  ASSERT_EQ(run(), reference().proof);
  std::mt19937 random(2);
  const std::vector<u32> third = {3};
  for (const char* name : {"plan", "segment-3", "snapshot-3", "snapshot-2"}) {
    const Bytes good = read_file(folder / name);
    const Bytes proof = read_file(folder / "segment-3");
    for (unsigned k = 0; k < 40; ++k) {
      Bytes bad = good;
      if (k == 0) bad.resize(good.size() - 1);
      if (k == 1) bad.clear();
      if (k == 2) bad.push_back(0);
      if (k == 3) bad.resize(good.size() / 2);
      if (k > 3)
        bad[std::uniform_int_distribution<std::size_t>(0, bad.size() - 1)(random)] ^= static_cast<u8>(1 << k % 8);
      write_file(folder / name, bad);
      const bool is_snapshot = std::string_view(name).starts_with("snapshot");
      if (is_snapshot) fs::remove(folder / "segment-3");  // so that the snapshot is read
      try {
        const auto proved = is_snapshot ? job().run_only(third, options_of_test()) : job().run(options_of_test());
        ADD_FAILURE() << name << " " << k << (proved.ok() ? "" : ": refused by the machine alone");
      } catch (const JobError& error) {
        EXPECT_THAT(error.what(), testing::HasSubstr(folder.string()));
      }
      write_file(folder / "segment-3", proof);
    }
    write_file(folder / name, good);
  }
  EXPECT_EQ(run(), reference().proof);
}

// Words changed under a right checksum.
TEST_F(Jobs, ForgedFilesMakeNoProof) {
  ASSERT_EQ(run(), reference().proof);
  const auto expect_refused = [&](const std::string& what) {
    try {
      const auto proved = job().run(options_of_test());
      // Heights and cycles of a segment that is proved already are asked for no more.
      EXPECT_TRUE(!proved.ok() || (what.starts_with("plan") && proved->bytes == reference().proof)) << what;
    } catch (const JobError&) {
    }
  };
  std::mt19937 random(3);
  for (const char* name : {"plan", "segment-3"}) {
    const Bytes good = read_file(folder / name);
    for (unsigned k = 0; k < 25; ++k) {
      std::vector<u32> words(good.size() / sizeof(u32) - kDigestWords);
      std::memcpy(words.data(), good.data(), words.size() * sizeof(u32));
      const std::size_t at = std::uniform_int_distribution<std::size_t>(0, words.size() - 1)(random);
      words[at] ^= 1u << k % 32;
      write_words(folder / name, words);
      expect_refused(std::string(name) + " word " + std::to_string(at));
    }
    write_file(folder / name, good);
  }

  // A snapshot that says another register, pc, word or past.
  const Hash256 input = input_of(reference().prover.key().verifying().digest, {});
  const Snapshot good = read_snapshot(folder, 3, input, ~u32{0}, 0);
  const Bytes file = read_file(folder / "snapshot-3");
  const auto try_out = [&](const std::string& what, const State& state, const std::array<u32, 32>& registers,
                           const Snapshot::Pages& pages) {
    fs::remove(folder / "segment-3");
    write_snapshot(folder, 3, input, Snapshot(state, 3, registers, pages));
    expect_refused(what);
    EXPECT_FALSE(fs::exists(folder / "segment-3")) << what;
  };
  State state = good.state();
  state.x[8] += 4;
  try_out("register", state, good.register_segments(), good.page_map());
  state = good.state();
  state.pc += 4;
  try_out("pc", state, good.register_segments(), good.page_map());
  state.pc = 3;
  try_out("pc outside", state, good.register_segments(), good.page_map());
  auto registers = good.register_segments();
  registers[8] ^= 1;
  try_out("last segment of a register", good.state(), registers, good.page_map());
  for (const bool is_value : {true, false}) {
    Snapshot::Pages pages;
    for (const auto& [index, page] : good.page_map()) {
      auto forged = std::make_shared<Snapshot::Page>(*page);
      for (u32 k = 0; k < Snapshot::kPageWords; ++k) {
        if (page->segment[k] == 3) is_value ? ++forged->value[k] : --forged->segment[k];
      }
      pages[index] = std::move(forged);
    }
    try_out(is_value ? "words" : "last segments of words", good.state(), good.register_segments(), pages);
  }
  write_file(folder / "snapshot-3", file);
  EXPECT_EQ(run(), reference().proof);
}

TEST_F(Jobs, AFaultIsTheProgramsAndLeavesNoPlan) {
  Assembler a;
  a(addi(a0, zero, 1))(ebreak());
  const Program program = a.program();
  const ProgramProver prover(program, small_parameters());
  const auto proved = ProofJob(prover, {}, folder).run({});
  ASSERT_FALSE(proved.ok());
  EXPECT_TRUE(proved.error().fault);
  EXPECT_FALSE(fs::exists(folder / "plan"));
}

}  // namespace
}  // namespace atlas::zkvm
