# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Objects that are fields at a path, which is nearly all that Vault has.

A type says its path, its fields, and what is peculiar:

    class Role(AuthPathType):
        name = "approle_role"
        kinds = ("approle",)
        path = "auth/{mount}/role/{name}"
        fields = {"mount": mount("method", "approle"), "name": named("The role"), …}
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import quote

from .._converge.compare import compare
from .._converge.fields import Field
from .._converge.provider import UNKNOWN, Change, Desired, Live, Reading
from .base import VaultType
from .shape import body, seen

UNSEEN = "(another one)"


class PathType(VaultType):
    """Fields at a path, written there as a whole or in part."""

    # Where it is; names in braces are properties, and together what it is known by.
    path: ClassVar[str]
    # Where its names are listed, unless that is the path without the name.
    folder: ClassVar[str] = ""
    # The kinds of engines or methods that have it.
    kinds: ClassVar[Sequence[str]] = ()
    # A write forgets what it does not mention.
    replaces: ClassVar[bool] = False
    # Fields that Vault never gives back, and those that it takes at the creation only.
    kept_secret: ClassVar[Sequence[str]] = ()
    at_creation: ClassVar[Sequence[str]] = ()
    # Fields that Vault wants as one text with commas.
    commas: ClassVar[Sequence[str]] = ()
    # It is there as soon as its mount is: deleting it is writing what is there then.
    resets: ClassVar[bool] = False
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
        written = body(self.settable(), declared, there)
        for name in self.commas:
            if isinstance(written.get(name), list):
                written[name] = ",".join(written[name])
        return written

    def counts(self, raw: Mapping[str, Any]) -> bool:
        """Whether what is at a path is a thing of this type, and not gone."""
        if not (self.resets and self.vault.absent):
            return True
        return bool(
            compare(self.fields, dict.fromkeys(self.settable()), self.seen(raw))
        )

    def settable(self) -> dict[str, Field]:
        """The fields that are written, which its path does not say."""
        return {n: item for n, item in self.fields.items() if n not in self.unique}

    def made(self, desired: Desired) -> None:
        """What else a new thing takes."""

    # -- what the engine calls -----------------------------------------------------

    def written(self, resource: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """A mount has no slash at its end."""
        given = dict(super().written(resource, body))
        if isinstance(given.get("mount"), str):
            given["mount"] = given["mount"].strip("/")
        return given

    def find(self, reading: Reading) -> Iterable[Live]:
        if self.stays and self.vault.absent:
            return
        placed = ((self.at(one.properties), one) for one in reading.desired)
        declared = {path: one for path, one in placed if path is not None}
        mounts = self._mounts(reading)
        keys = {path: self._key(one.properties) for path, one in declared.items()}
        if mounts is not None and "mount" in self.fields:
            keys = {at: key for at, key in keys.items() if key["mount"] in mounts}
        if reading.everything:
            # Some methods keep names in lower case: that is no other thing.
            same = {path.lower() for path in declared}
            listed = self._listed(mounts).items()
            keys.update((at, key) for at, key in listed if at.lower() not in same)
        answers = self.vault.each(keys, self._read)
        for (path, key), raw in zip(keys.items(), answers):
            if raw is not None and self.counts(raw):
                yield self._live(path, key, raw, declared.get(path))

    def create(self, desired: Desired) -> Live:
        live = self._write(desired, self.body(desired.properties, None), None)
        self.made(desired)
        return live

    def update(self, live: Live, desired: Desired, changes: Sequence[Change]) -> Live:
        left = {*self.at_creation}
        if not self.sends_again(desired):
            left |= {*self.kept_secret} - {change.path for change in changes}
        declared = {n: v for n, v in desired.properties.items() if n not in left}
        return self._write(desired, self.body(declared, live), live)

    def sends_again(self, desired: Desired) -> bool:
        """Whether any change takes along what is never given back."""
        return self.replaces or not self.fingerprints.kept

    def delete(self, live: Live) -> None:
        if self.resets:
            self.session.write(live.id, self.body(dict.fromkeys(self.settable()), None))
        elif not self.stays:
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
        return {
            one.properties["path"] for one in lives if one.raw["type"] in self.kinds
        }

    def _listed(self, mounts: Iterable[str] | None) -> dict[str, dict[str, Any]]:
        """The keys, by path, of all that the scope has."""
        if "name" not in self.unique:
            return {}
        folder = self.folder or self.path.rpartition("/")[0]
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

    def _read(self, path: str) -> Mapping[str, Any] | None:
        return self.session.read(path)

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


class AuthPathType(PathType):
    """A path of an auth method."""

    parents = ("auth_method",)
    names: ClassVar[Mapping[str, tuple[str, str]]] = {"mount": ("auth_method", "path")}

    def written(self, resource: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """A method is mounted under its own name where nothing else is said."""
        if "mount" in self.fields:
            body = {"mount": self.kinds[0], **body}
        return super().written(resource, body)


class EnginePathType(PathType):
    """A path of a secret engine."""

    parents = ("secret_engine",)
    names: ClassVar[Mapping[str, tuple[str, str]]] = {
        "mount": ("secret_engine", "path")
    }
