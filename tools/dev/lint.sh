#!/usr/bin/env bash
# ./dev lint: what a machine can see in the sources. Each check prints its findings; the last line counts the checks.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$ROOT"
ensure_packages "${PACKAGES_LINT[@]}"

passed=0 failed=0
# check NAME COMMAND...: good if the command exits 0; its output is shown only when it does not.
check() {
  local name=$1 output
  shift
  if output=$("$@" 2>&1); then
    printf '%s  ok%s  %s\n' "$GREEN" "$RESET" "$name"
    passed=$((passed + 1))
  else
    printf '%sfail%s  %s\n' "$RED" "$RESET" "$name"
    sed 's/^/      /' <<<"$output"
    failed=$((failed + 1))
  fi
}

# Files git knows or would add, that exist.
files() { git ls-files --cached --others --exclude-standard -- "$@" | while read -r f; do [[ -f $f ]] && echo "$f"; done; }
# Succeeds when nothing comes in; otherwise repeats it and fails.
none() { ! grep . ; }

formatted() {
  local report status=0
  report=$(files '*.cpp' '*.hpp' | xargs -r -n 16 clang-format-19 --dry-run -Werror 2>&1) || status=$?
  sed -n 's/^\([^:]*\):\([0-9]*\):.*code should be clang-formatted.*/\1 \2/p' <<<"$report" |
    awk '!seen[$1]++ { print $1 ":" $2 ": first line that differs; run clang-format-19 -i " $1 }'
  return $status
}
# Lock files are npm's own output.
short_files() {
  files '*.cpp' '*.hpp' '*.sh' '*.mjs' '*.sol' dev tools .ci ':!:*package-lock.json' | xargs -r wc -l | awk '$2 != "total" && $1 > 1000 { print $2 ": " $1 " lines; at 1,000 a file is two things" }' | none
}
no_assert() {
  { grep -rnE --include='*.cpp' --include='*.hpp' '(^|[^_a-zA-Z"])assert\(' src apps guest || true; } |
    sed 's/$/   <- vanishes in release builds: use ENSURE or Result/' | none
}
no_int128() {
  { grep -rn --include='*.cpp' --include='*.hpp' '__int128' src/{base,crypto,types,state,evm,stf} || true; } |
    { grep -vE '/platform/|_(test|bench)\.cpp:|:[0-9]+: *//' || true; } |
    sed 's/$/   <- use Limb and WideLimb: rv32 has no __int128/' | none
}
finished() {
  { grep -rnE --include='*.cpp' --include='*.hpp' --include='*.sol' '\b(TODO|FIXME|XXX|HACK)\b' src apps guest tests tools || true; } | none
}
# Relative links of every Markdown file must point at something that exists.
doc_links() {
  files '*.md' | while read -r doc; do
    { grep -oE '\]\([^)#[:space:]]+' "$doc" || true; } | sed 's/^](//' | while read -r link; do
      case $link in http://* | https://* | mailto:*) continue ;; esac
      [[ -e $(dirname "$doc")/$link ]] || echo "$doc: link to $link, which does not exist"
    done
  done | none
}
scripts_parse() { for f in $(files '*.sh' dev .ci tools | xargs grep -lE '^#!.*bash'); do bash -n "$f" || return 1; done; }

check "layering can fail" tools/layering --self-test
check "layering: includes go down, never across the towers" tools/layering
check "clang-format" formatted
check "no file above 1,000 lines" short_files
check "no assert()" no_assert
check "no __int128 in rooms shared with the guest" no_int128
check "nothing marked as unfinished" finished
check "links in docs exist" doc_links
check "shell scripts parse" scripts_parse
printf '%d passed, %d failed\n' "$passed" "$failed"
((failed == 0))
