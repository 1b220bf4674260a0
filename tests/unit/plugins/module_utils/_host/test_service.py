# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What systemd says of a service, and what follows from it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError
from ansible_collections.vigie.run.plugins.module_utils._host import service
from ansible_collections.vigie.run.plugins.module_utils._host.service import Unit

# What systemd 252 prints, shortened to what is asked for.
SHOWN = """\
MainPID=3120
NRestarts=0
ExecMainStartTimestampMonotonic=5000000
ExecMainStatus=0
EnvironmentFiles=/etc/default/portal (ignore_errors=no)
EnvironmentFiles=/etc/default/more (ignore_errors=yes)
Result=success
LoadState=loaded
ActiveState=active
SubState=running
FragmentPath=/etc/systemd/system/portal.service
DropInPaths=/etc/systemd/system/portal.service.d/a.conf /run/b.conf
NeedDaemonReload=yes
TimeoutStopUSec=1min 30s
"""
UNIT = Unit("app", loaded=True, state="active", pid=1, started=100.0)


def test_reading_what_systemd_prints() -> None:
    unit = service.parse("portal", SHOWN, boot=1000.0)
    assert unit == Unit(
        "portal",
        loaded=True,
        state="active",
        detail="running, result success, exit status 0",
        pid=3120,
        restarts="0",
        outdated=True,
        started=1005.0,
        files=(
            "/etc/systemd/system/portal.service",
            "/etc/systemd/system/portal.service.d/a.conf",
            "/run/b.conf",
            "/etc/default/portal",
            "/etc/default/more",
        ),
        stop_timeout=90.0,
    )


@pytest.mark.parametrize(
    ("span", "is_"),
    [
        ("30s", 30),
        ("1min 30s", 90),
        ("1h 5min", 3900),
        ("1d", 86400),
        ("1.500s", 1.5),
        ("500ms", 0.5),
        ("infinity", 0),
        ("", 0),
    ],
)
def test_a_time_span_as_systemctl_writes_it(span: str, is_: float) -> None:
    assert service.seconds(span) == pytest.approx(is_)


def test_a_service_that_never_started() -> None:
    unit = service.parse("x", "LoadState=not-found\nMainPID=0\n", boot=1.0)
    assert (unit.loaded, unit.active, unit.pid, unit.started) == (False, False, 0, 0.0)


def test_no_systemd_is_said() -> None:
    with pytest.raises(RunError, match="systemd does not answer for app: no bus"):
        service.look(lambda _argv: (1, "", "no bus\n"), "app")


@pytest.mark.parametrize(
    ("unit", "running", "interrupted", "follow", "why"),
    [
        (UNIT, "2", False, True, ""),
        (UNIT, "", False, True, ""),
        (UNIT, "1", False, True, "the process still runs 1"),
        (UNIT, "1", False, False, ""),
        (UNIT, "", True, True, "an earlier run was interrupted"),
        (UNIT, "2", True, True, ""),
        (UNIT, "2", True, False, "an earlier run was interrupted"),
        (replace(UNIT, state="failed"), "2", False, True, "the service is failed"),
    ],
)
def test_why_a_restart_is_due(
    unit: Unit, running: str, interrupted: bool, follow: bool, why: str
) -> None:
    said = service.why_restart(unit, "2", running, interrupted, follow)
    assert said.startswith(why)
    assert bool(said) == bool(why)


def test_a_newer_file_makes_a_restart_due(tmp_path: Path) -> None:
    path = tmp_path / "app.service"
    path.touch()
    unit = replace(UNIT, files=(str(tmp_path / "gone"), str(path)))
    os.utime(path, (99, 99))
    assert service.changed_file(unit) == ""
    os.utime(path, (101, 101))
    assert service.why_restart(unit, "2", "2", False) == f"{path} changed"


def test_the_working_folder_of_a_process(tmp_path: Path) -> None:
    folder = tmp_path / "release"
    folder.mkdir()
    argv = [sys.executable, "-S", "-c", "import time; time.sleep(600)"]
    with subprocess.Popen(argv, cwd=folder) as process:
        try:
            assert service.working_folder(process.pid) == str(folder)
            folder.rmdir()
            assert service.working_folder(process.pid) == str(folder)
        finally:
            process.kill()
    assert service.working_folder(0) == ""
    assert service.working_folder(process.pid) == ""


class Script:
    """Answers each look with the next state; remembers what was run."""

    def __init__(self, *states: str, pids: tuple[int, ...] = ()) -> None:
        self.states = list(states)
        self.pids = list(pids) or [7] * len(states)
        self.ran: list[str] = []

    def __call__(self, argv: list[str]) -> tuple[int, str, str]:
        if argv[:2] != ["systemctl", "show"]:
            self.ran.append(" ".join(argv))
            return 0, "", ""
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        pid = self.pids.pop(0) if len(self.pids) > 1 else self.pids[0]
        return 0, f"LoadState=loaded\nActiveState={state}\nMainPID={pid}\n", ""


def bring(script: Script, unit: Unit = UNIT, how: str = "restarted") -> Unit:
    return service.bring(script, unit, how, 1, lambda _unit: True)


def test_a_service_counts_when_two_looks_agree() -> None:
    script = Script("activating", "active", "active", "active", pids=(0, 5, 6, 6))
    assert bring(script).pid == 6
    assert script.ran == ["timeout 1 systemctl restart -- app"]


def test_a_unit_that_changed_is_read_again_first() -> None:
    script = Script("active")
    bring(script, replace(UNIT, outdated=True), "reloaded")
    assert script.ran == [
        "systemctl daemon-reload",
        "timeout 1 systemctl reload -- app",
    ]


def test_what_the_unit_grants_to_stop_comes_on_top() -> None:
    unit = replace(UNIT, stop_timeout=29.5)
    for how, wait in (("restarted", 31), ("reloaded", 1)):
        script = Script("active")
        bring(script, unit, how)
        assert script.ran[0].startswith(f"timeout {wait} systemctl")


@pytest.mark.parametrize("state", ["failed", "inactive"])
def test_a_service_that_ended_is_not_waited_for(state: str) -> None:
    with pytest.raises(RunError, match=f"systemd says {state}") as caught:
        bring(Script("active", state))
    assert "waited" not in str(caught.value)


def test_waiting_ends_and_says_how_long() -> None:
    with pytest.raises(RunError, match=r"systemd says activating .*waited 1 s"):
        bring(Script("activating"))


def test_a_job_that_takes_too_long_says_so() -> None:
    def run(argv: list[str]) -> tuple[int, str, str]:
        return (124, "", "") if argv[0] == "timeout" else (0, "", "")

    with pytest.raises(RunError, match="restart app failed: no answer in 1 s"):
        service.bring(run, UNIT, "restarted", 1, lambda _unit: True)
