# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which hosts the lab has, as plain data. Addresses: :mod:`lab.network`."""

from __future__ import annotations

from dataclasses import dataclass

from lab import LabError

ZONES = ("a", "b", "c")


@dataclass(frozen=True)
class Host:
    """One host.

    ``number`` is the last octet of its address. With ``reboots`` its upgrades ask
    for a reboot; a lone load balancer must not, or nobody would be served meanwhile.
    """

    name: str
    zone: str
    number: int
    suite: str = "bookworm"
    groups: tuple[str, ...] = ()
    reboots: bool = True


@dataclass(frozen=True)
class Topology:
    """A set of hosts that is booted and removed together."""

    name: str
    hosts: tuple[Host, ...]

    def host(self, name: str) -> Host:
        """Return the host called ``name``; LabError names those that exist."""
        for host in self.hosts:
            if host.name == name:
                return host
        known = ", ".join(host.name for host in self.hosts)
        raise LabError(f"no host {name!r} in topology {self.name!r}; it has {known}")

    @property
    def suites(self) -> tuple[str, ...]:
        """The Debian suites in use, each once, sorted."""
        return tuple(sorted({host.suite for host in self.hosts}))


def _flight() -> Topology:
    hosts = [Host("lb-a1", "a", 10, groups=("balancers",), reboots=False)]
    for zone in ZONES:
        hosts += [
            Host(f"web-{zone}1", zone, 21, groups=("web",)),
            Host(f"web-{zone}2", zone, 22, groups=("web",)),
            Host(f"consul-{zone}1", zone, 31, groups=("consul_servers",)),
        ]
    return Topology("flight", tuple(hosts))


def _molecule() -> Topology:
    return Topology(
        "molecule",
        (
            Host("deb12-a", "a", 11),
            Host("deb12-b", "b", 11),
            Host("deb12-c", "c", 11),
            Host("deb13-a", "a", 12, suite="trixie"),
            Host("deb13-b", "b", 12, suite="trixie"),
            Host("deb13-c", "c", 12, suite="trixie"),
            Host("deb11-a", "a", 13, suite="bullseye"),
        ),
    )


TOPOLOGIES = {topology.name: topology for topology in (_flight(), _molecule())}


def home_of(host: str) -> str:
    """Return the name of the topology with this host; LabError names all hosts."""
    for found in TOPOLOGIES.values():
        if any(host == other.name for other in found.hosts):
            return found.name
    known = ", ".join(h.name for found in TOPOLOGIES.values() for h in found.hosts)
    raise LabError(f"no host {host!r} in the lab; it has {known}")


def topology(name: str) -> Topology:
    """Return the topology called ``name``; LabError names those that exist."""
    if name not in TOPOLOGIES:
        raise LabError(f"no topology {name!r}; there are {', '.join(TOPOLOGIES)}")
    return TOPOLOGIES[name]
