# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A user of a database whose password Vault changes again and again.

Deleting the role leaves the user where it is, with the password that it has then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..._converge.fields import mapping, text
from ..common import mount, named, statements
from ..durations import duration
from ..paths import EnginePathType


class DatabaseStaticRole(EnginePathType):
    name = "database_static_role"
    kinds = ("database",)
    path = "{mount}/static-roles/{name}"
    uses = ("database_connection",)
    names = {**EnginePathType.names, "db_name": ("database_connection", "name")}
    replaces = True
    fields = {
        "mount": mount("engine"),
        "name": named("The role"),
        "db_name": text("The connection.", required=True, immutable=True),
        "username": text("The user, which is there.", required=True, immutable=True),
        "rotation_period": duration("How often its password changes."),
        "rotation_schedule": text(
            "When it changes, instead, as cron writes it: `0 3 * * SUN`."
        ),
        "rotation_window": duration("How long after that it may still change."),
        "rotation_statements": statements("What changes it."),
        "credential_type": text(
            "What it is given.",
            choices=("password", "rsa_private_key"),
            default="password",
        ),
        "credential_config": mapping(text("A value."), "How that is made."),
    }

    def check(self, properties: Mapping[str, Any]) -> Sequence[str]:
        ways = {"rotation_period", "rotation_schedule"}
        if len(ways & {n for n, v in properties.items() if v is not None}) != 1:
            return ["rotation_period: or a rotation_schedule, one of the two"]
        return ()


TYPE = DatabaseStaticRole
