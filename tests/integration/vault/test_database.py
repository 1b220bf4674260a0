# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connections and roles of a database engine, with a real PostgreSQL."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from lab import LabError
from lab.postgres import Postgres
from tests.integration.vault.states import State, example

CREATION = (
    "CREATE ROLE \"{{name}}\" LOGIN PASSWORD '{{password}}'"
    " VALID UNTIL '{{expiration}}'"
)


def connected(database: Postgres, **more: Any) -> dict[str, Any]:
    """The example's engine and connection, to the server, as a user of its own."""
    user = f"vault_{uuid.uuid4().hex[:8]}"
    database.ask(f"CREATE ROLE {user} SUPERUSER LOGIN PASSWORD 'planted-first'")
    declared = example("database_connection")
    declared["orders"] |= {
        "connection_url": database.url,
        "username": user,
        "password": "planted-first",
        "rotate_root": False,
        **more,
    }
    return declared


def test_life_of_a_connection(state: State, database: Postgres) -> None:
    state.live_through(
        connected(database),
        changes=[
            {"orders": {"allowed_roles": ["*"], "max_open_connections": 8}},
            {"orders": {"max_connection_lifetime": "5s"}},
            {"orders": {"username_template": "v-{{random 20}}"}},
        ],
        drift=lambda state, outputs: state.ask(
            "commerce-db/config/orders", "POST", {"allowed_roles": ["other"]}
        ),
    )


def test_users_are_made_and_dropped(state: State, database: Postgres) -> None:
    role = example("database_role")["orders-read"]
    role["creation_statements"] = [CREATION]
    declared = {**connected(database), "orders-read": role}
    state.live_through(
        declared,
        changes=[
            {"orders-read": {"default_ttl": "10m"}},
            {"orders-read": {"revocation_statements": ['DROP ROLE "{{name}}"']}},
            {"orders-read": {"revocation_statements": None, "max_ttl": None}},
        ],
    )
    state.apply(declared)
    lease = state.ask("commerce-db/creds/orders-read")
    user, password = lease["data"]["username"], lease["data"]["password"]
    assert database.ask("SELECT current_user", user, password) == user
    state.ask("sys/leases/revoke", "PUT", {"lease_id": lease["lease_id"], "sync": True})
    with pytest.raises(LabError, match="password authentication failed"):
        database.ask("SELECT 1", user, password)
    state.apply(declared, state="absent")


def test_a_static_users_password_changes(state: State, database: Postgres) -> None:
    database.ask("DROP ROLE IF EXISTS app")
    database.ask("CREATE ROLE app LOGIN PASSWORD 'old'")
    static = example("database_static_role")["orders-app"]
    declared = {**connected(database, allowed_roles=["orders-app"]), "app": static}
    declared["app"]["name"] = "orders-app"
    state.apply(declared)
    assert state.actions(declared) == {}
    first = state.ask("commerce-db/static-creds/orders-app")["data"]["password"]
    assert database.ask("SELECT current_user", "app", first) == "app"
    state.ask("commerce-db/rotate-role/orders-app", "POST")
    second = state.ask("commerce-db/static-creds/orders-app")["data"]["password"]
    assert database.ask("SELECT current_user", "app", second) == "app"
    with pytest.raises(LabError, match="password authentication failed"):
        database.ask("SELECT 1", "app", first)
    declared["app"]["rotation_period"] = "12h"
    assert state.actions(declared) == {"app": "update"}
    state.apply(declared)
    third = state.ask("commerce-db/static-creds/orders-app")["data"]["password"]
    assert third == second, "a change of the period is no rotation"
    state.apply(declared, state="absent")


def test_a_root_password_that_vault_changed_does_not_come_back(
    state: State, database: Postgres
) -> None:
    declared = connected(database, rotate_root=True)
    state.apply(declared)
    assert state.actions(declared) == {}
    user = declared["orders"]["username"]
    with pytest.raises(LabError, match="password authentication failed"):
        database.ask("SELECT 1", user, "planted-first")
    declared["orders"]["max_open_connections"] = 2
    state.apply(declared)
    state.ask("commerce-db/reset/orders", "POST")
    role = {**example("database_role")["orders-read"]}
    role["creation_statements"] = [CREATION]
    state.apply({**declared, "orders-read": role})
    assert state.ask("commerce-db/creds/orders-read")["data"]["username"]
    state.ask("sys/leases/revoke-force/commerce-db", "PUT")
    state.apply({**declared, "orders-read": role}, state="absent")


def test_a_password_in_the_address_is_refused(state: State, database: Postgres) -> None:
    declared = connected(database)
    declared["orders"]["connection_url"] = "postgresql://vault:planted@db/orders"
    said = state.refused(declared)
    assert "orders.connection_url has a password in it" in said
    assert "planted" not in said


def test_a_password_is_never_shown(state: State, database: Postgres) -> None:
    declared = connected(database)
    result = state.apply(declared)
    assert "planted-first" not in str(result)
    assert "planted-first" in state.secrets
    declared["orders"]["password"] = "planted-wrong"
    declared["orders"]["max_open_connections"] = 3
    result = state.run(declared)
    assert result["failed"]
    assert "planted" not in str(result)
    state.apply(declared, state="absent")
