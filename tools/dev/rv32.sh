# The compiler, headers and libraries of freestanding rv32im. Sourced after common.sh by tools/rv32_check and tools/guest.
SYSROOT=$BUILD/guest-sysroot
PICOLIBC=/usr/lib/picolibc/riscv64-unknown-elf
LIBGCC=/usr/lib/gcc/riscv64-unknown-elf/12.2.0/rv32im/ilp32/libgcc.a

# No bare-metal libc++ is packaged, but its headers are usable: Debian's libc++-19-dev is unpacked, never installed
# (versions of it remove each other), and configured by guest/sysroot/__config_site.
sysroot() {
  [[ -f $SYSROOT/usr/lib/llvm-19/include/c++/v1/vector ]] && return 0
  step "unpacking libc++-19-dev for the guest"
  local dir
  dir=$(mktemp -d)
  (cd "$dir" && { apt-get download libc++-19-dev || { apt-get update && apt-get download libc++-19-dev; }; }) >"$dir/log" 2>&1 || {
    cat "$dir/log" >&2
    die "apt-get could not download libc++-19-dev"
  }
  rm -rf "${SYSROOT:?}"
  mkdir -p "$SYSROOT"
  dpkg -x "$dir"/libc++-19-dev_*.deb "$SYSROOT"
  rm -rf "$dir"
}

# Paths are written relative to the tree and nothing else of the machine enters an object, so that the same sources give
# the same bytes anywhere.
RV32_CXX=(ccache clang++-19 --target=riscv32-unknown-elf -march=rv32im -mabi=ilp32 -std=c++20 -O2
  -fno-exceptions -fno-rtti -nostdinc++ -fno-threadsafe-statics -fno-strict-aliasing -fno-ident
  "-ffile-prefix-map=$ROOT/=" -isystem "$ROOT/guest/sysroot" -isystem "$SYSROOT/usr/lib/llvm-19/include/c++/v1"
  -isystem "$PICOLIBC/include" -Wall -Wextra -Wconversion -Wshadow -Werror -ffunction-sections -fdata-sections)
