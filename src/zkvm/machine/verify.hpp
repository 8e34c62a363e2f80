#pragma once
// The verifying key of a program, and the check of a proof: bytes in, what was proved out. Shared with the guest.
#include <stark/verifier/execution.hpp>
#include <zkvm/machine/machine.hpp>

namespace atlas::zkvm {

/// Owns the machine that the verifying key points to. Not movable.
class ProgramKey {
 public:
  ProgramKey(const MachineShape& shape, const stark::Parameters& parameters, stark::MerkleCap fixed_cap);
  ProgramKey(const ProgramKey&) = delete;
  ProgramKey& operator=(const ProgramKey&) = delete;

  const ProgramMachine& machine() const { return machine_; }
  const stark::VerifyingKey& verifying() const { return verifying_; }

  /// The bytes of a key file: magic "ATVK", version, parameters (10 words), shape (4 words), the number of digests of
  /// the fixed cap, the digests, the key's digest (8 words); little-endian.
  Bytes to_bytes() const;
  /// Total: refuses any bytes but those that to_bytes() gives for one of the shipped parameter sets.
  static Result<std::unique_ptr<ProgramKey>, stark::VerifyError> from_bytes(ByteView bytes);

 private:
  ProgramMachine machine_;
  stark::VerifyingKey verifying_;
};

inline constexpr u32 kKeyMagic = 0x4b565441;  // "ATVK"
inline constexpr u32 kKeyVersion = 1;

Result<ExecutionClaim, stark::VerifyError> verify_execution(const ProgramKey& key, ByteView proof);
/// Is it a proof file that names another key? For messages to people: verify_execution() refuses it in any case.
bool is_for_another_key(const ProgramKey& key, ByteView proof);

}  // namespace atlas::zkvm
