# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Releases on a real disk, with a real process: staged, switched, killed, removed."""

from __future__ import annotations

import os
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


@pytest.fixture
def host(tmp_path: Path) -> Iterator[AppHost]:
    made = AppHost(tmp_path)
    yield made
    made.systemd.stop()


def die(*_args: object, **_keywords: object) -> None:
    raise Killed


# Staging


def test_staging_touches_nothing_that_is_active(host: AppHost) -> None:
    host.deploy("1.0.0")
    calls = list(host.systemd.calls)
    result = host.stage("2.0.0")
    assert result["changed"]
    assert result["staged"]
    assert not result["switched"]
    assert host.current == "releases/1.0.0"
    assert host.listed == ["1.0.0", "2.0.0"]
    assert host.systemd.calls == calls
    assert host.leftovers == []


def test_staging_the_same_again_changes_nothing(host: AppHost) -> None:
    host.stage("1.0.0")
    before = (host.path / "releases/1.0.0").stat().st_ino
    assert not host.stage("1.0.0")["changed"]
    assert not host.stage("1.0.0", checksum=None)["changed"]
    assert not host.call("1.0.0", state="staged")["changed"]
    assert (host.path / "releases/1.0.0").stat().st_ino == before


def test_a_staged_release_needs_no_archive_any_more(host: AppHost) -> None:
    src, checksum = host.archive("1.0.0")
    host.call("1.0.0", state="staged", src=src, checksum=checksum)
    Path(src).unlink()
    assert not host.call("1.0.0", state="staged", src=src, checksum=checksum)["changed"]


def test_the_same_version_with_other_content(host: AppHost) -> None:
    host.stage("1.0.0")
    src, other = host.archive("1.0.0", "changed")
    with pytest.raises(RunError, match="staged already from other content"):
        host.call("1.0.0", state="staged", src=src)
    host.call("1.0.0", state="staged", src=src, force=True)
    assert (host.path / "releases/1.0.0/changed").exists()
    assert host.info("1.0.0", other)["staged"]
    host.call("1.0.0", service="app")
    src, _other = host.archive("1.0.0", "again")
    with pytest.raises(RunError, match="it is in use"):
        host.call("1.0.0", state="staged", src=src, force=True)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda p: p.unlink(), r"src: .*app-2.0.0.tar.gz is missing on the host"),
        (lambda p: p.write_bytes(p.read_bytes()[:60]), "is truncated"),
        (lambda p: p.write_bytes(b"no tar at all"), "is not a tar archive"),
    ],
)
def test_a_spoilt_archive_leaves_everything_as_it_was(
    host: AppHost, spoil: Any, message: str
) -> None:
    host.deploy("1.0.0")
    src, _checksum = host.archive("2.0.0")
    spoil(Path(src))
    with pytest.raises(RunError, match=message):
        host.call("2.0.0", src=src, service="app")
    assert host.listed == ["1.0.0"]
    assert host.current == "releases/1.0.0"
    assert host.leftovers == []


def test_a_wrong_checksum_names_both(host: AppHost) -> None:
    src, checksum = host.archive("1.0.0")
    wrong = "sha256:" + "0" * 64
    with pytest.raises(RunError) as caught:
        host.call("1.0.0", src=src, checksum=wrong)
    assert f"expected {wrong}, got {checksum}" in str(caught.value)
    assert host.listed == []


def test_the_archive_can_be_removed_at_the_end_even_of_a_failure(host: AppHost) -> None:
    for checksum in (None, "sha256:" + "0" * 64):
        src, _sum = host.archive("1.0.0")
        try:
            host.call("1.0.0", src=src, checksum=checksum, remove_src=True)
        except RunError:
            assert checksum
        assert not Path(src).exists()


def test_what_another_run_is_still_copying_is_left_alone(host: AppHost) -> None:
    host.stage("1.0.0")
    host.store.incoming.mkdir()
    (host.store.incoming / "on-its-way").touch()
    host.stage("2.0.0")
    assert host.leftovers == ["incoming/on-its-way"]


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


# Activating


def test_activating_switches_and_the_process_follows(host: AppHost) -> None:
    host.deploy("1.0.0")
    result = host.deploy("2.0.0")
    assert result["former"] == "1.0.0"
    assert result["previous"] == "1.0.0"
    assert (result["active"], result["running"]) == ("2.0.0", "2.0.0")
    assert result["restart_reason"] == "the release was switched"
    assert host.current == "releases/2.0.0"
    assert not host.call("2.0.0", service="app")["changed"]


def test_the_link_is_never_missing(
    host: AppHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.deploy("1.0.0")
    seen = []
    real = Path.rename

    def rename(self: Path, target: Path) -> Any:
        if Path(target).name == "current":
            seen.append(host.current)
        return real(self, target)

    monkeypatch.setattr(Path, "rename", rename)
    host.deploy("2.0.0")
    assert seen == ["releases/1.0.0"]


def test_a_stopped_service_is_started(host: AppHost) -> None:
    host.deploy("1.0.0")
    host.systemd.stop()
    result = host.call("1.0.0", service="app")
    assert result["restart_reason"] == "the service is inactive"
    assert result["running"] == "1.0.0"


def test_a_changed_unit_or_environment_makes_a_restart_due(
    host: AppHost, tmp_path: Path
) -> None:
    unit, environment = tmp_path / "app.service", tmp_path / "app.env"
    for path in (unit, environment):
        path.touch()
    host.systemd.files = [unit, environment]
    host.deploy("1.0.0")
    assert not host.call("1.0.0", service="app")["changed"]
    later = environment.stat().st_mtime + 3600

    os.utime(environment, (later, later))
    assert host.info()["restart_due"] == f"{environment} changed"
    assert host.call("1.0.0", service="app")["restart_reason"].endswith("env changed")


def test_reloading_instead_of_restarting(host: AppHost) -> None:
    host.deploy("1.0.0", service_state="reloaded")
    assert host.systemd.calls[-1] == "restart"
    result = host.deploy("2.0.0", service_state="reloaded")
    assert host.systemd.calls[-1] == "reload"
    assert result["running"] == "1.0.0"
    again = host.call("2.0.0", service="app", service_state="reloaded")
    assert not again["changed"]


def test_an_unknown_service_stops_before_anything_is_done(host: AppHost) -> None:
    host.deploy("1.0.0")
    host.systemd.known = False
    with pytest.raises(RunError, match="service: systemd knows no app"):
        host.deploy("2.0.0")
    assert host.listed == ["1.0.0"]


def test_a_service_that_does_not_come_up_says_so(host: AppHost) -> None:
    host.deploy("1.0.0")
    host.systemd.breaks = True
    with pytest.raises(
        RunError, match=r"does not run .* failed .*journalctl"
    ) as caught:
        host.deploy("2.0.0")
    assert caught.value.details["log"] == ["the last line"]
    host.systemd.breaks = False
    host.call("1.0.0", service="app", mark_bad=["2.0.0"], reason="does not start")
    seen = host.info()
    assert (seen["active"], seen["running"]) == ("1.0.0", "1.0.0")


def test_a_restart_that_systemd_refuses_is_quoted(host: AppHost) -> None:
    host.systemd.refuses = "Job for app.service failed."
    with pytest.raises(RunError, match=r"restart app failed: Job for app\.service"):
        host.deploy("1.0.0")


def test_a_release_that_is_nowhere(host: AppHost) -> None:
    host.stage("1.0.0")
    with pytest.raises(RunError, match=r"2.0.0 is not staged .*\(there: 1.0.0\)"):
        host.call("2.0.0")


def test_a_real_folder_called_current_is_not_lost(host: AppHost) -> None:
    (host.path / "current").mkdir(parents=True)
    with pytest.raises(RunError, match="current is no link and would be lost"):
        host.deploy("1.0.0")


def test_a_release_made_by_another_tool_is_adopted(host: AppHost) -> None:
    for name in ("20250101", "20260101"):
        (host.path / "releases" / name).mkdir(parents=True)
    (host.path / "current").symlink_to(host.path / "releases" / "20260101")
    result = host.deploy("1.0.0", keep=1)
    assert result["former"] == result["previous"] == "20260101"
    assert host.listed == ["1.0.0", "20250101", "20260101"]
    assert host.call("previous", service="app")["active"] == "20260101"


# Going back, marking, removing


def test_going_back_and_marking_in_one_call(host: AppHost) -> None:
    for version in ("1.0.0", "2.0.0", "3.0.0"):
        host.deploy(version)
    options = {"mark_bad": ["3.0.0"], "reason": "gate", "service": "app"}
    result = host.call("previous", **options)
    assert result["version"] == result["active"] == result["running"] == "2.0.0"
    assert {r["version"] for r in result["releases"] if r["bad"]} == {"3.0.0"}
    assert not host.call("previous", **options)["changed"]
    assert host.current == "releases/2.0.0"


def test_a_bad_release_comes_back_only_by_force(host: AppHost) -> None:
    host.deploy("1.0.0")
    host.deploy("2.0.0")
    assert host.call("1.0.0", state="bad", reason="leaks")["changed"]
    assert not host.call("1.0.0", state="bad", reason="other")["changed"]
    for state in ("active", "staged"):
        with pytest.raises(RunError, match=r"1.0.0 is marked bad \(leaks\)"):
            host.call("1.0.0", state=state)
    with pytest.raises(RunError, match=r"1\.0\.0 is bad"):
        host.call("previous", service="app")
    result = host.call("1.0.0", service="app", force=True)
    assert not any(r["bad"] for r in result["releases"])


def test_what_was_never_active_here_is_not_marked_by_going_back(host: AppHost) -> None:
    host.deploy("1.0.0")
    host.stage("2.0.0")
    result = host.call("1.0.0", service="app", mark_bad=["2.0.0"], reason="gate")
    assert not result["changed"]


def test_marking_what_is_not_there_warns(host: AppHost) -> None:
    host.stage("1.0.0")
    assert not host.call("9.9.9", state="bad", reason="x")["changed"]
    assert "there is no release 9.9.9" in host.warnings[0]


def test_removing(host: AppHost) -> None:
    host.deploy("1.0.0")
    host.deploy("2.0.0")
    with pytest.raises(RunError, match=r"2\.0\.0 is active and cannot be removed"):
        host.call("2.0.0", state="absent")
    assert host.call("1.0.0", state="absent")["changed"]
    assert not host.call("1.0.0", state="absent")["changed"]
    assert host.listed == ["2.0.0"]
    assert not list(host.store.private.glob("1.0.0*"))


def test_pruning_keeps_what_a_rollback_needs(host: AppHost) -> None:
    for number in range(1, 5):
        result = host.deploy(f"{number}.0", keep=3)
    assert result["pruned"] == ["1.0"]
    assert host.deploy("5.0", keep=1)["pruned"] == ["2.0", "3.0"]
    assert host.listed == ["4.0", "5.0"]


# Shared folders and files


def test_shared_folders_outlive_releases(host: AppHost) -> None:
    shared = {"shared": ["log", "var/up"], "service": "app"}
    host.deploy("1.0.0", **shared)
    (host.path / "current/var/up/photo").write_text("x")
    host.deploy("2.0.0", **shared)
    assert (host.path / "current/var/up/photo").read_text() == "x"
    link = (host.path / "releases/2.0.0/var/up").readlink()
    assert str(link) == "../../../shared/var/up"
    assert not host.call("2.0.0", **shared)["changed"]


def test_shared_must_not_hide_what_the_release_brings(host: AppHost) -> None:
    host.deploy("1.0.0")
    src, _checksum = host.archive("2.0.0", "var/data", "app")
    with pytest.raises(RunError, match=r"var holds data .* leave var out .*shared/var"):
        host.call("2.0.0", src=src, service="app", shared=["var"])
    assert host.listed == ["1.0.0"]
    with pytest.raises(RunError, match="var/data is no folder"):
        host.call("2.0.0", src=src, service="app", shared=["var/data/deep"])


def test_a_shared_file_has_to_be_there(host: AppHost) -> None:
    options = {"shared_files": ["config/.env"], "service": "app"}
    with pytest.raises(
        RunError, match=r"shared_files: .*shared/config/.env is missing"
    ):
        host.deploy("1.0.0", **options)
    assert not (host.path / "current").is_symlink()
    (host.path / "shared/config").mkdir(parents=True)
    (host.path / "shared/config/.env").write_text("A=1")
    host.deploy("1.0.0", **options)
    assert (host.path / "current/config/.env").read_text() == "A=1"


# Check mode


def snapshot(folder: Path) -> set[tuple[str, int]]:
    return {(str(p), p.lstat().st_mtime_ns) for p in folder.rglob("*")}


def forget_times(result: dict[str, Any]) -> dict[str, Any]:
    for release in result["releases"]:
        del release["staged_at"], release["activated_at"]
    return result


SHARED = {"shared": ["log"]}
FIRST = ("1.0.0", {"service": "app", **SHARED})


@pytest.mark.parametrize(
    "steps",
    [
        [FIRST],
        [FIRST, ("2.0.0", {"state": "staged"})],
        [FIRST, ("2.0.0", {"service": "app", **SHARED})],
        [FIRST, ("1.0.0", {"service": "app", "shared": ["log", "up"]})],
        [
            FIRST,
            ("2.0.0", {"service": "app"}),
            ("3.0.0", {"service": "app", "keep": 2}),
        ],
        [FIRST, ("2.0.0", {"service": "app"}), ("1.0.0", {"state": "absent"})],
        [
            FIRST,
            ("2.0.0", {"service": "app"}),
            ("1.0.0", {"state": "bad", "reason": "x"}),
        ],
        [FIRST, ("2.0.0", {"state": "staged"}), ("1.0.0", {"service": "app"})],
    ],
)
def test_check_mode_says_what_will_be_and_touches_nothing(
    host: AppHost, steps: list[tuple[str, dict[str, Any]]]
) -> None:
    *before, (version, options) = steps
    for earlier, settings in before:
        host.deploy(earlier, **settings) if "service" in settings else host.stage(
            earlier, **settings
        )
    if options.get("state", "active") in ("active", "staged"):
        src, checksum = host.archive(version)
        options = {**options, "src": src, "checksum": checksum}
    seen = snapshot(host.path)
    predicted = host.call(version, check=True, **options)
    assert snapshot(host.path) == seen
    real = host.call(version, **options)
    assert predicted["changed"] == real["changed"]
    assert predicted["diff"] == real["diff"]
    assert [r["version"] for r in predicted["releases"]] == [
        r["version"] for r in real["releases"]
    ]
    assert (real["diff"]["before"] != real["diff"]["after"]) or not (
        real["staged"] or real["switched"] or real["pruned"]
    )


def test_check_mode_on_a_fresh_host(host: AppHost) -> None:
    host.systemd.known = False
    result = host.call(
        "1.0.0",
        check=True,
        src="/srv/none.tar.gz",
        owner="nobody-yet",
        service="app",
        shared_files=[".env"],
    )
    assert result["changed"]
    assert result["diff"]["after"]["active"] == "1.0.0"
    assert len(host.warnings) >= 4
    assert not host.path.exists()


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
