# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The zones' networks: free subnets, fixed addresses, no masquerade between zones."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256

from lab import LabError
from lab.checkout import PREFIX
from lab.podman import command, podman, podman_json
from lab.topology import ZONES, Host

Subnet = ipaddress.IPv4Network
# Far from what offices, clouds and container engines take first.
POOL = ipaddress.ip_network("10.96.0.0/11")


@dataclass(frozen=True)
class Plan:
    """The addresses of one topology: a /22 holding a /24 for each zone."""

    topology: str
    block: Subnet

    def subnet(self, zone: str) -> Subnet:
        """Return the zone's /24."""
        return list(self.block.subnets(new_prefix=24))[ZONES.index(zone)]

    def name(self, zone: str) -> str:
        """Return the name of the zone's podman network."""
        return f"{PREFIX}-{self.topology}-{zone}"

    def address(self, host: Host) -> str:
        """Return the host's fixed address."""
        return str(self.subnet(host.zone)[host.number])

    def mac(self, host: Host) -> str:
        """Return the host's fixed MAC: a new one would leave stale ARP entries."""
        octets = ipaddress.ip_address(self.address(host)).packed
        return "02:76:" + ":".join(f"{octet:02x}" for octet in octets)

    def option(self, host: Host) -> str:
        """Return podman's --network value for the host."""
        return f"{self.name(host.zone)}:ip={self.address(host)},mac={self.mac(host)}"


def candidates(seed: str) -> Iterator[Subnet]:
    """Yield every /22 of the pool once, beginning at a place that the seed decides."""
    blocks = list(POOL.subnets(new_prefix=22))
    start = int(sha256(seed.encode()).hexdigest(), 16) % len(blocks)
    yield from blocks[start:] + blocks[:start]


def choose(seed: str, taken: Iterable[Subnet]) -> Subnet:
    """Return the first candidate that overlaps nothing in ``taken``.

    Raises LabError when the whole pool is taken.
    """
    taken = list(taken)
    for block in candidates(seed):
        if not any(block.overlaps(other) for other in taken):
            return block
    raise LabError(f"no free /22 in {POOL}: remove podman networks or routes in it")


def parse_routes(text: str) -> list[Subnet]:
    """Return the destinations in ``ip -json route``, the default left out."""
    found = []
    for route in json.loads(text or "[]"):
        try:
            found.append(ipaddress.IPv4Network(route["dst"], strict=False))
        except (ValueError, KeyError):
            continue
    return [subnet for subnet in found if subnet.prefixlen > 0]


def _podman_networks() -> dict[str, list[Subnet]]:
    names = podman("network", "ls", "--format", "{{.Name}}").stdout.split()
    if not names:
        return {}
    found = {}
    for network in podman_json("network", "inspect", *names):
        subnets = [entry["subnet"] for entry in network.get("subnets") or []]
        found[network["name"]] = [
            ipaddress.IPv4Network(text) for text in subnets if ":" not in text
        ]
    return found


def current(topology: str) -> Plan | None:
    """Return the plan of the networks that exist, None when there are none."""
    networks = _podman_networks()
    for zone in ZONES:
        subnets = networks.get(f"{PREFIX}-{topology}-{zone}")
        if subnets:
            return Plan(topology, subnets[0].supernet(new_prefix=22))
    return None


def ensure(topology: str) -> Plan:
    """Make the networks and the rule that do not exist yet; return the plan."""
    networks = _podman_networks()
    plan = current(topology)
    if plan is None:
        taken = [subnet for found in networks.values() for subnet in found]
        routes = command(["ip", "-json", "-4", "route", "show", "table", "all"])
        block = choose(f"{PREFIX}-{topology}", taken + parse_routes(routes.stdout))
        plan = Plan(topology, block)
    for zone in ZONES:
        if plan.name(zone) not in networks:
            # Names are in each host's /etc/hosts; no name server has to start first.
            podman(
                "network", "create", "--disable-dns", "--label", f"vigie.lab={PREFIX}",
                "--subnet", str(plan.subnet(zone)), plan.name(zone),
            )  # fmt: skip
    _rule("-I", plan)
    return plan


def remove(topology: str) -> None:
    """Remove the networks and the rule of a topology, as far as they exist."""
    plan = current(topology)
    if plan is None:
        return
    _rule("-D", plan)
    names = set(_podman_networks())
    for zone in ZONES:
        if plan.name(zone) in names:
            podman("network", "rm", plan.name(zone))


def _rule(action: str, plan: Plan) -> None:
    """Insert (-I) or delete (-D) the rule that keeps the source address between zones.

    Without it netavark masquerades what crosses a subnet, and a Consul server sees
    the bridge instead of its peer.
    """

    def rule(verb: str) -> list[str]:
        block = str(plan.block)
        return [
            "iptables", "-w", "-t", "nat", verb, "POSTROUTING",
            "-s", block, "-d", block, "-m", "comment",
            "--comment", f"{PREFIX}-{plan.topology}", "-j", "ACCEPT",
        ]  # fmt: skip

    exists = command(rule("-C")).returncode == 0
    if exists is (action == "-I"):
        return
    done = command(rule(action))
    if done.returncode != 0:
        raise LabError(f"iptables {action} POSTROUTING failed: {done.stderr.strip()}")


def cut(plan: Plan, host: Host, container: str) -> None:
    """Take the host off its network: nobody reaches it, it reaches nobody."""
    podman("network", "disconnect", plan.name(host.zone), container)


def heal(plan: Plan, host: Host, container: str) -> None:
    """Undo :func:`cut`, with the same address and MAC as before."""
    podman(
        "network", "connect", "--ip", plan.address(host),
        "--mac-address", plan.mac(host), plan.name(host.zone), container,
    )  # fmt: skip
