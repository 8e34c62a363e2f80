#!/usr/bin/env bash
# ./dev crash [rounds] [--seed N] [--accounts N] [--json] [--keep] [--no-faults] [--tree]: kills a node under load again and
# again, spoils its files, fills its disk, and looks whether it kept its word. --tree aims the kills at batches.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

ensure_packages "${PACKAGES_BUILD[@]}"
build release atlas crash
# On the disk of the checkout, not in a temporary file system: fsync must mean something.
exec "$BUILD/release/bin/crash" --atlas "$ATLAS" --dir "$BUILD/crash/run-$$" "$@"
