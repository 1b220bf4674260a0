# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A secret of a KV engine, version 2: names and values, every version kept by Vault.

What is written says which version it follows (check-and-set): where somebody else wrote
since the plan, nothing is overwritten, unless both wrote the same.

Deleting it deletes its newest version, which `vault kv undelete` brings back; all of
them go with the engine.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from ..._converge.compare import compare
from ..._converge.conform import top
from ..._converge.fields import anything, flag, mapping, number, text
from ..._converge.provider import Change, Desired, Live, Reading
from ..._errors import RunError
from ..base import VaultType
from ..common import mount
from ..durations import duration
from ..errors import VaultError
from ..shape import body, seen

# Read from another path than the values are.
SETTINGS = ("max_versions", "cas_required", "delete_version_after")


class KvSecret(VaultType):
    name = "kv_secret"
    unique = ("mount", "path")
    parents = ("secret_engine",)
    names = {"mount": ("secret_engine", "path")}
    attributes = {"id": "The mount and the path.", "version": "The newest version."}
    volatile = ("version",)
    fields = {
        "mount": mount("engine"),
        "path": text(
            "The path in the engine; your own name for it unless given.",
            required=True,
            immutable=True,
        ),
        "data": mapping(
            anything("A value: a text, or whatever JSON can hold."),
            "Names and values, all that the secret is to have.",
            sensitive=True,
            whole=True,
        ),
        "custom_metadata": mapping(
            text("A text."), "What is known of it; not secret, null removes an entry."
        ),
        "max_versions": number(
            "How many versions are kept; 0 for as many as the engine says.", default=0
        ),
        "cas_required": flag("Every write must say which version it follows."),
        "delete_version_after": duration(
            "How long a version is kept; 0 for as long as the engine says."
        ),
    }

    def written(self, resource: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        given = {"path": resource, **body}
        for name in ("mount", "path"):
            if isinstance(given.get(name), str):
                given[name] = given[name].strip("/")
        return given

    # -- reading ----------------------------------------------------------------

    def find(self, reading: Reading) -> Iterable[Live]:
        """A call for each secret, and one more where its settings are declared."""
        versions = {
            one.id: (one.raw.get("options") or {}).get("version", "1")
            for one in reading.parents["secret_engine"]
            if one.raw["type"] == "kv"
        }
        declared = {}
        for one in reading.desired:
            place = _place(one.properties)
            if place is not None:
                self._refuse_first_version(one, versions)
                declared[place] = one.properties
        wanted = dict(declared)
        if reading.everything:
            for mount_path, version in versions.items():
                if version == "2":
                    wanted |= {at: {} for at in self._under(mount_path)} | wanted
        known = {one.id for one in reading.parents["secret_engine"]}
        places = [at for at in wanted if not known or at[0] in known]
        found = self.vault.each(places, lambda at: self._read(at, wanted[at]))
        return [live for live in found if live is not None]

    def _read(self, place: tuple[str, str], declared: Mapping[str, Any]) -> Live | None:
        found = self.session.read(_at("data", *place))
        if found is None or found["data"] is None:
            return None
        meta = found["metadata"]
        properties = {
            "mount": place[0],
            "path": place[1],
            "data": found["data"],
            "custom_metadata": meta.get("custom_metadata") or {},
        }
        if any(name in declared for name in SETTINGS):
            settings = self.session.read(_at("metadata", *place))
            fields = {name: self.fields[name] for name in SETTINGS}
            properties |= seen(fields, settings)
        return self._live(place, properties, meta["version"])

    def _live(
        self, place: tuple[str, str], properties: Mapping[str, Any], version: int
    ) -> Live:
        name = "/".join(place)
        ours = self.is_ours(name, place[1])
        return self.owned_live(name, properties, ours, version=version)

    def _under(self, mount_path: str, folder: str = "") -> Iterator[tuple[str, str]]:
        """The secrets of an engine that the scope has, folder by folder."""
        for name in self.session.keys(_at("metadata", mount_path, folder)):
            path = f"{folder}{name}"
            if not path.endswith("/"):
                if self.is_ours(f"{mount_path}/{path}", path):
                    yield mount_path, path
            elif self._leads(f"{mount_path}/{path}") or self._leads(path):
                yield from self._under(mount_path, path)

    def _leads(self, folder: str) -> bool:
        """Whether a name of the scope may be in a folder."""
        prefixes = self.scope.of(self.name)
        return any(folder.startswith(one) or one.startswith(folder) for one in prefixes)

    # -- writing ----------------------------------------------------------------

    def create(self, desired: Desired) -> Live:
        place = _place(desired.properties)
        self._write_settings(place, desired, {})
        return self._write(place, desired, 0)

    def update(self, live: Live, desired: Desired, changes: Sequence[Change]) -> Live:
        place = _place(desired.properties)
        self._write_settings(place, desired, live.properties)
        version = live.attributes["version"]
        if not any(top(change.path) == "data" for change in changes):
            return self._live(place, desired.properties, version)
        return self._write(place, desired, version)

    def delete(self, live: Live) -> None:
        place = (live.properties["mount"], live.properties["path"])
        self.session.delete(_at("data", *place))

    def _write(self, place: tuple[str, str], desired: Desired, version: int) -> Live:
        given = {"data": _values(desired), "options": {"cas": version}}
        try:
            made = self.session.write(_at("data", *place), given)["data"]
        except VaultError as error:
            if "check-and-set parameter did not match" not in error.said:
                raise
            return self._after_another(place, desired, version)
        return self._live(place, desired.properties, made["version"])

    def _after_another(
        self, place: tuple[str, str], desired: Desired, seen_version: int
    ) -> Live:
        """There is a version that the plan knew nothing of."""
        live = self._read(place, desired.properties)
        if live is not None:
            # Somebody wrote the same; or it was us, and the answer was lost.
            if not compare(self.fields, desired.properties, live.properties):
                return live
            raise RunError(
                f"somebody else wrote version {live.attributes['version']} of"
                f" {'/'.join(place)} since the plan was made (version {seen_version});"
                " run again to see what would change"
            )
        settings = self.session.read(_at("metadata", *place)) or {}
        version = settings.get("current_version", 0)
        if version == seen_version:
            raise RunError(f"{'/'.join(place)} is being changed by somebody else")
        # Its newest version was deleted: what is written follows it all the same.
        return self._write(place, desired, version)

    def _write_settings(
        self, place: tuple[str, str], desired: Desired, there: Mapping[str, Any]
    ) -> None:
        names = ("custom_metadata", *SETTINGS)
        fields = {name: self.fields[name] for name in names}
        declared = {n: v for n, v in desired.properties.items() if n in names}
        wanted = {
            name: value
            for name, value in declared.items()
            if there or value not in (None, {})
        }
        if wanted and compare(fields, wanted, there):
            self.session.write(_at("metadata", *place), body(fields, wanted, there))

    def _refuse_first_version(self, one: Desired, versions: Mapping[str, str]) -> None:
        where = one.properties["mount"]
        if versions.get(where, "2") != "2":
            raise RunError(
                f"{one.resource}: {where} is a KV engine of version 1, which keeps no"
                " versions; declare it as secret_engine with options: {version: 2}, or"
                " use another one"
            )


def _place(properties: Mapping[str, Any]) -> tuple[str, str] | None:
    place = (properties.get("mount"), properties.get("path"))
    return place if all(isinstance(part, str) for part in place) else None


def _at(what: str, mount_path: str, path: str) -> str:
    return f"{quote(mount_path)}/{what}/{quote(path)}"


def _values(desired: Desired) -> dict[str, Any]:
    declared = desired.properties.get("data") or {}
    return {name: value for name, value in declared.items() if value is not None}


TYPE = KvSecret
