# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Auth methods and binding rules on a real cluster.

Consul 1.8.7 knows the methods kubernetes and jwt.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from lab.consul_cluster import Cluster
from tests.integration.consul.states import State, example
from tests.integration.front import Answered, Cut, Front, first


def rules(state: State) -> list[dict[str, Any]]:
    found = state.cluster.ask("acl/binding-rules")
    return [one for one in found if one["AuthMethod"].startswith(state.prefix)]


def method(state: State) -> dict[str, Any]:
    """A method of the example's kind, under a name of the state's own."""
    name = f"{state.prefix}-ci"
    return {name: {**example("acl_auth_method")["commerce-ci"], "name": name}}


def rule(state: State, **more: Any) -> dict[str, Any]:
    given = {"bind_type": "service", "bind_name": "cart", **more}
    name = f"{state.prefix}-ci"
    return {"type": "acl_binding_rule", "auth_method": f"${{{name}.name}}", **given}


def test_life_of_methods(state: State) -> None:
    def drift(state: State, outputs: Any) -> None:
        there = state.cluster.ask("acl/auth-method/commerce-ci")
        there["Config"]["JWTSupportedAlgs"] = ["RS256"]
        state.cluster.ask("acl/auth-method/commerce-ci", "PUT", there)

    state.live_through(
        example("acl_auth_method"),
        changes=[
            {"commerce-ci": {"max_token_ttl": "1h", "description": None}},
            {"commerce-ci": {"display_name": "CI", "max_token_ttl": None}},
            {"commerce-ci": {"config": {"BoundIssuer": "https://b.example.com"}}},
            {
                "commerce-ci": {
                    "config": {"JWTSupportedAlgs": ["ES256"], "BoundIssuer": None}
                }
            },
        ],
        drift=drift,
    )


def test_secrets_of_a_method_do_not_show(state: State, cluster: Cluster) -> None:
    name = f"{state.prefix}-k8s"
    authority = Path(cluster.ca).read_text("ascii")
    issued = [service_token("one"), service_token("two")]
    declared: dict[str, Any] = {
        name: {
            "type": "acl_auth_method",
            "method_type": "kubernetes",
            "config": {"Host": "https://k8s.example.com", "CACert": authority},
            "sensitive_config": {"ServiceAccountJWT": issued[0]},
        }
    }
    results = [state.apply(declared)]
    assert state.actions(declared) == {}
    declared[name]["sensitive_config"]["ServiceAccountJWT"] = issued[1]
    results.append(state.apply(declared))
    kept = state.cluster.ask(f"acl/auth-method/{name}")["Config"]
    assert kept["ServiceAccountJWT"] == issued[1]
    for result in results:
        assert not any(one in repr(result) for one in issued)


def service_token(subject: str) -> str:
    """What Kubernetes would give a service account; nobody verifies it here."""
    parts = ({"alg": "RS256"}, {"iss": "kubernetes/serviceaccount", "sub": subject})
    texts = (
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
        for part in parts
    )
    return ".".join([*texts, "AAAA"])


def test_a_methods_kind_cannot_change(state: State) -> None:
    declared = method(state)
    state.apply(declared)
    (name,) = declared
    declared[name] = {**declared[name], "method_type": "kubernetes"}
    assert f"{name}.method_type cannot change" in state.refused(declared)


def test_life_of_rules(state: State) -> None:
    def drift(state: State, outputs: Any) -> None:
        id_ = outputs["commerce-jobs"]["id"]
        there = state.cluster.ask(f"acl/binding-rule/{id_}")
        there.update(Selector="", BindName="admin")
        state.cluster.ask(f"acl/binding-rule/{id_}", "PUT", there)

    state.live_through(
        example("acl_binding_rule"),
        changes=[
            {"commerce-jobs": {"selector": "value.team == shop"}},
            {"commerce-jobs": {"bind_type": "service", "bind_name": "cart"}},
            {"commerce-jobs": {"selector": None}},
        ],
        drift=drift,
    )


def test_prune_of_rules_of_our_own_methods(state: State) -> None:
    """A rule that somebody adds to a method of ours would let strangers in."""
    declared = {**method(state), "jobs": rule(state)}
    state.apply(declared)
    given = {"AuthMethod": f"{state.prefix}-ci", "BindType": "role", "BindName": "x"}
    state.cluster.ask("acl/binding-rule", "PUT", given)
    state.apply(declared, prune=True, scope=[state.prefix])
    assert [one["Description"] for one in rules(state)] == ["jobs"]
    assert state.actions(declared, prune=True, scope=[state.prefix]) == {}


@pytest.mark.parametrize("fault", [Cut(), Answered(500, "leadership lost")])
def test_a_lost_answer_makes_no_second_rule(
    state: State, fronted: Front, fault: Any
) -> None:
    fronted.fault = first(1, fault, "PUT", "/v1/acl/binding-rule")
    state.apply({**method(state), "jobs": rule(state)})
    assert len(rules(state)) == 1


def test_two_rules_with_one_description_are_told(state: State) -> None:
    declared = {**method(state), "jobs": rule(state)}
    state.apply(declared)
    (there,) = rules(state)
    del there["ID"]
    state.cluster.ask("acl/binding-rule", "PUT", there)
    said = state.refused(declared)
    assert "jobs: 2 things of type acl_binding_rule have the description 'jobs'" in said


def test_a_template_takes_a_newer_server(state: State) -> None:
    new = rule(state, bind_type="templated-policy", bind_vars={"name": "$${value.n}"})
    said = state.refused({**method(state), "jobs": new})
    assert "jobs.bind_vars takes Consul 1.17 or newer" in said
