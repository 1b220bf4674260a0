# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Release archives: the same bytes each time, and what is in them."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from pathlib import Path

import pytest

from lab.releases import VERSIONS, archive, build, build_release


def contents(packed: bytes) -> dict[str, bytes]:
    """Return name -> content of an archive."""
    found = {}
    with tarfile.open(fileobj=io.BytesIO(packed), mode="r:gz") as tar:
        for member in tar:
            handle = tar.extractfile(member)
            assert handle is not None
            found[member.name] = handle.read()
    return found


def test_the_same_release_has_the_same_bytes(tmp_path: Path) -> None:
    first = build_release("1.0.0", folder=tmp_path / "one")
    second = build_release("1.0.0", folder=tmp_path / "two")
    assert first.read_bytes() == second.read_bytes()


def test_no_time_or_owner_of_the_machine_gets_in() -> None:
    with tarfile.open(fileobj=io.BytesIO(archive("1.0.0", True)), mode="r:gz") as tar:
        seen = {(m.mtime, m.uid, m.gid, m.uname, m.gname, m.mode) for m in tar}
    assert seen == {(0, 0, 0, "", "", 0o644)}


@pytest.mark.parametrize(("version", "healthy"), VERSIONS.items())
def test_a_release_says_what_it_is(version: str, healthy: bool) -> None:
    files = contents(archive(version, healthy))
    assert sorted(files) == ["app.py", "release.json"]
    wanted = {"version": version, "healthy": healthy}
    assert json.loads(files["release.json"]) == wanted


def test_the_third_release_never_becomes_healthy() -> None:
    assert VERSIONS == {"1.0.0": True, "2.0.0": True, "3.0.0": False}


def test_checksums_are_those_of_the_archives(tmp_path: Path) -> None:
    paths = build(tmp_path)
    sums = json.loads((tmp_path / "checksums.json").read_text(encoding="utf-8"))
    assert sums == {
        path.name: f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
        for path in paths
    }
    assert [path.name for path in paths] == [
        "portal-1.0.0.tar.gz",
        "portal-2.0.0.tar.gz",
        "portal-3.0.0.tar.gz",
    ]


def test_another_release_joins_those_that_are_there(tmp_path: Path) -> None:
    build(tmp_path)
    build_release("4.0.0-rc.1", folder=tmp_path)
    sums = json.loads((tmp_path / "checksums.json").read_text(encoding="utf-8"))
    assert len(sums) == len(VERSIONS) + 1
    assert not list(tmp_path.glob("*.part"))
