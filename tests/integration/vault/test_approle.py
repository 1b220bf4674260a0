# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""AppRoles on a real cluster."""

from __future__ import annotations

from typing import Any

from tests.integration.vault.states import State, example

PATH = "auth/commerce-approle/role/commerce-cart"


def test_life(state: State) -> None:
    def drift(state: State, outputs: Any) -> None:
        state.ask(PATH, "POST", {"token_policies": ["root-like"]})

    state.live_through(
        example("approle_role"),
        changes=[
            {"commerce-cart": {"token_ttl": 600, "token_policies": ["b", "a"]}},
            {"commerce-cart": {"token_bound_cidrs": ["10.1.2.3/32", "10.0.0.0/8"]}},
            {"commerce-cart": {"token_bound_cidrs": None, "token_max_ttl": None}},
            {"commerce-cart": {"bind_secret_id": True, "token_type": "batch"}},
            {"commerce-cart": {"role_id": "cart-of-the-shop"}},
        ],
        drift=drift,
    )


def test_the_role_id_goes_where_it_is_referred_to(state: State) -> None:
    path = f"{state.prefix}-kv"
    declared = {
        **example("approle_role"),
        "engine": {"type": "secret_engine", "path": path, "engine": "kv-v2"},
        "told": {
            "type": "kv_secret",
            "mount": path,
            "data": {"role_id": "${commerce-cart.role_id}"},
        },
    }
    state.apply(declared)
    assert state.actions(declared) == {}
    role_id = state.ask(f"{PATH}/role-id")["data"]["role_id"]
    assert state.ask(f"{path}/data/told")["data"]["data"] == {"role_id": role_id}
    state.apply(declared, state="absent")


def test_prune_by_the_name_of_the_role_or_of_its_mount(state: State) -> None:
    mount = f"{state.prefix}-m"
    state.apply({mount: {"type": "auth_method", "method": "approle"}})
    for name in ("kept", "old"):
        state.ask(f"auth/{mount}/role/{name}", "POST", {})
    declared = {"kept": {"type": "approle_role", "mount": mount}}
    by_mount = {"approle_role": [mount]}
    by_name = {"approle_role": ["ol"]}
    for scope in (by_mount, by_name):
        planned = state.actions(declared, prune=True, scope=scope)
        assert planned == {f"auth/{mount}/role/old": "delete"}
    assert state.actions(declared, prune=True, scope={"approle_role": ["x"]}) == {}
    state.apply(declared, prune=True, scope=by_mount)
    assert state.ask(f"auth/{mount}/role?list=true")["data"]["keys"] == ["kept"]


def test_a_name_in_capitals_is_the_same_role(state: State) -> None:
    mount = f"{state.prefix}-m"
    declared = {
        mount: {"type": "auth_method", "method": "approle"},
        "Cart": {"type": "approle_role", "mount": mount, "token_ttl": "5m"},
    }
    state.apply(declared)
    assert state.actions(declared) == {}
    state.apply(declared, state="absent")
