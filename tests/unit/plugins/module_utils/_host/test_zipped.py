# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Zip archives pass the proofs of the tar archives, and unpack the same way."""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path

import pytest
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.module_utils._host import archive, disk


def build(path: Path, *members: tuple[str, int, bytes]) -> Path:
    """Write a zip of (name, mode with its kind, content)."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, mode, content in members:
            entry = zipfile.ZipInfo(name, (2026, 1, 2, 3, 4, 6))
            entry.create_system, entry.external_attr = 3, mode << 16
            packed.writestr(entry, content)
    return path


PROGRAM = ("consul", stat.S_IFREG | 0o755, b"\x7fELF" + b"x" * 9000)
LICENCE = ("LICENSE.txt", stat.S_IFREG | 0o664, b"words")


def unpack(path: Path, into: Path) -> None:
    into.mkdir()
    listing = archive.scan(path, "auto")
    archive.unpack(path, into, listing, disk.Owner(), path.name)


def test_a_release_unpacks_with_its_modes_and_times(tmp_path: Path) -> None:
    unpack(build(tmp_path / "a.zip", PROGRAM, LICENCE), tmp_path / "out")
    program, licence = tmp_path / "out/consul", tmp_path / "out/LICENSE.txt"
    assert program.read_bytes() == PROGRAM[2]
    assert stat.S_IMODE(program.stat().st_mode) == 0o755
    assert stat.S_IMODE(licence.stat().st_mode) == 0o644
    assert program.stat().st_mtime == 1767323046


def test_folders_and_links_inside_are_kept(tmp_path: Path) -> None:
    path = build(
        tmp_path / "a.zip",
        ("app/", stat.S_IFDIR | 0o755, b""),
        ("app/bin/run", stat.S_IFREG | 0o755, b"#!"),
        ("app/run", stat.S_IFLNK | 0o777, b"bin/run"),
    )
    unpack(path, tmp_path / "out")
    assert (tmp_path / "out/run").readlink() == Path("bin/run")
    assert (tmp_path / "out/run").read_bytes() == b"#!"


def test_one_made_elsewhere_than_on_unix_is_readable(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        entry = zipfile.ZipInfo("notes")
        entry.create_system = 0
        packed.writestr(entry, b"n")
    unpack(tmp_path / "a.zip", tmp_path / "out")
    assert stat.S_IMODE((tmp_path / "out/notes").stat().st_mode) == 0o644


@pytest.mark.parametrize(
    ("name", "kind", "content", "named"),
    [
        ("../x", stat.S_IFREG, b"", "leads outside"),
        ("/etc/passwd", stat.S_IFREG, b"", "leads outside"),
        ("l", stat.S_IFLNK, b"/etc", "points to '/etc'"),
        ("d", stat.S_IFCHR, b"", "is a device or a pipe"),
    ],
)
def test_what_reaches_outside_is_refused(
    tmp_path: Path, name: str, kind: int, content: bytes, named: str
) -> None:
    path = build(tmp_path / "a.zip", PROGRAM, (name, kind | 0o644, content))
    with pytest.raises(RunError, match=f"is not safe: .*{named}"):
        archive.scan(path, "auto")


def test_a_damaged_one_is_called_so(tmp_path: Path) -> None:
    path = build(tmp_path / "a.zip", PROGRAM)
    whole = path.read_bytes()
    for broken in (whole[:-30], whole[:40] + b"\0\0\0" + whole[43:]):
        path.write_bytes(broken)
        with pytest.raises(RunError, match="is damaged"):
            archive.scan(path, "auto")


def test_an_encrypted_one_is_called_so(tmp_path: Path) -> None:
    path = build(tmp_path / "a.zip", PROGRAM)
    whole = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        whole[whole.index(signature) + offset] |= 1
    path.write_bytes(whole)
    with pytest.raises(RunError, match="'consul' is encrypted"):
        archive.scan(path, "auto")
