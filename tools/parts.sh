#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Runs targets of the Makefile one after another, saying which one it is at and
# how long each took. It stops at the first that fails, and adds nothing after
# the last, whose own summary is the end.
#
#   tools/parts.sh TARGET...
set -u
number=0
total=$#
took=
for part in "$@"; do
    number=$((number + 1))
    printf '\n== %d/%d %s ==%s\n' "$number" "$total" "$part" "${took:+  ($took)}"
    started=$(date +%s)
    "${MAKE:-make}" --no-print-directory "$part" || {
        printf '\n%s failed.%s Alone: make %s\n' "$part" "${took:+ Before: $took.}" "$part"
        exit 1
    }
    took=${took:+$took, }"$part $(($(date +%s) - started)) s"
done
