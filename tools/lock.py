# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rewrite requirements/constraints.txt: every package that a virtual environment gets.

Usage: tools/lock.py PYTHON...   (one interpreter of each supported version)

Resolves the files that name what we want, once per interpreter and from nothing,
and pins what came of it. Where the versions differ, the pin carries the marker
of the Python it is for. Run it after changing a pin in requirements/.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

REQUIREMENTS = Path(__file__).resolve().parents[1] / "requirements"
WANTED = ("runtime.txt", "test.txt", "docs.txt")
HEADER = """\
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by tools/lock.py; the other files here say what is wanted and why.
"""


def resolve(python: str) -> tuple[str, dict[str, str]]:
    """Install what is wanted with ``python`` and return its version and the pins."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([python, "-m", "venv", folder], check=True)
        inner = f"{folder}/bin/python"
        wanted = [f"--requirement={REQUIREMENTS / name}" for name in WANTED]
        install = [inner, "-m", "pip", "install", "--quiet", *wanted]
        subprocess.run(install, check=True)
        code = "import sys; print('%d.%d' % sys.version_info[:2])"
        version = _output([inner, "-c", code]).strip()
        frozen = _output([inner, "-m", "pip", "freeze"])
    return version, dict(line.split("==", 1) for line in frozen.split())


def _output(argv: list[str]) -> str:
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout


def merge(pins: dict[str, dict[str, str]]) -> list[str]:
    """Return requirement lines for ``pins``, a mapping Python -> name -> version.

    A package with one version everywhere is one plain line. Where the oldest
    Pythons are held back the line says which Pythons it is for.
    """
    by_package: dict[str, dict[str, list[str]]] = defaultdict(dict)
    for python in sorted(pins, key=_order):
        for name, version in pins[python].items():
            by_package[name].setdefault(version, []).append(python)
    lines = []
    for name in sorted(by_package, key=str.lower):
        versions = by_package[name]
        if len(versions) == 1:
            lines.append(f"{name}=={next(iter(versions))}")
            continue
        for version, pythons in versions.items():
            lines.append(
                f"{name}=={version}; {_marker(pythons, sorted(pins, key=_order))}"
            )
    return lines


def _marker(pythons: list[str], known: list[str]) -> str:
    """Say which Pythons a pin is for; what is not known counts with its neighbour."""
    low, high = pythons[0], pythons[-1]
    if low == known[0]:
        return f'python_version <= "{high}"'
    if high == known[-1]:
        return f'python_version >= "{low}"'
    if low == high:
        return f'python_version == "{low}"'
    return f'python_version >= "{low}" and python_version <= "{high}"'


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def main(pythons: list[str]) -> int:
    if not pythons:
        print(__doc__)
        return 2
    pins = dict(resolve(python) for python in pythons)
    (REQUIREMENTS / "constraints.txt").write_text(
        HEADER + "\n".join(merge(pins)) + "\n"
    )
    print(f"requirements/constraints.txt: pinned for {', '.join(sorted(pins))}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
