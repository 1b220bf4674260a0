# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the flight promises, read from what it leaves behind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lab.flight import AWAY_LIMIT, FLIGHT, PHASES, RATE
from lab.play import ROOT
from tests.flight.conftest import WEB

UNDER_LOAD = [phase.name for phase in PHASES if phase.under_load]


def results(playbook: str, action: str) -> list[tuple[str, dict]]:
    """(host, detail) of each result of an action, from the playbook's journals."""
    found = []
    for path in sorted((FLIGHT / "journal").glob("*.jsonl")):
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        if Path(lines[0]["playbook"]).stem != playbook:
            continue
        for event in lines:
            if event["event"] == "task" and event["action"] == f"vigie.run.{action}":
                detail = event.get("detail", {})
                details = detail if isinstance(detail, list) else [detail]
                found += [(event["host"], one) for one in details]
    return found


def test_every_phase_passed(flight):
    assert flight.result["outcome"] == "passed"
    assert list(flight.phases) == [phase.name for phase in PHASES]


@pytest.mark.parametrize("name", UNDER_LOAD)
def test_no_request_failed_under_load(flight, name):
    phase = flight.phases[name]
    assert phase["failures"] == 0
    assert phase["requests"] >= 0.9 * RATE * phase["seconds"]


@pytest.mark.parametrize("name", ["roll-out", "roll back", "patch"])
def test_hosts_were_away_and_never_too_many(flight, name):
    assert 1 <= flight.phases[name]["away_at_most"] <= AWAY_LIMIT


@pytest.mark.parametrize("playbook", ["deploy", "rollback", "patch"])
def test_one_rotation_at_a_time_held_the_platforms_lock(flight, playbook):
    told = [detail for _host, detail in results(playbook, "consul_lock")]
    fences = [detail["fence"] for detail in told if detail["held"]]
    assert fences == sorted(fences)
    assert len(fences) > len(set(fences)), "each wave proves it"
    assert not any(detail["lost"] for detail in told)
    assert not told[-1]["held"]


def test_the_bad_release_stopped_at_the_canary(flight):
    assert flight.phases["bad release"]["away_at_most"] == 1
    log = flight.log("bad-release")
    assert "gate 'health'" in log
    assert "503" in log, "the message says what the gate saw"
    assert "Stopped before the wave" in log
    touched = {
        host
        for host, detail in results("deploy", "release")
        if detail.get("version") == "3.0.0" and detail.get("restarted")
    }
    assert touched == {"web-a1"}


def test_the_rollback_reached_every_host(site):
    assert site.versions() == dict.fromkeys(WEB, "1.0.0")


def test_patching_rebooted_the_web_hosts_and_proved_it(flight):
    patched = {
        host: detail
        for host, detail in results("patch", "os_patch")
        if detail.get("upgraded")
    }
    assert set(WEB) <= set(patched)
    for host in WEB:
        names = [package["name"] for package in patched[host]["upgraded"]]
        assert "vigie-lab-kernel" in names
        assert patched[host]["reboot_required"]


def test_consul_servers_went_one_at_a_time_and_the_leader_last(flight):
    [(_host, plan)] = results("patch", "wave_plan")
    servers = [
        (wave["number"], host)
        for wave in plan["waves"]
        for host in wave["hosts"]
        if "consul" in host["services"]
    ]
    assert len({number for number, _host in servers}) == len(servers) == 3
    assert "leader" in max(servers, key=lambda pair: pair[0])[1]["reason"]


def test_the_platform_is_whole_afterwards(site):
    assert site.members() == dict.fromkeys(WEB, "UP")
    for host in WEB:
        assert site.agent_checks(host) == {"portal answers": "passing"}


def test_doing_it_again_does_nothing(site):
    before = site.run("web-a1", "systemctl", "show", "-P", "MainPID", "portal")
    play = site.play("deploy", app_version="1.0.0")
    assert play.code == 0
    assert "6 had nothing to do" in " ".join(play.output.split())
    after = site.run("web-a1", "systemctl", "show", "-P", "MainPID", "portal")
    assert before == after


def test_check_mode_shows_the_waves_and_touches_nothing(site, release):
    before = site.members()
    play = site.play("deploy", "--check", "--diff", app_version=release)
    assert play.code == 0, play.output[-3000:]
    assert "web-c2" in play.output
    assert site.members() == before
    assert site.versions() == dict.fromkeys(WEB, "1.0.0")


def test_the_report_tells_the_whole_flight(flight):
    page = (ROOT / "build/report.html").read_text()
    assert page.count("<svg") >= 2
    for text in (*WEB, "consul-a1", "lb-a1", "vigie-lab-kernel", "2.0.0"):
        assert text in page


def test_no_secret_was_left_anywhere(site):
    left = [*FLIGHT.rglob("*"), ROOT / "build/flight.json", ROOT / "build/report.html"]
    for path in left:
        text = path.read_text() if path.is_file() else ""
        for name, secret in site.secrets.items():
            assert secret not in text, f"{name} is in {path}"
