# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys and trees of keys on a real cluster."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.integration.consul.states import State, example


def keys(state: State, prefix: str = "") -> dict[str, str]:
    """The living keys under the state's own prefix."""
    root = f"{state.prefix}/{prefix}"
    try:
        found = state.cluster.ask(f"kv/{root}?recurse")
    except OSError:
        return {}
    return {
        one["Key"][len(root) :]: base64.b64decode(one["Value"] or "").decode()
        for one in found
    }


def tree(state: State, type_: str = "kv_tree", **keys: Any) -> dict[str, Any]:
    return {"type": type_, "prefix": f"{state.prefix}/", "keys": keys}


@pytest.mark.parametrize("type_", ["kv", "kv_tree"])
def test_life(state: State, type_: str) -> None:
    def drift(state: State, outputs: Any) -> None:
        state.cluster.ask(f"kv/{state.prefix}/host", "PUT", b"by hand")

    state.live_through(
        {"config": tree(state, type_, host="db.internal", port=5432)},
        changes=[
            {"config": {"keys": {"host": "db2.internal", "port": 5432, "new": ""}}},
            {"config": {"keys": {"host": "db2.internal", "port": None, "new": None}}},
        ],
        drift=drift,
    )


@pytest.mark.parametrize("type_", ["kv", "kv_tree"])
def test_the_example_of_the_reference(state: State, type_: str) -> None:
    state.live_through(example(type_))


def test_values_are_kept_as_text(state: State) -> None:
    state.apply({"config": tree(state, n=1, yes=True, none="", deep={"a": [1, "é"]})})
    assert keys(state) == {
        "n": "1",
        "yes": "true",
        "none": "",
        "deep": '{"a": [1, "é"]}',
    }


def test_a_tree_deletes_what_is_not_declared(state: State) -> None:
    state.cluster.ask(f"kv/{state.prefix}/by/hand", "PUT", b"1")
    state.cluster.ask(f"kv/{state.prefix}/inner/kept", "PUT", b"1")
    declared = {
        "outer": tree(state, one="1"),
        "inner": {"type": "kv", "prefix": f"{state.prefix}/inner/", "keys": {"b": "2"}},
    }
    state.apply(declared)
    assert keys(state) == {"one": "1", "inner/kept": "1", "inner/b": "2"}
    assert state.actions(declared) == {}


def test_keys_leave_others_alone(state: State) -> None:
    state.cluster.ask(f"kv/{state.prefix}/theirs", "PUT", b"1")
    declared = {"config": tree(state, "kv", ours="1")}
    state.apply(declared)
    state.apply(declared, state="absent")
    assert keys(state) == {"theirs": "1"}


def test_flags_of_a_key_survive(state: State) -> None:
    state.cluster.ask(f"kv/{state.prefix}/one?flags=42", "PUT", b"1")
    state.apply({"config": tree(state, one="2")})
    assert state.cluster.ask(f"kv/{state.prefix}/one")[0]["Flags"] == 42


def test_more_keys_than_a_transaction_takes(state: State) -> None:
    many = {f"dir{n % 7}/key{n}": "v" * n for n in range(500)}
    result = state.apply({"config": tree(state, **many)})
    assert keys(state) == many
    assert result["calls"] < 20
    unchanged = state.apply({"config": tree(state, **many)})
    assert not unchanged["changed"]
    assert unchanged["calls"] == 1


def test_values_that_no_transaction_takes(state: State) -> None:
    large = {f"large{n}": chr(97 + n) * 500_000 for n in range(3)}
    state.apply({"config": tree(state, small="1", **large)})
    assert keys(state) == {"small": "1", **large}
    large["large1"] = "new" * 100_000
    state.apply({"config": tree(state, small="2", **large)})
    assert keys(state) == {"small": "2", **large}


def test_a_value_over_the_limit_is_refused_before_anything(state: State) -> None:
    declared = {"config": tree(state, fits="1", huge="x" * 600_000)}
    said = state.refused(declared)
    assert "config keys.huge has 600000 bytes, and a value may have 524288" in said
    assert keys(state) == {}


def test_prune_deletes_what_the_scope_holds_and_nobody_declares(state: State) -> None:
    old = {"type": "kv_tree", "prefix": f"{state.prefix}/old/", "keys": {"a": "1"}}
    new = {"type": "kv_tree", "prefix": f"{state.prefix}/new/", "keys": {"b": "2"}}
    state.apply({"old": old, "new": new})
    state.cluster.ask(f"kv/{state.prefix}-other/kept", "PUT", b"1")
    assert state.actions({"new": new}) == {}
    scope = {"kv_tree": [f"{state.prefix}/"]}
    pruned = state.apply({"new": new}, prune=True, scope=scope)
    assert pruned["changed"]
    assert keys(state) == {"new/b": "2"}
    assert state.cluster.ask(f"kv/{state.prefix}-other/kept")
    assert not state.apply({"new": new}, prune=True, scope=scope)["changed"]


def test_a_prune_without_a_scope_is_refused(state: State) -> None:
    assert "scope: is required with prune" in state.refused({}, prune=True)
    assert "scope.kvtree: is no type; did you mean 'kv_tree'" in state.refused(
        {}, prune=True, scope={"kvtree": ["a"]}
    )
    assert "scope: takes the prefixes" in state.refused({}, prune=True, scope=[""])


def test_secrets_do_not_show(state: State) -> None:
    declared = {
        "config": {
            "type": "kv",
            "prefix": f"{state.prefix}/",
            "sensitive_keys": {"password": "hunter2-hunter2"},
        }
    }
    first = state.apply(declared)
    declared["config"]["sensitive_keys"] = {"password": "changed-hunter2"}
    for result in (first, state.apply(declared)):
        assert "hunter2" not in repr(result)
    assert keys(state) == {"password": "changed-hunter2"}


def test_what_is_no_text_differs_and_is_replaced(state: State) -> None:
    state.cluster.ask(f"kv/{state.prefix}/one", "PUT", b"\xff\xfe")
    changes = state.apply({"config": tree(state, one="1")}, check=True)["plan"]
    assert changes[0]["changes"][0]["before"] == "\\xff\\xfe"
    state.apply({"config": tree(state, one="1")})
    assert keys(state) == {"one": "1"}
