#pragma once
// The EVM as an execution environment: frames from a pool, programs from a cache, one of two interpreters.
#include <memory>
#include <vector>

#include <evm/program_cache.hpp>
#include <evm/tracer.hpp>

namespace atlas::evm {

/// Belongs to one thread. What it keeps from one frame, transaction or block to the next is only storage and analysed
/// code, so results never depend on what ran before.
class Evm final : public ExecutionEnvironment {
 public:
  enum class Mode : u8 {
    kFast,
    kPlain,  ///< opcode by opcode: for tracing and for differential tests
  };

  explicit Evm(Mode mode = Mode::kFast);
  ~Evm() override;

  Frame* start(Host& host, const CallRequest& request, ByteView code, const Hash256* code_hash,
               StepOutcome& outcome) override;
  void resume(Host& host, Frame& frame, const CallResult& result, StepOutcome& outcome) override;
  void drop(Frame& frame) override;

  /// Reports instructions to `tracer` from the next transaction on; null ends it. Not while frames are suspended.
  void set_tracer(Tracer* tracer) { tracer_ = tracer; }
  /// Reports only inherit(), and runs as fast as without.
  void set_heir_listener(Tracer* listener) { heir_listener_ = listener; }

 private:
  EvmFrame& acquire();
  void release(EvmFrame& frame);
  bool run(EvmFrame& frame);
  void trim_pool();

  Mode mode_;
  Tracer* tracer_ = nullptr;
  Tracer* heir_listener_ = nullptr;
  ProgramCache programs_;
  MappingHashes mapping_hashes_;
  std::vector<std::unique_ptr<EvmFrame>> frames_;  // all
  std::vector<EvmFrame*> free_;                    // last in, first out: the warmest memory
  bool trim_due_ = false;
};

}  // namespace atlas::evm
