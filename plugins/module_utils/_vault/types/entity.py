# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""An entity: one person or machine, by whatever methods it logs in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..._converge.fields import flag, mapping, text
from ..._converge.provider import Desired, Live
from ..common import named, texts
from ..paths import PathType


class Entity(PathType):
    name = "entity"
    path = "identity/entity/name/{name}"
    unique = ("name",)
    attributes = {"id": "Its path.", "entity_id": "The id by which others name it."}
    fields = {
        "name": named("The entity"),
        "policies": texts("A policy.", "Policies beside those of its logins."),
        "metadata": mapping(text("A text."), "What is known of it."),
        "disabled": flag("It may do nothing.", default=False),
    }

    def with_raw(self, live: Live, raw: Mapping[str, Any]) -> Live:
        attributes = {"id": live.id, "entity_id": raw["id"]}
        return Live(live.id, live.properties, attributes, owned=live.owned, raw=raw)

    def create(self, desired: Desired) -> Live:
        live = super().create(desired)
        return self.with_raw(live, self.session.read(live.id))


TYPE = Entity
