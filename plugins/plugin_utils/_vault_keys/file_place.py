# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Key shares in a file of the controller, mode 0600."""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path

from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.plugin_utils import _private_files as files

from .document import Document, load
from .places import Place, refuse_used

# More than shares encrypted by RSA-4096 take, so that no disk can be full by then.
ROOM = 64 * 1024


class FilePlace(Place):
    """One file. A reservation keeps it open and its blocks allocated.

    The shares are then written in place: that needs no room, no right to the folder
    and no second name, any of which may be gone between the reservation and them.
    """

    def __init__(self, path: str) -> None:
        self.path = Path(path)
        self.name = f"file {path}"
        self._handle: int | None = None
        self._made = False

    def read(self) -> Document | None:
        """What the file holds, blanks at its end not counted."""
        data = files.read(self.path)
        return None if data is None else load(data, self.name)

    def reserve(self, document: Document) -> None:
        """Open, lock and fill the file."""
        files.make_folder(self.path.parent)
        with files.explained(self.path):
            try:
                handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
                self._made = True
            except FileExistsError:
                handle = os.open(self.path, os.O_RDWR)
            self._handle = handle
            self._lock(handle)
            # Another run may have written it before it let go of the lock.
            if not self._made:
                refuse_used(self.name, load(os.pread(handle, ROOM, 0), self.name))
            os.fchmod(handle, 0o600)
            os.posix_fallocate(handle, 0, ROOM)
            self._fill(handle, document, ROOM)
            _sync_folder(self.path.parent)

    def write(self, document: Document) -> None:
        """In place where it was reserved, else in one step."""
        if self._handle is None:
            files.replace(self.path, document.dump().encode())
            return
        with files.explained(self.path):
            self._fill(self._handle, document, 0)
            moved = not os.path.exists(self.path) or not os.path.samestat(
                os.fstat(self._handle), os.stat(self.path)
            )
        if moved:
            # Whoever removed the file meanwhile did not mean the shares.
            files.replace(self.path, document.dump().encode())

    def free(self) -> None:
        """Remove the file, if this reservation made it."""
        if self._made:
            with contextlib.suppress(OSError):
                self.path.unlink()

    def close(self) -> None:
        """Close the file, which unlocks it."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def _lock(self, handle: int) -> None:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._made = False
            raise RunError(
                f"{self.name} is held by another run, which may be about to write key"
                " shares to it; wait for that, and use run_once"
            ) from None

    def _fill(self, handle: int, document: Document, size: int) -> None:
        data = document.dump().encode().ljust(size)
        if os.pwrite(handle, data, 0) != len(data):
            raise RunError(f"{self.name}: the disk is full")
        os.ftruncate(handle, len(data))
        os.fsync(handle)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
