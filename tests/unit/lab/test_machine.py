# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is missing on a machine is told at once, all of it, with what to do."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lab import LabError, machine
from lab.__main__ import main
from lab.podman import configuration


def test_without_root_the_message_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert main(["up"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("lab: the lab boots hosts with systemd")
    assert "as root" in said.err
    assert "Traceback" not in said.err


def test_all_missing_tools_are_named_with_their_packages(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setattr(machine, "NETAVARK", (Path("/nonexistent/netavark"),))
    with pytest.raises(LabError) as caught:
        machine.check()
    text = str(caught.value)
    assert text.startswith("not found: podman, runc, mmdebstrap,")
    assert "apt-get install dpkg iproute2 iptables mmdebstrap netavark" in text


def test_a_machine_with_everything_passes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for tool in machine.TOOLS:
        (tmp_path / tool).write_text("#!/bin/sh\n", encoding="utf-8")
        (tmp_path / tool).chmod(0o755)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(machine, "NETAVARK", (tmp_path / "podman",))
    machine.check()


def test_room_for_many_systemds_is_made_once(tmp_path: Path) -> None:
    path = tmp_path / "max_user_instances"
    path.write_text("128\n", encoding="utf-8")
    said: list[str] = []
    machine.make_room(said.append, path)
    machine.make_room(said.append, path)
    assert path.read_text(encoding="utf-8") == "1024"
    assert said == ["raised fs.inotify.max_user_instances from 128 to 1024"]


def test_a_generous_limit_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "max_user_instances"
    path.write_text("8192\n", encoding="utf-8")
    machine.make_room(pytest.fail, path)
    assert path.read_text(encoding="utf-8") == "8192\n"


def test_limits_never_lie_above_what_the_machine_allows() -> None:
    """A root without CAP_SYS_RESOURCE may not raise a hard limit."""
    assert '"nofile=20000:20000", "nproc=4096:4096"' in configuration(-1, -1)
    assert '"nofile=1024:1024", "nproc=512:512"' in configuration(1024, 512)


def test_the_time_zone_is_not_podmans_affair() -> None:
    """Podman would mount the zone's file, and an upgrade of tzdata would fail on it."""
    assert "tz" not in configuration(-1, -1)
