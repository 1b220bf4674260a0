# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secret engines and auth methods on a real cluster."""

from __future__ import annotations

from typing import Any

from tests.integration.vault.states import State, example


def test_life_of_engines(state: State) -> None:
    def drift(state: State, outputs: Any) -> None:
        assert outputs["commerce-pki"]["accessor"].startswith("pki_")
        tuned = {"max_lease_ttl": "100h", "default_lease_ttl": "50h"}
        state.ask("sys/mounts/commerce-pki/tune", "POST", tuned)

    state.live_through(
        example("secret_engine"),
        changes=[
            {"commerce-kv": {"description": None}},
            {"commerce-pki": {"default_lease_ttl": 3600, "max_lease_ttl": None}},
            {"commerce-pki": {"max_lease_ttl": "87600h"}},
            {"commerce-pki": {"passthrough_request_headers": ["X-One", "X-Two"]}},
            {"commerce-pki": {"passthrough_request_headers": []}},
            {"commerce-pki": {"listing_visibility": "unauth"}},
            {"commerce-pki": {"listing_visibility": None}},
        ],
        drift=drift,
    )


def test_life_of_methods(state: State) -> None:
    def drift(state: State, outputs: Any) -> None:
        tuned = {"description": "by hand"}
        state.ask("sys/auth/commerce-approle/tune", "POST", tuned)

    state.live_through(
        example("auth_method"),
        changes=[
            {"commerce-approle": {"token_type": "batch"}},
            {"commerce-approle": {"token_type": "default-service"}},
            {"commerce-approle": {"max_lease_ttl": "1d", "default_lease_ttl": "2h"}},
        ],
        drift=drift,
    )


def test_an_engine_and_all_in_it_cost_one_call(state: State) -> None:
    declared = {
        f"{state.prefix}-{n}": {"type": "secret_engine", "engine": "kv-v2"}
        for n in range(5)
    }
    state.apply(declared)
    again = state.apply(declared)
    assert not again["changed"]
    # One more asks who is active.
    assert again["calls"] <= 3
    state.apply(declared, state="absent")


def test_another_engine_at_the_path_is_a_replacement_that_must_be_allowed(
    state: State,
) -> None:
    path = f"{state.prefix}-x"
    state.apply({path: {"type": "secret_engine", "engine": "kv"}})
    other = {path: {"type": "secret_engine", "engine": "transit"}}
    said = state.refused(other)
    assert f"{path}.engine cannot change from 'kv' to 'transit'" in said
    state.apply(other, allow_replace=[path])
    assert state.ask("sys/mounts")["data"][f"{path}/"]["type"] == "transit"


def test_prune_knows_what_is_vaults_own(state: State) -> None:
    path = f"{state.prefix}-x"
    state.ask(f"sys/mounts/{path}", "POST", {"type": "kv"})
    state.ask(f"sys/auth/{path}", "POST", {"type": "userpass"})
    scope = {"secret_engine": ["*"], "auth_method": ["*"]}
    planned = state.actions({}, prune=True, scope=scope)
    assert planned[path] == "delete"
    assert {"sys", "cubbyhole", "identity", "token"}.isdisjoint(planned)
    own = {kind: [state.prefix] for kind in scope}
    state.apply({}, prune=True, scope=own)
    assert state.actions({}, prune=True, scope=own) == {}
