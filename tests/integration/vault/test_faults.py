# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A change of many things while the cluster, or the way to it, is in trouble."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from lab.bao_cluster import BaoServer
from lab.processes import await_true
from tests.integration.front import Answered, Cut, Front, first
from tests.integration.vault.states import State
from tests.integration.vault.test_policy import READ

COUNT = 60


def many(state: State, ttl: str = "5m") -> dict[str, Any]:
    """An engine with secrets, a method with roles, and policies, of its own."""
    mount = state.prefix
    declared: dict[str, Any] = {
        "engine": {"type": "secret_engine", "path": mount, "engine": "kv-v2"},
        "method": {"type": "auth_method", "path": mount, "method": "approle"},
    }
    for n in range(COUNT):
        data = {"value": f"{n} for {ttl}"}
        declared[f"s{n}"] = {"type": "kv_secret", "mount": mount, "data": data}
        declared[f"r{n}"] = {"type": "approle_role", "mount": mount, "token_ttl": ttl}
        name = f"{mount}-{n}"
        declared[f"p{n}"] = {"type": "policy", "name": name, "policy": READ}
    return declared


def whole(state: State, server: BaoServer | None = None) -> bool:
    """Whether every secret was written, once; the active node knows, or `server`."""
    paths = (f"{state.prefix}/data/s{n}" for n in range(COUNT))
    asked = server or state.bao.leader()
    found = (state.bao.ask(path, server=asked) for path in paths)
    return all(one["data"]["metadata"]["version"] == 1 for one in found)


def during(state: State, act: Callable[[], object]) -> Any:
    """Apply, and act once a tenth of the secrets is written."""

    def wait_and_act() -> None:
        place = f"{state.prefix}/metadata?list=true"
        await_true(
            "some secrets", lambda: len(state.ask(place)["data"]["keys"]) > COUNT / 10
        )
        act()

    acting = threading.Thread(target=wait_and_act)
    acting.start()
    result = state.apply(many(state))
    acting.join()
    return result


def test_a_step_down_during_an_apply(state: State) -> None:
    before = state.bao.leader()
    during(state, lambda: state.ask("sys/step-down", "PUT"))
    assert state.bao.leader() is not before or whole(state)
    assert whole(state)
    assert not state.apply(many(state))["changed"]


def test_the_active_node_lost_during_an_apply(state: State) -> None:
    """The address given is that of a node that stays."""
    active = state.bao.leader()
    standby = state.bao.standbys()[0]
    state.options = {"vault_url": standby.url}
    during(state, active.kill)
    assert whole(state)
    assert not state.apply(many(state))["changed"]


@pytest.mark.parametrize(
    "trouble",
    [
        Answered(
            429, '{"errors": ["request path \\"x\\": rate limit quota exceeded"]}'
        ),
        Answered(503, '{"errors": ["local node not active but active not found"]}'),
        Answered(500, '{"errors": ["context deadline exceeded"]}'),
        Answered(502, "Bad Gateway"),
        # It was open when the run began: it starts again, or a standby asked it.
        Answered(503, '{"errors": ["Vault is sealed"]}'),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_is_asked_to_come_again_does(
    state: State, fronted: Front, trouble: Answered, method: str
) -> None:
    fronted.fault = first(3, trouble, method, state.prefix)
    state.apply(many(state))
    fronted.fault = first(0, None)
    assert whole(state)


def test_lost_answers_write_nothing_twice(state: State, fronted: Front) -> None:
    fronted.fault = first(20, Cut(), "POST", "/data/")
    state.apply(many(state))
    assert whole(state)
    assert not state.apply(many(state))["changed"]


def test_patience_ends(state: State, fronted: Front) -> None:
    state.apply({"engine": many(state)["engine"]})
    fronted.fault = first(1000, Answered(429, '{"errors": ["quota"]}'), "POST")
    result = state.run(many(state), patience=0.5)
    assert result["failed"]
    assert f"answered POST {state.prefix}/data/s0 with 429: quota" in result["msg"]
    fronted.fault = first(0, None)
    state.apply(many(state))


def test_a_real_error_is_not_repeated(state: State, fronted: Front) -> None:
    disk = Answered(500, '{"errors": ["no space left on device"]}')
    fronted.fault = first(1, disk, "POST", "/data/s3")
    result = state.run(many(state))
    assert [one["resource"] for one in result["results"] if one.get("error")] == ["s3"]
    assert "no space left on device" in result["msg"]
    assert state.actions(many(state)) == {"s3": "create"}


def test_a_node_without_an_active_one_is_waited_for(state: State) -> None:
    state.apply(many(state))
    stays, *others = [*state.bao.standbys(), state.bao.leader()]
    state.options = {"vault_url": stays.url}
    await_true("the node that stays to know all", lambda: whole(state, stays))
    for server in others:
        server.kill()
    result = state.run({"p": many(state, "6m")["r0"]}, patience=1.0)
    assert result["failed"]
    assert "p: create: Vault at" in result["msg"]
    mending = threading.Thread(target=state.bao.repair)
    mending.start()
    assert state.apply(many(state, "6m"), patience=60.0)["changed"]
    mending.join()
    assert state.actions(many(state, "6m")) == {}


def test_a_sealed_node_is_said_at_once(state: State) -> None:
    server = state.bao.standbys()[0]
    server.kill()
    server.start()
    await_true("the node", lambda: state.bao.ask("sys/seal-status", server=server))
    started = time.monotonic()
    said = state.refused(many(state), vault_url=server.url)
    assert f"Vault at {server.url} is sealed: unseal it" in said
    assert time.monotonic() - started < 5


def test_a_frozen_node_is_said_within_the_time_out(state: State) -> None:
    server = state.bao.standbys()[0]
    server.freeze()
    started = time.monotonic()
    said = state.refused(many(state), vault_url=server.url, vault_timeout=1.0)
    assert "cannot be reached: no answer within 1 s (vault_timeout)" in said
    assert time.monotonic() - started < 10


def test_an_expired_token_is_said(state: State) -> None:
    made = state.ask("auth/token/create", "POST", {"ttl": "1s"})["auth"]
    token = made["client_token"]

    def expired() -> bool:
        try:
            state.bao.ask("auth/token/lookup-self", token=token)
        except OSError:
            return True
        return False

    await_true("the token's end", expired)
    said = state.refused(many(state), vault_token=token)
    assert "denied GET" in said
    assert "the token is expired" in said


def test_a_token_that_may_read_alone_names_what_is_missing(state: State) -> None:
    state.apply(many(state))
    rules = 'path "*" { capabilities = ["read", "list"] }'
    name = f"{state.prefix}-reader"
    state.ask(f"sys/policies/acl/{name}", "PUT", {"policy": rules})
    made = state.ask("auth/token/create", "POST", {"policies": [name]})["auth"]
    state.options = {"vault_token": made["client_token"]}
    assert state.actions(many(state)) == {}
    result = state.run(many(state, "6m"))
    path = f'path "{state.prefix}/data/s0" {{ capabilities = ["create", "update"] }}'
    assert path in result["msg"]
