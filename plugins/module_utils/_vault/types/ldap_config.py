# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""The directory that an LDAP method asks.

Vault cannot unset it: it goes with its method.
"""

from __future__ import annotations

from ..._converge.fields import flag, number, text
from ..common import mount, pem, secret, token_fields
from ..durations import duration
from ..paths import AuthPathType

TLS = ("tls10", "tls11", "tls12", "tls13")


class LdapConfig(AuthPathType):
    name = "ldap_config"
    kinds = ("ldap",)
    path = "auth/{mount}/config"
    unique = ("mount",)
    replaces = True
    stays = True
    kept_secret = ("bindpass", "client_tls_key")
    fields = {
        "mount": mount("method", "ldap"),
        "url": text("Its address; several with commas between them.", required=True),
        "binddn": text("As whom Vault asks."),
        "bindpass": secret("The password to that."),
        "userdn": text("Where users are."),
        "userattr": text("What names a user.", default="cn"),
        "userfilter": text("How a user is searched for."),
        "discoverdn": flag("Search for users without a name.", default=False),
        "deny_null_bind": flag("An empty password is none.", default=True),
        "upndomain": text("The domain of users, for Active Directory."),
        "groupdn": text("Where groups are."),
        "groupattr": text("What names a group.", default="cn"),
        "groupfilter": text("How the groups of a user are searched for."),
        "anonymous_group_search": flag("Without a name.", default=False),
        "username_as_alias": flag("The user's name is the alias.", default=False),
        "case_sensitive_names": flag("Capitals make another name.", default=False),
        "starttls": flag("Begin TLS on a connection without.", default=False),
        "insecure_tls": flag("Check no certificate.", default=False),
        "tls_min_version": text("The oldest TLS.", choices=TLS, default="tls12"),
        "tls_max_version": text("The newest TLS.", choices=TLS, default="tls12"),
        "certificate": pem("The certificate that the server's is checked with."),
        "client_tls_cert": pem("Vault's own certificate."),
        "client_tls_key": secret("The key to that."),
        "connection_timeout": duration("How long one address is tried.", default="30s"),
        "request_timeout": duration("How long an answer may take.", default="90s"),
        "max_page_size": number("How many answers at a time; 0 for all.", default=0),
        **token_fields(),
    }


TYPE = LdapConfig
