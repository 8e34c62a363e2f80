# Shared by every ./dev command: where things are, how output looks, how packages and Node come. Sourced, never run.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BUILD=$ROOT/build
ATLAS=$BUILD/release/bin/atlas
JOBS=${ATLAS_JOBS:-$(nproc)}
# Another clone of the same sources finds what this one compiled (the CMake presets say the same).
export CCACHE_BASEDIR=$ROOT CCACHE_NOHASHDIR=1

if [[ -t 1 && -z ${NO_COLOR:-} ]]; then
  BOLD=$'\e[1m' DIM=$'\e[2m' RED=$'\e[31m' GREEN=$'\e[32m' YELLOW=$'\e[33m' RESET=$'\e[0m'
else
  BOLD='' DIM='' RED='' GREEN='' YELLOW='' RESET=''
fi

step() { printf '%s==>%s %s\n' "$BOLD" "$RESET" "$*" >&2; }
note() { printf '    %s%s%s\n' "$DIM" "$*" "$RESET" >&2; }
warn() { printf '%swarning:%s %s\n' "$YELLOW" "$RESET" "$*" >&2; }
# Usage or environment errors end with 2; a failing check ends with 1 (docs/architecture.md, command line).
die() {
  printf '%serror:%s %s\n' "$RED" "$RESET" "$*" >&2
  exit 2
}

now_ms() { date +%s%3N; }
# Seconds with one decimal since a now_ms() value.
since() { awk -v a="$1" -v b="$(now_ms)" 'BEGIN { printf "%.1f", (b - a) / 1000 }'; }

# What the figures were measured on: the same words in every benchmark line.
hardware() {
  awk -F': ' -v n="$(nproc)" '/^model name/ && m == "" { m = $2 } END { if (m == "") m = "unknown CPU"; printf "%s, %d cores", m, n }' /proc/cpuinfo
  awk '/^MemTotal/ { printf ", %.0f GiB\n", $2 / 1048576 }' /proc/meminfo
}

# ---- Debian packages -------------------------------------------------------------------------------------------------
PACKAGES_BUILD=(
  ca-certificates git clang-19 lld-19 g++ ccache cmake ninja-build pkg-config
  libssl-dev libsecp256k1-dev libsimdjson-dev nlohmann-json3-dev libfmt-dev libspdlog-dev librocksdb-dev
  libtomlplusplus-dev prometheus-cpp-dev libboost1.81-dev libcli11-dev libmimalloc-dev
  libgtest-dev libgmock-dev libbenchmark-dev libtbb-dev
)
PACKAGES_TEST=(zstd b3sum)
PACKAGES_LINT=(clang-format-19)
# How tools/guest builds guest/batch. Memory that is not touched costs nothing, so there is plenty.
BATCH_PROGRAM=(--rooms "base crypto types state evm stf" --heap $((3 << 30)))
PACKAGES_RV32=(clang-19 lld-19 ccache gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf qemu-user)
PACKAGES_SANITIZE=(libclang-rt-19-dev)

# ensure_packages NAME...: installs what is missing, as root or through sudo; otherwise says what to type.
ensure_packages() {
  local missing
  missing=$(comm -23 <(printf '%s\n' "$@" | sort -u) \
    <(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' 2>/dev/null | awk '$1 == "ii" { print $2 }' | sort -u))
  [[ -z $missing ]] && return 0
  local names=() run=()
  mapfile -t names <<<"$missing"
  if ((EUID != 0)); then
    if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
      run=(sudo)
    elif command -v sudo >/dev/null && [[ -t 0 ]]; then
      run=(sudo)
    else
      die "these Debian packages are missing and this user may not install them; as root, run
  apt-get update && apt-get install --no-install-recommends -y ${names[*]}"
    fi
  fi
  command -v apt-get >/dev/null || die "no apt-get here: Atlas builds on Debian 12. Missing packages: ${names[*]}"
  step "installing ${#names[@]} Debian packages"
  note "${names[*]}"
  local log=$BUILD/log/apt.log
  mkdir -p "${log%/*}"
  if ! { "${run[@]}" apt-get update -q &&
    "${run[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${names[@]}"; } >"$log" 2>&1 </dev/null; then
    tail -n 15 "$log" >&2
    die "apt-get could not install: ${names[*]} (whole output: $log)"
  fi
}

# ---- Node and npm packages -------------------------------------------------------------------------------------------
node_major() { "$1" --version 2>/dev/null | sed -n 's/^v\([0-9]*\)\..*/\1/p'; }

PINNED_NODE=$BUILD/node/node_modules/.bin
# Brings the Node and npm that tools/node pins to $PINNED_NODE. Debian's own (18 and 9) are enough to start that.
fetch_pinned_node() {
  command -v npm >/dev/null && command -v node >/dev/null || ensure_packages nodejs npm
  npm_ci "$ROOT/tools/node" "$BUILD/node"
}

# Puts a Node >= 20 first on PATH.
ensure_node() {
  local major
  if command -v node >/dev/null && command -v npm >/dev/null; then
    major=$(node_major node)
    ((${major:-0} >= 20)) && return 0
  fi
  fetch_pinned_node
  export PATH=$PINNED_NODE:$PATH
}

# What tests/e2e needs from npm. Hardhat 3 wants Node >= 22.13, for npm too: with an older Node npm leaves out an optional
# part that it needs, and npm 9 does not understand the overrides of both projects.
install_e2e() {
  npm_ci "$ROOT/tests/e2e"
  fetch_pinned_node
  PATH=$PINNED_NODE:$PATH npm_ci "$ROOT/tests/e2e/hardhat2"
  PATH=$PINNED_NODE:$PATH npm_ci "$ROOT/tests/e2e/hardhat3"
}

# npm_ci FOLDER [TARGET]: installs what FOLDER's lock file pins into TARGET/node_modules, once per lock file.
npm_ci() {
  local from=$1 to=${2:-$1} lock
  lock=$(sha256sum <"$from/package-lock.json")
  [[ -f $to/node_modules/.atlas-lock && $(<"$to/node_modules/.atlas-lock") == "$lock" ]] && return 0
  mkdir -p "$to" "$BUILD/log"
  [[ $from -ef $to ]] || cp "$from/package.json" "$from/package-lock.json" "$to/"
  step "npm ci in ${to#"$ROOT/"}"
  local log=$BUILD/log/npm-${from##*/}.log
  if ! (cd "$to" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=warn) >"$log" 2>&1 </dev/null; then
    tail -n 15 "$log" >&2
    die "npm ci failed in $to (whole output: $log)"
  fi
  printf '%s\n' "$lock" >"$to/node_modules/.atlas-lock"
}

# build_contracts: what `atlas load` deploys, in build/contracts; again only when its sources changed.
build_contracts() {
  local sources=("$ROOT/tools/dev/contracts.mjs" "$ROOT/tests/e2e/package-lock.json" "$ROOT/tests/e2e/contracts/Token.sol") hash
  hash=$(cat "${sources[@]}" | sha256sum)
  [[ -f $BUILD/contracts/.sources && $(<"$BUILD/contracts/.sources") == "$hash" ]] && return 0
  ensure_node
  npm_ci "$ROOT/tests/e2e"
  step "compiling contracts into build/contracts"
  mkdir -p "$BUILD/log"
  node "$ROOT/tools/dev/contracts.mjs" "$BUILD/contracts" >"$BUILD/log/contracts.log" 2>&1 </dev/null || {
    tail -n 15 "$BUILD/log/contracts.log" >&2
    die "the contracts could not be compiled (whole output: $BUILD/log/contracts.log)"
  }
  printf '%s\n' "$hash" >"$BUILD/contracts/.sources"
}

# words NUMBER...: as programs' hints have them, 32 bits each, little-endian.
words() { for v in "$@"; do printf "\\x$(printf %02x $((v & 255)))\\x$(printf %02x $((v >> 8 & 255)))\\x$(printf %02x $((v >> 16 & 255)))\\x$(printf %02x $((v >> 24 & 255)))"; done; }

# ---- CMake -----------------------------------------------------------------------------------------------------------
# build PRESET [TARGET...]: configures once (ninja repeats it when needed) and builds, quietly unless it fails.
build() {
  local preset=$1 log=$BUILD/log/build-$1.log targets=()
  shift
  (($#)) && targets=(--target "$@")
  mkdir -p "${log%/*}"
  if [[ ! -f $BUILD/$preset/build.ninja ]]; then
    step "configuring $preset"
    (cd "$ROOT" && cmake --preset "$preset") >"$log" 2>&1 </dev/null || {
      tail -n 25 "$log" >&2
      die "cmake could not configure preset $preset (whole output: $log)"
    }
  fi
  local started
  started=$(now_ms)
  if [[ -t 2 ]]; then # ninja's own one-line progress
    (cd "$ROOT" && cmake --build "$BUILD/$preset" -j"$JOBS" "${targets[@]}") >&2 </dev/null || die "the $preset build failed"
  else
    (cd "$ROOT" && cmake --build "$BUILD/$preset" -j"$JOBS" "${targets[@]}") >"$log" 2>&1 </dev/null || {
      grep -nE 'error:|FAILED:|undefined' "$log" | head -n 40 >&2 || true
      die "the $preset build failed (whole output: $log)"
    }
  fi
  note "$preset built in $(since "$started") s"
}
