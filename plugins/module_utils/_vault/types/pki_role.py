# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A role of a PKI engine: which certificates somebody may have issued."""

from __future__ import annotations

from ..._converge.fields import Field, flag, many, number, text
from ..common import mount, named, texts
from ..durations import duration
from ..paths import EnginePathType

NAMES: dict[str, Field] = {
    "allowed_domains": texts("A domain.", "Domains that may be asked for."),
    "allowed_domains_template": flag("They hold identity templates.", default=False),
    "allow_bare_domains": flag("The domains themselves.", default=False),
    "allow_subdomains": flag("Names below them.", default=False),
    "allow_glob_domains": flag("They hold `*`.", default=False),
    "allow_wildcard_certificates": flag("Certificates for `*.domain`.", default=True),
    "allow_localhost": flag("The name `localhost`.", default=True),
    "allow_any_name": flag("Whatever name.", default=False),
    "enforce_hostnames": flag("Names must be host names.", default=True),
    "allow_ip_sans": flag("Addresses.", default=True),
    "allowed_uri_sans": texts("A URI.", "URIs that may be asked for."),
    "allowed_other_sans": texts("OID;type:value.", "Other names."),
    "allowed_serial_numbers": texts("One.", "Serial numbers of the subject."),
    "allowed_user_ids": texts("One.", "User ids of the subject."),
    "cn_validations": texts(
        "One of email, hostname, disabled.", "What a common name must be."
    ),
    "require_cn": flag("A common name must be given.", default=True),
}
KEYS: dict[str, Field] = {
    "key_type": text(
        "Of which kind the key is.", choices=("rsa", "ec", "ed25519", "any")
    ),
    "key_bits": number("How long it is; 0 for what is usual.", default=0),
    "signature_bits": number("How long the signature's hash is; 0 as usual."),
    "use_pss": flag("Sign with RSA-PSS.", default=False),
    "server_flag": flag("For servers.", default=True),
    "client_flag": flag("For clients.", default=True),
    "code_signing_flag": flag("For code.", default=False),
    "email_protection_flag": flag("For mail.", default=False),
    "key_usage": texts("As Go's x509 calls it.", "What the key may be used for."),
    "ext_key_usage": texts("As Go's x509 calls it.", "And further."),
    "ext_key_usage_oids": texts("An OID.", "The same by OID."),
    "basic_constraints_valid_for_non_ca": flag(
        "Say that it is no CA, too.", default=False
    ),
    "policy_identifiers": texts("An OID.", "Policies."),
}
SUBJECT: dict[str, Field] = {
    name: many(text("One."), f"The subject's {what}.")
    for name, what in {
        "organization": "organization",
        "ou": "organizational unit",
        "country": "country",
        "province": "province",
        "locality": "locality",
        "street_address": "street",
        "postal_code": "postal code",
    }.items()
}


class PkiRole(EnginePathType):
    name = "pki_role"
    kinds = ("pki",)
    path = "{mount}/roles/{name}"
    replaces = True
    names = {**EnginePathType.names, "issuer_ref": ("pki_intermediate", "name")}
    fields = {
        "mount": mount("engine"),
        "name": named("The role"),
        "issuer_ref": text("Who issues.", default="default"),
        "ttl": duration("How long a certificate is valid; 0 as the engine says."),
        "max_ttl": duration("How long at most."),
        "not_before_duration": duration(
            "How long before its issue it is valid.", default="30s"
        ),
        "not_after": text("Until when, instead; a time such as 2030-01-31T12:00:00Z."),
        **NAMES,
        **KEYS,
        **SUBJECT,
        "use_csr_common_name": flag("Take it from the request.", default=True),
        "use_csr_sans": flag("Take the names from the request.", default=True),
        "generate_lease": flag(
            "Give a lease, so that it can be revoked by it.", default=False
        ),
        "no_store": flag(
            "Keep no record: faster, and nothing can be revoked.", default=False
        ),
    }


TYPE = PkiRole
