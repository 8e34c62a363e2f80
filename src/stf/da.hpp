#pragma once
// How a batch commits to its pubdata, by DA scheme (docs/batches.md, "Data availability").
#include <span>

#include <stf/batch_output.hpp>

namespace atlas::stf {

/// Blobs that so many bytes of pubdata fill.
constexpr std::size_t blob_count(std::size_t pubdata_bytes) {
  return (pubdata_bytes + kBlobBytes - 1) / kBlobBytes;
}

/// Element `index` of blob `blob`: 31 bytes of pubdata behind a zero byte, zeros beyond the end.
u256 blob_element(ByteView pubdata, std::size_t blob, std::size_t index);

/// Where the blobs are opened: keccak(versioned hashes ‖ keccak(pubdata)) mod r. It follows from all that is committed
/// to, so nobody can choose pubdata that agree with other blobs at this place.
u256 blob_point(std::span<const Hash256> versioned_hashes, const Hash256& pubdata_hash);

/// What the polynomials of the pubdata's blobs have at `z` < r: EIP-4844's, whose value at the i-th root of unity in
/// bit-reversed order is element i.
std::vector<u256> evaluate_blobs(ByteView pubdata, const u256& z);

/// kBlobs: keccak of (versioned hash ‖ z ‖ y), 96 bytes a blob; L1 takes the hashes from the commit's blobs and checks
/// z and y with its point evaluation. kCalldata: keccak(pubdata). kValidium: zero. `versioned_hashes` are one a blob
/// under kBlobs and none otherwise; nullopt if not.
std::optional<Hash256> da_commitment(DaScheme scheme, ByteView pubdata, std::span<const Hash256> versioned_hashes);

}  // namespace atlas::stf
