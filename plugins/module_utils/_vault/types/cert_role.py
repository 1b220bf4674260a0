# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Which client certificates may log in, and as what."""

from __future__ import annotations

from ..._converge.fields import text
from ..common import mount, named, pem, texts, token_fields
from ..paths import AuthPathType


class CertRole(AuthPathType):
    name = "cert_role"
    kinds = ("cert",)
    path = "auth/{mount}/certs/{name}"
    fields = {
        "mount": mount("method", "cert"),
        "name": named("The role", normal=str.lower),
        "certificate": pem(
            "The certificate, or that of the authority that issued it.", required=True
        ),
        "display_name": text("What its tokens are called."),
        "allowed_names": texts("With `*`.", "Names that it must have one of."),
        "allowed_common_names": texts("With `*`.", "The same, the common name."),
        "allowed_dns_sans": texts("With `*`.", "The same, host names."),
        "allowed_email_sans": texts("With `*`.", "The same, mail addresses."),
        "allowed_uri_sans": texts("With `*`.", "The same, URIs."),
        "allowed_organizational_units": texts("With `*`.", "The same, its units."),
        "required_extensions": texts("OID:value.", "Extensions that it must have."),
        "allowed_metadata_extensions": texts(
            "An OID.", "Extensions that become metadata."
        ),
        **token_fields(),
    }


TYPE = CertRole
