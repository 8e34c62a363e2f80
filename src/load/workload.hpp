#pragma once
// Signed transactions for a run, prepared before the clock starts.
#include <functional>
#include <string>
#include <vector>

#include <load/rpc_client.hpp>

#include <types/transaction.hpp>

namespace atlas::load {

enum class Mix : u8 { kTransfer, kErc20, kSwap };
const char* name_of(Mix mix);

struct WorkloadOptions {
  Mix mix = Mix::kTransfer;
  unsigned senders = 1000;
  unsigned transactions = 20000;
  Hash256 funder_key;    ///< pays for senders and contracts
  u64 seed = 1;          ///< of the senders' keys
  u256 max_fee_per_gas;  ///< wei; zero: four times the base fee plus the tip
  u256 max_priority_fee_per_gas{1'000'000'000};
  std::string artifacts;  ///< folder with compiled contracts; kErc20 and kSwap need it
  unsigned threads = 2;   ///< for signing
};

/// A transaction ready to be sent: everything the driver and the tracker need of it.
struct PreparedTx {
  Hash256 hash;
  u32 sender = 0;
  std::string raw;  ///< "0x…" for eth_sendRawTransaction
};

struct Workload {
  std::vector<PreparedTx> transactions;  ///< senders take turns; each sender's nonces ascend
  double signing_seconds = 0;
};

/// Reports what is being done: stage, done, total.
using Progress = std::function<void(const char*, u64, u64)>;

/// Funds senders, deploys contracts where the mix has some, waits until all of that is in blocks, then signs.
/// Throws RpcFailure or RpcError, saying at which step.
Workload prepare(RpcClient& rpc, const WorkloadOptions& options, const Progress& progress);

}  // namespace atlas::load
