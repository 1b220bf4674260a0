# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role has made of the hosts."""

from __future__ import annotations

import pytest

testinfra_hosts = ["ssh://deb12-a", "ssh://deb13-a"]


@pytest.fixture
def before(host):
    """What prepare.yml noted: the boot id, then a package and its version a line."""
    lines = host.file("/var/tmp/patch-test-before").content_string.splitlines()
    return lines[0], dict(line.split() for line in lines[1:])


def test_packages_are_at_the_version_that_waited(host, before):
    for name, old in before[1].items():
        table = host.check_output(f"LC_ALL=C apt-cache policy {name}")
        candidate = table.partition("Candidate: ")[2].split()[0]
        assert host.package(name).version == candidate != old


def test_the_host_was_rebooted_because_a_package_asked(host, before):
    now = host.file("/proc/sys/kernel/random/boot_id").content_string.strip()
    assert now != before[0]
    assert not host.file("/run/reboot-required").exists


def test_packages_that_were_not_asked_for_stay(host):
    assert host.run("apt-get -s dist-upgrade | grep '^Inst apt '").rc == 0


def test_no_dependency_became_a_manual_package(host):
    assert host.run("apt-mark showmanual | grep -x libssl3").rc != 0


def test_nothing_of_ours_is_left(host):
    assert not host.file("/usr/sbin/policy-rc.d").exists
    assert host.check_output("dpkg --audit") == ""
