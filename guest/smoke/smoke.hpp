#pragma once
#include <string>

namespace atlas::smoke {

/// Executes one block of signed transactions over a small genesis and prints what it came to, a line a fact:
/// block hash, receipts root, gas used, digest of the state diff, digest of the outputs. The same code runs on the host
/// and as rv32im, and both texts must be equal byte for byte (tools/rv32_check).
std::string run_block();

}  // namespace atlas::smoke
