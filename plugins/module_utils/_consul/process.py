# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A process on this machine: whether it still is the one that it was."""

from __future__ import annotations

import contextlib
import getpass
import hashlib
import os
import select
import socket
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_POLL_SECONDS = 1.0
# What a process that was started beside a run says once it does its work.
READY = "ready\n"


@dataclass(frozen=True)
class Process:
    """A process by its number and when it was started, for numbers are used again.

    `started` is in the kernel's own count, "" where there is no /proc (then a number
    that was given to another process is not noticed).
    """

    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> Process:
        """The process that has this number now."""
        return cls(pid, _started(pid))

    def alive(self) -> bool:
        """Whether it still runs."""
        try:
            os.kill(self.pid, 0)
        except PermissionError:
            pass
        except OSError:
            return False
        return _started(self.pid) == self.started

    @contextlib.contextmanager
    def watched(self) -> Iterator[Callable[[float], bool]]:
        """Gives `ended(seconds)`: wait so long; True as soon as the process ended."""
        handle = _handle(self.pid)
        try:
            yield lambda seconds: self._ended(handle, seconds)
        finally:
            if handle is not None:
                os.close(handle)

    def mark(self) -> str:
        """A name of its own among all processes of all machines."""
        parts = [socket.gethostname(), str(self.pid), self.started]
        for path in ("/proc/sys/kernel/random/boot_id", "/proc/self/ns/pid"):
            with contextlib.suppress(OSError):
                if os.path.islink(path):
                    parts.append(os.readlink(path))
                else:
                    with open(path, encoding="utf-8") as file:
                        parts.append(file.read().strip())
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]

    def _ended(self, handle: int | None, seconds: float) -> bool:
        end = time.monotonic() + seconds
        while self.alive():
            left = end - time.monotonic()
            if left <= 0:
                return False
            if handle is None:
                time.sleep(min(left, _POLL_SECONDS))
            else:
                select.select([handle], [], [], left)
        return True


def say_ready() -> None:
    """Tell whoever started us, and let go of its pipes: nobody waits for our end."""
    sys.stdout.write(READY)
    sys.stdout.flush()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)
    os.close(nowhere)


def owner(what: str = "") -> str:
    """Who we are, for people: user@host, and what runs there."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        user = str(os.getuid())
    who = f"{user}@{socket.gethostname()}"
    return f"{who} ({what})" if what else f"{who} (process {os.getpid()})"


def _handle(pid: int) -> int | None:
    """A descriptor that becomes readable when the process ends (Linux 5.3)."""
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return None


def _started(pid: int) -> str:
    """Ticks from boot to its start: field 22 of /proc/PID/stat (proc(5))."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return ""
    # The name in field 2 may hold anything; we begin at field 3.
    return "" if fields[0] in ("Z", "X") else fields[19]
