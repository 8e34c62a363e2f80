// Entry of every guest program: registers, static objects, main, halt with what main returns. Memory is zero when the
// machine starts, so there is no .bss to clear.
#include <platform/ecall.hpp>

int main();

extern "C" {

using Initializer = void (*)();
extern Initializer __init_array_start[];
extern Initializer __init_array_end[];

[[noreturn, gnu::used]] void atlas_guest_run() {
  for (Initializer* f = __init_array_start; f != __init_array_end; ++f) (*f)();
  atlas::platform::halt(static_cast<atlas::u32>(main()));
}

[[noreturn, gnu::naked, gnu::section(".text._start")]] void _start() {
  asm volatile(
      ".option push\n"
      ".option norelax\n"
      "la gp, __global_pointer$\n"
      ".option pop\n"
      "la sp, __stack_top\n"
      "j atlas_guest_run\n");
}
}
