# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Policies on a real cluster."""

from __future__ import annotations

from typing import Any

from tests.integration.vault.states import State

READ = 'path "secret/data/app" {\n  capabilities = ["read"]\n}\n'
MORE = 'path "secret/data/app" {\n  capabilities = ["read", "list"]\n}\n'


def policy(state: State, text: str = READ) -> dict[str, Any]:
    return {"app": {"type": "policy", "name": f"{state.prefix}-app", "policy": text}}


def test_life(state: State) -> None:
    def drift(state: State, outputs: Any) -> None:
        state.ask(f"sys/policies/acl/{state.prefix}-app", "PUT", {"policy": READ})

    state.live_through(policy(state), changes=[{"app": {"policy": MORE}}], drift=drift)


def test_prune_within_the_scope_alone(state: State) -> None:
    state.apply(policy(state))
    state.ask(f"sys/policies/acl/{state.prefix}-old", "PUT", {"policy": READ})
    state.ask(f"sys/policies/acl/x-{state.prefix}", "PUT", {"policy": READ})
    scope = [f"{state.prefix}-"]
    assert state.actions(policy(state), prune=True, scope=scope) == {
        f"{state.prefix}-old": "delete"
    }
    state.apply(policy(state), prune=True, scope=scope)
    there = state.ask("sys/policies/acl?list=true")["data"]["keys"]
    assert f"{state.prefix}-old" not in there
    assert {f"{state.prefix}-app", f"x-{state.prefix}", "default"} <= set(there)


def test_a_slip_is_told_before_anything_is_sent(state: State) -> None:
    said = state.refused(policy(state, READ.replace("read", "raed")))
    assert "app policy line 2: 'raed' is no capability; use create, read" in said
    said = state.refused(policy(state, READ.replace("}", "")))
    assert "app policy ends where an attribute, or }, was expected" in said


def test_a_denial_names_the_path_and_the_capability(state: State) -> None:
    token = state.ask("auth/token/create", "POST", {"policies": ["default"]})
    state.options = {"vault_token": token["auth"]["client_token"]}
    said = state.refused(policy(state))
    assert f'path "sys/policies/acl/{state.prefix}-app"' in said
    assert '{ capabilities = ["read"] }' in said
