# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""References between resources: `${network.id}` inside declared values.

A text that is one reference and nothing else takes the value as it is; within a
longer text the value must be text, a number or a flag. `$${` stands for a literal
`${`. What only looks similar (`${aws:username}`, `${HOME}`) is left alone.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._errors import RunError
from .provider import UNKNOWN, Live

PATTERN = re.compile(r"\$\$\{|\$\{\s*([A-Za-z0-9_][\w-]*)((?:\.[\w-]+)*)\s*\}")
MISSING = object()


@dataclass(frozen=True)
class Reference:
    """`text` as written; `path` is empty where no attribute was named."""

    resource: str
    path: tuple[str, ...]
    text: str


Lookup = Callable[[Reference], Any]


def references(value: Any) -> Iterator[Reference]:
    """Every reference in a value, and `${name}` without an attribute as well."""
    if isinstance(value, str):
        if "${" in value:
            for match in PATTERN.finditer(value):
                if match[1]:
                    yield _reference(match)
    elif isinstance(value, Mapping):
        for entry in value.values():
            yield from references(entry)
    elif isinstance(value, (list, tuple)):
        for entry in value:
            yield from references(entry)


def only_reference(value: str) -> Reference | None:
    """The reference that a text consists of, or None where there is more to it."""
    match = PATTERN.fullmatch(value)
    return _reference(match) if match and match[2] else None


def resolve(value: Any, lookup: Lookup) -> Any:
    """The value with its references looked up; UNKNOWN spreads over its text."""
    if isinstance(value, str):
        return _resolve_text(value, lookup) if "${" in value else value
    if value is None or isinstance(value, (int, float)):
        return value
    if isinstance(value, Mapping):
        return {key: resolve(entry, lookup) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [resolve(entry, lookup) for entry in value]
    return value


def _resolve_text(value: str, lookup: Lookup) -> Any:
    only = only_reference(value)
    if only is not None:
        return lookup(only)
    unknown = False

    def filled(match: re.Match[str]) -> str:
        nonlocal unknown
        if not match[1]:
            return "${"
        if not match[2]:
            return match[0]
        found = lookup(_reference(match))
        if found is UNKNOWN:
            unknown = True
        elif isinstance(found, bool):
            return str(found).lower()
        elif not isinstance(found, (str, int, float)):
            raise RunError(
                f"{match[0]} is a {type(found).__name__}, which cannot stand inside a"
                " text; name one entry of it, or use the reference alone"
            )
        return str(found)

    filled_text = PATTERN.sub(filled, value)
    return UNKNOWN if unknown else filled_text


def _reference(match: re.Match[str]) -> Reference:
    return Reference(match[1], tuple(match[2].split(".")[1:]), match[0])


def dig(value: Any, path: Sequence[str]) -> Any:
    """What is found along a path of names and list positions, or MISSING."""
    for part in path:
        if value is UNKNOWN:
            return UNKNOWN
        if isinstance(value, Mapping) and part in value:
            value = value[part]
        elif isinstance(value, (list, tuple)) and part.isdigit():
            if int(part) >= len(value):
                return MISSING
            value = value[int(part)]
        else:
            return MISSING
    return value


def dig_live(live: Live, path: Sequence[str]) -> Any:
    """What a reference names of a living thing: an attribute, else a property."""
    for source in (live.attributes, live.properties):
        found = dig(source, path)
        if found is not MISSING and found is not None:
            return found
    return live.id if tuple(path) == ("id",) else MISSING


def nearest(name: str, names: Iterable[str]) -> str:
    """The remedy for an unknown name: the nearest right one, or all there are."""
    known = sorted(names)
    close = difflib.get_close_matches(name, known, 1)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"there is {', '.join(known)}" if known else "there is none"
