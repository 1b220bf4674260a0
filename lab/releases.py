# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds releases of the sample application, the same bytes each time."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import tarfile
from pathlib import Path

from lab.checkout import BUILD

APP = Path(__file__).resolve().parent / "app" / "app.py"
FOLDER = BUILD / "releases"
# Version -> does it ever become healthy?
VERSIONS = {"1.0.0": True, "2.0.0": True, "3.0.0": False}


def archive(version: str, healthy: bool) -> bytes:
    """Return the release's .tar.gz: ``app.py`` and ``release.json``.

    Times and owners are fixed. The content is stored, not compressed, so that the
    bytes do not depend on a version of zlib.
    """
    release = {"version": version, "healthy": healthy}
    files = {
        "app.py": APP.read_bytes(),
        "release.json": (json.dumps(release) + "\n").encode(),
    }
    inner, outer = io.BytesIO(), io.BytesIO()
    with tarfile.open(fileobj=inner, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, content in sorted(files.items()):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o644
            tar.addfile(entry, io.BytesIO(content))
    with gzip.GzipFile("", "wb", compresslevel=0, fileobj=outer, mtime=0) as packed:
        packed.write(inner.getvalue())
    return outer.getvalue()


def build_release(version: str, healthy: bool = True, folder: Path = FOLDER) -> Path:
    """Write ``portal-<version>.tar.gz`` and its checksum; return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"portal-{version}.tar.gz"
    content = archive(version, healthy)
    if not path.exists() or path.read_bytes() != content:
        _write(path, content)
    sums = folder / "checksums.json"
    known = json.loads(sums.read_text(encoding="utf-8")) if sums.exists() else {}
    wanted = {**known, path.name: f"sha256:{hashlib.sha256(content).hexdigest()}"}
    if wanted != known:
        _write(sums, (json.dumps(wanted, indent=2, sort_keys=True) + "\n").encode())
    return path


def build(folder: Path = FOLDER) -> list[Path]:
    """Build every release of :data:`VERSIONS`; return the paths of the archives."""
    return [build_release(version, good, folder) for version, good in VERSIONS.items()]


def _write(path: Path, content: bytes) -> None:
    """Write at once: whoever reads meanwhile sees the former file or the new one."""
    part = path.with_name(path.name + ".part")
    part.write_bytes(content)
    os.replace(part, path)
