# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""What members of a group of a directory may do."""

from __future__ import annotations

from ..common import mount, named, texts
from ..paths import AuthPathType


class LdapGroup(AuthPathType):
    name = "ldap_group"
    kinds = ("ldap",)
    path = "auth/{mount}/groups/{name}"
    uses = ("ldap_config",)
    commas = ("policies",)
    fields = {
        "mount": mount("method", "ldap"),
        "name": named("The group"),
        "policies": texts("A policy.", "Policies of its members."),
    }


TYPE = LdapGroup
