# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Disk primitives that survive a kill: owners, atomic files, links and locks."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import grp
import json
import os
import pwd
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.vigie.run.plugins.module_utils._errors import RunError

FULL = (errno.ENOSPC, errno.EDQUOT)
_LOCK_POLL = 0.1


@dataclass(frozen=True)
class Owner:
    """Who gets what is made; -1 leaves user or group as they are."""

    uid: int = -1
    gid: int = -1

    @classmethod
    def find(cls, user: str, group: str) -> Owner:
        """Look both names up; RunError names the one that does not exist."""
        uid, gid = -1, -1
        if user:
            try:
                uid = int(user) if user.isdigit() else pwd.getpwnam(user).pw_uid
            except KeyError:
                raise RunError(
                    f"owner: there is no user {user!r}; create it."
                ) from None
        if group:
            try:
                gid = int(group) if group.isdigit() else grp.getgrnam(group).gr_gid
            except KeyError:
                raise RunError(
                    f"group: there is no group {group!r}; create it."
                ) from None
        return cls(uid, gid)

    def give(self, target: Path | int) -> None:
        """Hand over a path (a link itself, not what it points to) or open file."""
        if (self.uid, self.gid) == (-1, -1):
            return
        if isinstance(target, int):
            os.fchown(target, self.uid, self.gid)
        else:
            os.chown(target, self.uid, self.gid, follow_symlinks=False)


def sync_folder(path: Path) -> None:
    """Make the entries of a folder last through a power cut."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def sync_tree(path: Path) -> None:
    """Write back everything below a folder, with one call for its file system.

    One syncfs(2) instead of an fsync for each file: a release has thousands.
    """
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.syncfs(fd) != 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code), str(path))
    except AttributeError:
        os.sync()
    finally:
        os.close(fd)


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Replace a file at once: readers see the old content or the new one."""
    draft = path.with_name(f".{path.name}.new")
    with draft.open("w", encoding="utf-8") as out:
        json.dump(content, out, indent=1, sort_keys=True)
        out.write("\n")
        out.flush()
        os.fsync(out.fileno())
    draft.rename(path)
    sync_folder(path.parent)


def replace_link(path: Path, target: str, owner: Owner | None = None) -> None:
    """Point a symbolic link elsewhere with rename(2): it is never missing."""
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    draft.symlink_to(target)
    if owner:
        owner.give(draft)
    draft.rename(path)
    sync_folder(path.parent)


def make_folder(path: Path, owner: Owner | None = None) -> bool:
    """Make a folder and those above it; True if it was not there.

    The owner gets the folder itself; those above it stay with whoever runs this.
    """
    if path.is_dir():
        return False
    make_folder(path.parent)
    path.mkdir()
    path.chmod(0o755)
    if owner:
        owner.give(path)
    return True


def nearest(path: Path) -> Path:
    """The path itself, or the nearest folder above it that exists."""
    return next((p for p in (path, *path.parents) if p.is_dir()), Path("/"))


def free_bytes(path: Path) -> int:
    """Bytes that this user may still write where the path lies or would lie."""
    seen = os.statvfs(nearest(path))
    return seen.f_bavail * seen.f_frsize


def reserve(path: Path, needed: int, entries: int = 0) -> None:
    """Raise RunError unless there is room for that many bytes and entries."""
    seen = os.statvfs(nearest(path))
    free = seen.f_bavail * seen.f_frsize
    if needed > free:
        raise full_disk(path, f"{needed} bytes", needed)
    # Some file systems make inodes as they go and say 0 of 0.
    if seen.f_files and entries > seen.f_favail:
        raise RunError(
            f"disk full: {path} needs {entries} inodes and has {seen.f_favail} free; "
            "remove files or lower keep.",
            path=str(path),
        )


def full_disk(path: Path, wanted: str, needed: int) -> RunError:
    """The error for a disk that is full, with what was wanted and what is free."""
    free = free_bytes(path)
    return RunError(
        f"disk full: {path} needs {wanted} and has {free} bytes free; "
        "make room or lower keep. The active release was not touched.",
        path=str(path),
        needed=needed,
        free=free,
    )


def explain(error: OSError, path: Path, needed: int = 0) -> RunError:
    """An OSError in the words of someone who has to act upon it."""
    where = error.filename or path
    if error.errno in FULL:
        wanted = f"{needed} bytes" if needed else "more room"
        return full_disk(path, wanted, needed)
    if isinstance(error, PermissionError):
        return RunError(
            f"no permission: {where} refused uid {os.geteuid()} ({error.strerror}); "
            "use become, or correct its owner and mode.",
            path=str(where),
        )
    return RunError(f"{where}: {error.strerror or error}", path=str(where))


@contextmanager
def locked(path: Path, timeout: int, what: Path) -> Iterator[None]:
    """Hold an exclusive lock on a file; the kernel frees it when we die.

    ``timeout`` is in seconds. Raises RunError when another run keeps the lock.
    """
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        limit = time.monotonic() + timeout
        while True:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= limit:
                    holder = os.pread(fd, 200, 0).decode(errors="replace").strip()
                    raise RunError(
                        f"lock_timeout: another run still works on {what} after "
                        f"{timeout} s ({holder or 'unknown'}); wait for it, or raise "
                        "lock_timeout."
                    ) from None
                time.sleep(_LOCK_POLL)
        os.ftruncate(fd, 0)
        since = time.strftime("%Y-%m-%d %H:%M:%S")
        os.pwrite(fd, f"pid {os.getpid()} since {since}\n".encode(), 0)
        yield
    finally:
        os.close(fd)
