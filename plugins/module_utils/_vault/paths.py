# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Objects that are fields at a path, which is nearly all that Vault has.

A type says its path, its fields, and what is peculiar:

    class Role(AuthPathType):
        name = "approle_role"
        kind = "approle"
        path = "auth/{mount}/role/{name}"
        fields = {"mount": mount("method", "approle"), "name": named("The role"), …}
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import quote

from .._converge.fields import Field
from .._converge.provider import UNKNOWN, Change, Desired, Live, Reading
from .base import VaultType
from .shape import body, seen

UNSEEN = "(another one)"


class PathType(VaultType):
    """Fields at a path, written there as a whole or in part."""

    # Where it is; names in braces are properties, and together what it is known by.
    path: ClassVar[str]
    # The kind of engine or method that has it, and the mount that it has if none is
    # declared.
    kind: ClassVar[str] = ""
    default_mount: ClassVar[str] = ""
    # A write forgets what it does not mention.
    replaces: ClassVar[bool] = False
    # Fields that Vault never gives back, and those that it takes at the creation only.
    kept_secret: ClassVar[Sequence[str]] = ()
    at_creation: ClassVar[Sequence[str]] = ()
    # Vault has no way of deleting it alone: it goes with its mount.
    stays: ClassVar[bool] = False

    unique = ("mount", "name")

    # -- what a type may do otherwise ---------------------------------------------

    def seen(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """What is at the path, as properties."""
        return seen(self.fields, raw)

    def body(self, declared: Mapping[str, Any], live: Live | None) -> dict[str, Any]:
        """What is written for what is declared."""
        there = {} if live is None else live.properties
        return body(self._written_fields(), declared, there)

    def is_set(self, raw: Mapping[str, Any]) -> bool:
        """Whether what is at the path is more than a new mount has there."""
        return True

    def made(self, desired: Desired) -> None:
        """What else a new thing takes."""

    # -- what the engine calls -----------------------------------------------------

    def written(self, resource: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """With the mount that goes without saying; a mount has no slash at its end."""
        given = dict(super().written(resource, body))
        if "mount" in self.fields:
            if self.default_mount:
                given.setdefault("mount", self.default_mount)
            if isinstance(given.get("mount"), str):
                given["mount"] = given["mount"].strip("/")
        return given

    def find(self, reading: Reading) -> Iterable[Live]:
        if self.stays and self.vault.absent:
            return
        declared = {self.at(one.properties): one for one in reading.desired}
        declared.pop(None, None)
        mounts = self._mounts(reading)
        keys = {path: self._key(one.properties) for path, one in declared.items()}
        if mounts is not None and "mount" in self.fields:
            keys = {at: key for at, key in keys.items() if key["mount"] in mounts}
        if reading.everything:
            keys.update(self._listed(mounts))
        answers = self.vault.each(keys, self.session.read)
        for (path, key), raw in zip(keys.items(), answers):
            if raw is not None and self.is_set(raw):
                yield self._live(path, key, raw, declared.get(path))

    def create(self, desired: Desired) -> Live:
        live = self._write(desired, self.body(desired.properties, None), None)
        self.made(desired)
        return live

    def update(self, live: Live, desired: Desired, changes: Sequence[Change]) -> Live:
        declared = {
            name: value
            for name, value in desired.properties.items()
            if name not in self.at_creation
        }
        return self._write(desired, self.body(declared, live), live)

    def delete(self, live: Live) -> None:
        if not self.stays:
            self.session.delete(live.id)
        for name in self.kept_secret:
            self.fingerprints.sent(f"{live.id} {name}", None)

    # -- paths -----------------------------------------------------------------------

    def at(self, properties: Mapping[str, Any]) -> str | None:
        """The path of a thing; None while a part is not known."""
        key = self._key(properties)
        if any(value is UNKNOWN or value is None for value in key.values()):
            return None
        return self.path.format(**{n: quote(str(v)) for n, v in key.items()})

    def _key(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        parts = string.Formatter().parse(self.path)
        return {
            name: self._spelled(name, properties.get(name))
            for _text, name, _spec, _conversion in parts
            if name
        }

    def _mounts(self, reading: Reading) -> set[str] | None:
        """Where there are engines or methods of the kind; None where none may look."""
        lives = [live for parent in self.parents for live in reading.parents[parent]]
        if not lives:
            return None
        return {one.properties["path"] for one in lives if one.raw["type"] == self.kind}

    def _listed(self, mounts: Iterable[str] | None) -> dict[str, dict[str, Any]]:
        """The keys, by path, of all that the scope has."""
        if "name" not in self.unique:
            return {}
        folder = self.path.rpartition("/")[0]
        wanted = sorted(mounts or ()) if "mount" in self.fields else [""]
        lists = self.vault.each(
            [folder.format(mount=quote(mount)) for mount in wanted], self.session.keys
        )
        keys = [
            {"mount": mount, "name": name} if mount else {"name": name}
            for mount, names in zip(wanted, lists)
            for name in names
            if self._in_scope({"mount": mount, "name": name})
        ]
        return {self.at(key): key for key in keys}

    def _in_scope(self, key: Mapping[str, Any]) -> bool:
        name, mount = key.get("name"), key.get("mount")
        return bool(name) and self.is_ours(name, *([f"{mount}/{name}"] * bool(mount)))

    # -- reading and writing --------------------------------------------------------

    def _live(
        self,
        path: str,
        key: Mapping[str, Any],
        raw: Mapping[str, Any],
        declared: Desired | None,
    ) -> Live:
        properties = {**self.seen(raw), **key}
        if declared is not None:
            properties.update(self._sent_last(path, declared.properties))
        live = self.owned_live(path, properties, self._in_scope(key))
        return self.with_raw(live, raw)

    def with_raw(self, live: Live, raw: Mapping[str, Any]) -> Live:
        """The thing with Vault's own answer, and the attributes that are in it."""
        named = {name: raw[name] for name in self.attributes if name in raw}
        attributes = {**named, **live.attributes}
        return Live(live.id, live.properties, attributes, owned=live.owned, raw=raw)

    def _sent_last(self, path: str, declared: Mapping[str, Any]) -> dict[str, Any]:
        """Declared values of what is never given back, where they are as sent last."""
        found = {}
        for name in self.kept_secret:
            value = declared.get(name)
            if value is not None and value is not UNKNOWN:
                same = self.fingerprints.same(f"{path} {name}", value)
                found[name] = value if same else UNSEEN
        return found

    def _write(self, desired: Desired, body: dict[str, Any], live: Live | None) -> Live:
        path = self.at(desired.properties)
        if live is not None and self.replaces:
            body = {**self.body(self._readable(live.properties), None), **body}
        self.session.write(path, body)
        for name in self.kept_secret:
            if desired.properties.get(name) is not None:
                self.fingerprints.sent(f"{path} {name}", desired.properties[name])
        return self.owned_live(path, desired.properties, owned=True)

    def _readable(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        hidden = {*self.kept_secret, *self.at_creation}
        return {name: one for name, one in properties.items() if name not in hidden}

    def _written_fields(self) -> dict[str, Field]:
        key = {"mount", "name"} & set(self.unique)
        return {name: item for name, item in self.fields.items() if name not in key}


class AuthPathType(PathType):
    """A path of an auth method."""

    parents = ("auth_method",)
    names: ClassVar[Mapping[str, tuple[str, str]]] = {"mount": ("auth_method", "path")}

    def written(self, resource: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        if "mount" in self.fields and self.kind and not self.default_mount:
            body = {"mount": self.kind, **body}
        return super().written(resource, body)


class EnginePathType(PathType):
    """A path of a secret engine."""

    parents = ("secret_engine",)
    names: ClassVar[Mapping[str, tuple[str, str]]] = {
        "mount": ("secret_engine", "path")
    }
