# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role has made of the hosts."""

from __future__ import annotations

import pytest

testinfra_hosts = ["ssh://deb12-a", "ssh://deb13-a"]


CHOSEN = {"vigie-lab-kernel", "tzdata", "libexpat1"}


@pytest.fixture
def before(host):
    """What prepare.yml noted: lists of what follows each line's first word."""
    noted = {}
    text = host.file("/var/tmp/patch-test-before").content_string
    for line in text.splitlines():
        word, _blank, rest = line.partition(" ")
        noted.setdefault(word, []).append(rest)
    return noted


def test_packages_are_at_the_version_that_waited(host, before):
    versions = dict(line.split() for line in before["version"])
    assert set(versions) == CHOSEN
    for name, old in versions.items():
        table = host.check_output(f"LC_ALL=C apt-cache policy {name}")
        candidate = table.partition("Candidate: ")[2].split()[0]
        assert host.package(name).version == candidate
        if name in before["waits"]:
            assert candidate != old
    assert "vigie-lab-kernel" in before["waits"]


def test_the_host_was_rebooted_because_a_package_asked(host, before):
    now = host.file("/proc/sys/kernel/random/boot_id").content_string.strip()
    assert [now] != before["boot"]
    assert not host.file("/run/reboot-required").exists


def test_packages_that_were_not_asked_for_still_wait(host, before):
    text = host.check_output("apt-get -s dist-upgrade")
    waits = {line.split()[1] for line in text.splitlines() if line.startswith("Inst ")}
    assert waits == set(before["waits"]) - CHOSEN


def test_no_package_became_a_manual_one(host, before):
    assert host.check_output("apt-mark showmanual").split() == before["manual"]


def test_nothing_of_ours_is_left(host):
    assert not host.file("/usr/sbin/policy-rc.d").exists
    assert host.check_output("dpkg --audit") == ""
