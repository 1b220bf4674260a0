# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A group of entities and of other groups, or one that a method knows (`external`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..._converge.fields import mapping, text
from ..._converge.provider import Desired, Live
from ..common import named, texts
from ..paths import PathType


class Group(PathType):
    name = "group"
    path = "identity/group/name/{name}"
    unique = ("name",)
    uses = ("entity",)
    attributes = {"id": "Its path.", "group_id": "The id by which others name it."}
    fields = {
        "name": named("The group"),
        "group_type": text(
            "Who says who is in it: `internal`, this resource; `external`, the method"
            " of a group_alias.",
            choices=("internal", "external"),
            immutable=True,
            default="internal",
            api="type",
        ),
        "policies": texts("A policy.", "Policies of its members."),
        "metadata": mapping(text("A text."), "What is known of it."),
        "member_entity_ids": texts("Such as ${cart.entity_id}.", "Its entities."),
        "member_group_ids": texts("Such as ${shop.group_id}.", "Its groups."),
    }

    def with_raw(self, live: Live, raw: Mapping[str, Any]) -> Live:
        attributes = {"id": live.id, "group_id": raw["id"]}
        return Live(live.id, live.properties, attributes, owned=live.owned, raw=raw)

    def create(self, desired: Desired) -> Live:
        live = super().create(desired)
        return self.with_raw(live, self.session.read(live.id))


TYPE = Group
