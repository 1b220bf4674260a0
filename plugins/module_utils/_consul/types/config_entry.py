# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A configuration entry of any kind, in Consul's own words.

For what has no type of its own: kinds of Consul Enterprise, and what newer versions
bring. Only what is declared is compared; durations may be written differently, names in
either case. A prune knows the kinds that are declared.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..._converge.compare import compare
from ..._converge.fields import anything, mapping, text
from ..._converge.provider import Change, Desired, Live, Reading
from ..config_entry import NAME, ConfigEntry
from ..durations import nanoseconds


class AnyEntry(ConfigEntry):
    name = "config_entry"
    since = "1.5"
    unique = ("kind", "name")
    rule = "that its kind asks for"
    fields = {
        "kind": text("Consul's name of it, such as `sameness-group`.", required=True),
        "name": NAME,
        "entry": mapping(
            anything("A part."),
            "What is in it besides kind and name, as Consul's documentation names it.",
        ),
    }

    def find(self, reading: Reading) -> Iterable[Live]:
        """One list for each kind that is declared."""
        declared = {self.identity(one.properties): one for one in reading.desired}
        for kind in {one.properties["kind"]: None for one in reading.desired}:
            for raw in self._list(kind) if isinstance(kind, str) else ():
                live = self.seen(raw)
                one = declared.get(self.identity(live.properties))
                yield self._like(live, one) if one else live

    def _kind(self, properties: Mapping[str, Any]) -> str:
        return properties["kind"]

    def seen(self, raw: Mapping[str, Any]) -> Live:
        kind, name = raw["Kind"], raw.get("Name") or raw["Kind"]
        properties = {"kind": kind, "name": name, "entry": raw}
        return self.live(f"{kind}/{name}", properties, name, raw, name=name)

    def laid(self, raw: Mapping[str, Any], desired: Desired) -> dict[str, Any]:
        body = dict(raw)
        for name, value in (desired.properties.get("entry") or {}).items():
            body[_spelled(name, raw)] = value
        body["Name"] = desired.properties["name"]
        return {name: value for name, value in body.items() if value is not None}

    def differences(self, desired: Desired, live: Live | None) -> list[Change]:
        there = self._like(live, desired).properties if live else {}
        return compare(self.fields, desired.properties, there)

    def _like(self, live: Live, desired: Desired) -> Live:
        """An entry in the words, and as far as, it is declared."""
        wanted = desired.properties.get("entry")
        live.properties["entry"] = alike(wanted, live.raw)
        return live


def alike(want: Any, have: Any) -> Any:
    """The declared value where a living one means the same, else what is there."""
    if isinstance(want, Mapping) and isinstance(have, Mapping):
        there = {_plain(name): value for name, value in have.items()}
        return {
            name: alike(value, there.get(_plain(name))) for name, value in want.items()
        }
    if isinstance(want, (list, tuple)) and isinstance(have, (list, tuple)):
        if len(want) == len(have):
            return [alike(*pair) for pair in zip(want, have)]
        return have
    if have is None:
        # Consul leaves out what is empty, 0 or false.
        return want if not want else None
    same = nanoseconds(str(want)) == nanoseconds(str(have))
    return want if same and not isinstance(want, bool) else have


def _spelled(name: str, raw: Mapping[str, Any]) -> str:
    """A name as the entry has it, so that nothing is there twice."""
    known = {_plain(other): other for other in raw}
    return known.get(_plain(name), name)


def _plain(name: str) -> str:
    return name.replace("_", "").lower()


TYPE = AnyEntry
