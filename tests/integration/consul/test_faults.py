# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A change of many keys while the cluster, or the way to it, is in trouble."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from ansible_collections.vigie.run.plugins.module_utils._errors import RunError

from tests.integration.consul.states import State
from tests.integration.consul.test_kv import keys, tree
from tests.integration.front import Answered, Cut, Fault, Front, first


def many(state: State, value: str = "v") -> dict[str, Any]:
    return {"config": tree(state, **{f"key{n:03}": value for n in range(300)})}


def test_a_leader_killed_during_an_apply(state: State, fronted: Front) -> None:
    """The way leads to a server that stays; half of the transactions are through."""
    leader = state.cluster.leader()
    state.cluster.servers.sort(key=lambda server: server is leader)
    asked = state.cluster.servers[0]
    state.options = {"consul_url": asked.url}
    killer = threading.Timer(0, leader.kill)
    declared = many(state)
    state.apply({"config": tree(state, key000="v")})
    killer.start()
    result = state.apply(declared)
    killer.join()
    assert result["changed"]
    assert len(keys(state)) == 300
    assert not state.apply(declared)["changed"]


@pytest.mark.parametrize(
    "trouble",
    [
        Answered(429, "Your IP is issuing too many concurrent connections"),
        Answered(500, "rpc error making call: EOF"),
        Answered(500, "No cluster leader"),
        Answered(503, "rate limit exceeded, try again later"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_what_is_asked_to_come_again_does(
    state: State, fronted: Front, trouble: Answered, method: str
) -> None:
    fronted.fault = first(3, trouble, method)
    state.apply(many(state))
    assert len(keys(state)) == 300


def test_patience_ends(state: State, fronted: Front) -> None:
    fronted.fault = first(1000, Answered(429, "too many"), "PUT")
    result = state.run(many(state), patience=0.5, lock=False)
    assert result["failed"]
    assert "answered PUT txn with 429: too many" in result["msg"]
    assert keys(state) == {}
    fronted.fault = first(0, None)
    state.apply(many(state))


def test_a_lost_answer_is_looked_up_and_not_doubled(
    state: State, fronted: Front
) -> None:
    fronted.fault = first(2, Cut(), "PUT", "txn")
    state.apply(many(state))
    assert len(keys(state)) == 300


def test_a_real_error_is_not_repeated(state: State, fronted: Front) -> None:
    fronted.fault = first(1000, Answered(500, "disk is full"), "PUT")
    result = state.run(many(state), lock=False)
    assert "answered PUT txn with 500: disk is full" in result["msg"]


def test_a_frozen_server_is_said_within_the_time_out(state: State) -> None:
    state.options = {"consul_timeout": 1.0}
    state.cluster.servers[0].freeze()
    with pytest.raises(RunError, match="cannot be reached: no answer within 1 s"):
        state.run(many(state))


def test_a_denial_names_the_rule(state: State) -> None:
    state.options = {"consul_token": None}
    said = state.refused(many(state))
    rule = f'key_prefix "{state.prefix}/key000" {{ policy = "read" }}'
    assert f"it takes the rule {rule}, and the request was made with no token" in said


def test_a_key_changed_since_the_plan_is_left_and_named(
    state: State, fronted: Front
) -> None:
    """By somebody else, between our reading and our writing."""
    state.apply(many(state, "old"))

    def meddle(method: str, path: str) -> Fault:
        if method == "PUT":
            fronted.fault = first(0, None)
            state.cluster.ask(f"kv/{state.prefix}/key001", "PUT", b"theirs")
            state.cluster.ask(f"kv/{state.prefix}/key002", "PUT", b"new")
            state.cluster.ask(f"kv/{state.prefix}/key003", "PUT", b"old?")
            state.cluster.ask(f"kv/{state.prefix}/key003", "PUT", b"old")
        return None

    fronted.fault = meddle
    result = state.run(many(state, "new"), lock=False)
    assert result["failed"]
    assert (
        f"somebody else changed {state.prefix}/key001 since the plan" in result["msg"]
    )
    there = keys(state)
    assert there.pop("key001") == "theirs"
    assert set(there.values()) == {"new"}
    state.apply(many(state, "new"))
    assert set(keys(state).values()) == {"new"}
