# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""The addresses that a PKI engine writes into every certificate."""

from __future__ import annotations

from ..._converge.fields import flag
from ..common import mount, texts
from ..paths import EnginePathType


class PkiUrls(EnginePathType):
    name = "pki_urls"
    kinds = ("pki",)
    path = "{mount}/config/urls"
    unique = ("mount",)
    resets = True
    fields = {
        "mount": mount("engine"),
        "issuing_certificates": texts("An address.", "Where the issuer's own is."),
        "crl_distribution_points": texts(
            "An address.", "Where the revoked are listed."
        ),
        "ocsp_servers": texts("An address.", "Who tells whether one is revoked."),
        "enable_templating": flag(
            "The addresses hold `{{issuer_id}}` and the like.", default=False
        ),
    }


TYPE = PkiUrls
