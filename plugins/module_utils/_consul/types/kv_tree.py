# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""All keys under a prefix: what is not declared there is deleted.

Keys under a longer prefix that is declared too belong to that one. A prune deletes
the keys of the scope that are under no declared prefix at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar

from ..._converge.fields import Field, mapping
from ..._converge.provider import Desired, Live, Reading
from ..base import OUR_KEYS
from ..keys import Entry, named
from .kv import PREFIX, SECRET, VALUE, Kv, declared_values


class KvTree(Kv):
    name = "kv_tree"
    fields: ClassVar[Mapping[str, Field]] = {
        "prefix": PREFIX,
        "keys": mapping(VALUE, "Values by key, without the prefix.", whole=True),
        "sensitive_keys": mapping(
            SECRET, "The same, never shown.", sensitive=True, whole=True
        ),
    }

    def written(self, resource: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """A tree without keys is an empty one."""
        return {"keys": {}, **super().written(resource, body)}

    def find(self, reading: Reading) -> Iterable[Live]:
        scope = self.scope.of(self.name) if reading.everything else ()
        there = self._read(
            [*(one.properties["prefix"] for one in reading.desired), *scope]
        )
        yield from self._found(reading.desired, there)
        known = tuple(self.consul.prefixes)
        left = {key: entry for key, entry in there.items() if not key.startswith(known)}
        for prefix in scope:
            mine = {key: left.pop(key) for key in list(left) if _is_under(key, prefix)}
            if mine:
                yield self.live(named(list(mine)), {"prefix": prefix}, prefix, mine)

    def claims(self, desired: Desired, there: Mapping[str, Entry]) -> set[str]:
        prefix = desired.properties["prefix"]
        longer = tuple(
            one
            for one in self.consul.prefixes
            if one != prefix and one.startswith(prefix)
        )
        return {
            key
            for key in there
            if key.startswith(prefix) and key != prefix and not key.startswith(longer)
        }

    def unwanted(self, desired: Desired, there: Mapping[str, Entry]) -> Iterator[str]:
        declared = declared_values(desired)
        start = len(desired.properties["prefix"])
        return (key for key in there if key[start:] not in declared)


def _is_under(key: str, prefix: str) -> bool:
    return key.startswith(prefix) and not key.startswith(OUR_KEYS)


TYPE = KvTree
