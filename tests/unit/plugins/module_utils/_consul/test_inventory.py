# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From nodes of the catalog to hosts: names, groups, variables, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.vigie.run.plugins.module_utils._consul.health import worst
from ansible_collections.vigie.run.plugins.module_utils._consul.inventory import (
    Host,
    Layout,
    arrange,
)
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError


def node(name: str = "web-a1", **given: Any) -> dict[str, Any]:
    """A node as `read_catalog` gives it, with one service."""
    portal = {
        "service": "portal",
        "tags": ["v4", "public"],
        "address": "10.0.0.1",
        "port": 8080,
        "meta": {},
        "status": "passing",
    }
    return {
        "node": name,
        "datacenter": "lyon",
        "address": "10.0.0.1",
        "tagged_addresses": {"lan": "10.0.0.1", "wan": "192.0.2.1"},
        "meta": {"zone": "a", "role": "replica", "empty": ""},
        "services": {"portal": portal},
        "status": "passing",
        **given,
    }


def one(layout: Layout, **given: Any) -> Host:
    (host,) = arrange([node(**given)], layout).hosts
    return host


def test_a_node_is_a_host_with_its_groups_and_variables() -> None:
    host = one(Layout())
    assert host.name == "web-a1"
    assert host.groups == [
        *("service_portal", "tag_v4", "tag_public", "consul_passing", "zone_a"),
    ]
    assert host.variables["ansible_host"] == "10.0.0.1"
    catalog = host.variables["consul_catalog"]
    assert catalog["services"]["portal"]["port"] == 8080
    assert catalog["meta"]["zone"] == "a"


@pytest.mark.parametrize(
    ("sources", "found"),
    [
        (["name"], "web-a1"),
        (["name.datacenter"], "web-a1.lyon"),
        (["address"], "10.0.0.1"),
        (["address.wan", "address"], "192.0.2.1"),
        (["address.wan_ipv6", "address.lan"], "10.0.0.1"),
        (["meta.fqdn", "meta.empty", "meta.role"], "replica"),
    ],
)
def test_names_and_addresses_come_from_the_first_source_that_has_one(
    sources: list[str], found: str
) -> None:
    assert one(Layout(hostnames=sources)).name == found
    assert one(Layout(addresses=sources)).variables["ansible_host"] == found


def test_no_address_leaves_the_way_to_the_host_to_ansible() -> None:
    assert "ansible_host" not in one(Layout(addresses=[])).variables


def test_a_node_without_a_name_is_left_out_and_told() -> None:
    arranged = arrange([node(), node("web-b1", meta={})], Layout(["meta.role"]))
    assert [host.name for host in arranged.hosts] == ["replica"]
    assert arranged.nameless == ["web-b1"]


def test_no_node_stands_in_for_the_controller() -> None:
    arranged = arrange([node("localhost"), node("here", address="127.0.0.1")], Layout())
    assert [host.name for host in arranged.hosts] == ["here"]
    assert arranged.nameless == ["localhost"]


def test_two_nodes_are_never_one_host() -> None:
    nodes = [node(), node(datacenter="paris")]
    with pytest.raises(RunError) as raised:
        arrange(nodes, Layout())
    assert str(raised.value) == (
        "hostnames: 'web-a1' would be both web-a1 of lyon and web-a1 of paris; take a "
        "source that tells them apart, such as name.datacenter"
    )
    named = arrange(nodes, Layout(["name.datacenter"])).hosts
    assert [host.name for host in named] == ["web-a1.lyon", "web-a1.paris"]


def test_groups_are_those_asked_for_with_the_prefixes_asked_for() -> None:
    layout = Layout(
        kinds=["service", "datacenter"],
        meta_groups=["role", "empty", "rack"],
        prefixes={"service": "", "meta": "is_"},
    )
    assert one(layout).groups == ["portal", "datacenter_lyon", "is_role_replica"]


def test_metadata_become_variables_only_by_name() -> None:
    meta = {"zone": "a", "ansible_connection": "local", "role": "replica"}
    layout = Layout(meta_variables={"zone": "zone", "rotation_role": "role", "x": "y"})
    variables = one(layout, meta=meta).variables
    assert set(variables) == {
        *("consul_catalog", "ansible_host", "zone", "rotation_role"),
    }
    assert (variables["zone"], variables["rotation_role"]) == ("a", "replica")


def test_hosts_are_chosen_by_status_and_by_having_a_service() -> None:
    nodes = [
        node("good"),
        node("bad", status="critical"),
        node("bare", services={}),
        node("away", status="maintenance"),
    ]

    def names(**given: Any) -> list[str]:
        return [host.name for host in arrange(nodes, Layout(**given)).hosts]

    assert names(statuses=["passing"]) == ["good", "bare"]
    assert names(served_only=True) == ["good", "bad", "away"]
    assert names(statuses=["critical", "maintenance"]) == ["bad", "away"]


def test_mistakes_are_told_together_by_field() -> None:
    layout = Layout(
        hostnames=["hostname", "name.dc"],
        addresses=["meta."],
        prefixes={"services": ""},
    )
    told = "; ".join(layout.problems())
    assert "hostnames: 'hostname' is none of name, name.datacenter, address" in told
    assert "hostnames: 'name.dc' is none of" in told
    assert "addresses: 'meta.' is none of" in told
    assert "group_prefixes: there is no kind services; the kinds are service" in told
    assert Layout(hostnames=[]).problems() == [
        "hostnames: at least one source is needed"
    ]


def test_the_worst_of_several_checks_is_that_of_consul_itself() -> None:
    assert worst([]) == "passing"
    assert worst(["warning", "passing"]) == "warning"
    assert worst(["warning", "critical"]) == "critical"
    assert worst(["critical", "maintenance", "warning"]) == "maintenance"
