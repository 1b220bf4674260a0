# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of secrets on the controller: for their owner alone, whole or not there.

A file is written under another name, flushed and renamed, so that a run which is killed
leaves the old one or the new one. Two runs at once take turns (`locked`).
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from ansible_collections.vigie.run.plugins.module_utils._errors import RunError

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_POLL_SECONDS = 0.1


def is_open(path: Path) -> bool:
    """Whether anybody but the owner may do anything with what is there."""
    return path.exists() and bool(path.stat().st_mode & _OTHERS)


def close(path: Path) -> None:
    """Take all rights from everybody but the owner."""
    with explained(path):
        os.chmod(path, stat.S_IMODE(path.stat().st_mode) & ~_OTHERS)


def make_folder(path: Path) -> None:
    """Make the folder for its owner alone; those above it as the umask says."""
    with explained(path):
        path.mkdir(mode=0o700, parents=True, exist_ok=True)


def read(path: Path) -> bytes | None:
    """What the file holds; None where there is none."""
    with explained(path):
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None


def replace(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Write the file, in one step for whoever reads it meanwhile."""
    with explained(path), _written(path, data, mode) as written:
        os.replace(written, path)


def create(path: Path, data: bytes) -> bool:
    """Write the file unless it is there; whether it was written.

    Of several at once exactly one succeeds.
    """
    with explained(path), _written(path, data, 0o600) as written:
        try:
            os.link(written, path)
        except FileExistsError:
            return False
    return True


@contextlib.contextmanager
def locked(folder: Path, limit: float = 60.0) -> Iterator[None]:
    """Hold the folder, which exists, for this process; RunError after `limit` s."""
    path = folder / ".lock"
    with explained(path):
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        end = time.monotonic() + limit
        while not _taken(handle):
            if time.monotonic() > end:
                raise RunError(
                    f"{folder}: another run has held {path} for {limit:g} s; wait "
                    "for it to end, and see with fuser which process it is"
                )
            time.sleep(_POLL_SECONDS)
        yield
    finally:
        os.close(handle)


def _taken(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextlib.contextmanager
def _written(path: Path, data: bytes, mode: int) -> Iterator[str]:
    """The path of a flushed file beside `path`, which is gone afterwards."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        yield name
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """What the system says of this path as a RunError."""
    try:
        yield
    except OSError as error:
        raise RunError(
            f"{path} on the controller cannot be used: {error.strerror}"
        ) from error
