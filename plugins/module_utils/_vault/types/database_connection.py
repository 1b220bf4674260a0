# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A connection of a database engine: which database, and as whom Vault manages it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..._converge.fields import anything, flag, mapping, number, text
from ..._converge.provider import Desired, Live
from ..common import mount, named, once, secret, statements, texts
from ..durations import duration
from ..paths import EnginePathType

WITH_PASSWORD = re.compile(r"://[^/@:]*:(?!\{\{)[^/@]+@")


def _check_url(given: str) -> str | None:
    if WITH_PASSWORD.search(given):
        return (
            "has a password in it; write {{username}}:{{password}} there, and give both"
            " as properties"
        )
    return None


class DatabaseConnection(EnginePathType):
    name = "database_connection"
    kinds = ("database",)
    path = "{mount}/config/{name}"
    kept_secret = ("password",)
    at_creation = ("rotate_root",)
    fields = {
        "mount": mount("engine"),
        "name": named("The connection"),
        "plugin_name": text(
            "Which kind of database, such as postgresql-database-plugin.",
            required=True,
        ),
        "connection_url": text(
            "Its address, with `{{username}}:{{password}}` for the two properties;"
            " Ansible takes them for its own unless they stand in"
            " `{% raw %}…{% endraw %}`.",
            check=_check_url,
        ),
        "username": text("As whom Vault connects."),
        "password": secret("That user's password."),
        "rotate_root": once(
            flag("Let Vault change the password at once, so that it alone knows it.")
        ),
        "allowed_roles": texts("A role; `*` for all.", "Roles that may use it."),
        "verify_connection": flag("Try it before it is accepted.", write_only=True),
        "root_rotation_statements": statements("What changes that password."),
        "password_policy": text("The policy that passwords are made by."),
        "username_template": text("How names of users are made."),
        "disable_escaping": flag("Put name and password in as they are."),
        "max_open_connections": number("How many connections at most."),
        "max_idle_connections": number("How many of them idle."),
        "max_connection_lifetime": duration("How long one is used."),
        "options": mapping(
            anything("A value."), "What else the plugin takes, as its own page says."
        ),
    }

    def seen(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Vault gives the plugin's part back apart from the rest."""
        details = raw.get("connection_details") or {}
        found = super().seen({**details, **raw})
        found["root_rotation_statements"] = raw.get(
            "root_credentials_rotate_statements"
        )
        found["options"] = {n: v for n, v in details.items() if n not in self.fields}
        return found

    def body(self, declared: Mapping[str, Any], live: Live | None) -> dict[str, Any]:
        given = super().body(declared, live)
        given.pop("rotate_root", None)
        return {**(given.pop("options", None) or {}), **given}

    def made(self, desired: Desired) -> None:
        if desired.properties.get("rotate_root"):
            mount_path, name = (desired.properties[n] for n in self.unique)
            self.session.write(f"{mount_path}/rotate-root/{name}", repeat=False)

    def sends_again(self, desired: Desired) -> bool:
        """A password that Vault has changed since must not come back."""
        return super().sends_again(desired) and not desired.properties.get(
            "rotate_root"
        )


TYPE = DatabaseConnection
