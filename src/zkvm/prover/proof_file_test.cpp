// A proof file is whole or not there.
#include <csignal>
#include <fstream>
#include <iterator>
#include <system_error>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <zkvm/prover/proof_file.hpp>

namespace atlas::zkvm {
namespace {

namespace fs = std::filesystem;

struct Folder {
  fs::path path = fs::temp_directory_path() / ("atlas-proof-" + std::to_string(getpid()));
  Folder() { fs::create_directories(path); }
  ~Folder() { fs::remove_all(path); }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(path), fs::directory_iterator()));
  }
};

TEST(FileDraft, AppearsWhenKept) {
  const Folder folder;
  const fs::path path = folder.path / "p";
  {
    FileDraft draft(path);
    draft.write(Bytes(1000, 7));
    EXPECT_FALSE(fs::exists(path));
    draft.keep();
  }
  EXPECT_EQ(fs::file_size(path), 1000u);
  EXPECT_EQ(folder.files(), 1u);
}

TEST(FileDraft, LeavesNothingBehind) {
  const Folder folder;
  {
    FileDraft draft(folder.path / "p");
    draft.write(Bytes(10));
  }
  EXPECT_EQ(folder.files(), 0u);
  EXPECT_THROW(FileDraft(folder.path / "none" / "p"), std::system_error);
}

TEST(FileDraft, AFullDiskIsAnError) {
  const Folder folder;
  rlimit old{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &old), 0);
  const auto ignored = std::signal(SIGXFSZ, SIG_IGN);
  rlimit small = old;
  small.rlim_cur = 4096;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  std::string said;
  try {
    FileDraft draft(folder.path / "p");
    draft.write(Bytes(100000));
    draft.keep();
  } catch (const std::system_error& error) {
    said = error.what();
  }
  setrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, ignored);
  EXPECT_NE(said.find("p cannot be written"), std::string::npos) << said;
  EXPECT_EQ(folder.files(), 0u);
}

}  // namespace
}  // namespace atlas::zkvm
