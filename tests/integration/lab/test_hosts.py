# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab of two hosts of its own: booted, disturbed, removed without trace."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator

import pytest

from lab import machine
from lab.checkout import PREFIX, Clock, state_of
from lab.hosts import Lab
from lab.podman import command, podman
from lab.topology import TOPOLOGIES, Host, Topology

PROOF = Topology("proof", (Host("proof-a1", "a", 11), Host("proof-b1", "b", 11)))
BOOT_ID = ("cat", "/proc/sys/kernel/random/boot_id")


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """Both hosts, up; removed at the end whatever happened."""
    machine.check()
    TOPOLOGIES[PROOF.name] = PROOF
    lab = Lab(PROOF.name)
    try:
        lab.up(Clock())
        yield lab
    finally:
        lab.down()
        del TOPOLOGIES[PROOF.name]


@pytest.fixture(autouse=True)
def healthy(lab: Lab) -> None:
    """Each test begins with both hosts up: `up` brings back what the last one broke."""
    lab.up(Clock())


def over_ssh(lab: Lab, host: str, *argv: str) -> str:
    """Run a command as a user would and return what it printed."""
    done = command(lab.ssh_argv(host, *argv))
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def until(what: str, true: Callable[[], bool], limit: float = 60) -> None:
    """Wait for a condition, at most ``limit`` seconds."""
    deadline = time.monotonic() + limit
    while not true():
        assert time.monotonic() < deadline, f"not within {limit} s: {what}"
        time.sleep(0.2)


def reachable(lab: Lab, host: str) -> bool:
    """Return whether a new ssh connection succeeds within three seconds."""
    options = ("-o", "ControlPath=none", "-o", "ConnectTimeout=3", "true")
    return command(lab.ssh_argv(host, *options)).returncode == 0


def states(lab: Lab) -> dict[str, str]:
    return {status.host.name: status.state for status in lab.status()}


def test_a_second_up_starts_nothing(
    lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    before = over_ssh(lab, "proof-a1", *BOOT_ID)
    capsys.readouterr()
    lab.up(Clock())
    assert "2 hosts in" in (said := capsys.readouterr().out)
    assert ", 0 to start" in said
    assert over_ssh(lab, "proof-a1", *BOOT_ID) == before
    assert states(lab) == {"proof-a1": "running", "proof-b1": "running"}


def test_hosts_find_each_other_by_name_and_see_true_addresses(lab: Lab) -> None:
    """Between zones podman's own rules would put the bridge's address in its place."""
    server = (
        "import socket; s = socket.create_server(('', 7777)); print(s.accept()[1][0])"
    )
    client = (
        "import socket, time\n"
        "for _ in range(100):\n"
        "    try: socket.create_connection(('proof-a1', 7777), 5); break\n"
        "    except OSError: time.sleep(0.1)\n"
    )
    with subprocess.Popen(
        lab.ssh_argv("proof-a1", f'timeout 20 python3 -c "{server}"'),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        over_ssh(lab, "proof-b1", f'python3 -c "{client}"')
        seen, _errors = process.communicate(timeout=30)
    assert seen.strip() == lab.plan().address(PROOF.host("proof-b1"))


def test_a_reboot_from_inside_comes_back_with_a_boot_id_of_its_own(lab: Lab) -> None:
    before = over_ssh(lab, "proof-a1", *BOOT_ID)
    assert before != over_ssh(lab, "proof-b1", *BOOT_ID)
    command(lab.ssh_argv("proof-a1", "systemctl reboot"))

    def rebooted() -> bool:
        done = lab.run("proof-a1", BOOT_ID)
        return done.returncode == 0 and done.stdout.strip() not in ("", before)

    until("another boot id", rebooted)
    lab.wait(["proof-a1"])
    assert over_ssh(lab, "proof-a1", "hostname") == "proof-a1"


def test_a_killed_host_stays_off_and_keeps_its_disk(lab: Lab) -> None:
    over_ssh(lab, "proof-b1", "echo kept > /root/mark")
    lab.kill("proof-b1")
    assert not reachable(lab, "proof-b1")
    assert states(lab)["proof-b1"] == "off"
    lab.start("proof-b1")
    lab.wait(["proof-b1"])
    assert over_ssh(lab, "proof-b1", "cat /root/mark") == "kept"


def test_a_hung_host_answers_nobody_until_it_goes_on(lab: Lab) -> None:
    before = over_ssh(lab, "proof-a1", *BOOT_ID)
    lab.pause("proof-a1")
    assert not reachable(lab, "proof-a1")
    assert states(lab)["proof-a1"] == "paused"
    lab.up(Clock())
    assert over_ssh(lab, "proof-a1", *BOOT_ID) == before


def test_a_host_that_is_cut_off_runs_on_and_comes_back(lab: Lab) -> None:
    lab.cut("proof-a1")
    assert not reachable(lab, "proof-a1")
    assert states(lab)["proof-a1"] == "cut off"
    assert lab.run("proof-a1", ["hostname"]).stdout == "proof-a1\n"
    lab.heal("proof-a1")
    lab.wait(["proof-a1"])
    route = over_ssh(lab, "proof-a1", "ip -o -4 address show eth0")
    assert f" {lab.plan().address(PROOF.host('proof-a1'))}/24 " in route


def test_real_upgrades_wait_and_one_of_them_asks_for_a_reboot(lab: Lab) -> None:
    pending = over_ssh(lab, "proof-b1", "apt-get -s dist-upgrade | grep ^Inst")
    assert "-security" in pending
    assert "Inst vigie-lab-kernel [1.0] (1.1 " in pending
    assert command(lab.ssh_argv("proof-b1", "test -e /run/reboot-required")).returncode
    over_ssh(lab, "proof-b1", "apt-get -qq install --only-upgrade vigie-lab-kernel")
    asked = over_ssh(lab, "proof-b1", "cat /run/reboot-required.pkgs")
    assert asked == "vigie-lab-kernel"


def test_what_the_roles_install_needs_no_download(lab: Lab) -> None:
    plan = over_ssh(
        lab, "proof-a1", "apt-get -qq install --print-uris consul haproxy | cut -c1-8"
    )
    assert [line for line in plan.splitlines() if line != "'file:/s"] == []


def test_a_degraded_host_is_told_with_the_unit_that_failed(
    lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    command(lab.ssh_argv("proof-a1", "systemd-run --unit=bad --quiet --wait false"))
    try:
        found = {status.host.name: status for status in lab.status()}
        assert found["proof-a1"].state == "degraded"
        assert found["proof-a1"].failed == ("bad.service",)
        capsys.readouterr()
        lab.up(Clock())
        assert "degraded (bad.service failed)" in capsys.readouterr().out
    finally:
        over_ssh(lab, "proof-a1", "systemctl reset-failed")


def test_down_removes_exactly_what_up_made(lab: Lab) -> None:
    def others() -> list[str]:
        mine = f"label=vigie.lab={PREFIX}"
        found = podman("ps", "--all", "--filter", mine, "--format", "{{.Names}}")
        return sorted(n for n in found.stdout.split() if "proof" not in n)

    before = others()
    lab.down()
    for noun in ("ps --all", "network ls"):
        found = podman(*noun.split(), "--format", "{{.Names}}{{.Name}}", check=False)
        assert "proof" not in found.stdout
    rules = command(["iptables", "-w", "-t", "nat", "-S", "POSTROUTING"]).stdout
    assert f"{PREFIX}-proof" not in rules
    assert not state_of("proof").exists()
    assert set(before) <= set(others())
