# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where this checkout keeps what the lab makes, and the name it marks it with."""

from __future__ import annotations

import fcntl
import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "lab"


def prefix_of(root: Path) -> str:
    """Return the mark of a checkout: two checkouts on one machine never share it."""
    return "vigie-" + hashlib.sha256(str(root).encode()).hexdigest()[:6]


PREFIX = prefix_of(ROOT)


def state_of(topology: str) -> Path:
    """Return the folder with the state of one topology."""
    return BUILD / topology


def front_of(topology: str) -> Path:
    """Return the folder with the files that users of a topology read.

    The flight's are at the top: it is the lab that a person means.
    """
    return BUILD if topology == "flight" else state_of(topology)


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Hold a lock of this checkout, so that two commands never build the same thing."""
    BUILD.mkdir(parents=True, exist_ok=True)
    with open(BUILD / f"{name}.lock", "w", encoding="utf-8") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


class Clock:
    """Says what is going on, with the seconds since the start."""

    def __init__(self) -> None:
        self.started = time.monotonic()

    def say(self, text: str) -> None:
        """Print one line of progress."""
        print(f"[{time.monotonic() - self.started:6.1f} s] {text}", flush=True)
