# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which subnets the lab takes, and which addresses its hosts get."""

from __future__ import annotations

import ipaddress
import json

import pytest

from lab import LabError
from lab.network import POOL, Plan, candidates, choose, parse_routes
from lab.topology import ZONES, topology

BLOCK = ipaddress.ip_network("10.100.4.0/22")


def test_the_same_checkout_asks_for_the_same_subnet_again() -> None:
    assert choose("vigie-abc-flight", []) == choose("vigie-abc-flight", [])


def test_two_checkouts_begin_at_different_places() -> None:
    firsts = {choose(f"vigie-{number}-flight", []) for number in range(50)}
    assert len(firsts) > 40


def test_every_subnet_of_the_pool_is_tried_once() -> None:
    found = list(candidates("seed"))
    assert len(found) == len(set(found)) == 2 ** (22 - POOL.prefixlen)
    assert all(block.subnet_of(POOL) for block in found)


@pytest.mark.parametrize("prefix", [16, 22, 24, 32])
def test_a_subnet_that_overlaps_one_in_use_is_passed_over(prefix: int) -> None:
    first = choose("seed", [])
    taken = ipaddress.ip_network(f"{first[300]}/{prefix}", strict=False)
    chosen = choose("seed", [taken])
    assert chosen != first
    assert not chosen.overlaps(taken)


def test_a_full_pool_is_told() -> None:
    with pytest.raises(LabError, match=r"no free /22 in 10\.96\.0\.0/11"):
        choose("seed", [POOL])


def test_routes_count_as_taken_but_not_the_default() -> None:
    routes = [
        {"dst": "default", "gateway": "192.0.2.1"},
        {"dst": "0.0.0.0/1"},
        {"dst": "10.98.0.0/16"},
        {"dst": "10.99.1.7"},
        {"type": "unreachable"},
    ]
    found = [str(subnet) for subnet in parse_routes(json.dumps(routes))]
    assert found == ["0.0.0.0/1", "10.98.0.0/16", "10.99.1.7/32"]
    assert parse_routes("") == []


def test_each_zone_has_its_subnet_within_the_block() -> None:
    plan = Plan("flight", BLOCK)
    subnets = [str(plan.subnet(zone)) for zone in ZONES]
    assert subnets == ["10.100.4.0/24", "10.100.5.0/24", "10.100.6.0/24"]


@pytest.mark.parametrize("name", ["flight", "molecule"])
def test_addresses_and_macs_are_fixed_and_unique(name: str) -> None:
    plan = Plan(name, BLOCK)
    hosts = topology(name).hosts
    addresses = [plan.address(host) for host in hosts]
    macs = [plan.mac(host) for host in hosts]
    assert len(set(addresses)) == len(set(macs)) == len(hosts)
    for host, address in zip(hosts, addresses, strict=True):
        assert ipaddress.ip_address(address) in plan.subnet(host.zone)
    # Locally administered, for one host: never a real card's, never a group's.
    assert {int(mac[:2], 16) & 0b11 for mac in macs} == {0b10}


def test_podman_gets_address_and_mac_in_one_option() -> None:
    plan = Plan("flight", BLOCK)
    option = plan.option(topology("flight").host("web-b2"))
    assert option.endswith("-flight-b:ip=10.100.5.22,mac=02:76:0a:64:05:16")
