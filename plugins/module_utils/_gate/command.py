# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Gate on a command: it ends with the wanted return code."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from ansible_collections.vigie.run.plugins.module_utils._gate.model import (
    Run,
    Seen,
    short,
)

_TIMED_OUT = 124


@dataclass
class CommandGate:
    """Passes when the command ends with `rc` in time.

    It runs under coreutils' `timeout`, so that one that hangs is ended and
    counts as not holding.
    """

    name: str
    argv: list[str]
    run: Run
    rc: int = 0
    attempt_timeout: float = 5.0
    type: str = field(default="command", init=False)
    reads_only: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self.target = short(" ".join(self.argv), 80)

    def look(self, limit: float) -> Seen:
        seconds = min(self.attempt_timeout, limit)
        guard = ["timeout", "--kill-after=1", f"{math.ceil(seconds * 1000) / 1000}"]
        try:
            code, out, err = self.run([*guard, *self.argv])
        except OSError as error:
            return Seen(False, f"cannot be run: {error.strerror}")
        if code == _TIMED_OUT and self.rc != _TIMED_OUT:
            return Seen(False, f"no end within {seconds:g} s")
        said = short(err.strip() or out.strip())
        return Seen(code == self.rc, f"rc {code}" + (f" {said!r}" if said else ""))

    def close(self) -> None:
        """Nothing is kept."""
