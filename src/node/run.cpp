#include <csignal>

#include <pthread.h>

#include <node/run.hpp>
#include <node/status_line.hpp>

namespace atlas::node {
namespace {

/// Blocks the signals that end a node, before any thread exists: all threads inherit it and one of them waits.
sigset_t block_end_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

/// Whether the machine is at fault (disk, files) and not the program.
bool is_environment(std::exception_ptr error) {
  try {
    std::rethrow_exception(error);
  } catch (const storage::StorageError&) {
    return true;
  } catch (const tree::TreeError&) {
    return true;
  } catch (...) {
    return false;
  }
}

}  // namespace

int run_until_signal(Node& node, Log& log, const std::function<void()>& on_started,
                     const std::string& wrong_chain_advice) {
  const sigset_t signals = block_end_signals();
  try {
    node.start();
  } catch (const storage::StorageError& error) {
    std::string reason = error.what();
    if (error.kind() == storage::StorageErrorKind::kWrongChain) reason += wrong_chain_advice;
    log.error("cannot start", {{"reason", reason}});
    node.stop();
    return 2;
  } catch (const std::exception& error) {
    log.error("cannot start", {{"reason", error.what()}});
    node.stop();
    return 2;
  }
  on_started();

  StatusLine status;
  constexpr timespec kTick{0, 500'000'000};
  while (!node.failure()) {
    const int signal = sigtimedwait(&signals, nullptr, &kTick);
    if (signal > 0) {
      log.info("stopping", {{"signal", std::string(strsignal(signal))}});
      break;
    }
    if (log.has_status_line()) log.set_status(status.next(node));
  }
  const std::exception_ptr failed = node.failure();
  try {
    node.stop();
  } catch (const storage::StorageError& error) {
    log.error("failed while stopping", {{"reason", error.what()}});
    return 2;
  } catch (const std::exception& error) {
    log.error("failed while stopping", {{"reason", error.what()}});
    return 1;
  }
  if (!failed) return 0;
  log.error("stopped because a stage failed", {{"reason", what_of(failed)}});
  return is_environment(failed) ? 2 : 1;
}

}  // namespace atlas::node
