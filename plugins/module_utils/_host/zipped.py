# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A zip archive that reads like a tar: so it passes the same proofs."""

from __future__ import annotations

import calendar
import stat
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

_UNIX = 3
_ENCRYPTED = 0x1


class ZipAsTar:
    """What the readers of an archive use of :class:`tarfile.TarFile`.

    Raises zipfile.BadZipFile where the archive is damaged; a member that needs a
    password is one of these cases.
    """

    def __init__(self, path: Path) -> None:
        self._zip = zipfile.ZipFile(path)

    def __enter__(self) -> ZipAsTar:
        return self

    def __exit__(self, *_error: object) -> None:
        self._zip.close()

    def __iter__(self) -> Iterator[tarfile.TarInfo]:
        for member in self._zip.infolist():
            if member.flag_bits & _ENCRYPTED:
                raise zipfile.BadZipFile(f"{member.filename!r} is encrypted")
            yield self._as_tar(member)

    def _as_tar(self, member: zipfile.ZipInfo) -> tarfile.TarInfo:
        mode = member.external_attr >> 16 if member.create_system == _UNIX else 0
        found = tarfile.TarInfo(member.filename)
        found.size = member.file_size
        found.mode = stat.S_IMODE(mode) or 0o644
        found.mtime = calendar.timegm((*member.date_time, 0, 0, 0))
        if member.is_dir():
            found.type, found.mode, found.size = tarfile.DIRTYPE, 0o755, 0
        elif stat.S_ISLNK(mode):
            found.type, found.size = tarfile.SYMTYPE, 0
            found.linkname = self._zip.read(member).decode("utf-8", "replace")
        elif stat.S_IFMT(mode) not in (0, stat.S_IFREG):
            found.type = tarfile.FIFOTYPE  # a device or a pipe: refused all the same
        return found

    def extractfile(self, member: tarfile.TarInfo) -> IO[bytes]:
        """The content of a member, whose checksum is proved at its end."""
        return self._zip.open(member.name)

    def prove(self) -> None:
        """Read all of it; raise BadZipFile at the first member that is damaged."""
        bad = self._zip.testzip()
        if bad is not None:
            raise zipfile.BadZipFile(f"the checksum of {bad!r} is wrong")


def is_zip(path: Path) -> bool:
    """Whether a file begins as a zip does; that of an empty one is none of ours."""
    with path.open("rb") as source:
        return source.read(4) == b"PK\x03\x04"
