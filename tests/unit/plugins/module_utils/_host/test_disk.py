# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Disk primitives: atomic files and links, owners, room, locks."""

from __future__ import annotations

import errno
import json
import os
import pwd
from pathlib import Path

import pytest
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.module_utils._host import disk


def test_a_file_is_replaced_as_a_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.json"
    disk.write_json(path, {"a": 1})

    def refuse(_fd: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", refuse)
        with pytest.raises(OSError, match="No space"):
            disk.write_json(path, {"a": 2})
    assert json.loads(path.read_text()) == {"a": 1}


def test_a_link_is_replaced_even_over_a_leftover(tmp_path: Path) -> None:
    link = tmp_path / "current"
    (tmp_path / ".current.new").symlink_to("leftover")
    disk.replace_link(link, "one")
    disk.replace_link(link, "two")
    assert str(link.readlink()) == "two"
    assert [p.name for p in tmp_path.iterdir()] == ["current"]


def test_folders_are_made_with_a_fixed_mode_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        assert disk.make_folder(tmp_path / "a" / "b")
    finally:
        os.umask(before)
    assert not disk.make_folder(tmp_path / "a" / "b")
    assert {(tmp_path / p).stat().st_mode & 0o777 for p in ("a", "a/b")} == {0o755}


def test_owners(tmp_path: Path) -> None:
    me = pwd.getpwuid(os.getuid()).pw_name
    assert disk.Owner.find(me, "").uid == os.getuid()
    assert disk.Owner.find("12", "34") == disk.Owner(12, 34)
    with pytest.raises(RunError, match="owner: there is no user 'none-such'"):
        disk.Owner.find("none-such", "")
    with pytest.raises(RunError, match="group: there is no group 'none-such'"):
        disk.Owner.find("", "none-such")


@pytest.mark.skipif(os.getuid() != 0, reason="only root gives files away")
def test_a_link_itself_is_given_away_not_its_target(tmp_path: Path) -> None:
    (tmp_path / "target").touch()
    (tmp_path / "link").symlink_to("target")
    disk.Owner(12, 34).give(tmp_path / "link")
    assert (tmp_path / "link").lstat().st_uid == 12
    assert (tmp_path / "target").stat().st_uid == 0


def test_a_tree_is_written_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk.sync_tree(tmp_path)
    monkeypatch.setattr(disk.ctypes, "CDLL", lambda *_a, **_k: object())
    disk.sync_tree(tmp_path)


def test_room_is_asked_for_where_the_path_will_lie(tmp_path: Path) -> None:
    later = tmp_path / "not" / "yet"
    assert disk.free_bytes(later) == disk.free_bytes(tmp_path)
    disk.reserve(later, 1, 1)
    with pytest.raises(RunError, match="disk full") as caught:
        disk.reserve(later, 1 << 60)
    assert caught.value.details["needed"] == 1 << 60
    assert caught.value.details["path"] == str(later)


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (errno.ENOSPC, r"disk full: /.* needs 10 bytes and has \d+ bytes free"),
        (errno.EDQUOT, r"disk full"),
        (errno.EACCES, r"no permission: /there/x refused uid \d+ .*use become"),
        (errno.EROFS, r"/there/x: Read-only"),
    ],
)
def test_errors_are_put_in_words(tmp_path: Path, code: int, says: str) -> None:
    error = OSError(code, os.strerror(code), "/there/x")
    with pytest.raises(RunError, match=says):
        raise disk.explain(error, tmp_path, 10)


def test_a_lock_is_held_by_one_and_freed(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with disk.locked(path, 0, tmp_path):
        with (
            pytest.raises(RunError, match=f"lock_timeout: .*pid {os.getpid()} since"),
            disk.locked(path, 0, tmp_path),
        ):
            pass
        assert path.read_text().startswith(f"pid {os.getpid()} ")
    with disk.locked(path, 0, tmp_path):
        pass
