# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One rotation at a time: the platform's lock around the role's waves."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.vigie.run.tests.unit.plugins.action.plays import environment

from lab.consul_cluster import Cluster
from tests.integration.consul.locking import (
    PLAYBOOK,
    TTL,
    Make,
    Runner,
    await_that,
    keepers,
)

HOSTS = ("web-a1", "web-a2", "web-b1")


def step(name: str) -> dict[str, Any]:
    role = {"name": "vigie.run.rotation", "tasks_from": name}
    return {"ansible.builtin.import_role": role}


def waves(act: dict[str, Any]) -> list[dict[str, Any]]:
    """A rotation with an act of this test's own."""
    plan = "hostvars['localhost'].rotation_plan"
    order = f"{plan}.order | default(['all:!all'], true) | join(',')"
    rotate = {
        "block": [step("out"), act, step("prove"), step("back")],
        "rescue": [step("lost"), {**step("back"), "when": "rotation_return | bool"}],
    }
    return [
        {"hosts": "{{ on }}", "tasks": [step("describe"), step("plan")]},
        {
            "hosts": f"{{{{ {order} }}}}",
            "serial": f"{{{{ {plan}.serial | default([1], true) }}}}",
            "tasks": [step("check_budget"), rotate],
        },
        {"hosts": "{{ on }}", "tasks": [step("account")]},
    ]


class Platform:
    """Three hosts that are this machine, and the lock of their platform."""

    def __init__(self, folder: Path, cluster: Cluster, other: Runner) -> None:
        self.folder, self.other = folder, other
        self._cluster = cluster
        (folder / "rotate.yml").write_text(json.dumps(self._plays()))
        variables = {
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
            "rotation_services": ["web"],
            "rotation_unproved": True,
            "rotation_policy": {"services": {"web": {"max_unavailable": 1}}},
            "rotation_lock_name": other.name,
            "rotation_lock_url": cluster.url,
            "rotation_lock_ca_path": str(cluster.ca),
            "rotation_lock_ttl": TTL,
            "rotation_lock_reason": "Restart",
        }
        hosts = {"all": {"hosts": {name: {} for name in HOSTS}, "vars": variables}}
        (folder / "hosts.json").write_text(json.dumps(hosts))

    def _plays(self) -> list[dict[str, Any]]:
        gate = self.folder / "stop"
        act = {
            "ansible.builtin.shell": (
                f"echo {{{{ inventory_hostname }}}} >> {self.folder}/acted;"
                f" [ ! -e {gate}-fail ] || exit 1;"
                f" while [ -e {gate} ]; do sleep 0.1; done"
            )
        }
        return [{"gather_facts": False, **play} for play in waves(act)]

    def start(
        self, name: str, on: str = "all", *options: str, **extra: str
    ) -> subprocess.Popen[str]:
        """Start a rotation of these hosts."""
        given = json.dumps({"on": on, **extra})
        return subprocess.Popen(
            [str(PLAYBOOK), "-i", "hosts.json", "rotate.yml", "-e", given, *options],
            cwd=self.folder,
            env={
                **environment(self.folder),
                "CONSUL_HTTP_TOKEN": self._cluster.token,
                "ANSIBLE_LOCAL_TEMP": str(self.folder / name),
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(
        self, name: str, on: str = "all", *options: str, **extra: str
    ) -> tuple[int, str]:
        """Exit code and output, in one line."""
        play = self.start(name, on, *options, **extra)
        output = play.communicate(timeout=90)[0]
        return play.returncode, " ".join(output.split())

    def stop_in_first_wave(self) -> subprocess.Popen[str]:
        """A rotation that hangs there until the file `stop` is gone."""
        (self.folder / "stop").touch()
        play = self.start("stopped")
        await_that("the first wave", self.acted, 60)
        return play

    def go_on(self) -> None:
        """Let what was stopped go on."""
        (self.folder / "stop").unlink()

    def acted(self) -> list[str]:
        path = self.folder / "acted"
        return path.read_text().split() if path.exists() else []

    def away(self) -> list[tuple[str, ...]]:
        """For whom each place is kept."""
        return [place.away for place in self.other.seen().record.places]


@pytest.fixture
def platform(tmp_path: Path, cluster: Cluster, runner: Make) -> Platform:
    return Platform(tmp_path, cluster, runner("other"))


def test_the_lock_is_held_from_first_to_last(platform: Platform) -> None:
    play = platform.stop_in_first_wave()
    assert platform.away() == [("web-a1",)]
    code, said = platform.run("second")
    assert code == 2
    assert "rotate.yml) since" in said
    assert "for 'Restart'" in said
    assert platform.acted() == ["web-a1"], "the second run touched nothing"
    platform.go_on()
    output = play.communicate(timeout=60)[0]
    assert play.returncode == 0, output
    assert platform.acted() == list(HOSTS)
    assert platform.away() == []
    assert not platform.other.seen().record.trace


def test_a_run_killed_with_a_host_away_leaves_the_lock_to_those_who_bring_it_back(
    platform: Platform,
) -> None:
    play = platform.stop_in_first_wave()
    os.killpg(play.pid, signal.SIGKILL)
    play.wait()
    await_that("its keeper says so", lambda: not platform.other.seen().alive)
    platform.go_on()
    code, said = platform.run("elsewhere", on="web-b1", rotation_lock_wait="60")
    assert code == 2
    assert "kept for web-a1" in said
    code, said = platform.run("again")
    assert code == 0, said
    assert platform.away() == []
    [event] = platform.other.seen().record.trace
    assert event.what == "taken over"
    await_that("no keeper is left", lambda: not keepers(platform.other.name), limit=40)


def test_a_run_whose_lock_was_broken_begins_no_other_wave(platform: Platform) -> None:
    play = platform.stop_in_first_wave()
    platform.other.lock().break_("it hangs (Ben)", None, None)
    platform.go_on()
    output = " ".join(play.communicate(timeout=60)[0].split())
    assert play.returncode == 2
    assert "broken by other@here" in output
    assert "it hangs (Ben)" in output
    assert platform.acted() == ["web-a1"]


def test_a_run_that_stops_with_all_hosts_back_frees_the_lock(
    platform: Platform,
) -> None:
    (platform.folder / "stop-fail").touch()
    code, said = platform.run("fails")
    assert code == 2
    assert "Stopped before the wave of web-a2" in said
    assert platform.away() == []
    assert not platform.other.seen().record.trace, "given back, not found abandoned"


def test_check_mode_shows_the_waves_beside_another_run(platform: Platform) -> None:
    platform.other.hold()
    code, said = platform.run("check", "all", "--check")
    assert code == 0, said
    assert "is held by other@here" in said
    assert "web-b1" in said
    assert platform.acted() == []
