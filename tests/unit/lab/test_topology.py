# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's hosts, and that the static inventory names the same ones."""

from __future__ import annotations

import pytest
import yaml

from lab import LabError
from lab.checkout import ROOT
from lab.topology import TOPOLOGIES, ZONES, home_of, topology


def test_the_flight_has_the_platform_of_the_guides() -> None:
    flight = topology("flight")
    groups = {
        group: [host.name for host in flight.hosts if group in host.groups]
        for group in ("balancers", "web", "consul_servers")
    }
    assert groups == {
        "balancers": ["lb-a1"],
        "web": ["web-a1", "web-a2", "web-b1", "web-b2", "web-c1", "web-c2"],
        "consul_servers": ["consul-a1", "consul-b1", "consul-c1"],
    }
    assert flight.suites == ("bookworm",)


def test_the_inventory_of_the_lab_is_the_flight() -> None:
    text = (ROOT / "inventories/lab/hosts.yml").read_text(encoding="utf-8")
    groups = yaml.safe_load(text)["all"]["children"]
    listed = {
        (group, name, values["zone"])
        for group, content in groups.items()
        for name, values in content["hosts"].items()
    }
    assert listed == {
        (group, host.name, host.zone)
        for host in topology("flight").hosts
        for group in host.groups
    }


def test_the_inventory_of_molecule_is_its_topology() -> None:
    text = (ROOT / "molecule/inventory/hosts.yml").read_text(encoding="utf-8")
    releases = yaml.safe_load(text)["all"]["children"]["molecule"]["children"]
    suites = {"debian11": "bullseye", "debian12": "bookworm", "debian13": "trixie"}
    listed = {
        (name, suites[release])
        for release, content in releases.items()
        for name in content["hosts"]
    }
    assert listed == {(host.name, host.suite) for host in topology("molecule").hosts}


def test_the_cluster_of_molecule_has_a_server_in_each_zone() -> None:
    text = (ROOT / "molecule/inventory/hosts.yml").read_text(encoding="utf-8")
    cluster = yaml.safe_load(text)["all"]["children"]["cluster"]["children"]
    servers = [topology("molecule").host(h) for h in cluster["consul_servers"]["hosts"]]
    assert sorted(host.zone for host in servers) == list(ZONES)
    assert {host.suite for host in servers} == {"bullseye", "bookworm", "trixie"}
    assert len(cluster["consul_agents"]["hosts"]) == 2


@pytest.mark.parametrize("name", TOPOLOGIES)
def test_no_two_hosts_of_a_zone_share_an_address(name: str) -> None:
    places = [(host.zone, host.number) for host in topology(name).hosts]
    assert len(set(places)) == len(places)
    assert {zone for zone, _number in places} <= set(ZONES)


def test_host_names_are_unique_over_all_topologies() -> None:
    names = [host.name for found in TOPOLOGIES.values() for host in found.hosts]
    assert len(set(names)) == len(names)
    assert home_of("web-c2") == "flight"
    assert home_of("deb13-a") == "molecule"


def test_only_the_lone_load_balancer_never_reboots() -> None:
    """While it reboots, no visitor would be served."""
    hosts = [host for found in TOPOLOGIES.values() for host in found.hosts]
    assert [host.name for host in hosts if not host.reboots] == ["lb-a1"]


def test_unknown_names_are_told_with_the_known_ones() -> None:
    with pytest.raises(LabError, match=r"no host 'web-d1' .* it has lb-a1, web-a1"):
        topology("flight").host("web-d1")
    with pytest.raises(LabError, match=r"no topology 'moon'; there are flight"):
        topology("moon")
    with pytest.raises(LabError, match=r"no host 'web-d1' in the lab; .*deb13-b"):
        home_of("web-d1")
