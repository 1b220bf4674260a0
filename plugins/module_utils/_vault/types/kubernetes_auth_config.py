# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""The cluster whose service accounts log in.

Vault cannot unset it: it goes with its method.
"""

from __future__ import annotations

from ..._converge.fields import flag, many, text
from ..common import mount, pem, secret
from ..paths import AuthPathType


class KubernetesAuthConfig(AuthPathType):
    name = "kubernetes_auth_config"
    kinds = ("kubernetes",)
    path = "auth/{mount}/config"
    unique = ("mount",)
    replaces = True
    stays = True
    kept_secret = ("token_reviewer_jwt",)
    fields = {
        "mount": mount("method", "kubernetes"),
        "kubernetes_host": text("The API's address.", required=True),
        "kubernetes_ca_cert": pem("The certificate that it is checked with."),
        "token_reviewer_jwt": secret("The token with which Vault asks it."),
        "pem_keys": many(
            pem("A key."), "Keys that sign service accounts.", order="set"
        ),
        "issuer": text("The `iss` that a token must have."),
        "disable_iss_validation": flag("Any issuer will do.", default=True),
        "disable_local_ca_jwt": flag(
            "Take no certificate and token from the pod that Vault is in.",
            default=False,
        ),
    }


TYPE = KubernetesAuthConfig
