# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A role of a database engine: users made for whoever asks, and dropped in time."""

from __future__ import annotations

from ..._converge.fields import mapping, text
from ..common import mount, named, statements
from ..durations import duration
from ..paths import EnginePathType


class DatabaseRole(EnginePathType):
    name = "database_role"
    kinds = ("database",)
    path = "{mount}/roles/{name}"
    uses = ("database_connection",)
    names = {**EnginePathType.names, "db_name": ("database_connection", "name")}
    fields = {
        "mount": mount("engine"),
        "name": named("The role"),
        "db_name": text("The connection.", required=True),
        "creation_statements": statements(
            "What makes a user; `{{name}}`, `{{password}}` and `{{expiration}}` stand"
            " for what Vault makes up."
        ),
        "revocation_statements": statements("What drops it."),
        "renew_statements": statements("What makes it live longer."),
        "rollback_statements": statements("What undoes a creation that failed."),
        "default_ttl": duration("How long a user lives; 0 as the engine says."),
        "max_ttl": duration("How long at most."),
        "credential_type": text(
            "What it is given.",
            choices=("password", "rsa_private_key", "client_certificate"),
            default="password",
        ),
        "credential_config": mapping(text("A value."), "How that is made."),
    }


TYPE = DatabaseRole
