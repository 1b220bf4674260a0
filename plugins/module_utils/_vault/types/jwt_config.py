# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Whom a JWT or OIDC method believes: an issuer, or the keys that sign.

Vault cannot unset it: it goes with its method.
"""

from __future__ import annotations

from ..._converge.fields import anything, flag, many, mapping, text
from ..common import mount, pem, secret, texts
from ..paths import AuthPathType


class JwtConfig(AuthPathType):
    name = "jwt_config"
    kinds = ("jwt", "oidc")
    path = "auth/{mount}/config"
    unique = ("mount",)
    replaces = True
    stays = True
    kept_secret = ("oidc_client_secret",)
    fields = {
        "mount": mount("method", "jwt"),
        "oidc_discovery_url": text("The issuer's address."),
        "oidc_discovery_ca_pem": pem("The certificate that it is checked with."),
        "oidc_client_id": text("Who Vault is to it."),
        "oidc_client_secret": secret("The secret to that."),
        "oidc_response_mode": text("How it answers.", choices=("query", "form_post")),
        "oidc_response_types": many(text("Code or id_token."), "What it answers."),
        "jwks_url": text("Where the signing keys are, instead."),
        "jwks_ca_pem": pem("The certificate that this is checked with."),
        "jwt_validation_pubkeys": many(
            pem("A key."), "The keys, instead.", order="set"
        ),
        "bound_issuer": text("The `iss` that a token must have."),
        "jwt_supported_algs": texts("Such as ES256.", "Algorithms that may sign."),
        "default_role": text("The role where a login says none."),
        "provider_config": mapping(
            anything("A value."), "What certain issuers take besides."
        ),
        "namespace_in_state": flag(
            "Carry the namespace in `state`, not in the address.", default=True
        ),
    }


TYPE = JwtConfig
