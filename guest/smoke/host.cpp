// The smoke program on the host.
#include <cstdio>

#include "smoke.hpp"

int main() {
  return std::fputs(atlas::smoke::run_block().c_str(), stdout) < 0 ? 1 : 0;
}
