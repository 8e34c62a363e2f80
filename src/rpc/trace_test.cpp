#include <rpc/rpc_fixture.hpp>
