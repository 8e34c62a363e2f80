#!/usr/bin/env bash
# ./dev prove [--sample | --batch | --segments]: the example programs proved and verified at the shipped 128-bit set through
# the command line; a batch of everything that a chain can hold (some 10 minutes on two free cores, 9 GiB); and what is said to
# bad input: broken, misaligned and self-modifying programs, missing hints, wrong keys, full disks, kills. --sample proves
# one program and runs the batch without proving it; --batch proves the batch alone, --segments nothing but long programs
# that are cut off and shared (prove_segments.sh). ATLAS_BIN names the command line to test (default: the release build),
# ATLAS_BATCH_ELF the batch program if it need not be built. Closes with `N passed, M failed`.
source "$(dirname "${BASH_SOURCE[0]}")/program_checks.sh"
source "$ROOT/tools/dev/prove_batch.sh"
cd "$ROOT"

sample=0 batch_alone=0
case ${1:-} in
  --sample) sample=1 ;;
  --batch) batch_alone=1 ;;
  --segments) exec "$ROOT/tools/dev/prove_segments.sh" ;;
  '') ;;
  *) die "prove takes --sample, --batch or --segments, not '$1'" ;;
esac
prepare_programs
work=$(mktemp -d "${TMPDIR:-/tmp}/atlas-prove-XXXXXX")
trap 'umount "$work/small" 2>/dev/null || true; rm -rf "$work"' EXIT
finish() {
  printf '%d passed, %d failed\n' "$passed" "$failed"
  exit $((failed != 0))
}
if ((batch_alone)); then
  batch_of_everything "$work" prove
  finish
fi
guest() { "$ROOT/tools/guest" build "$1" -o "$2" >/dev/null 2>"$work/log" || die "$1 does not build: $(tail -n 3 "$work/log")"; }

# ---- good programs: the proof says what execution says ---------------------------------------------------------------
# proves NAME HINT-FILE
proves() {
  local name=$1 hint=$2 started ran proved verified
  started=$(now_ms)
  guest "$ROOT/examples/$name" "$work/$name.elf"
  ran=$("$ATLAS_BIN" execute --elf "$work/$name.elf" --hint "$hint" 2>"$work/log" | grep -E '^(public_output|cycles) ')
  if ! proved=$("$ATLAS_BIN" prove --elf "$work/$name.elf" --hint "$hint" --out "$work/$name.proof" 2>&1); then
    bad "$name is proved" "$proved"
  elif ! verified=$("$ATLAS_BIN" verify --elf "$work/$name.elf" "$work/$name.proof" 2>&1); then
    bad "$name's proof is valid" "$verified"
  elif [[ $(grep -E '^(public_output|cycles) ' <<<"$verified") != "$ran" || $verified != *"128 proven bits"* ]]; then
    bad "$name's proof says what execution says" "$ran"$'\n'"$verified"
  else
    ok "$name: ${ran##*cycles } cycles proved at 128 bits, $(($(stat -c %s "$work/$name.proof") / 1024)) KiB, $(since "$started") s"
  fi
}
words 20000 >"$work/n"
{ words 1000; head -c 1000 /dev/zero | tr '\0' 'a'; } >"$work/text"
proves fibonacci "$work/n"
if ((!sample)); then
  proves sha256 "$work/text"
  words 500 >"$work/few"
  words 1 >"$work/one"
  proves sort "$work/few"
  proves bigint "$work/few"
  proves memory "$work/one"
fi

# ---- bad input: exit code and sentence -------------------------------------------------------------------------------
# refuses NAME CODE WORDS COMMAND...: exit code CODE, a message with WORDS (a pattern), and no file at $work/out
refuses() {
  local name=$1 code=$2 said=$3 status=0 text
  shift 3
  rm -rf "$work/out" "$work/out.work"
  text=$("$@" 2>&1) || status=$?
  if ((status != code)); then
    bad "$name: exit code $code" "exit code $status: $text"
  elif ! grep -qiE "$said" <<<"$text"; then
    bad "$name: says '$said'" "$text"
  elif [[ -e $work/out ]]; then
    bad "$name: leaves no proof" "$(ls -l "$work/out")"
  else
    ok "$name: $code, $(grep -iE "$said" <<<"$text" | head -n 1 | sed "s#$work/##g" | cut -c1-140)"
  fi
}
prove() { "$ATLAS_BIN" prove --out "$work/out" "$@"; }
elf=$work/fibonacci.elf
patched() { # OFFSET BYTES: a copy of the program with bytes written over
  cp "$elf" "$work/bad.elf"
  printf "$2" | dd of="$work/bad.elf" bs=1 seek="$1" conv=notrunc status=none
}
head -c 100 "$elf" >"$work/bad.elf"
refuses 'an ELF cut short' 2 'bad.elf: ' prove --elf "$work/bad.elf"
printf 'not a program' >"$work/bad.elf"
refuses 'no ELF at all' 2 'bad.elf: ' prove --elf "$work/bad.elf"
patched 18 '\x3e'
refuses "another processor's ELF" 2 'bad.elf: ' prove --elf "$work/bad.elf"
entry=$(od -An -tu1 -j24 -N1 "$elf")
patched 24 "\\x$(printf %02x $((entry | 2)))"
refuses 'a misaligned entry' 2 'bad.elf: .*(entry|align)' prove --elf "$work/bad.elf"
refuses 'no such program' 2 'nothing.elf' prove --elf "$work/nothing.elf"
mkdir "$work/writes"
cat >"$work/writes/main.cpp" <<'CPP'
#include <atlas/guest.hpp>
int main() {
  auto* text = reinterpret_cast<volatile atlas::u32*>(&main);
  *text = 0x13;
  atlas::guest::commit(atlas::Hash256{});
  return 0;
}
CPP
guest "$work/writes" "$work/writes.elf"
refuses 'a program that writes to itself' 1 '(store|write).*(text|program)' prove --elf "$work/writes.elf"
guest "$ROOT/examples/sha256" "$work/sha256.elf"
{ words 1000; printf short; } >"$work/short"
refuses 'a hint that ends early' 1 'hint' prove --elf "$work/sha256.elf" --hint "$work/short"
refuses 'no such hint file' 2 'nothing.bin' prove --elf "$elf" --hint "$work/nothing.bin"
refuses 'a folder that cannot be' 2 '/proc/nothing' "$ATLAS_BIN" prove --elf "$elf" --hint "$work/n" --out /proc/nothing/out

"$ATLAS_BIN" vk --elf "$elf" --out "$work/good.vk" >/dev/null
"$ATLAS_BIN" vk --elf "$work/sha256.elf" --out "$work/other.vk" >/dev/null
"$ATLAS_BIN" vk --elf "$elf" --set 100 --out "$work/weak.vk" >/dev/null
proof=$work/fibonacci.proof
refuses "another program's key" 1 'another program or parameter set' "$ATLAS_BIN" verify --vk "$work/other.vk" "$proof"
refuses "another set's key" 1 'another program or parameter set' "$ATLAS_BIN" verify --vk "$work/weak.vk" "$proof"
refuses 'a proof for a key' 2 'no verifying key' "$ATLAS_BIN" verify --vk "$proof" "$proof"
refuses 'a key for a proof' 1 'not valid' "$ATLAS_BIN" verify --vk "$work/good.vk" "$work/good.vk"
size=$(stat -c %s "$proof")
for at in 0 100 $((size / 2)) $((size - 1)); do
  cp "$proof" "$work/bad.proof"
  byte=$(od -An -tu1 -j"$at" -N1 "$proof")
  printf "\\x$(printf %02x $((byte ^ 1)))" | dd of="$work/bad.proof" bs=1 seek="$at" conv=notrunc status=none
  refuses "byte $at of a proof changed" 1 'not valid' "$ATLAS_BIN" verify --vk "$work/good.vk" "$work/bad.proof"
done
head -c $((size - 4)) "$proof" >"$work/bad.proof"
refuses 'a proof cut short' 1 'not valid' "$ATLAS_BIN" verify --vk "$work/good.vk" "$work/bad.proof"
: >"$work/bad.proof"
refuses 'an empty proof' 1 'not valid' "$ATLAS_BIN" verify --vk "$work/good.vk" "$work/bad.proof"

# A full disk: a small file system where that may be mounted, else a limit on files.
mkdir "$work/small"
small() { "$ATLAS_BIN" prove --elf "$elf" --hint "$work/n" --out "$work/small/p"; }
if mount -t tmpfs -o size=64k none "$work/small" 2>/dev/null; then
  refuses 'a full disk' 2 'p.* cannot be written|space' small
else
  limited() (
    trap '' XFSZ
    ulimit -f 32
    small
  )
  refuses 'a full disk' 2 'cannot be written|large' limited
fi
[[ -e $work/small/p ]] && bad 'a full disk leaves no proof' || ok 'a full disk leaves no proof'

# A kill at any time: no file, and the next attempt goes on to a valid one.
words 300000 >"$work/many"
for delay in 0.3 1 2; do
  rm -rf "$work/out" "$work/out.work"
  "$ATLAS_BIN" prove --out "$work/out" --elf "$elf" --hint "$work/many" >/dev/null 2>&1 &
  pid=$!
  sleep "$delay"
  kill -KILL "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
  if [[ -e $work/out ]] && ! "$ATLAS_BIN" verify --vk "$work/good.vk" "$work/out" >/dev/null 2>&1; then
    bad "killed after $delay s: no partial proof" "$(ls -l "$work/out")"
  else
    ok "killed after $delay s: no partial proof"
  fi
done
if prove --elf "$elf" --hint "$work/many" >"$work/log" 2>&1 && "$ATLAS_BIN" verify --vk "$work/good.vk" "$work/out" >/dev/null; then
  ok 'after kills the proof is made'
else
  bad 'after kills the proof is made' "$(tail -n 3 "$work/log")"
fi

# ---- a batch of everything -------------------------------------------------------------------------------------------
batch_of_everything "$work" "$( ((sample)) && echo execute || echo prove)"
finish
