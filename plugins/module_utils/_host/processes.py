# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Processes that still run code which has been replaced on disk.

A process keeps the files it mapped; when a package replaces a library, the
kernel marks the old one ``(deleted)`` in /proc/PID/maps (proc(5)).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# Code lives here. What is deleted elsewhere (/tmp, /dev/shm, memfd) is no upgrade.
_CODE = ("/usr/", "/lib", "/bin/", "/sbin/", "/opt/")
_GONE = " (deleted)"
# The scope of PID 1.
INIT = "init.scope"
_UNIT = re.compile(r"[^/]+\.(?:service|scope)$")


@dataclass(frozen=True)
class Process:
    """A process with replaced code; ``unit`` is its systemd service or scope."""

    pid: int
    unit: str
    started: int
    files: tuple[str, ...]


def stale_processes(proc: str = "/proc") -> list[Process]:
    """Return the processes of this system that map replaced code.

    Processes of containers, which have a process namespace of their own and
    their own packages, are left out; so is what ends while we look.
    """
    own = _namespace(proc, "self")
    found = []
    for pid in pids(proc):
        try:
            files = replaced_files(proc, pid)
            if files and _namespace(proc, str(pid)) == own:
                unit = INIT if pid == 1 else unit_of(proc, pid)
                found.append(Process(pid, unit, started(pid, proc), files))
        except OSError:
            continue
    return found


def pids(proc: str = "/proc") -> Iterator[int]:
    """Yield the process ids, ascending."""
    yield from sorted(
        int(one.name) for one in Path(proc).iterdir() if one.name.isdigit()
    )


def replaced_files(proc: str, pid: int) -> tuple[str, ...]:
    """Return the replaced code files that *pid* maps, sorted."""
    with open(f"{proc}/{pid}/maps", encoding="utf-8", errors="replace") as file:
        found = {
            path for path in map(_gone_code, file) if path and path.startswith(_CODE)
        }
    return tuple(sorted(found))


def _gone_code(line: str) -> str:
    """Return the path of one line of maps when it is executable and deleted."""
    if not line.rstrip("\n").endswith(_GONE):
        return ""
    fields = line.rstrip("\n").split(None, 5)
    # Data (locale archives, caches) is mapped without the x and does no harm.
    if len(fields) < 6 or "x" not in fields[1]:
        return ""
    return fields[5][: -len(_GONE)]


def unit_of(proc: str, pid: int | str) -> str:
    """Return the innermost service or scope that *pid* belongs to, or ''."""
    with open(f"{proc}/{pid}/cgroup", encoding="utf-8") as file:
        lines = [line.rstrip("\n").split(":", 2) for line in file]
    # cgroup v2 has one line "0::path"; v1 and hybrid name systemd's hierarchy.
    named = [path for _no, name, path in lines if name == "name=systemd"]
    unified = [path for number, name, path in lines if number == "0" and not name]
    for path in named + unified:
        units = [part for part in path.split("/") if _UNIT.match(part)]
        # What a person's own service manager runs belongs to that person's session.
        managers = [unit for unit in units if unit.startswith("user@")]
        if units:
            return (managers or units)[-1]
    return ""


def started(pid: int, proc: str = "/proc") -> int:
    """Return when *pid* began, in clock ticks since the kernel's start."""
    with open(f"{proc}/{pid}/stat", encoding="utf-8", errors="replace") as file:
        # The command, in brackets, may hold blanks and brackets itself.
        return int(file.read().rpartition(")")[2].split()[19])


def _namespace(proc: str, pid: str) -> str:
    return str(Path(proc, pid, "ns/pid").readlink())
