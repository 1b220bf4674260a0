# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""The locks of dpkg and apt: wait for them, and say who holds one.

apt's own time-out (``DPkg::Lock::Timeout``) covers dpkg's locks only; with the
lists or the archive folder locked, apt-get fails at once. So we look first.
"""

from __future__ import annotations

import fcntl
import os
import struct
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ansible_collections.vigie.run.plugins.module_utils._errors import RunError

LOCKS = (
    "/var/lib/dpkg/lock-frontend",
    "/var/lib/dpkg/lock",
    "/var/lib/apt/lists/lock",
    "/var/cache/apt/archives/lock",
)

# struct flock of fcntl(2) with 64-bit offsets: type, whence, start, length, pid.
_FLOCK = "hhqqi"


@dataclass(frozen=True)
class Holder:
    """The process that holds a lock; pid 0 is one that cannot be seen from here."""

    path: str
    pid: int
    command: str

    def __str__(self) -> str:
        who = f"process {self.pid} ({self.command or 'unknown'})"
        return f"{self.path} is held by {who}"


def _command(pid: int) -> str:
    """Return a process's first two words: what follows may be a secret."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            words = file.read(400).decode(errors="replace").split("\0")
    except OSError:
        return ""
    return " ".join(words[:2]).strip()


def holder(path: str) -> Holder | None:
    """Return who holds the lock on *path*, or None. Takes no lock itself."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        asked = struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
        answer = fcntl.fcntl(handle, fcntl.F_GETLK, asked)
    finally:
        os.close(handle)
    kind, _whence, _start, _length, pid = struct.unpack(_FLOCK, answer)
    if kind == fcntl.F_UNLCK:
        return None
    return Holder(path, pid, _command(pid) if pid > 0 else "")


def wait_free(
    deadline: float,
    locks: Sequence[str] = LOCKS,
    find: Callable[[str], Holder | None] = holder,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Return once no lock is held. Raises RunError naming the holder at *deadline*."""
    began = clock()
    while True:
        held = next((one for one in map(find, locks) if one is not None), None)
        if held is None:
            return
        now = clock()
        if now >= deadline:
            raise RunError(
                f"{held} after {now - began:.0f} s of waiting. Wait until it is"
                " done, or raise lock_timeout.",
                lock={"path": held.path, "pid": held.pid, "command": held.command},
            )
        sleep(min(0.5, max(0.05, deadline - now)))
