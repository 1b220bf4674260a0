# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Releases when runs are killed, disks are full, rights are missing."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.module_utils._host import (
    archive,
    disk,
    service,
)
from ansible_collections.vigie.run.plugins.module_utils._host.releases_store import (
    Store,
)
from ansible_collections.vigie.run.tests.unit.fakes.app_host import AppHost
from ansible_collections.vigie.run.tests.unit.fakes.tarballs import build


class Killed(BaseException):
    """As SIGKILL: nothing in the code under test may catch it."""


def die(*_args: object, **_keywords: object) -> None:
    raise Killed


# A run that is killed


@pytest.mark.parametrize(
    "where", ["unpack", "sync_tree", "save", "rename"], ids=lambda w: f"at-{w}"
)
def test_a_killed_staging_is_no_release_and_is_cleaned_up(
    host: AppHost, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    host.deploy("1.0.0")
    with monkeypatch.context() as patch:
        # A killed process cleans nothing up behind itself.
        patch.setattr(shutil, "rmtree", lambda *_args, **_keywords: None)
        if where == "unpack":
            patch.setattr(archive, "_prove_links", die)
        elif where == "sync_tree":
            patch.setattr(disk, "sync_tree", die)
        elif where == "save":
            patch.setattr(Store, "save", die)
        else:
            patch.setattr(Path, "rename", _only_once(Path.rename, "2.0.0"))
        with pytest.raises(Killed):
            host.stage("2.0.0")
    assert [r["version"] for r in host.info()["releases"]] == ["1.0.0"]
    assert host.leftovers
    host.call("1.0.0", service="app")
    assert host.leftovers == []
    assert sorted(p.name for p in host.store.private.glob("*.json")) == ["1.0.0.json"]
    assert host.stage("2.0.0")["staged"]


def _only_once(real: Any, name: str) -> Any:
    """Path.rename that dies where the release would appear."""

    def rename(self: Path, target: Path) -> Any:
        if Path(target).name == name:
            raise Killed
        return real(self, target)

    return rename


def test_a_kill_between_switch_and_restart_is_completed(
    host: AppHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.deploy("1.0.0")
    with monkeypatch.context() as patch:
        patch.setattr(service, "bring", die)
        with pytest.raises(Killed):
            host.deploy("2.0.0")
    seen = host.info("2.0.0")
    assert (seen["active"], seen["running"]) == ("2.0.0", "1.0.0")
    assert seen["restart_due"] == "the process still runs 1.0.0"
    assert not seen["done"]
    result = host.call("2.0.0", service="app")
    assert result["restarted"]
    assert not result["switched"]
    assert result["running"] == "2.0.0"
    assert host.info("2.0.0")["done"]
    assert not host.call("2.0.0", service="app")["changed"]


def test_a_kill_before_the_restart_is_seen_without_a_working_folder(
    host: AppHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A server such as PHP-FPM works in /, which tells nothing of the release.
    host.systemd.folder = Path("/")
    host.deploy("1.0.0")
    with monkeypatch.context() as patch:
        patch.setattr(service, "bring", die)
        with pytest.raises(Killed):
            host.deploy("2.0.0")
    assert "interrupted before its restart" in host.info()["restart_due"]
    assert host.call("2.0.0", service="app")["restarted"]
    assert host.info("2.0.0")["done"]


def test_a_kill_after_the_switch_keeps_the_order_of_activation(
    host: AppHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.deploy("1.0.0")
    host.stage("2.0.0")
    with monkeypatch.context() as patch:
        patch.setattr(Store, "save", die)
        with pytest.raises(Killed):
            host.call("2.0.0", service="app")
    assert host.current == "releases/2.0.0"
    assert host.call("2.0.0", service="app")["changed"]
    assert not host.call("2.0.0", service="app")["changed"]
    first, second = host.info()["releases"]
    assert first["version"] == "1.0.0"
    assert second["activated_at"] > first["activated_at"]
    assert host.deploy("3.0.0")["previous"] == "2.0.0"


def test_a_killed_removal_is_no_release(
    host: AppHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.deploy("1.0.0")
    host.deploy("2.0.0")
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", die)
        with pytest.raises(Killed):
            host.call("1.0.0", state="absent")
    assert host.listed == ["2.0.0"]
    host.call("2.0.0", service="app")
    assert host.leftovers == []


# Disks and rights


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[AppHost]:
    """An application on a disk of 1 MB with few inodes."""
    folder = tmp_path / "small"
    folder.mkdir()
    options = "size=1m,nr_inodes=60"
    mount = ["mount", "-t", "tmpfs", "-o", options, "vigie-test", str(folder)]
    try:
        done = subprocess.run(mount, capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount")
    if done.returncode:
        pytest.skip("only root can mount a small disk")
    made = AppHost(tmp_path)
    made.path = folder / "app"
    made.systemd.folder = made.path / "current"
    made.store = Store(str(made.path))
    made.deploy("1.0.0")
    yield made
    made.systemd.stop()
    subprocess.run(["umount", str(folder)], check=True)


def big_archive(host: AppHost, files: int, size: int) -> str:
    path = host.folder / "big.tar.gz"
    build(path, {f"big/{n}": b"\0" * size for n in range(files)})
    return str(path)


@pytest.mark.parametrize(
    ("files", "size", "wants"),
    [
        (1, 3_000_000, r"needs 3002368 bytes and has \d+ bytes free"),
        (90, 1, r"needs 91 inodes and has \d+ free"),
    ],
)
def test_a_full_disk_is_foreseen(
    small_disk: AppHost, files: int, size: int, wants: str
) -> None:
    src = big_archive(small_disk, files, size)
    with pytest.raises(RunError, match=f"disk full: .*/small/app {wants}"):
        small_disk.call("2.0.0", src=src, service="app")
    assert small_disk.listed == ["1.0.0"]
    assert small_disk.leftovers == []


def test_a_disk_that_fills_up_meanwhile(
    small_disk: AppHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Somebody else took the room between the look and the writing.
    monkeypatch.setattr(disk, "reserve", lambda *_args: None)
    src = big_archive(small_disk, 1, 3_000_000)
    with pytest.raises(RunError, match=r"needs 3002368 bytes and has \d+ bytes free"):
        small_disk.call("2.0.0", src=src, service="app")
    assert small_disk.listed == ["1.0.0"]
    assert small_disk.leftovers == []
    assert small_disk.current == "releases/1.0.0"
    assert small_disk.info("1.0.0")["done"]


def test_no_permission_names_path_and_remedy(
    host: AppHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path, *_args: object, **_keywords: object) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(RunError, match=r"no permission: .* refused uid \d+ .*become"):
        host.stage("1.0.0")


def test_two_runs_at_once(host: AppHost) -> None:
    host.stage("1.0.0")
    with (
        host.store.lock(1),
        pytest.raises(RunError, match=r"another run still works on .* \(pid \d+ since"),
    ):
        host.call("1.0.0", lock_timeout=0)
    assert host.call("1.0.0", lock_timeout=0)["switched"]
