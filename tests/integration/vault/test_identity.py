# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Entities, groups and their aliases, and namespaces, on a real cluster."""

from __future__ import annotations

from tests.integration.vault.states import State, example


def test_life_of_entities(state: State) -> None:
    state.live_through(
        example("entity"),
        changes=[
            {"commerce-cart": {"policies": ["a", "b"]}},
            {"commerce-cart": {"metadata": {"team": None, "shop": "one"}}},
            {"commerce-cart": {"policies": None, "disabled": True}},
        ],
        drift=lambda state, outputs: state.ask(
            "identity/entity/name/commerce-cart", "POST", {"disabled": False}
        ),
    )


def test_life_of_groups(state: State) -> None:
    state.live_through(
        example("group"),
        changes=[
            {"commerce-services": {"metadata": {"team": "carts"}}},
            {"commerce-services": {"member_entity_ids": []}},
            {"commerce-services": {"policies": None}},
        ],
    )


def test_life_of_aliases(state: State) -> None:
    declared = example("entity_alias")
    other = {"other": {"type": "entity", "name": f"{state.prefix}-other"}}
    state.live_through(
        {**declared, **other},
        changes=[{"ada": {"canonical_id": "${other.entity_id}"}}],
    )
    state.live_through(example("group_alias"))


def test_prune_of_what_carries_the_name(state: State) -> None:
    for name in ("one", "two"):
        state.ask(f"identity/entity/name/{state.prefix}-{name}", "POST", {})
    declared = {f"{state.prefix}-one": {"type": "entity"}}
    scope = {"entity": [state.prefix]}
    planned = state.actions(declared, prune=True, scope=scope)
    assert planned == {f"identity/entity/name/{state.prefix}-two": "delete"}
    state.apply({}, prune=True, scope=scope)
    assert state.actions({}, prune=True, scope=scope) == {}


def test_life_of_namespaces(state: State) -> None:
    state.live_through(
        example("namespace"),
        changes=[
            {"commerce": {"custom_metadata": {"owner": None, "team": "shop"}}},
        ],
        drift=lambda state, outputs: state.ask(
            "sys/namespaces/commerce", "POST", {"custom_metadata": {"team": "other"}}
        ),
    )


def test_what_is_in_a_namespace_is_a_state_of_its_own(state: State) -> None:
    space = {state.prefix: {"type": "namespace"}}
    state.apply(space)
    inside = {"kv": {"type": "secret_engine", "engine": "kv-v2"}}
    state.apply(inside, vault_namespace=state.prefix)
    assert state.actions(inside, vault_namespace=state.prefix) == {}
    assert "kv/" not in state.ask("sys/mounts")["data"]
    scope = {"namespace": [state.prefix]}
    assert state.actions({}, prune=True, scope=scope) == {
        f"sys/namespaces/{state.prefix}": "delete"
    }
    state.apply({}, prune=True, scope=scope)
