# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""What differs between a declaration and a living thing: declared fields only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .conform import at, known, plain
from .fields import Field
from .provider import UNKNOWN, Change


def compare(
    fields: Mapping[str, Field], desired: Mapping[str, Any], live: Mapping[str, Any]
) -> list[Change]:
    """The changes that make a living thing what is declared, in declared order."""
    found: list[Change] = []
    for name, want in desired.items():
        _compare(_At(fields[name], name), want, live.get(name), found)
    return found


class _At:
    """A place in the comparison: a field, its path and what it inherits."""

    def __init__(self, field: Field, path: str, outer: _At | None = None) -> None:
        self.field = field
        self.path = path
        self.sensitive = field.sensitive or (outer is not None and outer.sensitive)
        self.immutable = field.immutable or (outer is not None and outer.immutable)

    def named(self, field: Field, name: str) -> _At:
        return _At(field, at(self.path, name), self)

    def entry(self, label: Any) -> _At:
        return _At(self.field.inner, f"{self.path}[{label}]", self)

    def change(self, before: Any, after: Any) -> Change:
        secret = self.sensitive or holds_secret(self.field)
        return Change(self.path, before, after, secret, self.immutable)


def holds_secret(field: Field) -> bool:
    """Whether a field is sensitive, or anything inside it."""
    inner = [field.inner] if field.inner else field.fields.values()
    return field.sensitive or any(holds_secret(each) for each in inner)


def _compare(place: _At, want: Any, have: Any, found: list[Change]) -> None:
    field = place.field
    want, have = _meant(field, want), _meant(field, have)
    if field.write_only or (_empty(want) and _hollow(field, have)):
        return
    if want is None or want is UNKNOWN or not isinstance(want, (Mapping, list, tuple)):
        if want is None or not _equal(field, want, have):
            found.append(place.change(have, want))
    elif field.normal and known(want) and _equal(field, want, have):
        return
    elif field.kind == "group":
        _compare_group(place, want, have, found)
    elif field.kind == "mapping":
        _compare_mapping(place, want, have, found)
    elif field.kind == "many":
        want, have = list(want), list(have or ())
        if field.normal and known(want):
            # Entries are told apart in their one spelling too, so that a change
            # names those that differ and no others.
            want, have = field.normal(want), field.normal(have)
        _COMPARE_LIST[field.order](place, want, have, found)
    elif not _equal(field, want, have):
        found.append(place.change(have, want))


def _meant(field: Field, value: Any) -> Any:
    return field.default if value is None else value


def _empty(value: Any) -> bool:
    """Absent: services tell an empty list or text, and none at all, apart at will."""
    return value is None or (isinstance(value, (str, list, dict, tuple)) and not value)


def _hollow(field: Field, value: Any) -> bool:
    """Absent, or a group in which everything is."""
    if field.kind == "group" and isinstance(value, Mapping):
        inner = field.fields
        return all(_hollow(inner[n], v) for n, v in value.items() if n in inner)
    return _empty(value) or (field.default is not None and value == field.default)


def _equal(field: Field, want: Any, have: Any) -> bool:
    """Whether two values are the same in the field's one spelling."""
    if not known(want) or have is None:
        return False
    return same(_spelled(field, want), _spelled(field, have))


def _spelled(field: Field, value: Any) -> Any:
    value = plain(field, value)
    return field.normal(value) if field.normal else value


def same(one: Any, other: Any) -> bool:
    """Equality that tells true from 1, and not 5 from 5.0."""
    if isinstance(one, str):
        return isinstance(other, str) and one == other
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(
            same(value, other[key]) for key, value in one.items()
        )
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and one == other


def _compare_group(
    place: _At, want: Mapping[str, Any], have: Any, found: list[Change]
) -> None:
    have = have if isinstance(have, Mapping) else {}
    fields = place.field.fields
    for name, value in want.items():
        _compare(place.named(fields[name], name), value, have.get(name), found)
    if place.field.whole:
        for name, value in have.items():
            if name in fields and name not in want:
                _compare(place.named(fields[name], name), None, value, found)


def _compare_mapping(
    place: _At, want: Mapping[str, Any], have: Any, found: list[Change]
) -> None:
    have = have if isinstance(have, Mapping) else {}
    inner = place.field.inner
    for name, value in want.items():
        there = have.get(name)
        if (value is None) == (there is not None) and _empty(value) and _empty(there):
            # An entry with an empty value is an entry.
            found.append(place.named(inner, name).change(there, value))
        else:
            _compare(place.named(inner, name), value, there, found)
    if place.field.whole:
        for name, value in have.items():
            if name not in want:
                found.append(place.named(inner, name).change(value, None))


def _compare_ordered(
    place: _At, want: list[Any], have: list[Any], found: list[Change]
) -> None:
    for position in range(max(len(want), len(have))):
        here = place.entry(position)
        if position >= len(want):
            found.append(here.change(have[position], None))
        elif position >= len(have):
            found.append(here.change(None, want[position]))
        else:
            _compare(here, want[position], have[position], found)


def _compare_keyed(
    place: _At, want: list[Any], have: list[Any], found: list[Change]
) -> None:
    name = place.field.key
    key_field = place.field.inner.fields.get(name)

    def key_of(item: Mapping[str, Any]) -> Any:
        key = item.get(name)
        if key_field is None or key is None or key is UNKNOWN:
            return key
        return _spelled(key_field, key)

    there = {key_of(item): item for item in have}
    for item in want:
        key = key_of(item) if isinstance(item, Mapping) else None
        here = place.entry("?" if key in (None, UNKNOWN) else item[name])
        if key in there:
            _compare(here, item, there.pop(key), found)
        else:
            found.append(here.change(None, item))
    for item in there.values():
        found.append(place.entry(item.get(name)).change(item, None))


def _compare_set(
    place: _At, want: list[Any], have: list[Any], found: list[Change]
) -> None:
    inner = place.field.inner
    if inner.kind in ("text", "number", "flag"):
        added, removed = _differing_scalars(inner, want, have)
    else:
        added, removed = _differing_items(place, want, have)
    for position, item in added:
        here = place.entry(_label(place, item, position))
        found.append(here.change(None, item))
    for position, item in removed:
        here = place.entry(_label(place, item, len(want) + position))
        found.append(here.change(item, None))


def _label(place: _At, item: Any, position: int) -> Any:
    """A set has no positions: an item is named by its value where that may be."""
    scalar = isinstance(item, (str, int, float))
    return item if scalar and not place.entry("").sensitive else position


Items = list[tuple[int, Any]]


def _differing_scalars(
    inner: Field, want: list[Any], have: list[Any]
) -> tuple[Items, Items]:
    there = {_spelled(inner, item): (at, item) for at, item in enumerate(have)}
    added, kept = [], set()
    for position, item in enumerate(want):
        spelled = item if item is UNKNOWN else _spelled(inner, item)
        if spelled in kept:
            continue
        if spelled not in there:
            added.append((position, item))
        kept.add(spelled)
    return added, [found for key, found in there.items() if key not in kept]


def _differing_items(
    place: _At, want: list[Any], have: list[Any]
) -> tuple[Items, Items]:
    """Pairs declared with living items; each living one fits one declared one.

    A declared item may say less than a living one, so that one may fit several:
    the largest pairing is searched for (augmenting paths, as Kuhn's method does).
    """
    want = [item for at, item in enumerate(want) if item not in want[:at]]
    fits = [
        [i for i, live in enumerate(have) if _fits(place, item, live)] for item in want
    ]
    taken: dict[int, int] = {}

    def pair(item: int, tried: set[int]) -> bool:
        for live in fits[item]:
            if live not in tried:
                tried.add(live)
                if live not in taken or pair(taken[live], tried):
                    taken[live] = item
                    return True
        return False

    added = [(at, item) for at, item in enumerate(want) if not pair(at, set())]
    return added, [(at, item) for at, item in enumerate(have) if at not in taken]


def _fits(place: _At, want: Any, have: Any) -> bool:
    differences: list[Change] = []
    _compare(place.entry(""), want, have, differences)
    return not differences


_COMPARE_LIST = {
    "list": _compare_ordered,
    "set": _compare_set,
    "key": _compare_keyed,
}
