# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Intentions, prepared queries and nodes without an agent, on a real cluster.

Intentions are what they were before Consul 1.9 here; how newer servers are asked is
checked in the unit tests.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.consul.front import Cut, Front, first
from tests.integration.consul.states import State, example
from tests.integration.consul.test_acl import token

# -- intentions ----------------------------------------------------------------


def intentions(state: State) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (one["SourceName"], one["DestinationName"]): one
        for one in state.cluster.ask("connect/intentions")
        if one["DestinationName"].startswith(state.prefix)
    }


def intention(state: State, source: str = "web", **more: Any) -> dict[str, Any]:
    cart = f"{state.prefix}-cart"
    given = {"source": source, "destination": cart, "action": "allow", **more}
    return {"type": "intention", **given}


def test_life_of_intentions(state: State) -> None:
    def drift(state: State, outputs: Any) -> None:
        for one in state.cluster.ask("connect/intentions"):
            if one["SourceName"] == "commerce-web":
                changed = {**one, "Action": "deny"}
                for own in ("CreatedAt", "UpdatedAt", "Hash", "ID"):
                    del changed[own]
                state.cluster.ask(f"connect/intentions/{one['ID']}", "PUT", changed)

    state.live_through(
        example("intention"),
        changes=[
            {"web-to-cart": {"action": "deny"}},
            {"web-to-cart": {"action": "allow", "description": None}},
            {"others-to-cart": {"meta": {"owner": "run"}}},
        ],
        drift=drift,
    )


def test_prune_of_intentions_looks_at_the_destination(state: State) -> None:
    theirs = {"SourceName": f"{state.prefix}-cart", "DestinationName": "other"}
    state.cluster.ask("connect/intentions", "POST", {**theirs, "Action": "allow"})
    state.apply({"web": intention(state), "admin": intention(state, "admin")})
    state.apply({"web": intention(state)}, prune=True, scope=[state.prefix])
    assert intentions(state).keys() == {("web", f"{state.prefix}-cart")}
    assert any(
        one["DestinationName"] == "other"
        for one in state.cluster.ask("connect/intentions")
    )


def test_permissions_take_a_newer_server(state: State) -> None:
    allowed = [{"action": "allow", "http": {"path_prefix": "/"}}]
    declared = {"web": intention(state, action=None, permissions=allowed)}
    assert "web.permissions takes Consul 1.9 or newer" in state.refused(declared)
    both = {"web": intention(state, permissions=allowed)}
    assert "web takes an action, or permissions; one of both" in state.refused(both)


def test_a_lost_answer_makes_no_second_intention(state: State, fronted: Front) -> None:
    fronted.fault = first(1, Cut(), "POST", "/v1/connect/intentions")
    state.apply({"web": intention(state)})
    assert len(intentions(state)) == 1


# -- prepared queries ----------------------------------------------------------


def queries(state: State) -> dict[str, dict[str, Any]]:
    found = state.cluster.ask("query")
    return {one["Name"]: one for one in found if one["Name"].startswith(state.prefix)}


def test_life_of_queries(state: State) -> None:
    def drift(state: State, outputs: Any) -> None:
        id_ = outputs["commerce-db"]["id"]
        (there,) = state.cluster.ask(f"query/{id_}")
        there["Service"]["Tags"] = []
        state.cluster.ask(f"query/{id_}", "PUT", there)

    asked = example("prepared_query")["commerce-db"]["service"]
    state.live_through(
        example("prepared_query"),
        changes=[
            {"commerce-db": {"service": {**asked, "tags": ["!old"], "near": None}}},
            {"commerce-db": {"dns": {"ttl": "1m"}}},
            {"commerce-db": {"service": {**asked, "failover": None}}},
            {"any-of-commerce": {"template": {"remove_empty_tags": True}}},
        ],
        drift=drift,
    )


def test_a_querys_token_does_not_show(state: State) -> None:
    name, secret = f"{state.prefix}-q", token(state, "")
    query = {"type": "prepared_query", "service": {"service": "db"}, "token": secret}
    results = [state.apply({name: query}), state.apply({name: query})]
    assert not results[1]["changed"]
    query["token"] = other = token(state, "")
    results.append(state.apply({name: query}))
    assert queries(state)[name]["Token"] == other
    assert not any(one in repr(results) for one in (secret, other))


def test_queries_in_a_prune_and_after_a_lost_answer(
    state: State, fronted: Front
) -> None:
    asked = {"type": "prepared_query", "service": {"service": "db"}}
    fronted.fault = first(1, Cut(), "POST", "/v1/query")
    both = {f"{state.prefix}-{name}": asked for name in ("old", "new")}
    state.apply(both)
    assert len(queries(state)) == 2
    del both[f"{state.prefix}-old"]
    state.apply(both, prune=True, scope=[state.prefix])
    assert queries(state).keys() == both.keys()


# -- nodes without an agent ----------------------------------------------------


def node(**more: Any) -> dict[str, Any]:
    services = [{"name": "erp", "port": 8443}, {"name": "metrics", "port": 9100}]
    given = {"address": "10.20.9.11", "services": services, **more}
    return {"type": "catalog_node", **given}


def test_life_of_nodes(state: State) -> None:
    def drift(state: State, outputs: Any) -> None:
        service = {"ID": "erp", "Service": "erp", "Port": 1}
        there = {"Node": "commerce-erp-1", "Address": "10.20.9.12"}
        state.cluster.ask("catalog/register", "PUT", {**there, "Service": service})

    one = example("catalog_node")["commerce-erp-1"]
    erp, metrics = one["services"]
    (check,) = one["checks"]
    wait = {"definition": {**check["definition"], "timeout": "5s"}}
    state.live_through(
        example("catalog_node"),
        changes=[
            {"commerce-erp-1": {"address": "10.20.9.12"}},
            {"commerce-erp-1": {"meta": {"rack": "b7", "external-probe": None}}},
            {"commerce-erp-1": {"services": [{**erp, "tags": ["a", "b"]}, metrics]}},
            {"commerce-erp-1": {"checks": [{**check, **wait}]}},
            {"commerce-erp-1": {"services": [erp]}},
            {"commerce-erp-1": {"checks": None}},
        ],
        drift=drift,
    )


def test_how_a_check_stands_is_left_to_who_carries_it_out(state: State) -> None:
    name = f"{state.prefix}-erp"
    check = {"name": "up", "status": "critical", "definition": {"interval": "10s"}}
    state.apply({name: node(checks=[check])})
    told = {"Node": name, "CheckID": "up", "Name": "up", "Status": "passing"}
    told["Definition"] = {"Interval": "10s"}
    state.cluster.ask(
        "catalog/register",
        "PUT",
        {"Node": name, "SkipNodeUpdate": True, "Check": told},
    )
    assert state.actions({name: node(checks=[check])}) == {}
    check["notes"] = "Answers at all"
    state.apply({name: node(checks=[check])})
    (there,) = state.cluster.ask(f"health/node/{name}")
    assert (there["Status"], there["Notes"]) == ("passing", "Answers at all")


def test_an_agents_node_is_never_touched(state: State) -> None:
    server = state.cluster.servers[0].name
    said = state.refused({server: node()})
    assert f"{server}: {server} is the node of a Consul agent" in said
    plan = state.run({}, check=True, prune=True, scope={"catalog_node": ["*"]})["plan"]
    agents = {one.name for one in state.cluster.servers}
    assert not agents & {step["id"] for step in plan}


def test_prune_of_nodes(state: State) -> None:
    both = {f"{state.prefix}-{name}": node() for name in ("old", "new")}
    state.apply(both)
    del both[f"{state.prefix}-old"]
    state.apply(both, prune=True, scope=[state.prefix])
    named = {one["Node"] for one in state.cluster.ask("catalog/nodes")}
    assert {one for one in named if one.startswith(state.prefix)} == both.keys()


def test_more_services_than_a_transaction_takes(state: State) -> None:
    name = f"{state.prefix}-erp"
    many = [{"name": f"service-{n}", "port": n} for n in range(1, 151)]
    result = state.apply({name: node(services=many)}, lock=False)
    there = state.cluster.ask(f"catalog/node/{name}")["Services"]
    assert len(there) == 150
    assert result["calls"] < 12
    assert not state.apply({name: node(services=many)})["changed"]


@pytest.mark.parametrize("path", ["/v1/txn", "/v1/catalog/deregister"])
def test_lost_answers_about_nodes(state: State, fronted: Front, path: str) -> None:
    declared = {f"{state.prefix}-erp": node()}
    fronted.fault = first(1, Cut(), "PUT", path)
    state.apply(declared)
    assert state.actions(declared) == {}
    state.apply(declared, state="absent")
    assert set(state.actions(declared).values()) == {"create"}
