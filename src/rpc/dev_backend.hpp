#pragma once
#include <rpc/method.hpp>

namespace atlas::rpc {

/// For methods of tables that only a development chain has.
inline DevBackend& dev(Call& call) {
  DevBackend* backend = call.backend.dev();
  ENSURE(backend != nullptr, "development methods are only in the table of a development chain");
  return *backend;
}

}  // namespace atlas::rpc
