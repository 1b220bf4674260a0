# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Things that go wrong on a real night, done to the lab on purpose."""

from __future__ import annotations

import json
import os
import signal

import pytest

from tests.flight.conftest import WEB, Site, wait_until


@pytest.fixture
def host_off(site: Site):
    """Switch a host off for a test; it is on again and well when the test ends."""
    off = []

    def switch_off(name: str) -> None:
        off.append(name)
        site.lab.kill(name)

    yield switch_off
    for name in off:
        site.lab.start(name)
    site.lab.wait(off)


def in_one_line(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ({"services": {"wbe": {"max_unavailable": 2}}}, "wbe"),
        ({"services": {"web": {"max_unavailable": 0}}}, "max_unavailable"),
        ({"services": {"web": {"max_unavailable": "10%"}}}, "web"),
    ],
)
def test_a_bad_policy_stops_before_anything(site, release, policy, message):
    before = site.versions()
    extra = json.dumps({"rotation_policy": policy})
    play = site.play("deploy", f"--extra-vars={extra}", app_version=release)
    assert play.code != 0
    assert message in play.output
    assert site.versions() == before
    assert set(site.members().values()) == {"UP"}


def test_a_missing_archive_is_named_before_anything(site):
    play = site.play("deploy", app_version="9.9.9")
    assert play.code != 0
    assert "9.9.9" in play.output
    assert set(site.members().values()) == {"UP"}


def test_unreachable_at_the_start_stops_before_anything(site, release, host_off):
    before = site.version("web-a1")
    host_off("web-c2")
    play = site.play("deploy", app_version=release)
    assert play.code != 0
    assert "web-c2" in play.output
    assert "max_lost" in play.output
    assert site.version("web-a1") == before


def test_dies_in_the_middle_of_its_wave(site, release, host_off):
    before = site.version("web-c1")
    with site.load():
        play = site.start_play("deploy", app_version=release)
        wait_until("web-b1 is away", lambda: site.members()["web-b1"] != "UP", 120)
        host_off("web-b1")
        assert play.wait(timeout=240) != 0
    assert site.version("web-c1") == before, "the wave after the loss was not begun"
    assert site.members()["web-b1"] != "UP", "nobody put the dead host back"
    assert "web-b1" in site.lock()[0]["away"], "the lock stays for it"
    assert site.load_result()["failures"] == 0


def test_run_again_after_the_loss_ends_what_was_begun(site):
    # The former test left two waves done and web-b1 out of service.
    version = site.version("web-a1")
    play = site.play("deploy", app_version=version)
    assert play.code == 0, play.output[-3000:]
    assert site.versions() == dict.fromkeys(WEB, version)
    assert site.members() == dict.fromkeys(WEB, "UP")
    assert site.lock() == []


def test_killed_before_its_first_wave_it_leaves_no_lock(site, release):
    play = site.start_play("deploy", app_version=release)
    wait_until("it holds the lock", site.lock)
    os.killpg(play.pid, signal.SIGKILL)
    play.wait()
    wait_until("the lock is free", lambda: not site.lock(), 5)
    assert set(site.members().values()) == {"UP"}


def test_killed_in_the_middle_of_a_wave_and_run_again(site, release):
    with site.load():
        play = site.start_play("deploy", app_version=release)
        wait_until("web-a1 is away", lambda: site.members()["web-a1"] != "UP", 120)
        second = site.start_play("patch", patch_hosts="balancers")
        wait_until("web-a2 is away", lambda: site.members()["web-a2"] != "UP", 120)
        os.killpg(play.pid, signal.SIGKILL)
        play.wait()
        assert second.wait(timeout=60) != 0
        refused = in_one_line((site.folder / "patch-started.log").read_text())
        assert "platform/portal is held by" in refused
        assert f"for 'Release {release}'" in refused
        elsewhere = site.play("patch", patch_hosts="balancers")
        assert elsewhere.code != 0
        assert "kept for web-a2" in in_one_line(elsewhere.output)
        again = site.play("deploy", app_version=release)
    assert again.code == 0, again.output[-3000:]
    assert "away" in again.output, "the host found away leads, and the plan says so"
    assert site.versions() == dict.fromkeys(WEB, release)
    assert site.members() == dict.fromkeys(WEB, "UP")
    assert site.lock() == []
    result = site.load_result()
    assert result["failures"] == 0, result["by_kind"]


def test_haproxy_gone_stops_before_any_host_is_touched(site, release):
    before = site.versions()
    site.run("lb-a1", "systemctl", "stop", "haproxy")
    try:
        play = site.play("deploy", app_version=release)
    finally:
        site.run("lb-a1", "systemctl", "start", "haproxy")
    assert play.code != 0
    assert "/run/haproxy/admin.sock" in play.output
    assert site.versions() == before


def test_a_balancer_that_is_off_stops_before_any_host_is_touched(
    site, release, host_off
):
    before = site.versions()
    host_off("lb-a1")
    play = site.play("deploy", app_version=release)
    assert play.code != 0
    assert "Load balancer lb-a1 is out of reach" in in_one_line(play.output)
    assert site.versions() == before


def test_a_balancer_that_goes_off_stops_before_the_next_wave(site, release, host_off):
    before = site.version("web-a2")
    play = site.start_play("deploy", app_version=release)
    wait_until("web-a1 is away", lambda: site.members()["web-a1"] != "UP", 120)
    host_off("lb-a1")
    assert play.wait(timeout=240) != 0
    output = in_one_line((site.folder / "deploy-started.log").read_text())
    assert "Load balancer lb-a1 is out of reach" in output
    assert "unreachable=1" not in output, "the web host was never out of reach"
    assert site.version("web-a2") == before


def test_run_again_once_the_balancer_is_back_ends_what_was_begun(site):
    # The former test left the canary done, or in its former release, and proved.
    assert site.members() == dict.fromkeys(WEB, "UP")
    version = site.version("web-a1")
    play = site.play("deploy", app_version=version)
    assert play.code == 0, play.output[-3000:]
    assert site.versions() == dict.fromkeys(WEB, version)
    assert site.members() == dict.fromkeys(WEB, "UP")


def test_a_host_whose_consul_agent_is_down_stays_in_service(site, release):
    before = site.versions()
    site.run("web-a1", "systemctl", "stop", "consul")
    try:
        play = site.play("deploy", app_version=release)
    finally:
        site.run("web-a1", "systemctl", "start", "consul")
    assert play.code != 0
    assert "Take this host out of Consul" in play.output
    assert site.versions() == before
    assert site.members() == dict.fromkeys(WEB, "UP")


def test_consul_without_a_leader_keeps_its_servers_in(site):
    before = site.run("consul-a1", "cat", "/proc/sys/kernel/random/boot_id")
    for name in ("consul-b1", "consul-c1"):
        site.run(name, "systemctl", "stop", "consul")
    try:
        play = site.play("patch", patch_hosts="consul_servers", patch_reboot="always")
    finally:
        for name in ("consul-b1", "consul-c1"):
            site.run(name, "systemctl", "start", "consul")
    assert play.code != 0
    assert "leader" in in_one_line(play.output)
    assert site.run("consul-a1", "cat", "/proc/sys/kernel/random/boot_id") == before
