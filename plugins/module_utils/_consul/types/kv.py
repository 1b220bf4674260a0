# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""Keys under a prefix, beside those of others: what is not declared is left alone.

A key declared as null is to be absent. Where the prefix is wholly yours, declare a
`kv_tree`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..._converge.fields import mapping, text
from ..._converge.provider import Change, Desired, Live, Reading
from ..base import Consul, ConsulType
from ..keys import Edit, Entry, Store

PREFIX = text(
    "What all the keys begin with: empty, or ending with a slash.",
    required=True,
    immutable=True,
    check=lambda given: (
        f"is {given!r}: end it with a slash, and begin it with none"
        if given and (not given.endswith("/") or given.startswith("/"))
        else None
    ),
)
VALUE = text("A value; a list or a mapping is kept as JSON.")
SECRET = text("A value that is never shown.")
HOLDERS = ("keys", "sensitive_keys")


class Kv(ConsulType):
    name = "kv"
    unique = ("prefix",)
    attributes = {"id": "The prefix."}
    fields = {
        "prefix": PREFIX,
        "keys": mapping(VALUE, "Values by key, without the prefix."),
        "sensitive_keys": mapping(SECRET, "The same, never shown.", sensitive=True),
    }

    def __init__(self, consul: Consul) -> None:
        super().__init__(consul)
        self.store = Store(consul.session, consul.value_limit)

    def written(self, resource: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Structures among the values become JSON, before references are looked up."""
        return {
            name: {key: _as_text(value) for key, value in given.items()}
            if name in HOLDERS and isinstance(given, Mapping)
            else given
            for name, given in body.items()
        }

    def check(self, properties: Mapping[str, Any]) -> Sequence[str]:
        return [*_twice(properties), *self._too_large(properties)]

    def find(self, reading: Reading) -> Iterable[Live]:
        there = self._read([one.properties["prefix"] for one in reading.desired])
        return self._found(reading.desired, there)

    def create(self, desired: Desired) -> Live:
        return self._apply(desired, {})

    def update(self, live: Live, desired: Desired, changes: Sequence[Change]) -> Live:
        return self._apply(desired, live.raw)

    def delete(self, live: Live) -> None:
        edits = [Edit(key, None, entry) for key, entry in live.raw.items()]
        self.store.apply(live.properties["prefix"], edits)

    # -- what kv_tree does otherwise ---------------------------------------------

    def claims(self, desired: Desired, there: Mapping[str, Entry]) -> set[str]:
        """Which living keys are those of a declared resource."""
        return {
            f"{desired.properties['prefix']}{name}" for name in declared_values(desired)
        }

    def unwanted(self, desired: Desired, there: Mapping[str, Entry]) -> Iterator[str]:
        """Which of them are to go, besides those declared as null."""
        return iter(())

    # ------------------------------------------------------------------------------

    def _read(self, prefixes: Iterable[str]) -> dict[str, Entry]:
        """All keys under the prefixes, each read once however they overlap."""
        there: dict[str, Entry] = {}
        done: tuple[str, ...] = ()
        for prefix in sorted(set(prefixes)):
            if not prefix.startswith(done):
                there.update(self.store.under(prefix))
                done += (prefix,)
        return there

    def _found(
        self, desired: Iterable[Desired], there: Mapping[str, Entry]
    ) -> Iterator[Live]:
        found = (self._declared(one, there) for one in desired)
        return (live for live in found if live is not None)

    def _declared(self, desired: Desired, there: Mapping[str, Entry]) -> Live | None:
        prefix = desired.properties["prefix"]
        secret = (desired.properties.get("sensitive_keys") or {}).keys()
        mine = {key: there[key] for key in self.claims(desired, there) if key in there}
        values: dict[str, dict[str, str]] = {holder: {} for holder in HOLDERS}
        for key, entry in mine.items():
            name = key[len(prefix) :]
            values[HOLDERS[name in secret]][name] = entry.value
        wanted = any(value is not None for value in declared_values(desired).values())
        if not mine and wanted:
            self.store.prove_readable(prefix + next(iter(declared_values(desired))))
            return None
        return self.live(prefix, {"prefix": prefix, **values}, None, mine)

    def _apply(self, desired: Desired, there: Mapping[str, Entry]) -> Live:
        prefix = desired.properties["prefix"]
        edits = []
        for name, value in declared_values(desired).items():
            key = f"{prefix}{name}"
            edit = Edit(key, value, there.get(key))
            if not edit.met(edit.seen):
                edits.append(edit)
        gone = self.unwanted(desired, there)
        edits += [Edit(key, None, there[key]) for key in gone]
        self.store.apply(prefix, edits)
        return self.live(prefix, desired.properties)

    def _too_large(self, properties: Mapping[str, Any]) -> Iterator[str]:
        limit = self.consul.value_limit
        for holder in HOLDERS:
            for name, value in (properties.get(holder) or {}).items():
                size = len(value.encode()) if isinstance(value, str) else 0
                if size > limit:
                    yield (
                        f"{holder}.{name} has {size} bytes, and a value may have"
                        f" {limit}; keep it elsewhere, or, where the servers allow"
                        " more (kv_max_value_size), set value_limit"
                    )


def declared_values(desired: Desired) -> dict[str, Any]:
    """Every declared key, without the prefix, with its value."""
    return {
        name: value
        for holder in HOLDERS
        for name, value in (desired.properties.get(holder) or {}).items()
    }


def _as_text(value: Any) -> Any:
    if isinstance(value, (Mapping, list, tuple)):
        return json.dumps(value, ensure_ascii=False)
    return value


def _twice(properties: Mapping[str, Any]) -> Iterator[str]:
    one, other = (properties.get(holder) for holder in HOLDERS)
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for name in sorted(one.keys() & other.keys()):
            yield f"declares {name!r} in both keys and sensitive_keys; keep one"


TYPE = Kv
