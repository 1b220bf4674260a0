# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""As what a method knows an external group: the name of a group in LDAP, a claim."""

from __future__ import annotations

from ..aliases import AliasType, alias_fields


class GroupAlias(AliasType):
    name = "group_alias"
    place = "identity/group-alias"
    uses = ("group",)
    fields = alias_fields("group", "What the method calls it")


TYPE = GroupAlias
