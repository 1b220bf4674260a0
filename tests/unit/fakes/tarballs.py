# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small archives, good and evil, for the tests of releases."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from pathlib import Path


def member(
    name: str, kind: bytes = tarfile.REGTYPE, **fields: object
) -> tarfile.TarInfo:
    """One member without content; fields are those of TarInfo."""
    info = tarfile.TarInfo(name)
    info.type = kind
    info.mode = 0o755 if kind == tarfile.DIRTYPE else 0o644
    for key, value in fields.items():
        setattr(info, key, value)
    return info


def build(
    path: Path,
    files: dict[str, bytes] | None = None,
    *extra: tarfile.TarInfo,
    mode: str = "w:gz",
) -> str:
    """Write an archive and return its checksum; the same input, the same sum."""
    plain = io.BytesIO()
    # gzip would write the time of day into its header.
    with tarfile.open(fileobj=plain, mode="w:" if mode == "w:gz" else mode) as tar:
        for name, content in (files or {}).items():
            tar.addfile(member(name, size=len(content)), io.BytesIO(content))
        for info in extra:
            tar.addfile(info)
    whole = plain.getvalue()
    path.write_bytes(gzip.compress(whole, mtime=0) if mode == "w:gz" else whole)
    return f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
