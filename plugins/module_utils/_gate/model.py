# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""What every gate is: something to look at, again and again, until it holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Protocol

# Runs a command on the host: argv -> (return code, standard output, error).
# Raises OSError when the program cannot be started.
Run = Callable[[list[str]], tuple[int, str, str]]


@dataclass(frozen=True)
class Seen:
    """One look: whether the condition held, and what was seen, in a few words."""

    ok: bool
    saw: str


class Gate(Protocol):
    """One condition. `target` says what is looked at, for messages."""

    name: str
    type: str
    target: str
    reads_only: bool

    def look(self, limit: float) -> Seen:
        """Look once, for at most `limit` seconds. Never raises for a bad state."""

    def close(self) -> None:
        """Let go of connections."""


def short(text: str, limit: int = 120) -> str:
    """One line of at most `limit` characters, the rest told by an ellipsis."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
