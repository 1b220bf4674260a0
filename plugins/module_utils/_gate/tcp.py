# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Gate on TCP: a port takes connections."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field

from ansible_collections.vigie.run.plugins.module_utils._gate.model import Seen
from ansible_collections.vigie.run.plugins.module_utils._http import words


@dataclass
class TcpGate:
    """Passes when a connection to the port is accepted; nothing is sent."""

    name: str
    host: str
    port: int
    attempt_timeout: float = 5.0
    type: str = field(default="tcp", init=False)
    reads_only: bool = field(default=True, init=False)

    def __post_init__(self) -> None:
        self.target = f"{self.host}:{self.port}"

    def look(self, limit: float) -> Seen:
        limit = min(limit, self.attempt_timeout)
        try:
            with socket.create_connection((self.host, self.port), timeout=limit):
                return Seen(True, "connection accepted")
        except OSError as error:
            return Seen(False, words(error, limit))

    def close(self) -> None:
        """Nothing is kept."""
