# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Releases on a real disk, with a real process: staged, switched, removed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.tests.unit.fakes.app_host import AppHost

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
        (
            lambda p: p.write_bytes(b"no tar at all"),
            "is neither a zip nor a tar archive",
        ),
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


@pytest.mark.parametrize("version", ["1.0.0", "2.0.0"])
def test_a_reload_does_not_do_for_a_changed_environment(
    host: AppHost, tmp_path: Path, version: str
) -> None:
    """Alone or along with a switch: it must not stay due for ever."""
    environment = tmp_path / "app.env"
    environment.touch()
    host.systemd.files = [tmp_path / "app.service", environment]
    host.deploy("1.0.0", service_state="reloaded")
    host.stage("2.0.0")
    host.systemd.started -= 100
    past = environment.stat().st_mtime - 50
    os.utime(environment, (past, past))
    host.call(version, service="app", service_state="reloaded")
    assert host.systemd.calls[-1] == "restart"
    assert host.info()["restart_due"] is None


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


def test_what_was_active_long_ago_is_not_marked_by_going_back(host: AppHost) -> None:
    """A rollback to 1 that failed before its switch: 1 is as good as it was."""
    host.deploy("1.0.0")
    host.deploy("2.0.0")
    result = host.call("2.0.0", service="app", mark_bad=["1.0.0"], reason="drain")
    assert not result["changed"]
    assert host.info()["previous"] == "1.0.0"


def test_a_mark_says_what_the_release_was_left_for(host: AppHost) -> None:
    host.deploy("1.0.0")
    host.deploy("2.0.0")
    host.call("2.0.0", state="bad", reason="leaks")
    options = {"state": "bad", "reason": "rolled back", "instead": "1.0.0"}
    assert host.call("2.0.0", **options)["changed"]
    assert not host.call("2.0.0", **options)["changed"]
    (two,) = (r for r in host.info()["releases"] if r["bad"])
    assert (two["version"], two["reason"], two["instead"]) == (
        "2.0.0",
        "leaks",
        "1.0.0",
    )
    host.call("1.0.0", service="app")
    result = host.call("2.0.0", service="app", force=True)
    assert not any(r["bad"] or r["instead"] for r in result["releases"])


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
