# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""What a user of a directory may do beside what its groups may."""

from __future__ import annotations

from ..common import mount, named, texts
from ..paths import AuthPathType


class LdapUser(AuthPathType):
    name = "ldap_user"
    kinds = ("ldap",)
    path = "auth/{mount}/users/{name}"
    uses = ("ldap_config",)
    commas = ("policies", "groups")
    replaces = True
    fields = {
        "mount": mount("method", "ldap"),
        "name": named("The user"),
        "policies": texts("A policy.", "Policies of its own."),
        "groups": texts("A group.", "Groups beside those of the directory."),
    }


TYPE = LdapUser
