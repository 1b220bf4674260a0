# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""As whom a method knows an entity: a role id, a user name, the subject of a token."""

from __future__ import annotations

from ..aliases import AliasType, alias_fields


class EntityAlias(AliasType):
    name = "entity_alias"
    place = "identity/entity-alias"
    uses = ("entity",)
    fields = alias_fields("entity", "As whom it logs in, as the method calls it")


TYPE = EntityAlias
