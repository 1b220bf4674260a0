# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a host wants a reboot, and how long it has been up."""

from __future__ import annotations

import os
import time

import pytest
from ansible_collections.vigie.run.plugins.module_utils._host import reboot
from ansible_collections.vigie.run.plugins.module_utils._host.dpkg import Package


def kernel(running, *installed, built="#1 SMP", **packages):
    known = {n: Package(n, v, "ii ") for n, v in packages.items()}
    return reboot.kernel_reason(running, built, installed, known)


@pytest.mark.parametrize(
    ("running", "installed", "newest"),
    [
        ("6.1.0-40-amd64", ["6.1.0-40-amd64", "6.1.0-41-amd64"], "6.1.0-41-amd64"),
        ("6.1.0-9-amd64", ["6.1.0-10-amd64"], "6.1.0-10-amd64"),
        ("6.12.43+deb13-amd64", ["6.12.57+deb13-amd64"], "6.12.57+deb13-amd64"),
        ("5.15.0-91-generic", ["5.15.0-92-generic"], "5.15.0-92-generic"),
    ],
)
def test_a_newer_kernel_is_a_reason(running, installed, newest):
    assert kernel(running, *installed) == [
        f"kernel {newest} is installed, {running} runs"
    ]


@pytest.mark.parametrize(
    ("running", "installed"),
    [
        ("6.1.0-40-amd64", ["6.1.0-40-amd64", "6.1.0-39-amd64"]),
        ("6.1.0-40-amd64", ["6.1.0-41-cloud-amd64", "6.1.0-41-rt-amd64"]),
        ("6.1.0-40-amd64", []),
        ("4.4.0", ["6.1.0-41-amd64"]),
    ],
)
def test_an_older_one_or_another_flavour_is_none(running, installed):
    assert kernel(running, *installed) == []


def test_the_same_release_built_anew_is_a_reason():
    release, built = (
        "6.1.0-40-amd64",
        "#1 SMP PREEMPT_DYNAMIC Debian 6.1.153-1 (2026-01-01)",
    )
    same = {f"linux-image-{release}": "6.1.153-1"}
    later = {f"linux-image-{release}": "6.1.153-2"}
    assert kernel(release, release, built=built, **same) == []
    assert "6.1.153-2 is installed" in kernel(release, release, built=built, **later)[0]


def test_packages_ask_by_a_flag_file(tmp_path):
    flag = tmp_path / "reboot-required"
    assert reboot.flag_reason(str(flag)) == []
    flag.touch()
    assert reboot.flag_reason(str(flag)) == [f"asked for ({flag})"]
    (tmp_path / "reboot-required.pkgs").write_text("libc6\nlinux-base\nlibc6\n")
    assert reboot.flag_reason(str(flag)) == [f"asked for by libc6, linux-base ({flag})"]


@pytest.fixture
def proc(tmp_path):
    """A system that is 60 s old on a machine that is 1000 s old."""
    ticks = os.sysconf("SC_CLK_TCK")
    (tmp_path / "1").mkdir()
    (tmp_path / "uptime").write_text("1000.00 3000.00\n")
    stat = f"1 (systemd) S {' '.join(['0'] * 18)} {940 * ticks} 0\n"
    (tmp_path / "1" / "stat").write_text(stat)
    return tmp_path


def test_uptime_is_the_systems_own(proc):
    assert reboot.uptime(str(proc)) == 60.0


@pytest.mark.parametrize(("age", "expected"), [(30, True), (90, False)])
def test_packages_unpacked_since_the_boot(proc, tmp_path, age, expected):
    info = tmp_path / "info"
    info.mkdir()
    (info / "bash.list").touch()
    stamp = time.time() - age
    os.utime(info / "bash.list", (stamp, stamp))
    assert reboot.changed_since_boot(str(info), str(proc)) is expected
    assert not reboot.changed_since_boot(str(tmp_path / "none"), str(proc))
