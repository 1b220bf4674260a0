# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Whether the host asks for a reboot, and the proof that it had one."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from ansible_collections.vigie.run.plugins.module_utils._host.dpkg import Package
from ansible_collections.vigie.run.plugins.module_utils._host.processes import started
from ansible_collections.vigie.run.plugins.module_utils._host.versions import (
    version_key,
)

FLAG = "/run/reboot-required"
INFO = "/var/lib/dpkg/info"
BOOT_ID = "/proc/sys/kernel/random/boot_id"

# "6.1.0-40-cloud-amd64": version, then the flavour's words.
_RELEASE = re.compile(r"^(.*?)((?:-[a-z][a-z0-9]*)*)$")
# uname -v of a Debian kernel names the package version it was built from.
_BUILT = re.compile(r"\bDebian (\S+) \(")


def boot_id(path: str = BOOT_ID) -> str:
    """Return the id that the kernel draws at each boot."""
    with open(path, encoding="ascii") as file:
        return file.read().strip()


def uptime(proc: str = "/proc") -> float:
    """Return the seconds since this system's first process began.

    Not /proc/uptime alone: in a container that is the machine's.
    """
    with open(f"{proc}/uptime", encoding="ascii") as file:
        machine = float(file.read().split()[0])
    ticks = os.sysconf("SC_CLK_TCK")
    return round(max(0.0, machine - started(1, proc) / ticks), 1)


def changed_since_boot(info: str = INFO, proc: str = "/proc") -> bool:
    """Tell whether a package was installed or upgraded since this boot began.

    dpkg writes a package's list of files anew each time it unpacks it.
    """
    boot = time.time() - uptime(proc)
    try:
        stamps = [
            one.stat().st_mtime
            for one in os.scandir(info)
            if one.name.endswith(".list")
        ]
    except OSError:
        return False
    return max(stamps, default=0.0) > boot


def flag_reason(flag: str = FLAG) -> list[str]:
    """Return why packages asked for a reboot (Debian's /run/reboot-required)."""
    if not Path(flag).exists():
        return []
    try:
        with open(f"{flag}.pkgs", encoding="utf-8") as file:
            names = sorted({line.strip() for line in file if line.strip()})
    except FileNotFoundError:
        names = []
    by = f" by {', '.join(names)}" if names else ""
    return [f"asked for{by} ({flag})"]


def kernel_reason(
    running: str, built: str, installed: Iterable[str], packages: Mapping[str, Package]
) -> list[str]:
    """Return a reason when a newer kernel of the running flavour is installed.

    *running* and *built* are ``uname -r`` and ``uname -v``, *installed* the
    releases with an image in /boot.
    """
    version, flavour = _split(running)
    newest = version
    for release in installed:
        other, kind = _split(release)
        if kind == flavour and version_key(other) > version_key(newest):
            newest = other
    if newest != version:
        return [f"kernel {newest}{flavour} is installed, {running} runs"]
    match, package = _BUILT.search(built), packages.get(f"linux-image-{running}")
    if match and package and package.version != match.group(1):
        return [
            f"kernel {running} {package.version} is installed, {match.group(1)} runs"
        ]
    return []


def reboot_reasons(packages: Mapping[str, Package], boot: str = "/boot") -> list[str]:
    """Return why this host wants a reboot: its flag, then its kernel."""
    name = os.uname()
    try:
        images = [one.name for one in Path(boot).iterdir()]
    except OSError:
        images = []
    prefix = "vmlinuz-"
    releases = [one[len(prefix) :] for one in images if one.startswith(prefix)]
    return flag_reason() + kernel_reason(name.release, name.version, releases, packages)


def _split(release: str) -> tuple[str, str]:
    match = _RELEASE.match(release)
    return (match.group(1), match.group(2)) if match else (release, "")
