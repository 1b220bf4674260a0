# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A service account that is there, of which a GCP engine gives out credentials."""

from __future__ import annotations

from ..._converge.fields import text
from ..bindings import BINDINGS, BoundType
from ..common import mount, named, texts


class GcpStaticAccount(BoundType):
    name = "gcp_static_account"
    path = "{mount}/static-account/{name}"
    folder = "{mount}/static-accounts"
    uses = ("gcp_engine_config",)
    fields = {
        "mount": mount("engine"),
        "name": named("The account"),
        "service_account_email": text("Which it is.", required=True, immutable=True),
        "secret_type": text(
            "What is given out.",
            choices=("access_token", "service_account_key"),
            default="access_token",
            immutable=True,
        ),
        "bindings": BINDINGS,
        "token_scopes": texts("A scope.", "Scopes of access tokens."),
    }


TYPE = GcpStaticAccount
