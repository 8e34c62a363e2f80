#!/usr/bin/env bash
# The guest toolchain held to its promises: the same ELF from two clean builds in two places; examples that commit what
# other programs compute, within their budgets of cycles, with and without primitives; docs/guest.md, word by word.
# ATLAS_BIN names the command line to test (default: the release build). Closes with `N passed, M failed`.
source "$(dirname "${BASH_SOURCE[0]}")/program_checks.sh"

prepare_programs
work=$(mktemp -d "${TMPDIR:-/tmp}/atlas-guest-XXXXXX")
trap 'rm -rf "$work"' EXIT

# ---- two clean builds ------------------------------------------------------------------------------------------------
# The second stands in a copy of the sources at another path, shares no object with the first and asks no cache.
copy=$work/somewhere/else
mkdir -p "$copy/src" "$copy/build"
cp -r "$ROOT"/src/{base,crypto} "$copy/src/"
cp -r "$ROOT"/{guest,examples,tools,dev} "$copy/"
ln -s "$SYSROOT" "$copy/build/guest-sysroot"
examples=()
for folder in "$ROOT"/examples/*/; do examples+=("$(basename "$folder")"); done
for name in "${examples[@]}"; do
  "$ROOT/tools/guest" build "$ROOT/examples/$name" -o "$work/$name.elf" 2>"$work/log" || { bad "$name builds" "$(tail -n 5 "$work/log")"; continue; }
  CCACHE_DISABLE=1 "$copy/tools/guest" build "$copy/examples/$name" -o "$work/again/$name.elf" 2>"$work/log" ||
    { bad "$name builds elsewhere" "$(tail -n 5 "$work/log")"; continue; }
  if cmp -s "$work/$name.elf" "$work/again/$name.elf"; then
    ok "$name: two clean builds are equal, $(sha256sum "$work/$name.elf" | cut -c1-16)"
  else
    bad "$name: two clean builds differ"
  fi
done

# ---- what the examples commit and cost -------------------------------------------------------------------------------
unhex() { printf "$(sed 's/../\\x&/g' <<<"$1")"; }
# example NAME HINT-FILE EXPECTED-OUTPUT BUDGET [FLAG…]
example() {
  local name=$1 hint=$2 expected=$3 budget=$4 out cycles
  local elf=$work/$name.elf label="$name${5:+ $5}"
  if [[ -n ${5:-} ]]; then
    elf=$work/$name$5.elf
    "$ROOT/tools/guest" build "$ROOT/examples/$name" -o "$elf" "$5" 2>"$work/log" || { bad "$label builds" "$(tail -n 5 "$work/log")"; return; }
  fi
  out=$("$ATLAS_BIN" execute --elf "$elf" --hint "$hint" 2>&1) || { bad "$label runs" "$out"; return; }
  cycles=$(sed -n 's/^cycles //p' <<<"$out")
  if [[ $(sed -n 's/^public_output 0x//p' <<<"$out") != "$expected" ]]; then
    bad "$label commits $expected" "$out"
  elif ((cycles > budget)); then
    bad "$label stays within $budget cycles" "it took $cycles; if that is meant, raise the budget in ${BASH_SOURCE[0]#"$ROOT/"}"
  else
    ok "$label: right, $cycles of $budget cycles"
  fi
}
zeros() { printf "%0$1d" 0; }

words 90 >"$work/n"
example fibonacci "$work/n" "5a000000$(printf '%08x' $((2880067194370816120 & 0xffffffff)) | sed 's/\(..\)\(..\)\(..\)\(..\)/\4\3\2\1/')$(zeros 48)" 700
head -c 1000 /dev/zero | tr '\0' 'a' >"$work/text"
{ words 1000; cat "$work/text"; } >"$work/message"
sha=$(sha256sum "$work/text" | cut -c1-64)
example sha256 "$work/message" "$sha" 85000
{ words 5; printf hello; } >"$work/hello"
example keccak "$work/hello" 1c8aff950685c2ed4bc3174f3472287b56d9517b9c948127319a09a7a36deac8 700
example keccak "$work/hello" 1c8aff950685c2ed4bc3174f3472287b56d9517b9c948127319a09a7a36deac8 17000 --portable

# ecrecover LABEL DIGEST PARITY R S [EXPECTED]: without an expectation, the build without primitives is the judge. The
# known signature is foundry's, by the key 1; the others walk through what the primitives refuse.
recover_guest() { "$ATLAS_BIN" execute --elf "$1" --hint "$work/signature" 2>&1 | sed -n 's/^public_output 0x//p'; }
ecrecover() {
  { unhex "$2"; words "$3"; unhex "$4"; unhex "$5"; } >"$work/signature"
  local expected=${6:-} got
  [[ -n $expected ]] || expected=$(recover_guest "$work/ecrecover--portable.elf")
  got=$(recover_guest "$work/ecrecover.elf")
  if [[ -n $got && $got == "$expected" ]]; then ok "ecrecover: $1"; else bad "ecrecover: $1" "expected $expected, got $got"; fi
}
one=$(zeros 63)1
gx=79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798
gx_double=c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5
n=fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141
digest=456e9aea5e197a1f1af7a3e85a3212fa4049a3ba34c2289b4c860fc0b0c64ef3
r=37ac0657cf003eeb682b39c1b6b4a7b9fbd6bb5e4fc05d3ff0f2db3958d8c3e2
s=1257f365e84a3a5218eecce74f2c933ee1bd4d68e99f8b959a4c622c01d4e7a4
signer=$(zeros 24)7e5f4552091a69125d5dfcb7b8c2659029395bdf
{ unhex $digest; words 1; unhex $r; unhex $s; } >"$work/signature"
# The first signature also makes the table of the generator, 18,000 cycles; each one after it costs a third of that.
example ecrecover "$work/signature" "$signer" 27600
example ecrecover "$work/signature" "$signer" 1700000 --portable
ecrecover "a known signature" $digest 1 $r $s "$signer"
ecrecover "another key by the other parity" $digest 0 $r $s
ecrecover "r = 0 is invalid" $digest 0 "$(zeros 64)" $s "$(zeros 64)"
ecrecover "s = 0 is invalid" $digest 0 $r "$(zeros 64)" "$(zeros 64)"
ecrecover "r = n is invalid" $digest 0 $n $s "$(zeros 64)"
ecrecover "s = n is invalid" $digest 0 $r $n "$(zeros 64)"
ecrecover "parity 2 is invalid" $digest 2 $r $s "$(zeros 64)"
ecrecover "r without a point is invalid" $digest 0 "$(zeros 63)5" $s "$(zeros 64)"
ecrecover "R = G and s = z: the key is infinity" "$one" 0 $gx "$one" "$(zeros 64)"
ecrecover "R = -G" "$one" 1 $gx "$one"
ecrecover "R = G, equal points in the table" $digest 0 $gx $s
ecrecover "R = -G, opposite points in the table" $digest 1 $gx $s
ecrecover "R = 2G" $digest 0 $gx_double $s
ecrecover "R = -2G" $digest 1 $gx_double $s
ecrecover "digest 0" "$(zeros 64)" 0 $r $s
ecrecover "digest n" $n 0 $r $s
ecrecover "digest above n" "$(printf 'f%.0s' {1..64})" 1 $r "$one"

# ---- faults that the layout promises ---------------------------------------------------------------------------------
# fault NAME KIND MESSAGE SOURCE [FLAG…]: the program ends with exit code 1, this kind, and a message that says so.
fault() {
  local name=$1 kind=$2 message=$3 out status=0
  mkdir -p "$work/$name"
  printf '#include <atlas/guest.hpp>\nusing namespace atlas;\n%s\n' "$4" >"$work/$name/main.cpp"
  "$ROOT/tools/guest" build "$work/$name" -o "$work/$name.elf" "${@:5}" 2>"$work/log" || { bad "$name builds" "$(tail -n 5 "$work/log")"; return; }
  out=$("$ATLAS_BIN" execute --elf "$work/$name.elf" --json 2>&1) || status=$?
  if ((status == 1)) && [[ $out == *"\"fault\":\"$kind\""* && $out == *"$message"* ]]; then
    ok "$name: $kind"
  else
    bad "$name ends in $kind" "exit code $status: $out"
  fi
}
fault stack_overflow store_to_text "a stack overflow" \
  'int deep(volatile int* p) { volatile int a[64]; a[0] = *p + 1; return a[0] == 0 ? 0 : deep(a) + a[0]; } int main() { volatile int n = 0; return deep(&n); }' --stack 65536
fault heap_exhausted halted "heap exhausted" 'int main() { for (;;) { volatile u8* p = new u8[1 << 16]; *p = 1; } }' --heap 1000000
fault null_pointer load_outside "a null pointer" 'int main() { volatile int* volatile p = nullptr; return *p; }'
fault broken_invariant halted "numbers add up" 'int main() { volatile int one = 1; ENSURE(one + one == 3, "numbers add up"); return 0; }'
fault no_commit halt_without_commit "before the public output" 'int main() { return 0; }'
fault failed_main halted "code 7" 'int main() { return 7; }'

# ---- docs/guest.md, word by word -------------------------------------------------------------------------------------
# Each ```sh block is run by a shell that stops at the first failure; a ```text block after it is what must come out, where a
# line "…" stands for any number of lines and … inside a line for any text.
guide() {
  local doc=$ROOT/docs/guest.md dir=$work/guide block=0 kind='' line text='' out='' status=0
  mkdir -p "$dir/bin"
  ln -s "$(realpath "$ATLAS_BIN")" "$dir/bin/atlas"
  while IFS= read -r line; do
    case $line in
      '```sh' | '```text') kind=${line#'```'} text='' ;;
      '```')
        if [[ $kind == sh ]]; then
          block=$((block + 1)) status=0
          out=$(cd "$dir" && PATH=$dir/bin:$PATH ATLAS_SDK=$ROOT bash -euo pipefail -c "$text" 2>&1) || status=$?
          if ((status)); then bad "docs/guest.md, block $block ends with $status" "$text$out"; else ok "docs/guest.md, block $block runs"; fi
        elif [[ $kind == text ]]; then
          if awk -v pattern="$text" 'BEGIN { n = split(pattern, want, "\n") - 1; at = 1; skip = 1 }
            function same(have, want,   parts, k, p) {
              k = split(want, parts, "…")
              if (k == 1) return have == want
              if (index(have, parts[1]) != 1) return 0
              have = substr(have, length(parts[1]) + 1)
              for (p = 2; p <= k; ++p) {
                if (parts[p] == "") continue
                if (!(i = index(have, parts[p]))) return 0
                have = substr(have, i + length(parts[p]))
              }
              return parts[k] == "" || have == ""
            }
            { while (at <= n && want[at] == "…") { skip = 1; ++at }
              if (at <= n && same($0, want[at])) { ++at; skip = 0 }
              else if (!skip && at <= n) { print "line \"" $0 "\" is not \"" want[at] "\""; bad = 1; exit 1 } }
            END { while (at <= n && want[at] == "…") ++at
                  if (!bad && at <= n) { print "missing: " want[at]; exit 1 } }' <<<"$out" >"$work/log"; then
            ok "docs/guest.md, what block $block prints"
          else
            bad "docs/guest.md, what block $block prints" "$(cat "$work/log"; echo "$out")"
          fi
        fi
        kind=''
        ;;
      *) [[ -n $kind ]] && text+=$line$'\n' ;;
    esac
  done <"$doc"
  ((block >= 4)) || bad "docs/guest.md has commands"
}
guide

printf '%d passed, %d failed\n' "$passed" "$failed"
((failed == 0))
