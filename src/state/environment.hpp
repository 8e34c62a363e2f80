#pragma once
// The seam between the state transition (stf) and the machines that run contracts. An environment runs one frame until
// it ends or wants to call; it never recurses. stf owns the stack of frames, checkpoints and value transfers, so call
// depth costs heap, not host or guest stack, and environments of different kinds can call each other.
#include <optional>
#include <vector>

#include <base/u256.hpp>
#include <types/fork.hpp>

namespace atlas {

class Journal;

struct BlockContext {
  Fork fork = Fork::kOsaka;
  u64 chain_id = 1;
  u64 number = 0;
  u64 timestamp = 0;
  u64 gas_limit = 0;
  Address coinbase;
  Hash256 prev_randao;
  u256 base_fee;
  u256 blob_base_fee;
  // What a transaction pays for beside gas (docs/fees.md). Zero: free and not counted.
  u64 native_price = 0;   ///< wei a cycle of proving cost
  u64 pubdata_price = 0;  ///< wei a byte of pubdata
};

struct TxContext {
  Address origin;
  u256 gas_price;  ///< effective price, EIP-1559
  std::vector<Hash256> blob_hashes;
};

enum class CallKind : u8 { kCall, kCallCode, kDelegateCall, kStaticCall, kCreate, kCreate2 };

/// A frame to be run, as a transaction or an instruction asks for it.
struct CallRequest {
  CallKind kind = CallKind::kCall;
  bool is_static = false;
  u16 depth = 0;  ///< 0 for the transaction's own frame
  u64 gas = 0;
  Address sender;
  Address recipient;     ///< whose storage and balance; for creations filled in by stf
  Address code_address;  ///< whose code
  u256 value;            ///< CALLVALUE; transferred only by kCall and creations
  ByteView input;        ///< call data; of a creation asked for, the init code, which start() then gets as code with no
                         ///< input. Owned by the caller's frame, which outlives the call
  u256 salt;             ///< kCreate2
};

enum class FrameStatus : u8 {
  kSuccess,
  kRevert,   ///< REVERT: state undone, remaining gas and output returned
  kFailure,  ///< exceptional halt: state undone, all gas of the frame gone
};

/// Why a frame ended in kFailure; for error texts and traces only, consensus does not know it.
enum class HaltReason : u8 {
  kNone,  ///< it did not
  kOutOfGas,
  kInvalidOpcode,
  kStackUnderflow,
  kStackOverflow,
  kBadJump,
  kStaticViolation,
  kReturnDataOutOfBounds,
  kInitCodeTooLarge,   // EIP-3860
  kCodeTooLarge,       // EIP-170
  kInvalidCodePrefix,  // EIP-3541
  kAddressCollision,   // EIP-684, EIP-7610
  kPrecompileFailed,
  kOutOfNative,  ///< the whole transaction fails: what it costs to prove is more than its gas pays for
};

struct CallResult {
  FrameStatus status = FrameStatus::kSuccess;
  HaltReason halt = HaltReason::kNone;
  u64 gas_left = 0;
  i64 gas_refund = 0;  ///< of the frame and what it called; 0 unless kSuccess
  /// Return or revert data. Owned by whoever ended the frame (environment, precompile driver) and in place until that
  /// one's next start() or resume() has returned; resume() copies what it keeps.
  ByteView output;
  Address created;  ///< of a successful creation
};

/// What running a frame came to: it ended, or it waits for a call whose result resume() will bring. One object serves
/// a whole transaction: start() and resume() write only the member that `wants_call` names.
struct StepOutcome {
  bool wants_call = false;
  CallRequest call;   ///< when wants_call
  CallResult result;  ///< when not
};

/// Block hashes as BLOCKHASH sees them: EIP-2935's ring buffer on the chain, fixed values in conformance tests.
class BlockHashes {
 public:
  virtual ~BlockHashes() = default;
  /// Called only for the 256 blocks before the current one.
  virtual Hash256 block_hash(u64 number) const = 0;
};

/// What it costs to prove what runs, in machine cycles (docs/fees.md). Below zero every frame halts, and with it the
/// transaction.
struct NativeMeter {
  i64 left = 0;
  void use(u64 cycles) { left -= static_cast<i64>(cycles); }
  bool is_spent() const { return left < 0; }
};

/// Everything a frame may touch besides its own memory.
struct Host {
  const BlockContext& block;
  const TxContext& tx;
  Journal& journal;
  const BlockHashes& block_hashes;
  NativeMeter* native = nullptr;  ///< null: nobody counts. The same for all frames of a transaction
};

/// One suspended frame. Its representation belongs to the environment, which also owns and recycles it.
class Frame {
 protected:
  Frame() = default;
  ~Frame() = default;
};

class ExecutionEnvironment {
 public:
  virtual ~ExecutionEnvironment() = default;
  /// Creates the frame for `request` over `code` (already resolved through EIP-7702 delegation; init code for
  /// creations) and runs it to its first outcome. `code_hash` keys the analysis cache; null for init code. Code and
  /// input must stay in place until the frame ends. Returns the frame if it wants a call, null if it ended.
  /// `request` may be `outcome.call`.
  virtual Frame* start(Host& host, const CallRequest& request, ByteView code, const Hash256* code_hash,
                       StepOutcome& outcome) = 0;
  /// Continues `frame` after the call it asked for. When the outcome is a result the frame is gone. `result` may be
  /// `outcome.result`.
  virtual void resume(Host& host, Frame& frame, const CallResult& result, StepOutcome& outcome) = 0;
  /// Takes back a suspended frame that will not be resumed.
  virtual void drop(Frame& frame) = 0;
};

}  // namespace atlas
