# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Policies, roles and tokens on a real cluster.

`templated_policies` take Consul 1.17: that an older server is told apart is proved
here, what they are sent as is checked in the unit tests.
"""

from __future__ import annotations

import base64
import uuid
from typing import Any

import pytest

from tests.integration.consul.states import State, example
from tests.integration.front import Answered, Cut, Front, first

RULES = 'key_prefix "a/" { policy = "read" }'


def listed(state: State, what: str, name: str = "Name") -> dict[str, Any]:
    """The policies, roles or tokens of the state's own names."""
    found = state.cluster.ask(f"acl/{what}")
    return {one[name]: one for one in found if one[name].startswith(state.prefix)}


def token(state: State, rules: str) -> str:
    """The secret of a token, made past the collection, that may do only so much."""
    name = f"other-{uuid.uuid4().hex[:8]}"
    state.cluster.ask("acl/policy", "PUT", {"Name": name, "Rules": rules})
    given = {"Description": name, "Policies": [{"Name": name}]}
    return state.cluster.ask("acl/token", "PUT", given)["SecretID"]


# -- policies -----------------------------------------------------------------


def test_life_of_policies(state: State) -> None:
    def drift(state: State, outputs: Any) -> None:
        id_ = outputs["commerce-read"]["id"]
        there = state.cluster.ask(f"acl/policy/{id_}")
        state.cluster.ask(f"acl/policy/{id_}", "PUT", {**there, "Rules": RULES})

    state.live_through(
        example("acl_policy"),
        changes=[
            {"commerce-read": {"rules": 'service_prefix "" { policy = "read" }\n'}},
            {"commerce-read": {"description": None}},
            {"commerce-deploy": {"datacenters": ["lab", "other"]}},
            {"commerce-deploy": {"datacenters": None, "description": "Deploys"}},
        ],
        drift=drift,
    )


def test_policies_that_are_as_declared_cost_one_call(state: State) -> None:
    declared = {
        f"{state.prefix}-{n}": {"type": "acl_policy", "rules": f"{RULES} # {n}é"}
        for n in range(20)
    }
    state.apply(declared)
    unchanged = state.apply(declared)
    assert not unchanged["changed"]
    assert unchanged["calls"] == 1


def test_rules_that_are_not_declared_stay(state: State) -> None:
    name = f"{state.prefix}-one"
    state.apply({name: {"type": "acl_policy", "rules": RULES}})
    state.apply({name: {"type": "acl_policy", "description": "new"}})
    id_ = listed(state, "policies")[name]["ID"]
    assert state.cluster.ask(f"acl/policy/{id_}")["Rules"] == RULES


def test_rules_that_consul_refuses_are_told(state: State) -> None:
    declared = {f"{state.prefix}-a": {"type": "acl_policy", "rules": "node {"}}
    result = state.run(declared)
    assert result["failed"]
    assert "Failed to parse ACL rules" in result["msg"]


def test_prune_leaves_consuls_own_and_others_alone(state: State) -> None:
    old, new = f"{state.prefix}-old", f"{state.prefix}-new"
    both = {name: {"type": "acl_policy", "rules": RULES} for name in (old, new)}
    state.apply(both)
    other = f"x{state.prefix}"
    state.cluster.ask("acl/policy", "PUT", {"Name": other})
    del both[old]
    state.apply(both, prune=True, scope=[state.prefix])
    assert listed(state, "policies").keys() == {new}
    everything = state.run(both, check=True, prune=True, scope={"acl_policy": ["*"]})
    deleted = {
        step["id"]: step for step in everything["plan"] if step["action"] == "delete"
    }
    names = {one["ID"]: one["Name"] for one in state.cluster.ask("acl/policies")}
    assert other in {names[id_] for id_ in deleted}
    assert "global-management" not in {names[id_] for id_ in deleted}


def test_a_token_that_may_not_is_told_the_rule(state: State) -> None:
    weak = token(state, RULES)
    declared = {f"{state.prefix}-a": {"type": "acl_policy", "rules": RULES}}
    said = state.refused(declared, consul_token=weak)
    assert 'it takes the rule acl = "read"' in said
    reader = token(state, 'acl = "read"')
    result = state.run(declared, consul_token=reader, lock=False)
    assert 'it takes the rule acl = "write"' in result["msg"]


# -- roles --------------------------------------------------------------------


def test_life_of_roles(state: State) -> None:
    def drift(state: State, outputs: Any) -> None:
        id_ = outputs["commerce-app"]["id"]
        state.cluster.ask(f"acl/role/{id_}", "PUT", {"Name": "commerce-app"})

    node = {"node_name": "web-b1", "datacenter": "lab"}
    state.live_through(
        example("acl_role"),
        changes=[
            {"commerce-app": {"service_identities": [{"service_name": "checkout"}]}},
            {"commerce-app": {"node_identities": [node], "description": "Changed"}},
            {"commerce-app": {"policies": []}},
            {"commerce-app": {"service_identities": None}},
        ],
        drift=drift,
    )


def test_a_template_takes_a_newer_server(state: State) -> None:
    name = f"{state.prefix}-role"
    templated = [{"template_name": "builtin/service"}]
    declared = {name: {"type": "acl_role", "templated_policies": templated}}
    said = state.refused(declared)
    assert f"{name}.templated_policies takes Consul 1.17 or newer" in said
    assert "the server is 1.8.7" in said


def test_a_policy_is_named_and_not_numbered(state: State) -> None:
    declared = {
        f"{state.prefix}-a": {"type": "acl_role", "policies": [str(uuid.uuid4())]}
    }
    assert "policies[0] is an id; say the name" in state.refused(declared)


# -- tokens -------------------------------------------------------------------


def test_life_of_tokens(state: State) -> None:
    def drift(state: State, outputs: Any) -> None:
        id_ = outputs["app-token"]["id"]
        given = {"Description": "commerce: application hosts"}
        state.cluster.ask(f"acl/token/{id_}", "PUT", given)

    state.live_through(
        example("acl_token"),
        changes=[
            {"worker-token": {"description": "commerce: renamed"}},
            {"worker-token": {"service_identities": [{"service_name": "mailer"}]}},
            {"app-token": {"service_identities": [{"service_name": "mailer"}]}},
            {"app-token": {"roles": None}},
        ],
        drift=drift,
    )


def test_a_secret_goes_where_it_is_used_and_is_not_shown(state: State) -> None:
    name = f"{state.prefix}-token"
    declared = {
        name: {"type": "acl_token"},
        "keys": {
            "type": "kv",
            "prefix": f"{state.prefix}/",
            "keys": {"token": f"${{{name}.secret_id}}"},
        },
    }
    first = state.apply(declared)
    accessor = first["outputs"][name]["accessor_id"]
    secret = state.cluster.ask(f"acl/token/{accessor}")["SecretID"]
    kept = state.cluster.ask(f"kv/{state.prefix}/token")[0]["Value"]
    assert base64.b64decode(kept).decode() == secret
    unchanged = state.apply(declared)
    assert not unchanged["changed"]
    state.cluster.ask(f"kv/{state.prefix}/token", "PUT", b"drifted")
    repaired = state.apply(declared)
    assert repaired["changed"]
    assert "secret_id" not in first["outputs"][name]
    for result in (first, unchanged, repaired):
        assert secret not in repr(result)


def test_a_secret_is_read_only_where_it_is_wanted(state: State) -> None:
    declared = {f"{state.prefix}-{n}": {"type": "acl_token"} for n in range(20)}
    state.apply(declared)
    assert state.apply(declared)["calls"] == 1


def test_a_declared_secret_is_compared_and_not_shown(state: State) -> None:
    name, secret = f"{state.prefix}-token", str(uuid.uuid4())
    declared = {name: {"type": "acl_token", "secret_id": secret}}
    results = [state.apply(declared), state.apply(declared)]
    assert not results[1]["changed"]
    assert state.secrets == {secret}
    declared[name]["secret_id"] = other = str(uuid.uuid4())
    assert f"{name}.secret_id cannot change without" in state.refused(declared)
    results.append(state.apply(declared, allow_replace=[name]))
    assert len(listed(state, "tokens", "Description")) == 1
    assert not {secret, other} & set(repr(results).split("'"))


def test_two_tokens_with_one_description_need_an_accessor(state: State) -> None:
    name = f"{state.prefix}-token"
    made = [
        state.cluster.ask("acl/token", "PUT", {"Description": name}) for _n in (1, 2)
    ]
    accessor = made[0]["AccessorID"]
    said = state.refused({name: {"type": "acl_token"}})
    assert f"{name}: 2 things of type acl_token have the description" in said
    assert "say which one with accessor_id" in said
    declared = {"type": "acl_token", "accessor_id": accessor, "description": name}
    assert state.actions({"mine": declared}) == {}
    declared["description"] = f"{name} renamed"
    state.apply({"mine": declared})
    assert state.actions({"mine": declared, name: {"type": "acl_token"}}) == {}


def test_a_token_expires_when_it_was_told(state: State) -> None:
    name = f"{state.prefix}-short"
    declared = {name: {"type": "acl_token", "expiration_ttl": "1h"}}
    state.apply(declared)
    assert state.actions(declared) == {}
    at = listed(state, "tokens", "Description")[name]["ExpirationTime"]
    declared = {name: {"type": "acl_token", "expiration_time": f"{at[:19]}Z"}}
    assert state.actions(declared) == {}
    both = {name: {**declared[name], "expiration_ttl": "1h"}}
    assert "expiration_ttl: or an expiration_time, not both" in state.refused(both)
    wrong = {name: {"type": "acl_token", "expiration_ttl": "60"}}
    assert "expiration_ttl is '60', without a unit" in state.refused(wrong)


def test_prune_spares_tokens_that_would_lock_us_out(state: State) -> None:
    own = state.cluster.ask("acl/token", "PUT", manager(state, "own"))
    state.cluster.ask("acl/token", "PUT", manager(state, "other"))
    state.cluster.ask("acl/token", "PUT", {"Description": f"{state.prefix}-gone"})
    secret, mine = own["SecretID"], f"{state.prefix}-own"
    pruned = state.apply({}, prune=True, scope=[state.prefix], consul_token=secret)
    assert pruned["changed"]
    left = listed(state, "tokens", "Description")
    assert left.keys() == {mine, f"{state.prefix}-other"}
    everything = state.run(
        {}, check=True, prune=True, scope={"acl_token": ["*"]}, consul_token=secret
    )
    described = {one["AccessorID"]: one for one in state.cluster.ask("acl/tokens")}
    for step in everything["plan"]:
        assert "Anonymous" not in described[step["id"]]["Description"]
        assert "Master" not in described[step["id"]]["Description"]
    absent = state.run(
        {mine: {"type": "acl_token"}}, state="absent", consul_token=secret
    )
    assert "is the one in consul_token" in absent["msg"]


def manager(state: State, name: str) -> dict[str, Any]:
    return {
        "Description": f"{state.prefix}-{name}",
        "Policies": [{"Name": "global-management"}],
    }


def test_a_whole_state_that_is_as_declared_costs_a_call_a_type(state: State) -> None:
    own = state.prefix
    declared: dict[str, Any] = {
        "keys": {
            "type": "kv_tree",
            "prefix": f"{own}/",
            "keys": {f"key-{n}": n for n in range(200)},
        }
    }
    for n in range(20):
        policy, role = f"{own}-policy-{n}", f"{own}-role-{n}"
        declared[policy] = {"type": "acl_policy", "rules": RULES}
        declared[role] = {"type": "acl_role", "policies": [f"${{{policy}.name}}"]}
        declared[f"{own}-token-{n}"] = {
            "type": "acl_token",
            "roles": [f"${{{role}.name}}"],
        }
    state.apply(declared)
    unchanged = state.apply(declared)
    assert not unchanged["changed"]
    assert unchanged["calls"] == 4


# -- answers that are lost -----------------------------------------------------


@pytest.mark.parametrize("kind", ["policy", "role", "token"])
def test_a_lost_answer_makes_nothing_twice(
    state: State, fronted: Front, kind: str
) -> None:
    name = f"{state.prefix}-one"
    fronted.fault = first(1, Cut(), "PUT", f"/v1/acl/{kind}")
    state.apply({name: {"type": f"acl_{kind}", "description": name}})
    plural = "policies" if kind == "policy" else f"{kind}s"
    assert len(listed(state, plural, "Description")) == 1
    asked = [path for method, path in fronted.seen if method == "PUT"]
    assert len([path for path in asked if "acl" in path]) == 2


def test_what_somebody_else_made_meanwhile_is_left_alone(
    state: State, fronted: Front
) -> None:
    name = f"{state.prefix}-one"

    def made_by_others(method: str, path: str) -> Any:
        if method == "PUT" and "acl" in path:
            given = {"Name": name, "Description": "theirs"}
            state.cluster.ask("acl/role", "PUT", given)
            fronted.fault = lambda method, path: None
        return None

    fronted.fault = made_by_others
    result = state.run({name: {"type": "acl_role", "description": "ours"}})
    assert "somebody else made the acl_role" in result["msg"]
    assert listed(state, "roles")[name]["Description"] == "theirs"


def test_a_server_that_asks_to_come_again_is_asked_again(
    state: State, fronted: Front
) -> None:
    fronted.fault = first(2, Answered(429, "limit"), "PUT", "/v1/acl/")
    state.apply({f"{state.prefix}-one": {"type": "acl_role"}})
    assert len(listed(state, "roles")) == 1
