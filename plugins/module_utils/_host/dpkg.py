# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""What dpkg knows: installed versions, holds, and work left half done.

States and flags: dpkg-query(1), field ``db:Status-Abbrev``: wanted, state, error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.vigie.run.plugins.module_utils._errors import RunError

# How commands are run: argv in, (exit code, stdout, stderr) out.
Run = Callable[[Sequence[str]], "tuple[int, str, str]"]

UPDATES = "/var/lib/dpkg/updates"

_FORMAT = "${Package}\t${Architecture}\t${Version}\t${db:Status-Abbrev}\n"

# Second letter of the status: half-installed, unpacked, half-configured (F),
# waiting for triggers (W, t).
_UNFINISHED = {
    "H": "half installed",
    "U": "unpacked, not configured",
    "F": "half configured",
    "W": "waits for triggers",
    "t": "has triggers to run",
}


@dataclass(frozen=True)
class Package:
    """One package as dpkg has it; a foreign architecture is part of the name."""

    name: str
    version: str
    status: str

    @property
    def held(self) -> bool:
        return self.status[:1] == "h"

    @property
    def present(self) -> bool:
        return self.status[1:2] not in ("n", "c", "")

    @property
    def fault(self) -> str:
        """What is wrong with it, or an empty string."""
        if self.status[2:3] == "R":
            return "must be installed again"
        return _UNFINISHED.get(self.status[1:2], "")


@dataclass(frozen=True)
class Change:
    """One package's version before and after; empty means not installed."""

    name: str
    before: str
    after: str


def parse_status(text: str) -> dict[str, Package]:
    """Return the packages that are at least partly there, by name."""
    rows = [line.split("\t") for line in text.splitlines() if line.count("\t") == 3]
    native = next((row[1] for row in rows if row[0] == "dpkg"), "")
    found = {}
    for name, arch, version, status in rows:
        full = name if arch in (native, "all", "") else f"{name}:{arch}"
        package = Package(full, version, status)
        if package.present:
            found[full] = package
    return found


def read_status(run: Run) -> dict[str, Package]:
    """Ask dpkg for every package. Raises RunError when dpkg cannot answer."""
    rc, out, err = run(["dpkg-query", "-W", "-f", _FORMAT])
    if rc != 0:
        raise RunError(f"dpkg-query cannot read the package database: {err.strip()}")
    return parse_status(out)


def unfinished(packages: Iterable[Package]) -> dict[str, str]:
    """Return the packages that dpkg left half done, each with what is wrong."""
    return {p.name: p.fault for p in packages if p.fault}


def journal_left(folder: str = UPDATES) -> bool:
    """Tell whether dpkg was killed: its journal still holds numbered files."""
    try:
        return any(one.name.isdigit() for one in Path(folder).iterdir())
    except FileNotFoundError:
        return False


def changes(before: dict[str, Package], after: dict[str, Package]) -> list[Change]:
    """Return what differs between two readings, sorted by name."""
    found = []
    for name in sorted(set(before) | set(after)):
        old = before[name].version if name in before else ""
        new = after[name].version if name in after else ""
        if old != new:
            found.append(Change(name, old, new))
    return found
