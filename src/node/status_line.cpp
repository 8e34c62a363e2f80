#include <fmt/format.h>

#include <node/status_line.hpp>

namespace atlas::node {
namespace {

std::string with_unit(double value) {
  if (value >= 1e9) return fmt::format("{:.2f}G", value / 1e9);
  if (value >= 1e6) return fmt::format("{:.2f}M", value / 1e6);
  if (value >= 1e4) return fmt::format("{:.1f}k", value / 1e3);
  return fmt::format("{:.0f}", value);
}

}  // namespace

std::string StatusLine::next(Node& node) {
  const auto now = sequencer::Clock::now();
  const double seconds = std::max(1e-3, std::chrono::duration<double>(now - then_).count());
  const auto& stats = node.sequencer().stats();
  const u64 transactions = stats.transactions;
  const u64 gas = stats.gas;
  // Half old, half new: blocks come in steps, the eye wants a slope.
  transactions_per_s_ = (transactions_per_s_ + static_cast<double>(transactions - transactions_) / seconds) / 2;
  gas_per_s_ = (gas_per_s_ + static_cast<double>(gas - gas_) / seconds) / 2;
  transactions_ = transactions;
  gas_ = gas;
  then_ = now;
  const storage::BlockPtr head = node.store().head();
  const sequencer::PoolCounts pool = node.mempool().counts();
  return fmt::format("\033[1mblock {}\033[0m  {} tx/s  {} gas/s  pool {}+{}  base fee {:.4f} gwei  {} MiB",
                     head->header.number, with_unit(transactions_per_s_), with_unit(gas_per_s_), pool.executable,
                     pool.queued, static_cast<double>(head->header.base_fee_per_gas.low_u64()) / 1e9,
                     resident_bytes() >> 20);
}

}  // namespace atlas::node
