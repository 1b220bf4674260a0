# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A role: policies and identities under one name, given to tokens together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..._converge.fields import text
from ..._converge.provider import Change, Desired, Live, Reading
from ..acl_links import IDENTITIES, NEWER, READ, WRITE, acl_name, body, links, seen
from ..base import ConsulType
from ..client import ConsulError


class AclRole(ConsulType):
    name = "acl_role"
    since = "1.5"
    newer = NEWER
    uses = ("acl_policy",)
    attributes = {"id": "The identifier that Consul gave it.", "name": "Its name."}
    fields = {
        "name": acl_name("role"),
        "description": text("What it is for."),
        "policies": links("What it may do"),
        **IDENTITIES,
    }

    def find(self, reading: Reading) -> Iterable[Live]:
        """One list, which has everything."""
        return map(self._live, self.session.get("acl/roles", needs=READ))

    def create(self, desired: Desired) -> Live:
        written = body(self.fields, {}, desired.properties)
        try:
            made = self.session.put("acl/role", needs=WRITE, body=written)
        except ConsulError as error:
            if "already exists" not in error.said:
                raise
            name = desired.properties["name"]
            made = self.session.get(f"acl/role/name/{name}", needs=READ)
            return self.as_declared(self._live(made), desired)
        return self._live(made)

    def update(self, live: Live, desired: Desired, changes: Sequence[Change]) -> Live:
        written = body(self.fields, live.raw, desired.properties)
        return self._live(
            self.session.put(f"acl/role/{live.id}", needs=WRITE, body=written)
        )

    def delete(self, live: Live) -> None:
        self.session.delete(f"acl/role/{live.id}", needs=WRITE)

    def _live(self, raw: Mapping[str, Any]) -> Live:
        name = raw["Name"]
        return self.live(raw["ID"], seen(self.fields, raw), name, raw, name=name)


TYPE = AclRole
