#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Runs one check and says in one line how it went and how long it took; what it
# printed is shown only when it failed.
#
#   tools/step.sh NAME COMMAND [ARGUMENT...]
set -u
name=$1 && shift
output=$(mktemp)
trap 'rm -f "$output"' EXIT
started=$(date +%s)
"$@" >"$output" 2>&1 </dev/null
status=$?
seconds=$(($(date +%s) - started))
if [ "$status" -eq 0 ]; then
    printf '  %-28s ok %7d s\n' "$name" "$seconds"
else
    cat "$output"
    printf '  %-28s FAILED %3d s\n' "$name" "$seconds"
fi
exit "$status"
