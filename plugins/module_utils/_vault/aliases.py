# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Aliases: as whom a method knows an entity, or a group."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from .._converge.fields import Field, text
from .._converge.provider import Change, Desired, Live, Reading
from .._errors import RunError
from .base import VaultType
from .common import mount


def alias_fields(what: str, is_: str) -> dict[str, Field]:
    """The fields of an alias of an entity or a group."""
    return {
        "name": text(
            f"{is_}; your own name for it unless given.", required=True, immutable=True
        ),
        "mount": mount("method"),
        "canonical_id": text(
            f"The {what}, such as ${{cart.{what}_id}}.", required=True
        ),
    }


class AliasType(VaultType):
    """Aliases of one sort, all read in one call."""

    unique = ("mount", "name")
    parents = ("auth_method",)
    names: ClassVar[Mapping[str, tuple[str, str]]] = {"mount": ("auth_method", "path")}
    place: ClassVar[str]

    def written(self, resource: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        given = dict(super().written(resource, body))
        if isinstance(given.get("mount"), str):
            given["mount"] = given["mount"].strip("/")
        return given

    def find(self, reading: Reading) -> Iterable[Live]:
        """One call."""
        for id_, raw in self.session.listing(f"{self.place}/id").items():
            properties = {
                "name": raw["name"],
                # Of a method that is gone nobody knows the path any more.
                "mount": raw.get("mount_path", "").removeprefix("auth/").rstrip("/"),
                "canonical_id": raw["canonical_id"],
            }
            ours = self.is_ours(
                raw["name"], f"{properties['mount']}/{properties['name']}"
            )
            yield self.owned_live(id_, properties, ours)

    def create(self, desired: Desired) -> Live:
        """Asked again, it says the same: a name of a method is known once."""
        given = self._body(desired)
        made = self.session.write(self.place, given)
        return self.owned_live(made["data"]["id"], desired.properties, owned=True)

    def update(self, live: Live, desired: Desired, changes: Sequence[Change]) -> Live:
        self.session.write(f"{self.place}/id/{live.id}", self._body(desired))
        return self.owned_live(live.id, desired.properties, owned=True)

    def delete(self, live: Live) -> None:
        self.session.delete(f"{self.place}/id/{live.id}")

    def _body(self, desired: Desired) -> dict[str, Any]:
        path = desired.properties["mount"]
        method = self.session.read("sys/auth").get(f"{path}/")
        if method is None:
            raise RunError(f"there is no method at {path}; declare it as auth_method")
        return {
            "name": desired.properties["name"],
            "canonical_id": desired.properties["canonical_id"],
            "mount_accessor": method["accessor"],
        }
