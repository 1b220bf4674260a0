# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Configuration entries on a real cluster.

The cluster's Consul is 1.8.7. What newer versions have is refused here, and compared
with Consul's documentation in the unit tests.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.consul.states import State, example
from tests.integration.consul.test_acl import token
from tests.integration.front import Cut, Front, first

NEWER = {
    "service_intentions": "1.9",
    "mesh": "1.10",
    "exported_services": "1.11",
    "api_gateway": "1.15",
    "http_route": "1.15",
    "tcp_route": "1.15",
    "inline_certificate": "1.15",
    "jwt_provider": "1.16",
    "file_system_certificate": "1.19",
}
CHANGES: dict[str, list[dict[str, Any]]] = {
    "service_defaults": [
        {"commerce-cart": {"protocol": "grpc", "meta": {"team": None, "tier": "1"}}},
        {"commerce-cart": {"mesh_gateway": None}},
        {"legacy-erp": {"external_sni": "erp2.example.com", "expose": None}},
    ],
    "proxy_defaults": [
        {"all-proxies": {"config": {"local_connect_timeout_ms": 2000}}},
        {"all-proxies": {"config": {"protocol": None}}},
        {"all-proxies": {"mesh_gateway": {"mode": "none"}}},
    ],
    "service_resolver": [
        {"cart-instances": {"connect_timeout": "1m30s"}},
        {"cart-instances": {"subsets": {"v2": {"only_passing": False}}}},
        {"cart-instances": {"subsets": {"v2": None, "v3": {"filter": "ID == 3"}}}},
        {"cart-instances": {"failover": None}},
    ],
    "service_splitter": [
        {
            "cart-split": {
                "splits": [
                    {"weight": 33.33, "service_subset": "v1"},
                    {"weight": 66.67, "service_subset": "v2"},
                ]
            }
        },
    ],
    "service_router": [
        {"cart-routes": {"routes": [{"destination": {"num_retries": 0}}]}},
        {"cart-routes": {"routes": []}},
    ],
    "ingress_gateway": [
        {"shop-front": {"tls": {"enabled": False}}},
        {
            "shop-front": {
                "listeners": [
                    {
                        "port": 8443,
                        "protocol": "http",
                        "services": [{"name": "commerce-cart"}],
                    }
                ]
            }
        },
    ],
    "terminating_gateway": [
        {"outside": {"services": [{"name": "commerce-erp", "sni": "b.example.com"}]}},
    ],
    "config_entry": [
        {"cart": {"entry": {"connect_timeout": "1h"}}},
        {"cart": {"entry": {"Subsets": {"v1": {"OnlyPassing": True}}}}},
        {"cart": {"entry": {"ConnectTimeout": None}}},
    ],
}


def entry(state: State, kind: str, name: str) -> Any:
    return state.cluster.ask(f"config/{kind}/{name}")


@pytest.mark.parametrize("type_", CHANGES)
def test_life(state: State, type_: str) -> None:
    def drift(state: State, outputs: Any) -> None:
        """Somebody adds what is not declared, and changes what is."""
        kind, _slash, name = next(
            one["id"] for one in outputs.values() if one["type"] == type_
        ).partition("/")
        there = entry(state, kind, name)
        del there["CreateIndex"], there["ModifyIndex"]
        state.cluster.ask("config", "PUT", {**there, **DRIFT[type_]})

    state.live_through(
        example(type_), changes=CHANGES[type_], drift=drift if type_ in DRIFT else None
    )


DRIFT: dict[str, dict[str, Any]] = {
    "service_defaults": {"Protocol": "http2"},
    "proxy_defaults": {"MeshGateway": {"Mode": "remote"}},
    "service_resolver": {"ConnectTimeout": "33s"},
    "service_splitter": {"Splits": [{"Weight": 100, "ServiceSubset": "v1"}]},
    "ingress_gateway": {"Listeners": []},
    "terminating_gateway": {"Services": []},
}


@pytest.mark.parametrize(("type_", "since"), NEWER.items())
def test_a_kind_that_the_server_does_not_have_is_refused_before_anything(
    state: State, type_: str, since: str
) -> None:
    declared = {**example(type_), state.prefix: {"type": "acl_role"}}
    said = state.refused(declared)
    # All kinds are asked for at once; the first that is refused is told.
    told = {NEWER.get(one["type"]) for one in declared.values()} - {None}
    assert since in told
    assert any(
        f"takes Consul {one} or newer, and the server is 1.8.7" in said for one in told
    )
    roles = [one["Name"] for one in state.cluster.ask("acl/roles")]
    assert state.prefix not in roles


def test_a_property_that_the_server_does_not_have_is_refused(state: State) -> None:
    name = f"{state.prefix}-cart"
    new = {"type": "service_resolver", "load_balancer": {"policy": "maglev"}}
    said = state.refused({name: new})
    assert f"{name}.load_balancer takes Consul 1.9 or newer" in said
    inside = {"failover": {"*": {"targets": [{"datacenter": "lab2"}]}}}
    result = state.run({name: {"type": "service_resolver", **inside}})
    assert f"does not know all of the service-resolver {name}" in result["msg"]
    assert "Targets" in result["msg"]


def test_a_prune_in_every_type_passes_over_what_the_server_does_not_have(
    state: State,
) -> None:
    old, new = f"{state.prefix}-old", f"{state.prefix}-new"
    both = {
        name: {"type": "service_defaults", "protocol": "http"} for name in (old, new)
    }
    state.apply(both)
    del both[old]
    pruned = state.apply(both, prune=True, scope=[state.prefix])
    assert [one["id"] for one in pruned["plan"] if one["action"] == "delete"] == [
        f"service-defaults/{old}"
    ]
    assert state.actions(both) == {}


def test_order_needs_not_be_said(state: State) -> None:
    """A router, first in the file, of a service whose protocol comes last."""
    a, b = f"{state.prefix}-a", f"{state.prefix}-b"
    declared = {
        "front": {
            "type": "ingress_gateway",
            "name": f"{state.prefix}-front",
            "listeners": [
                {"port": 80, "protocol": "http", "services": [{"name": a}]},
            ],
        },
        "routes": {
            "type": "service_router",
            "name": a,
            "routes": [{"destination": {"service": b}}],
        },
        "split": {
            "type": "service_splitter",
            "name": b,
            "splits": [{"weight": 100, "service_subset": "v1"}],
        },
        "subsets": {
            "type": "service_resolver",
            "name": b,
            "subsets": {"v1": {"filter": ""}},
        },
        "b": {"type": "service_defaults", "name": b, "protocol": "http"},
        "a": {"type": "service_defaults", "name": a, "protocol": "http"},
    }
    state.apply(declared)
    state.apply({}, state="absent", scope=[state.prefix])
    assert set(state.actions(declared).values()) == {"create"}


def test_what_is_not_declared_is_left_alone(state: State) -> None:
    name = f"{state.prefix}-cart"
    given = {"Kind": "service-defaults", "Name": name, "ExternalSNI": "a.example"}
    state.cluster.ask("config", "PUT", given)
    state.apply({name: {"type": "service_defaults", "protocol": "http"}})
    there = entry(state, "service-defaults", name)
    assert (there["ExternalSNI"], there["Protocol"]) == ("a.example", "http")


@pytest.mark.parametrize(
    ("theirs", "kept"),
    [
        ({"Protocol": "grpc"}, "grpc"),
        ({"Protocol": "tcp", "ExternalSNI": "a.example"}, "http"),
        ({"Protocol": "http", "ExternalSNI": "a.example"}, "http"),
    ],
    ids=["what is declared", "something else", "the same"],
)
def test_an_entry_that_somebody_changes_meanwhile(
    state: State, fronted: Front, theirs: dict[str, str], kept: str
) -> None:
    name = f"{state.prefix}-cart"
    given = {"Kind": "service-defaults", "Name": name, "Protocol": "tcp"}
    state.cluster.ask("config", "PUT", given)

    def meanwhile(method: str, path: str) -> None:
        if method == "PUT" and path.startswith("/v1/config"):
            fronted.fault = lambda method, path: None
            state.cluster.ask("config", "PUT", {**given, **theirs})

    fronted.fault = meanwhile
    result = state.run({name: {"type": "service_defaults", "protocol": "http"}})
    assert result["failed"] is (kept == "grpc")
    if result["failed"]:
        assert "somebody else changed the entry service-defaults/" in result["msg"]
    there = entry(state, "service-defaults", name)
    assert there["Protocol"] == kept
    assert there.get("ExternalSNI") == theirs.get("ExternalSNI")


def test_a_lost_answer_is_no_conflict(state: State, fronted: Front) -> None:
    name = f"{state.prefix}-cart"
    fronted.fault = first(1, Cut(), "PUT", "/v1/config")
    declared = {name: {"type": "service_defaults", "protocol": "http"}}
    state.apply(declared)
    declared[name]["protocol"] = "grpc"
    fronted.fault = first(1, Cut(), "PUT", "/v1/config")
    state.apply(declared)
    assert entry(state, "service-defaults", name)["Protocol"] == "grpc"


def test_a_token_that_may_not_is_told_the_rule(state: State) -> None:
    name = f"{state.prefix}-cart"
    declared = {name: {"type": "service_defaults", "protocol": "http"}}
    said = state.refused(declared, consul_token=token(state, ""))
    assert f'it takes the rule service "{name}" {{ policy = "read" }}' in said
    reader = token(state, 'service_prefix "" { policy = "read" }')
    result = state.run(declared, consul_token=reader, lock=False)
    assert f'service "{name}" {{ policy = "write" }}' in result["msg"]


def test_wrong_values_are_told_together(state: State) -> None:
    said = state.refused(
        {
            "a": {"type": "service_resolver", "connect_timeout": "5"},
            "b": {"type": "service_splitter", "splits": [{"weight": 90}]},
            "c": {"type": "proxy_defaults", "name": "mine"},
            "d": {"type": "service_router", "routes": [{"destinaton": {}}]},
        }
    )
    assert "a.connect_timeout is '5', without a unit; write 5s" in said
    assert "b splits: weigh 90 together; they must weigh 100" in said
    assert "c name: a proxy_defaults can only be called global" in said
    assert "d.routes[0].destinaton is no known property; did you mean" in said


def test_many_entries_cost_one_call_a_kind(state: State) -> None:
    declared = {
        f"{state.prefix}-{n}": {"type": "service_defaults", "protocol": "http"}
        for n in range(20)
    }
    declared["resolver"] = {
        "type": "service_resolver",
        "name": f"{state.prefix}-1",
        "connect_timeout": "9s",
    }
    state.apply(declared)
    assert state.apply(declared)["calls"] == 2
