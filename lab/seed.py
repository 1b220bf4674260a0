# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What hosts and controller are told: names, keys, ssh_config, lab.json.

Each host sees its own folder of these files as ``/etc/lab`` and takes them over when
it boots (``recipe/rootfs/usr/local/sbin/init-host``); so images hold no key, and every
checkout may use the same ones.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from lab import ssh
from lab.checkout import PREFIX, front_of, state_of
from lab.network import Plan
from lab.podman import command
from lab.topology import Host, Topology

NO_REBOOT = """\
# This host's upgrades must not ask for a reboot.
Package: vigie-lab-kernel
Pin: release *
Pin-Priority: -1
"""


def container_of(host: Host) -> str:
    """Return the name of a host's container."""
    return f"{PREFIX}-{host.name}"


def folder_of(topology: Topology, host: Host) -> Path:
    """Return the folder that a host sees as ``/etc/lab``."""
    return state_of(topology.name) / "hosts" / host.name


def render_hosts(addresses: Mapping[str, str]) -> str:
    """Render /etc/hosts: every host of the lab resolves every other."""
    names = "".join(f"{address}\t{name}\n" for name, address in addresses.items())
    return f"127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost\n{names}"


def describe(topology: Topology, plan: Plan) -> dict[str, object]:
    """Return lab.json's content: where everything is, for programs that use the lab."""
    return {
        "topology": topology.name,
        "prefix": PREFIX,
        "subnet": str(plan.block),
        "ssh_config": str(front_of(topology.name) / "ssh_config"),
        "hosts": {
            host.name: {
                "address": plan.address(host),
                "zone": host.zone,
                "groups": list(host.groups),
                "suite": host.suite,
                "container": container_of(host),
            }
            for host in topology.hosts
        },
    }


def write(topology: Topology, plan: Plan) -> None:
    """Write all of it; keys that exist stay as they are."""
    folder, front = state_of(topology.name), front_of(topology.name)
    addresses = {host.name: plan.address(host) for host in topology.hosts}
    access = ssh.ensure_key(folder / "id_ed25519", PREFIX)
    keys = {}
    for host in topology.hosts:
        seed = folder_of(topology, host)
        keys[host.name] = ssh.ensure_key(seed / "ssh_host_ed25519_key", host.name)
        _write(seed / "authorized_keys", f"{access}\n")
        _write(seed / "hosts", render_hosts(addresses))
        if not host.reboots:
            _write(seed / "preferences", NO_REBOOT)
    (folder / "cm").mkdir(mode=0o700, exist_ok=True)
    _write(folder / "known_hosts", ssh.render_known_hosts(keys))
    _write(front / "ssh_config", ssh.render_config(addresses, folder))
    _write(front / "lab.json", json.dumps(describe(topology, plan), indent=2) + "\n")


def remove(topology: Topology) -> None:
    """End shared ssh connections and remove what :func:`write` made."""
    folder, front = state_of(topology.name), front_of(topology.name)
    for socket in sorted(folder.glob("cm/*")):
        config = str(front / "ssh_config")
        command(["ssh", "-F", config, "-O", "exit", socket.name])
    for name in ("ssh_config", "lab.json"):
        (front / name).unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
