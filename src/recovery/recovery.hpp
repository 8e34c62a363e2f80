#pragma once
// Signers of many ECDSA signatures at once. One signature at a time costs 45-60 us; sixteen side by side in AVX-512
// registers cost a fraction of that each, which is what lets one core feed a 30,000 transactions/s sequencer.
// Host only: the guest recovers one at a time through crypto::ecrecover.
#include <optional>
#include <span>

#include <base/u256.hpp>

namespace atlas::recovery {

struct Request {
  Hash256 digest;
  u256 r;
  u256 s;
  u8 y_parity = 0;
};

enum class Path : u8 {
  kPortable,    ///< crypto::ecrecover, one by one
  kAvx512Ifma,  ///< sixteen lanes; what does not fit its formulas falls back to kPortable, lane by lane
};
/// The fastest path that this processor runs.
Path best_path();
const char* name_of(Path path);

/// out[i] = crypto::ecrecover(digest, y_parity, r, s) of requests[i]; both spans have one length. Thread-safe.
/// Batches of 64 cost least a signature; any length works.
void recover_addresses(std::span<const Request> requests, std::span<std::optional<Address>> out,
                       Path path = best_path());

}  // namespace atlas::recovery
