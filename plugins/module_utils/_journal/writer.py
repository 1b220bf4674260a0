# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""The journal's file: private, appended line by line, readable after any end."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.vigie.run.plugins.module_utils._journal import events


class Writer:
    """Writes events to `<folder>/<name>`; mode 0600 in a folder made 0700.

    Each event is one write to the kernel, so a killed run loses nothing that it
    had told; `sync` makes it survive the machine's own end too. Raises OSError.
    """

    def __init__(self, folder: Path, name: str) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path = folder / name
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
        self._handle = os.open(self.path, flags, 0o600)

    def write(self, event: Mapping[str, Any], sync: bool = False) -> None:
        """Append one event; with `sync` wait until the disk has it."""
        data = events.line(event)
        while data:
            data = data[os.write(self._handle, data) :]
        if sync:
            os.fsync(self._handle)

    def close(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1
