#include "node_process.hpp"

#include <csignal>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace atlas::crash {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kStartLimit = std::chrono::seconds(60);

}  // namespace

NodeProcess::NodeProcess(const std::filesystem::path& atlas, const std::filesystem::path& config,
                         const std::function<void()>& in_child) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2 failed");
  started_ = Clock::now();
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("fork failed");
  if (pid_ == 0) {
    ::dup2(ends[1], STDERR_FILENO);
    if (in_child) in_child();
    ::execl(atlas.c_str(), atlas.c_str(), "node", "--config", config.c_str(), "--log-format", "json", nullptr);
    ::_exit(127);
  }
  ::close(ends[1]);
  pipe_ = ends[0];
  reader_ = std::thread([this] { read_output(); });
}

NodeProcess::~NodeProcess() {
  kill9();
  if (reader_.joinable()) reader_.join();
  ::close(pipe_);
}

void NodeProcess::read_output() {
  char buffer[4096];
  for (;;) {
    const ssize_t n = ::read(pipe_, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    const std::lock_guard lock(mutex_);
    if (n <= 0) {
      closed_ = true;
    } else {
      text_.append(buffer, static_cast<std::size_t>(n));
    }
    more_.notify_all();
    if (closed_) return;
  }
}

std::string NodeProcess::output() const {
  const std::lock_guard lock(mutex_);
  return text_;
}

double NodeProcess::wait_for_answer() {
  constexpr std::string_view kServing = "\"message\":\"serving\",\"url\":\"";
  {
    std::unique_lock lock(mutex_);
    std::size_t at = std::string::npos;
    more_.wait_until(lock, started_ + kStartLimit, [&] {
      at = text_.find(kServing);
      return closed_ || (at != std::string::npos && text_.find('"', at + kServing.size()) != std::string::npos);
    });
    if (at == std::string::npos) throw std::runtime_error("the node did not start to serve:\n" + text_);
    at += kServing.size();
    url_ = text_.substr(at, text_.find('"', at) - at);
  }
  load::RpcClient rpc(url());
  rpc.call("eth_blockNumber");
  return std::chrono::duration<double, std::milli>(Clock::now() - started_).count();
}

double NodeProcess::cpu_ms() const {
  std::ifstream in("/proc/" + std::to_string(pid_) + "/stat");
  std::string text{std::istreambuf_iterator<char>(in), {}};
  std::istringstream fields(text.substr(text.rfind(')') + 2));  // the name may hold spaces
  std::string skipped;
  for (int i = 3; i < 14; ++i) fields >> skipped;
  double user = 0, system = 0;
  fields >> user >> system;
  return (user + system) * 1e3 / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

void NodeProcess::kill9() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
}

NodeExit NodeProcess::reap(int status) {
  pid_ = -1;
  if (reader_.joinable()) reader_.join();
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, output()};
}

NodeExit NodeProcess::stop() {
  ::kill(pid_, SIGTERM);
  auto exit = wait_exit(std::chrono::seconds(60));
  if (!exit) throw std::runtime_error("the node did not end within 60 s of SIGTERM:\n" + output());
  return *exit;
}

std::optional<NodeExit> NodeProcess::wait_exit(std::chrono::milliseconds limit) {
  const auto until = Clock::now() + limit;
  for (;;) {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) return reap(status);
    if (Clock::now() >= until) return std::nullopt;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

}  // namespace atlas::crash
