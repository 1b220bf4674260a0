# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A service account that a GCP engine makes, and what it may do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..._converge.fields import text
from ..bindings import BINDINGS, BoundType
from ..common import mount, named, texts


class GcpRoleset(BoundType):
    name = "gcp_roleset"
    path = "{mount}/roleset/{name}"
    folder = "{mount}/rolesets"
    uses = ("gcp_engine_config",)
    fields = {
        "mount": mount("engine"),
        "name": named("The roleset"),
        "project": text("The account's project.", required=True, immutable=True),
        "secret_type": text(
            "What is given out.",
            choices=("access_token", "service_account_key"),
            default="access_token",
            immutable=True,
        ),
        "bindings": BINDINGS,
        "token_scopes": texts("A scope.", "Scopes of access tokens."),
    }

    def seen(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        return super().seen({**raw, "project": raw.get("service_account_project")})


TYPE = GcpRoleset
