#pragma once
#include <base/bytes.hpp>

namespace atlas::crypto {

/// RIPEMD-160 (Dobbertin, Bosselaers, Preneel 1996).
FixedBytes<20> ripemd160(ByteView input);

}  // namespace atlas::crypto
