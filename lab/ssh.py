# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys, known hosts and ssh_config: how the controller reaches the lab's hosts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from lab import LabError
from lab.podman import command

# A Unix socket's path takes 107 bytes (unix(7)); ssh appends 17 while it connects.
SOCKET_LIMIT = 107 - 17


def ensure_key(path: Path, comment: str) -> str:
    """Make an ed25519 key at ``path`` unless there is one; return the public key."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        options = ["-q", "-t", "ed25519", "-N", "", "-C", comment]
        done = command(["ssh-keygen", *options, "-f", str(path)])
        if done.returncode != 0:
            raise LabError(f"ssh-keygen failed for {path}: {done.stderr.strip()}")
    return path.with_name(path.name + ".pub").read_text(encoding="utf-8").strip()


def render_known_hosts(keys: Mapping[str, str]) -> str:
    """Render known_hosts from name -> public host key."""
    return "".join(
        f"{name} {' '.join(key.split()[:2])}\n" for name, key in sorted(keys.items())
    )


def render_config(addresses: Mapping[str, str], folder: Path) -> str:
    """Render ssh_config.

    ``addresses``: name -> address. ``folder`` holds ``id_ed25519``, ``known_hosts`` and
    the control sockets; where its path is too long for a socket, connections are not
    shared.
    """
    names = list(addresses)
    place = str(folder).replace("%", "%%")
    lines = ["# Written by the lab; 'python -m lab up' renews it."]
    for name in names:
        lines += [
            f"Host {name}",
            f"  HostName {addresses[name]}",
            f"  HostKeyAlias {name}",
        ]
    lines += [
        f"Host {' '.join(names)}",
        "  User root",
        f'  IdentityFile "{place}/id_ed25519"',
        "  IdentitiesOnly yes",
        f'  UserKnownHostsFile "{place}/known_hosts"',
        "  GlobalKnownHostsFile /dev/null",
        "  StrictHostKeyChecking yes",
        "  PasswordAuthentication no",
        "  ConnectTimeout 10",
        "  ServerAliveInterval 5",
        "  ServerAliveCountMax 3",
    ]
    longest = max((len(name) for name in names), default=0)
    if len(f"{folder}/cm/") + longest <= SOCKET_LIMIT:
        lines += [
            "  ControlMaster auto",
            f'  ControlPath "{place}/cm/%n"',
            "  ControlPersist 120",
        ]
    return "\n".join(lines) + "\n"
