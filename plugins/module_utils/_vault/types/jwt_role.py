# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Who may log in with a JWT or through OIDC, and as what."""

from __future__ import annotations

from ..._converge.fields import anything, flag, mapping, text
from ..common import mount, named, texts, token_fields
from ..durations import duration
from ..paths import AuthPathType


class JwtRole(AuthPathType):
    name = "jwt_role"
    kinds = ("jwt", "oidc")
    path = "auth/{mount}/role/{name}"
    replaces = True
    fields = {
        "mount": mount("method", "jwt"),
        "name": named("The role"),
        "role_type": text("How.", choices=("oidc", "jwt"), default="oidc"),
        "user_claim": text("The claim that says who it is.", required=True),
        "user_claim_json_pointer": flag("It is a JSON pointer.", default=False),
        "bound_audiences": texts("One.", "The `aud` that a token must have one of."),
        "bound_subject": text("The `sub` that it must have."),
        "bound_claims": mapping(
            anything("A value, or several."), "Claims that it must have.", whole=True
        ),
        "bound_claims_type": text(
            "What those are.", choices=("string", "glob"), default="string"
        ),
        "claim_mappings": mapping(
            text("A name."), "Claims that become metadata, under that name.", whole=True
        ),
        "groups_claim": text("The claim that says its groups."),
        "oidc_scopes": texts("A scope.", "What is asked for besides `openid`."),
        "allowed_redirect_uris": texts("An address.", "Where a login may end."),
        "verbose_oidc_logging": flag("Log what the issuer says.", default=False),
        "max_age": duration("How long ago the user may have logged in there."),
        "expiration_leeway": duration("How much later a token may still be used."),
        "not_before_leeway": duration("How much earlier."),
        "clock_skew_leeway": duration("How far clocks may differ."),
        **token_fields(),
    }


TYPE = JwtRole
