# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the lab asks of the machine it runs on."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from lab import LabError

# Command -> Debian package that brings it.
TOOLS = {
    "podman": "podman",
    "runc": "runc",
    "mmdebstrap": "mmdebstrap",
    "dpkg-deb": "dpkg",
    "iptables": "iptables",
    "ip": "iproute2",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
}
NETAVARK = tuple(
    Path(folder) / "netavark"
    for folder in ("/usr/lib/podman", "/usr/libexec/podman", "/usr/local/lib/podman")
)
INOTIFY = Path("/proc/sys/fs/inotify/max_user_instances")
# A host takes 7 to 10 and the kernel counts all hosts as one user; 128 is its default.
INOTIFY_INSTANCES = 1024


def check() -> None:
    """Raise LabError, naming all that is missing, where the lab cannot run."""
    if os.geteuid() != 0:
        raise LabError(
            "the lab boots hosts with systemd and their own networks, which takes root;"
            " run the same command as root (for example with sudo)"
        )
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    packages = {TOOLS[tool] for tool in missing}
    if not any(path.exists() for path in NETAVARK):
        missing.append("netavark")
        packages.add("netavark")
    if missing:
        raise LabError(
            f"not found: {', '.join(missing)}; install with"
            f" 'apt-get install {' '.join(sorted(packages))}'"
        )


def make_room(say: Callable[[str], None], path: Path = INOTIFY) -> None:
    """Let the kernel hand out enough inotify instances, else some host's systemd fails.

    The setting holds until the machine reboots. Raises LabError where it is too low
    and may not be changed.
    """
    limit = int(path.read_text(encoding="utf-8"))
    if limit >= INOTIFY_INSTANCES:
        return
    try:
        path.write_text(str(INOTIFY_INSTANCES), encoding="utf-8")
    except OSError as error:
        raise LabError(
            f"fs.inotify.max_user_instances is {limit}, the hosts need more, and it"
            f" cannot be set here ({error}); on the machine itself run"
            f" 'sysctl fs.inotify.max_user_instances={INOTIFY_INSTANCES}'"
        ) from error
    say(f"raised fs.inotify.max_user_instances from {limit} to {INOTIFY_INSTANCES}")
