#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Makes what the commands of the Makefile stand on. Each part is looked at first
# and costs nothing when it is there already.
#
#   tools/bootstrap.sh [tools] [venv] [lab] [bench]
#
#   tools   Debian packages of requirements/debian.txt
#   venv    build/venv from the pinned requirements, with the newest Python found
#   lab     Debian packages of requirements/debian-lab.txt
#   bench   the collections that benchmarks compare with, in build/bench/site
#
# VIGIE_PYTHON=/path/to/python uses that interpreter instead of looking for one.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
build=$root/build
log=$build/bootstrap.log
pythons="3.14 3.13 3.12 3.11"

say() { printf '%s\n' "bootstrap: $*" >&2; }

# fail WHAT REMEDY: one message, with the end of the log when there is one.
fail() {
    [ ! -s "$log" ] || tail -n 8 "$log" | sed 's/^/    /' >&2
    printf '%s\n%s\n' "bootstrap: $1" "bootstrap: $2" >&2
    exit 1
}

# --- Debian packages ---------------------------------------------------------

# missing PACKAGE...: those that are not installed, one a line
missing() {
    for package in "$@"; do
        state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || state=
        [ "$state" = installed ] || printf '%s\n' "$package"
    done
}

# packages WHY PACKAGE...: install those that are missing
packages() {
    why=$1 && shift
    if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
        [ -z "${VIGIE_SKIP_PACKAGES:-}" ] || return 0
        fail "no apt-get here, and $why needs what Debian calls: $*" \
            "install them in this system's own way, then set VIGIE_SKIP_PACKAGES=1."
    fi
    wanted=$(missing "$@" | tr '\n' ' ')
    [ -n "$wanted" ] || return 0
    [ "$(id -u)" = 0 ] || fail "$why needs Debian packages that are not here: $wanted" \
        "run this as root once, or: sudo apt-get install $wanted"
    say "installing Debian packages: $wanted"
    # The lists may be older than the mirror, so they are fetched anew each time;
    # one source that does not answer matters only if a package is not found then.
    apt_get update || true
    # shellcheck disable=SC2086  # a list of words
    apt_get install --no-install-recommends $wanted ||
        fail "apt-get could not install: $wanted" \
            "see above and $log; is the Debian mirror of this machine reachable?"
}

apt_get() {
    DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o DPkg::Lock::Timeout=300 "$@" \
        >>"$log" 2>&1 </dev/null
}

# names FILE: the lines of a requirements file without comments
names() { sed 's/#.*//' "$1"; }

# --- Python ------------------------------------------------------------------

# candidates VERSION: every place where such an interpreter may be, one a line.
# Those of pyenv by their real path first: its shims answer for versions that
# are not active.
candidates() {
    printf '%s\n' "${PYENV_ROOT:-$HOME/.pyenv}/versions/$1".*/bin/python | sort -rV
    printf '%s\n' "$HOME/.local/share/uv/python/cpython-$1".*/bin/python3 | sort -rV
    printf '%s\n' "$PATH" | tr ':' '\n' | sed "s|\$|/python$1|"
    printf '%s\n' "$PATH" | tr ':' '\n' | sed 's|$|/python3|'
}

# proved VERSION PYTHON: the interpreter's own path, if it runs, is a finished
# release of that version and has all that a virtual environment takes.
proved() {
    [ -x "$2" ] || return 1
    timeout 20 "$2" -c "
import ctypes, ensurepip, ssl, sys, venv, zlib
found = '%d.%d' % sys.version_info[:2]
if found != '$1' or sys.version_info.releaselevel != 'final':
    sys.exit(1)
print(getattr(sys, '_base_executable', None) or sys.executable)
" 2>/dev/null </dev/null
}

# newest_python: the path of the newest interpreter that proves itself
newest_python() {
    for version in $pythons; do
        if [ -n "${VIGIE_PYTHON:-}" ]; then
            proved "$version" "$VIGIE_PYTHON" && return 0
            continue
        fi
        candidates "$version" | while IFS= read -r candidate; do
            proved "$version" "$candidate" && break
        done | grep . && return 0
    done
    return 1
}

find_python() {
    python=$(newest_python) && return 0
    [ -z "${VIGIE_PYTHON:-}" ] ||
        fail "VIGIE_PYTHON=$VIGIE_PYTHON does not run as a Python of: $pythons" \
            "name another, or unset it to have one looked for."
    packages "a virtual environment" python3 python3-venv
    python=$(newest_python) ||
        fail "no Python of $pythons that can make a virtual environment was found" \
            "install one (looked in PATH and pyenv), or name it: VIGIE_PYTHON=/path/to/python"
}

# pip_install WHAT ARGUMENT...: install with the environment's own pip
pip_install() {
    what=$1 && shift
    "$build/venv/bin/python" -m pip --disable-pip-version-check --no-input install \
        --quiet "$@" >>"$log" 2>&1 </dev/null ||
        fail "pip could not install $what" \
            "see above and $log; is the Python package index reachable from here?"
}

# stamped NAME FILE...: true when NAME was made from these very files
stamped() {
    stamp=$build/$1 && shift
    made_from=$(cd "$root" && sha256sum "$@")
    [ "$(cat "$stamp" 2>/dev/null)" = "$made_from" ]
}

# --- Parts -------------------------------------------------------------------

make_tools() {
    # shellcheck disable=SC2046  # a list of words
    packages "the checks" $(names "$root/requirements/debian.txt")
}

make_lab() {
    # shellcheck disable=SC2046  # a list of words
    packages "the lab" $(names "$root/requirements/debian-lab.txt")
}

make_venv() {
    cd "$root/requirements"
    if stamped venv/.made-from requirements/constraints.txt requirements/runtime.txt \
        requirements/test.txt requirements/docs.txt &&
        "$build/venv/bin/python" -c '' 2>/dev/null; then
        return 0
    fi
    find_python
    say "making build/venv with $python"
    "$python" -m venv --clear "$build/venv" >>"$log" 2>&1 ||
        fail "$python could not make a virtual environment" "see $log."
    pip_install "the pinned requirements" -c constraints.txt -r runtime.txt \
        -r test.txt -r docs.txt
    printf '%s\n' "$made_from" >"$stamp"
}

make_bench() {
    make_venv
    ! stamped bench/.made-from requirements/bench.txt || return 0
    say "installing the collections that benchmarks compare with (a minute or two)"
    rm -rf "$build/bench/site" && mkdir -p "$build/bench"
    pip_install "the rivals" --no-deps --no-compile --target "$build/bench/site" \
        -r "$root/requirements/bench.txt"
    printf '%s\n' "$made_from" >"$stamp"
}

mkdir -p "$build"
# Two commands at once in one checkout: the second waits and finds all done.
exec 9>"$build/.bootstrap.lock"
flock 9
: >"$log"
for part in "$@"; do
    case $part in
    tools | venv | lab | bench) "make_$part" ;;
    *) fail "unknown part: $part" "known: tools, venv, lab, bench." ;;
    esac
done
